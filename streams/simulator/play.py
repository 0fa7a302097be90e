"""The play itself: when it starts and ends, who scores, who is sent off.

Times are seconds relative to the announced kick-off; the clock is minutes played as in `Event`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal, NamedTuple

Team = Literal["home", "away"]
Pair = tuple[int, int]

# A match of 90 minutes lasts about 97 with stoppage; goals get more frequent as it goes on.
_MINUTES = 97.0
_RISE = 0.3
# 0.15 red cards a match, most of them late; the reaction of the rates is of the size that
# Vecer, Kopriva, Ichiba (2009) estimate: about a third down, about a quarter up.
_RED_CARDS = 0.15
_SHORT_HANDED, _AGAINST_TEN = 0.67, 1.25


class Incident(NamedTuple):
    """A goal or a red card, with the state of play after it."""

    second: float
    what: Literal["goal", "red_card"]
    team: Team
    clock: float
    score: Pair
    reds: Pair


@dataclass(frozen=True, slots=True)
class Timetable:
    """When the halves start and end."""

    kick_off: float
    half_time: float
    restart: float
    full_time: float

    def clock(self, second: float) -> float:
        """Minutes played; it stands at the last minute of the first half until the restart.

        >>> Timetable(60, 60 + 47 * 60, 3800, 6800).clock(3000)
        47.0
        """
        if second < self.restart:
            return max(0.0, min(second, self.half_time) - self.kick_off) / 60
        return 45 + (min(second, self.full_time) - self.restart) / 60

    def playing(self, second: float) -> bool:
        """Tell play from the break and from before and after."""
        first = self.kick_off <= second < self.half_time
        return first or self.restart <= second < self.full_time


def timetable(rng: Random) -> Timetable:
    """Draw a timetable: up to four minutes late, stoppage in both halves, a quarter's break."""
    kick_off = float(rng.randint(10, 240))
    half_time = kick_off + 45 * 60 + rng.randint(30, 270)
    restart = half_time + 15 * 60 + rng.randint(-20, 120)
    return Timetable(kick_off, half_time, restart, restart + 45 * 60 + rng.randint(120, 480))


def play(
    rng: Random, times: Timetable, rates: Callable[[float], tuple[float, float]]
) -> tuple[Incident, ...]:
    """Play a match minute by minute.

    `rates` gives the goals a whole match at the rates of that second would bring each team. Every
    minute takes the same draws whatever happens, so rates that change late leave what came
    before as it was.
    """
    score, reds, incidents = [0, 0], [0, 0], []
    start = times.kick_off
    while start < times.full_time:
        draws = [rng.random() for _ in range(5)]
        middle = start + 30
        if times.playing(middle):
            what = _minute(draws, times.clock(middle), rates(middle), reds)
            for kind, team in what:
                (score if kind == "goal" else reds)[team] += 1
                second = start + 60 * draws[3]
                second = float(int(second if times.playing(second + 1) else middle))
                incidents.append(_incident(kind, team, second, times, score, reds))
        start += 60
    return tuple(sorted(incidents))


def position(incidents: tuple[Incident, ...], second: float) -> tuple[Pair, Pair]:
    """Score and red cards at a second."""
    before = [i for i in incidents if i.second <= second]
    return (before[-1].score, before[-1].reds) if before else ((0, 0), (0, 0))


def _minute(
    draws: list[float], clock: float, rates: tuple[float, float], reds: list[int]
) -> list[tuple[Literal["goal", "red_card"], int]]:
    profile = (1 - _RISE / 2 + _RISE * clock / 95) / _MINUTES
    what: list[tuple[Literal["goal", "red_card"], int]] = []
    for team in (0, 1):
        changed = _SHORT_HANDED ** reds[team] * _AGAINST_TEN ** reds[1 - team]
        if draws[team] < rates[team] * changed * profile:
            what.append(("goal", team))
    if draws[2] < _RED_CARDS / _MINUTES * clock / 48:
        what.append(("red_card", int(draws[4] < 0.55)))
    return what[:1]


def _incident(
    kind: Literal["goal", "red_card"], team: int, second: float, times: Timetable,
    score: list[int], reds: list[int],
) -> Incident:  # fmt: skip
    name: Team = "away" if team else "home"
    clock = round(times.clock(second), 1)
    return Incident(second, kind, name, clock, (score[0], score[1]), (reds[0], reds[1]))
