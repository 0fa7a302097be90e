"""Cumulative matched volume of the 1x2 market on the exchange."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from markets.records import Matched
from streams.simulator.books import EXCHANGE, rounded
from streams.simulator.play import Timetable
from streams.simulator.prices import DAY, Truth, truth_at
from streams.simulator.trading import OUTCOMES

# Median turnover of a match in GBP by tier; two thirds of it come in play.
_TURNOVER = {1: 4e6, 2: 9e5, 3: 2e5, 4: 4e4}
_IN_PLAY = 0.65
_SPREAD_OF_MATCHES, _SPREAD_OF_INCREMENTS, _SPREAD_OF_SPLIT = 0.6, 1.0, 0.6
_PLAY_GAP_S = 40.0
# Money comes late: its rate falls to half at this distance from kick-off.
_NEARS_S = 1800.0


class Surge(NamedTuple):
    """Money on one selection beyond its usual share: `factor` times as much of it."""

    since: float
    until: float
    outcome: int
    factor: float


class Exchange:
    """What has been matched so far in one match."""

    def __init__(self, rng: Random, match: str, start: datetime, tier: int) -> None:
        self._rng = rng
        self._match = match
        self._start = start
        self._turnover = _TURNOVER.get(tier, 2e4) * rng.lognormvariate(0, _SPREAD_OF_MATCHES)
        self._amounts = [0.0, 0.0, 0.0]

    def before(self, truths: Sequence[Truth], surges: Sequence[Surge]) -> Iterator[Matched]:
        """Money before kick-off, more of it towards the end."""
        second = -DAY + 1800
        while second < 0:
            gap = 30 + 0.02 * -second
            weight = gap / (_NEARS_S - second)
            yield from self._trade(second, weight * (1 - _IN_PLAY) / 3.9, truths, surges)
            second += gap * self._rng.uniform(0.6, 1.4)

    def during(
        self, times: Timetable, truths: Sequence[Truth], surges: Sequence[Surge]
    ) -> Iterator[Matched]:
        """Money in play, little of it in the break."""
        length = times.full_time - times.kick_off
        second = times.kick_off + 20
        while second < times.full_time:
            part = _PLAY_GAP_S / length * (1.1 if times.playing(second) else 0.4)
            yield from self._trade(second, part * _IN_PLAY, truths, surges)
            second += _PLAY_GAP_S * self._rng.uniform(0.6, 1.4)

    def _trade(
        self, second: float, part: float, truths: Sequence[Truth], surges: Sequence[Surge]
    ) -> Iterator[Matched]:
        outcome = truth_at(truths, second).outcome
        spread = _SPREAD_OF_INCREMENTS
        money = self._turnover * part * self._rng.lognormvariate(-spread * spread / 2, spread)
        noisy = [p * self._rng.lognormvariate(0, _SPREAD_OF_SPLIT) for p in outcome]
        for i, weight in enumerate(noisy):
            extra = _factor(surges, second, i)
            increment = round(money * weight / sum(noisy) * extra, 2)
            if increment >= 2:  # the exchange's smallest stake
                self._amounts[i] += increment
                yield self._record(second, i, outcome[i])

    def _record(self, second: float, outcome: int, probability: float) -> Matched:
        return Matched(
            at=self._start + timedelta(seconds=int(second)),
            match=self._match,
            market="1x2",
            selection=OUTCOMES[outcome],
            book=EXCHANGE,
            amount=round(self._amounts[outcome], 2),
            last=rounded(1 / max(probability, 1e-3), "exchange"),
        )


def _factor(surges: Sequence[Surge], second: float, outcome: int) -> float:
    factor = 1.0
    for surge in surges:
        if surge.since <= second <= surge.until and surge.outcome == outcome:
            factor *= surge.factor
    return factor
