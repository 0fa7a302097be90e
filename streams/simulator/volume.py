"""Cumulative matched volume of the 1x2 market on the exchange.

Money comes late and in play, in bursts at news, leans to favourites and after prices that moved,
stays uneven for an hour and longer, and now and then one bettor stakes more than all others.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from markets.records import Matched
from streams.simulator.books import EXCHANGE, rounded
from streams.simulator.play import Timetable
from streams.simulator.prices import DAY, Truth, truth_at
from streams.simulator.teams import Competition
from streams.simulator.trading import OUTCOMES

# Median turnover of a match in GBP by tier; two thirds of it come in play.
_TURNOVER = {1: 4e6, 2: 9e5, 3: 2e5, 4: 4e4, 5: 1.2e4}
_OF_KIND = {"tournament": 1.7, "league": 1.0, "friendly": 0.4}
_IN_PLAY = 0.65
_SPREAD_OF_MATCHES, _SPREAD_OF_INCREMENTS, _SPREAD_OF_SPLIT = 0.7, 1.0, 0.5
_PLAY_GAP_S = 40.0
# Money comes late: its rate falls to half at this distance from kick-off.
_NEARS_S = 1800.0
# The public leans to the likelier outcome and away from the draw; each match has its own bias,
# and the crowd one that comes and goes within about an hour.
_FAVOURS, _ON_DRAWS, _BIAS, _SWAY, _SWAY_FADES_S = 1.15, 0.5, 0.3, 0.35, 2700.0
# In thin markets single bets show: of 64 matches with 300 to 20,000 GBP matched, the share of a
# selection was off its probability by a factor of four and more (one standard deviation).
_BET = {1: 300.0, 2: 180.0, 3: 110.0, 4: 70.0, 5: 45.0}
_SPREAD_OF_BETS, _FEW_BETS = 1.2, 6.0
# After a move money follows it: log-weight per unit of probability moved in these seconds.
_FOLLOWS, _FOLLOWED_S, _FURTHEST = 18.0, 1200.0, 1.0
_STIRS, _MOST_STIRRING = 10.0, 0.05
# News brings up to so many times the usual money at once, and fades.
_BURST, _BURST_FADES_S = (0.5, 3.0), 480.0
# Large bets of single bettors: how many a match, and their share of the money before it.
_LARGE, _LARGE_PART, _LARGE_SPREAD = 1.2, 0.012, 0.8


class Surge(NamedTuple):
    """Money on one selection beyond its usual share: `factor` times as much of it."""

    since: float
    until: float
    outcome: int
    factor: float


class Exchange:
    """What has been matched so far in one match; `news` are the seconds at which there was some."""

    def __init__(
        self, rng: Random, match: str, start: datetime, competition: Competition,
        news: Sequence[float] = (),
    ) -> None:  # fmt: skip
        self._rng = rng
        self._match = match
        self._start = start
        usual = _TURNOVER.get(competition.tier, 5e3) * _OF_KIND[competition.kind]
        self._turnover = usual * rng.lognormvariate(0, _SPREAD_OF_MATCHES)
        self._bet = _BET.get(competition.tier, 30.0)
        self._bias = [rng.gauss(0, _BIAS) for _ in OUTCOMES]
        self._sway = [0.0, 0.0, 0.0]
        self._swayed_at = -DAY
        self._bursts = [(second, rng.uniform(*_BURST)) for second in news]
        self._amounts = [0.0, 0.0, 0.0]

    def before(self, truths: Sequence[Truth], surges: Sequence[Surge]) -> Iterator[Matched]:
        """Money before kick-off, more of it towards the end."""
        large = self._large_bets()
        second = -DAY + 1800
        while second < 0:
            while large and large[0] <= second:
                yield from self._large_bet(large.pop(0), truths)
            gap = 30 + 0.02 * -second
            part = gap / (_NEARS_S - second) * (1 - _IN_PLAY) / 3.9
            yield from self._trade(second, part * self._burst(second), truths, surges)
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
        now, then = truth_at(truths, second).outcome, truth_at(truths, second - _FOLLOWED_S).outcome
        spread = _SPREAD_OF_INCREMENTS
        money = self._turnover * part * self._rng.lognormvariate(-spread * spread / 2, spread)
        moved = max([abs(p - q) for p, q in zip(now, then, strict=True)])
        money *= 1 + _STIRS * min(moved, _MOST_STIRRING)
        weights = self._weights(second, now, then)
        total = sum(weights)
        for i, weight in enumerate(weights):
            expected = money * weight / total * _factor(surges, second, i)
            yield from self._match_money(second, i, self._bets(expected), now)

    def _weights(self, second: float, now: Sequence[float], then: Sequence[float]) -> list[float]:
        """Share the money out; the sway of the crowd is an autoregression of first order."""
        keep = math.exp(-(second - self._swayed_at) / _SWAY_FADES_S)
        self._swayed_at = second
        shock = _SWAY * math.sqrt(1 - keep * keep)
        self._sway = [keep * sway + self._rng.gauss(0, shock) for sway in self._sway]
        weights = []
        for i, (p, q) in enumerate(zip(now, then, strict=True)):
            follows = max(-_FURTHEST, min(_FURTHEST, _FOLLOWS * (p - q)))
            noise = self._rng.gauss(0, _SPREAD_OF_SPLIT)
            liked = math.exp(self._bias[i] + self._sway[i] + follows + noise)
            weights.append(p**_FAVOURS * liked * (_ON_DRAWS if i == 1 else 1.0))
        return weights

    def _bets(self, expected: float) -> float:
        """Money of the bets that come; when few are expected, single ones make a difference."""
        if expected > _FEW_BETS * self._bet:
            return expected
        spread, money = _SPREAD_OF_BETS, 0.0
        left = expected / self._bet - self._rng.expovariate(1.0)
        while left > 0:
            money += self._bet * self._rng.lognormvariate(-spread * spread / 2, spread)
            left -= self._rng.expovariate(1.0)
        return money

    def _burst(self, second: float) -> float:
        """How many times the usual money the latest news brings at a second."""
        return 1 + sum(
            size * math.exp(-(second - since) / _BURST_FADES_S)
            for since, size in self._bursts
            if second >= since
        )

    def _large_bets(self) -> list[float]:
        """Draw when large bets come, at times as money does."""
        seconds, lot = [], self._rng.expovariate(1.0)
        while lot < _LARGE:
            span = math.log((DAY + _NEARS_S) / _NEARS_S)
            seconds.append(-_NEARS_S * math.expm1(span * self._rng.random()))
            lot += self._rng.expovariate(1.0)
        return sorted(second for second in seconds if second > -DAY + 1800)

    def _large_bet(self, second: float, truths: Sequence[Truth]) -> Iterator[Matched]:
        chances = truth_at(truths, second).outcome
        outcome = self._rng.choices(range(3), weights=chances)[0]
        part = _LARGE_PART * self._rng.lognormvariate(0, _LARGE_SPREAD)
        money = self._turnover * (1 - _IN_PLAY) * part
        yield from self._match_money(second, outcome, money, chances)

    def _match_money(
        self, second: float, outcome: int, money: float, chances: Sequence[float]
    ) -> Iterator[Matched]:
        if money < 2:  # the exchange's smallest stake
            return
        self._amounts[outcome] += round(money, 2)
        yield Matched(
            at=self._start + timedelta(seconds=int(second)),
            match=self._match,
            market="1x2",
            selection=OUTCOMES[outcome],
            book=EXCHANGE,
            amount=round(self._amounts[outcome], 2),
            last=rounded(1 / max(chances[outcome], 1e-3), "exchange"),
        )


def _factor(surges: Sequence[Surge], second: float, outcome: int) -> float:
    factor = 1.0
    for surge in surges:
        if surge.since <= second <= surge.until and surge.outcome == outcome:
            factor *= surge.factor
    return factor
