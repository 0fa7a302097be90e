"""The true price of a match: how it drifts innocently, and what it is at a score and clock.

The state is a rating: supremacy (log of home over away goals) and total (log of all goals). A
change is a step of the rating, so that 1x2 and total always tell the same story.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from random import Random
from typing import NamedTuple

from markets.goals import GoalRates, outcome_probabilities, over_probability
from streams.simulator.play import Incident, Pair, Timetable, position
from streams.simulator.teams import Competition

DAY = 24 * 3600.0

# Fitted to the moves of the consensus measured at the World Cup 2026 (104 matches): in the last
# 24 h median 1.6 pp, p95 5.6; in the last hour median 0.6, p95 3.7. Lower tiers move more: in
# the leagues of three continents 21-30 % of matches by more than 5 pp, 2.3-5.3 % by more than 10.
_STEPS = 130
_SPREAD = 0.054
_TIER_RISE = 0.24
_LIVELIER = {"tournament": 0.96, "league": 1.06, "friendly": 1.25}
_HEAVY = 0.4
# How much the diffusion prefers late hours: half as fast at this distance from kick-off.
_QUICKENS_S = 2.5 * 3600
# The last hour has a life of its own: most matches stay put, some find late money.
_LATE_STEPS, _LATE_SPREAD, _LATE_HEAVY, _LATE_S = 25, 0.0075, 2.3, 3300
# No match drifts more than this many times as much as the median one without a reason.
_LIVELIEST, _LATE_LIVELIEST = 2.5, 7.0
# In play the market leans to the team that presses; it comes and goes within minutes.
_PRESSURE, _PRESSURE_FADES_S, _TEMPO = 0.11, 480.0, 0.04
_PLAY_STEP_S = 30.0
# Behind every truth of the same second, for it is compared as they are: as a tuple.
_AFTER_ALL = (math.inf,)


class Step(NamedTuple):
    """A change of the rating at a second relative to the announced kick-off."""

    second: float
    supremacy: float
    total: float


class Rating(NamedTuple):
    """What the market believes of the two teams."""

    supremacy: float
    total: float

    def moved(self, step: Step) -> "Rating":
        """Take one step."""
        return Rating(self.supremacy + step.supremacy, self.total + step.total)

    def rates(self) -> GoalRates:
        """Goals expected of each team over a whole match.

        >>> Rating(0.0, math.log(2.6)).rates()
        GoalRates(home=1.3, away=1.3, rho=0.0)
        """
        goals = math.exp(self.total)
        home = goals / (1 + math.exp(-self.supremacy))
        return GoalRates(home, goals - home)


class Truth(NamedTuple):
    """True probabilities from a second on; `over` is None once the total is decided."""

    second: float
    outcome: tuple[float, float, float]
    over: float | None


def opening(rng: Random) -> Rating:
    """Draw a rating: about 44 % home wins, 25 % draws, 2.6 goals."""
    goals = min(max(rng.gauss(2.6, 0.28), 1.9), 3.6)
    return Rating(min(max(rng.gauss(0.25, 0.58), -1.6), 1.8), math.log(goals))


def main_line(rating: Rating) -> float:
    """Choose the line of the total: 2.5 unless that is too one-sided."""
    over = over_probability(rating.rates(), 2.5, (0, 0), 0.0)
    return 3.5 if over > 0.66 else 1.5 if over < 0.28 else 2.5


def diffusion(rng: Random, competition: Competition) -> list[Step]:
    """Draw the innocent drift of the last day: many small steps, more of them late."""
    rise = _LIVELIER[competition.kind] * (1 + _TIER_RISE * (competition.tier - 1))
    day = rise * _SPREAD * min(rng.lognormvariate(0, _HEAVY), _LIVELIEST)
    hour = math.sqrt(rise) * _LATE_SPREAD * min(rng.lognormvariate(0, _LATE_HEAVY), _LATE_LIVELIEST)
    steps = _walk(rng, day, [_quickening(rng) for _ in range(_STEPS)])
    return sorted(steps + _walk(rng, hour, [-rng.randint(0, _LATE_S) for _ in range(_LATE_STEPS)]))


def _walk(rng: Random, spread: float, seconds: Sequence[float]) -> list[Step]:
    scale = spread / math.sqrt(len(seconds))
    return [Step(s, scale * _heavy(rng), 0.35 * scale * _heavy(rng)) for s in seconds]


def _quickening(rng: Random) -> float:
    span = math.log((DAY + _QUICKENS_S) / _QUICKENS_S)
    return float(-int(_QUICKENS_S * math.expm1(span * rng.random())))


def _heavy(rng: Random) -> float:
    # Mostly small steps and now and then one three times as large; variance 1.
    return rng.gauss(0, 0.75 if rng.random() < 0.945 else 2.9)


def pressure(rng: Random, times: Timetable) -> list[Step]:
    """Draw the in-play sway of the market, one step each half minute of play."""
    keep = math.exp(-_PLAY_STEP_S / _PRESSURE_FADES_S)
    shock = math.sqrt(1 - keep * keep)
    lean, tempo, steps = 0.0, 0.0, []
    for second in _play_seconds(times):
        now = keep * lean + shock * rng.gauss(0, _PRESSURE)
        pace = keep * tempo + shock * rng.gauss(0, _TEMPO)
        steps.append(Step(second, now - lean, pace - tempo))
        lean, tempo = now, pace
    return steps


def _play_seconds(times: Timetable) -> Iterator[float]:
    second = times.kick_off
    while second < times.full_time:
        if times.playing(second):
            yield second
        second += _PLAY_STEP_S


def rating_at(start: Rating, steps: Iterable[Step], second: float) -> Rating:
    """Apply the steps up to a second."""
    for step in steps:
        if step.second <= second:
            start = start.moved(step)
    return start


def before(start: Rating, steps: Sequence[Step], line: float) -> list[Truth]:
    """True prices before kick-off, one for each step; `steps` must be in time order."""
    ratings = accumulate(steps, Rating.moved, initial=start)
    seconds = [-DAY, *(s.second for s in steps)]
    return [
        value(rating, line, second, 0.0) for second, rating in zip(seconds, ratings, strict=True)
    ]


def during(
    start: Rating, steps: Sequence[Step], line: float, times: Timetable,
    incidents: tuple[Incident, ...],
) -> list[Truth]:  # fmt: skip
    """True prices in play: at each step and at each incident."""
    waiting = sorted([*steps, *(Step(i.second, 0, 0) for i in incidents)])
    truths = []
    for step in waiting:
        start = start.moved(step)
        score, reds = position(incidents, step.second)
        clock = model_clock(times, step.second)
        truths.append(value(start, line, step.second, clock, score, reds))
    return truths


def truth_at(truths: Sequence[Truth], second: float) -> Truth:
    """Truth that holds at a second; before the first one, the first."""
    known = bisect_right(truths, (second, _AFTER_ALL))
    return truths[known - 1 if known else 0]


def model_clock(times: Timetable, second: float) -> float:
    """Clock as the goal model wants it: stoppage of the first half does not eat the second."""
    clock = times.clock(second)
    return min(clock, 45.0) if second < times.restart else clock


def value(
    rating: Rating, line: float, second: float, clock: float,
    score: Pair = (0, 0), reds: Pair = (0, 0),
) -> Truth:  # fmt: skip
    """Price a rating at a score and clock."""
    rates = rating.rates()
    home, draw, away = outcome_probabilities(rates, score, clock, reds)
    decided = sum(score) > line
    over = None if decided else over_probability(rates, line, score, clock, reds)
    return Truth(second, (home, draw, away), over)
