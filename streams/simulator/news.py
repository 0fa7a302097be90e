"""Innocent news: the market moves first, the record that explains it comes after."""

from dataclasses import dataclass
from random import Random
from typing import Literal

from streams.simulator.play import Team
from streams.simulator.prices import Step

# Supremacy that moves the win probability of an even match by one percentage point, about.
POINT = 0.033
_NEWS_IN_MATCHES = 0.12


@dataclass(frozen=True, slots=True)
class Announcement:
    """News with the moves it causes; `told` is when the record of it arrives."""

    event: Literal["line_up", "news"]
    team: Team | None
    told: float
    steps: tuple[Step, ...]


def announcements(rng: Random, tier: int) -> list[Announcement]:
    """Draw the news of a match: always the line-ups, sometimes an injury or the like before."""
    news = [_line_up(rng, tier)]
    if rng.random() < _NEWS_IN_MATCHES:
        news.append(_injury(rng))
    return news


def _line_up(rng: Random, tier: int) -> Announcement:
    # Most line-ups hold no surprise: the median moves half a point, few more than three.
    points = 4 * rng.betavariate(0.75, 2.8) * (1 + 0.1 * (tier - 1))
    second = -60.0 * rng.uniform(60, 75)
    return Announcement("line_up", None, second + rng.randint(150, 480), _move(rng, second, points))


def _injury(rng: Random) -> Announcement:
    second = -3600 * rng.uniform(2, 16)
    team: Team = rng.choice(("home", "away"))
    points = rng.uniform(0.8, 3.5)
    told = second + rng.randint(180, 720)
    return Announcement("news", team, told, _move(rng, second, points, -1 if team == "home" else 1))


def _move(rng: Random, second: float, points: float, sign: int = 0) -> tuple[Step, ...]:
    """Move most of the way within two minutes and the rest while the market digests the news."""
    sign = sign or rng.choice((-1, 1))
    shift = sign * points * POINT
    fast = [second + 25 * i for i in range(rng.randint(3, 6))]
    slow = sorted(second + rng.uniform(200, 1000) for _ in range(4))
    shares = [(s, 0.65 / len(fast)) for s in fast] + [(s, 0.35 / len(slow)) for s in slow]
    return tuple(Step(float(int(s)), shift * share, 0.0) for s, share in shares)
