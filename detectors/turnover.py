"""Turnover: how much money a match should bring on an exchange, and how odd another sum is."""

import math
from typing import NamedTuple

from detectors.features import MatchFeatures

# Median money before kick-off on the match odds of an exchange, GBP, by tier; judgement from
# turnovers that exchanges publish, and as wide as that.
USUAL = {1: 1.4e6, 2: 3.2e5, 3: 7e4, 4: 1.4e4, 5: 4.2e3}
_SPREAD_OF_TIER = 0.9
# Spread of the logarithm of all the money of a day, and of that of an hour or two, beside what
# the size of single bets makes of them.
_UNEVEN, _UNEVEN_HOUR = 0.12, 0.3
# Money comes late: its rate falls to half at this distance from kick-off.
_NEARS_S = 1800.0
_DAY_S = 24 * 3600.0
_HALVINGS = 24

Exchange = tuple[str, float | None, str]
"""Market, line, book."""


class Surge(NamedTuple):
    """Money of a window against what was expected: how odd it is, in standard deviations."""

    odd: float
    money: float
    expected: float
    bets: float


def surge(features: MatchFeatures, exchange: Exchange, length: float) -> Surge:
    """Hold the money of the last seconds against what they should have brought; less is not odd."""
    since, volume = features.at - length, features.book.volume
    money = sum(volume.within(*exchange, since, features.at).values())
    bet = volume.usual_bet(*exchange, since, features.at)
    if money <= 0.0 or bet <= 0.0:
        return Surge(0.0, money, math.inf, 0.0)
    expected, spread = _expected(features, exchange, length, bet)
    odd = surprise(money / bet, expected / bet, spread) if money > expected else 0.0
    return Surge(odd, money, expected, money / bet)


def _expected(
    features: MatchFeatures, exchange: Exchange, length: float, bet: float
) -> tuple[float, float]:
    """Money that the window should have brought, infinite when nothing tells; its log's spread.

    What the match's own earlier money tells is as uncertain as a few bets are.
    """
    to_off = max(features.to_off, 0.0)
    in_window = _part(to_off + length) - _part(to_off)
    logs, weights = [], []
    fixture = features.book.fixture
    if fixture and fixture.sport == "football" and exchange[0] == "1x2":
        logs.append(math.log(USUAL.get(fixture.tier, min(USUAL.values()))))
        weights.append(1.0 / _SPREAD_OF_TIER**2)
    earlier = sum(features.book.volume.within(*exchange, 0.0, features.at - length).values())
    came = max(0.0, 1.0 - _part(to_off + length))
    if earlier > 0.0 and came > 0.0:
        logs.append(math.log(earlier / came))
        weights.append(1.0 / (_UNEVEN**2 / came + bet / earlier))
    if not logs or in_window <= 0.0:
        return math.inf, 1.0
    mean = sum(w * x for w, x in zip(weights, logs, strict=True)) / sum(weights)
    return math.exp(mean) * in_window, math.sqrt(1.0 / sum(weights) + _UNEVEN_HOUR**2)


def surprise(count: float, expected: float, spread: float) -> float:
    """Root of the deviance of a count whose mean is known up to a factor, in standard deviations.

    The count is Poisson, the logarithm of its mean normal with this `spread`: the likeliest mean
    lies between `expected` and `count`, and both what lies below and what lies above it count.

    >>> round(surprise(400.0, 100.0, 0.5), 2), round(surprise(1.0, 0.1, 0.5), 2)
    (2.76, 1.61)
    """
    low, high = 0.0, math.log(count / expected)
    for _ in range(_HALVINGS):
        shift = 0.5 * (low + high)
        if shift / spread**2 + expected * math.exp(shift) < count:
            low = shift
        else:
            high = shift
    mean = expected * math.exp(low)
    poisson = count * math.log(count / mean) - count + mean
    return math.sqrt(2.0 * max(0.0, poisson) + (low / spread) ** 2)


def _part(to_off: float) -> float:
    """Part of the money of the last day that comes from so many seconds before kick-off on.

    >>> _part(0.0), round(_part(3600.0), 2), _part(_DAY_S)
    (0.0, 0.28, 1.0)
    """
    reach = min(max(to_off, 0.0), _DAY_S)
    return math.log1p(reach / _NEARS_S) / math.log1p(_DAY_S / _NEARS_S)
