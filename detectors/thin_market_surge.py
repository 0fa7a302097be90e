"""Surge in a thin market: far more money than a match of its tier has at this hour."""

import math
from typing import ClassVar

from detectors.detector import MatchDetector
from detectors.evidence import Finding
from detectors.features import MatchFeatures, Phase, span

WINDOWS_S = (3600.0, 2 * 3600.0)
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


class ThinMarketSurge(MatchDetector):
    """Money of the last hours against what this tier, this hour and this match let expect.

    Good at an obscure match on which somebody bets as on a final. Bad at telling that from a
    match that the public suddenly cares for (a stream, a derby, a famous guest), and in the
    first hours. Blind without an exchange that tells its volume. A sport without known turnovers
    is judged by the match's own earlier money alone.

    Notes
    -----
    Square root of the deviance of the money matched in the last one or two hours. Expected is the
    turnover of the match, which is the mean, weighted by precision, of the tier's median and of
    what the match's own earlier money comes to, times the part of it that falls into the window:
    the rate of money grows as 1 / (30 min + time to off). Where money comes in few bets it
    scatters as they do: it is counted in bets of the size that the average pound was part of, the
    count is Poisson, and the logarithm of its mean is normal around what is expected (a profile
    likelihood). So one bet of any size counts as one. Practice: integrity units ask first whether
    the volume fits the match; Otting, Langrock and Deutscher 2018 model it so.
    """

    name: ClassVar[str] = "thin-market-surge"
    version: ClassVar[int] = 2
    family: ClassVar[str] = "liquidity"
    unit: ClassVar[str] = "standard deviations"
    phases: ClassVar[frozenset[Phase]] = frozenset({"early", "day", "late"})

    def find(self, features: MatchFeatures) -> Finding | None:
        """Find the market and window with most money beyond the expected."""
        found = [
            finding
            for exchange in features.book.volume.markets()
            for length in WINDOWS_S
            if (finding := _judge(features, exchange, length)) is not None
        ]
        return max(found, key=lambda finding: finding.raw, default=None)

    def innocent(self, features: MatchFeatures) -> tuple[str, ...]:
        """Name what else brings money."""
        del features
        return (
            "a match that is streamed or shown where others are not",
            "a derby, a famous player or coach",
            "one large bet, or a market maker who has just come",
        )


def _judge(features: MatchFeatures, exchange: Exchange, length: float) -> Finding | None:
    since = features.at - length
    volume, (market, line, book) = features.book.volume, exchange
    now = volume.within(market, line, book, since, features.at)
    total = sum(now.values())
    if total <= 0.0:
        return None
    bet = volume.usual_bet(market, line, book, since, features.at)
    expected, spread = _expected(features, exchange, length, bet)
    if total <= expected:
        return None
    selection = max(sorted(now), key=now.__getitem__)
    return Finding(
        raw=surprise(total / bet, expected / bet, spread),
        selection=selection,
        observed=total,
        expected=expected,
        since=since,
        turn=features.at - length / 2.0,
        books=(book,),
        values={"money": total, "on it": now[selection], "bets": total / bet},
        sentence=(
            f"{total:,.0f} matched within {span(length / 60.0)} at {book}, "
            f"{total / expected:.1f} times the {expected:,.0f} expected of this match and hour, "
            f"most of it on {features.named(selection, line)}, {features.when()}"
        ),
        market=market,
        line=line,
    )


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


def _part(to_off: float) -> float:
    """Part of the money of the last day that comes from so many seconds before kick-off on.

    >>> _part(0.0), round(_part(3600.0), 2), _part(_DAY_S)
    (0.0, 0.28, 1.0)
    """
    reach = min(max(to_off, 0.0), _DAY_S)
    return math.log1p(reach / _NEARS_S) / math.log1p(_DAY_S / _NEARS_S)
