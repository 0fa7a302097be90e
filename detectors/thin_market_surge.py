"""Surge in a thin market: far more money than a match of its tier has at this hour."""

from typing import ClassVar

from detectors.detector import MatchDetector
from detectors.evidence import Finding
from detectors.features import MatchFeatures, Phase, span
from detectors.turnover import Exchange, surge

WINDOWS_S = (3600.0, 2 * 3600.0)


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
    market, line, book = exchange
    came, since = surge(features, exchange, length), features.at - length
    if came.odd <= 0.0:
        return None
    now = features.book.volume.within(market, line, book, since, features.at)
    selection = max(sorted(now), key=now.__getitem__)
    return Finding(
        raw=came.odd,
        selection=selection,
        observed=came.money,
        expected=came.expected,
        since=since,
        turn=features.at - length / 2.0,
        books=(book,),
        values={"money": came.money, "on it": now[selection], "bets": came.bets},
        sentence=(
            f"{came.money:,.0f} matched within {span(length / 60.0)} at {book}, "
            f"{came.money / came.expected:.1f} times the {came.expected:,.0f} expected of this "
            f"match and hour, most of it on {features.named(selection, line)}, {features.when()}"
        ),
        market=market,
        line=line,
    )
