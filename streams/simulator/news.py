"""Innocent reasons for a move: the market moves first, and what explains it is told after.

Some of it is told late and some never, as in life: the reasons that lotteries found behind odds
alerts are team news above all, then openings that were wrong, and motivation.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

from streams.simulator.play import Team
from streams.simulator.prices import DAY, Step
from streams.simulator.teams import Competition

# Supremacy that moves the win probability of an even match by one percentage point, about.
POINT = 0.033
HOUR = 3600.0
# What happens in how many matches; more of it further down, where less is known early.
_INJURY, _WARM_UP, _ROTATION = 0.12, 0.06, 0.02
_MOTIVATION, _WEATHER, _WRONG_OPENING = 0.03, 0.03, 0.03
_PER_TIER = 0.3
# Line-ups: few hold a real surprise; rotated teams do, in cups and friendlies above all.
_SURPRISES = 0.04
_ROTATES = {"league": 1.0, "tournament": 2.0, "friendly": 5.0}
# Line-ups that no feed tells of, by tier; friendlies are told of less.
_UNTOLD = (0.01, 0.04, 0.1, 0.2, 0.3)

Cause = Literal["line-ups", "injury", "rotation", "motivation", "weather", "wrong opening"]


@dataclass(frozen=True, slots=True)
class Announcement:
    """News with the moves it causes; `told` is when the record of it arrives, None never."""

    event: Literal["line_up", "news"]
    team: Team | None
    told: float | None
    steps: tuple[Step, ...]
    cause: Cause = "line-ups"


def announcements(rng: Random, competition: Competition) -> list[Announcement]:
    """Draw the news of a match: always the line-ups, sometimes something before them."""
    more = 1 + _PER_TIER * (competition.tier - 1)
    rotates = _ROTATION * _ROTATES[competition.kind]
    rare: list[tuple[float, Callable[[Random], Announcement]]] = [
        (_INJURY, _injury), (_WARM_UP, _warm_up), (rotates, _rotation),
        (_MOTIVATION * more, _motivation), (_WEATHER, _weather),
        (_WRONG_OPENING * more, _wrong_opening),
    ]  # fmt: skip
    news = [_line_up(rng, competition)]
    news += [draw(rng) for share, draw in rare if rng.random() < share]
    return news


def _line_up(rng: Random, competition: Competition) -> Announcement:
    # Most line-ups hold no surprise: the median moves half a point, few more than three.
    points = 4 * rng.betavariate(0.75, 2.8) * (1 + 0.1 * (competition.tier - 1))
    if rng.random() < _SURPRISES:
        points = rng.uniform(3, 6)
    second = -60.0 * rng.uniform(57, 75)
    untold = _UNTOLD[min(competition.tier, len(_UNTOLD)) - 1]
    untold += 0.1 if competition.kind == "friendly" else 0.0
    lag = rng.randint(900, 2400) if rng.random() < 0.05 else rng.randint(150, 480)
    told = None if rng.random() < untold else second + lag
    return Announcement("line_up", None, told, _move(rng, second, points))


def _injury(rng: Random) -> Announcement:
    second = -HOUR * rng.uniform(2, 16)
    team: Team = rng.choice(("home", "away"))
    points = rng.uniform(0.8, 3.5)
    steps = _move(rng, second, points, -1 if team == "home" else 1)
    return Announcement("news", team, _told(rng, second), steps, "injury")


def _warm_up(rng: Random) -> Announcement:
    """Somebody drops out after the line-ups were told."""
    second = -60.0 * rng.uniform(12, 45)
    team: Team = rng.choice(("home", "away"))
    steps = _move(rng, second, rng.uniform(1.5, 5.5), -1 if team == "home" else 1)
    return Announcement("news", team, _told(rng, second), steps, "injury")


def _rotation(rng: Random) -> Announcement:
    """Many regulars rested: heard some hours before the line-ups, never told as such."""
    second = -HOUR * rng.uniform(1.5, 7)
    steps = _spread(rng, second, rng.uniform(1200, 5400), rng.choice((-1, 1)) * rng.uniform(2, 5))
    return Announcement("news", None, None, steps, "rotation")


def _motivation(rng: Random) -> Announcement:
    """A team for which nothing is at stake: the market comes to it slowly, over hours."""
    second = -HOUR * rng.uniform(9, 23)
    team: Team = rng.choice(("home", "away"))
    points = rng.uniform(1.5, 5) * (-1 if team == "home" else 1)
    steps = _spread(rng, second, HOUR * rng.uniform(4, 8.5), points)
    told = second + HOUR * rng.uniform(0, 3) if rng.random() < 0.3 else None
    return Announcement("news", team, told, steps, "motivation")


def _weather(rng: Random) -> Announcement:
    """Rain, wind or heat: goals become likelier or less so, the teams stay what they are."""
    second = -HOUR * rng.uniform(1.5, 12)
    goals = rng.choice((-1, -1, 1)) * rng.uniform(0.03, 0.12)
    steps = _spread(rng, second, rng.uniform(1800, 7200), 0.0, goals)
    return Announcement("news", None, _told(rng, second), steps, "weather")


def _wrong_opening(rng: Random) -> Announcement:
    """An opening price that all books copied and the first hours put right; nobody tells of it."""
    second = -DAY + rng.uniform(2000, 3.5 * HOUR)
    points = rng.choice((-1, 1)) * rng.uniform(2, 6.5)
    steps = _spread(rng, second, rng.uniform(600, 2 * HOUR), points)
    return Announcement("news", None, None, steps, "wrong opening")


def _told(rng: Random, second: float) -> float | None:
    """Draw when a feed tells of news: mostly within minutes, else within hours or never."""
    lot = rng.random()
    if lot < 0.15:
        return None
    told = second + (rng.randint(180, 720) if lot < 0.8 else rng.randint(1200, 5400))
    return told if told < 0 else None


def _move(rng: Random, second: float, points: float, sign: int = 0) -> tuple[Step, ...]:
    """Move most of the way within two minutes and the rest while the market digests the news."""
    sign = sign or rng.choice((-1, 1))
    shift = sign * points * POINT
    fast = [second + 25 * i for i in range(rng.randint(3, 6))]
    slow = sorted(second + rng.uniform(200, 1000) for _ in range(4))
    shares = [(s, 0.65 / len(fast)) for s in fast] + [(s, 0.35 / len(slow)) for s in slow]
    return tuple(Step(float(int(s)), shift * share, 0.0) for s, share in shares)


def _spread(
    rng: Random, second: float, length: float, points: float, goals: float = 0.0
) -> tuple[Step, ...]:
    """Move little by little, in uneven steps at uneven times."""
    moments = sorted(second + length * rng.random() for _ in range(max(6, int(length / 900))))
    parts = [rng.expovariate(1) for _ in moments]
    whole = math.fsum(parts)
    return tuple(
        Step(float(int(s)), points * POINT * part / whole, goals * part / whole)
        for s, part in zip([second, *moments[1:]], parts, strict=True)
    )
