"""Repeat pattern: too many high moves in the past of a team, player or referee, that came true."""

from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar, NamedTuple

from detectors.detector import MatchDetector
from detectors.evidence import Finding
from detectors.features import MatchFeatures
from detectors.tails import fused, rarity, upper_tail
from markets.records import Past, Played

HIGH = 0.10
FEWEST_MATCHES = 10
TESTED_SUBJECTS = 20_000
_MAIN = (("1x2", None), ("winner", None))
_LOSES_TO = {"home": "away", "away": "home"}
# Share of matches in which the probability of one given result rises by 10 pp or more.
_HIGH_MOVES = {1: 0.007, 2: 0.010, 3: 0.014, 4: 0.018}
_RESTLESS = ((0.25, 0.5), (0.5, 1.0), (0.25, 2.0))


class Pattern(NamedTuple):
    """What the past of one subject shows; `chance` before any correction for many subjects."""

    past: Past
    chance: float
    high: tuple[Played, ...]
    matches: int
    usual: float


class RepeatPattern(MatchDetector):
    """The past of a team, player or referee holds more high moves than its tier explains.

    A high move is a match in which the probability of the result that would be bought rose by 10
    percentage points or more from open to close. Two chances are fused by Fisher's method: that of
    so many high moves at the base rate of the tier (a quarter of subjects is taken to be twice as
    restless), and that of so many of them coming true, an exact Poisson-binomial upper tail. The
    score is -log10 of that, times the number of subjects that the match has (Bonferroni).

    How many came true is measured against the closing probabilities. BuzzFeed measured against the
    opening ones; but closing prices stay calibrated after a high move, so a subject whose moves are
    all innocent already wins against its opening prices, and "it ended as the money said" alone is
    weak evidence. What is beyond the close is more. The opening test is given in the values, and so
    is the chance after a correction for the 20,000 subjects that a season's watch tests.

    Good at clubs and players that are used again and again. Says nothing about the match at hand,
    nothing below ten matches, and nothing of a fix that the prices did not feel. Clubs with prices
    in one thin market, or often in the news, are restless without a reason. A pattern is no proof.

    Notes
    -----
    Base rates: largest move of any selection above 10 pp in 0.63 % of matches at one sharp book
    (20,608 matches) and 2.3 to 5.3 % for an average of books by league (40,961); one result in one
    direction is about a third of that. Templon, Blake (BuzzFeed News and BBC, 2016), "The Tennis
    Racket"; CAS 2016/A/4650 (a club with more than 50 reports in five years).
    """

    name: ClassVar[str] = "repeat-pattern"
    version: ClassVar[int] = 1
    family: ClassVar[str] = "history"
    unit: ClassVar[str] = "-log10 p"

    def find(self, features: MatchFeatures) -> Finding | None:
        """Find the subject of this match with the most unusual past."""
        fixture = features.book.fixture
        tier = fixture.tier if fixture else max(_HIGH_MOVES)
        pasts = [past for _, past in sorted(features.book.pasts.items())]
        found = [pattern(past, tier) for past in pasts]
        patterns = [one for one in found if one is not None]
        if not patterns:
            return None
        worst = min(patterns, key=lambda one: one.chance)
        raw = rarity(len({past.role for past in pasts}) * worst.chance)
        return _finding(features, worst, raw) if raw > 0.0 else None

    def innocent(self, features: MatchFeatures) -> tuple[str, ...]:
        """Name what else makes prices move again and again."""
        del features
        return (
            "a small market in which every bet moves the price",
            "many injuries or rotation, known before the line-ups",
            "opening prices that are often wrong and corrected",
        )


@lru_cache(maxsize=256)
def pattern(past: Past, tier: int) -> Pattern | None:
    """Weigh a past; None when it is too short or shows no high move."""
    played = [one for one in past.played if one.start < past.at]
    high = tuple(one for one in played if one.closed - one.opened >= HIGH - 1e-9)
    if len(played) < FEWEST_MATCHES or not high:
        return None
    usual = _HIGH_MOVES.get(tier, max(_HIGH_MOVES.values()))
    so_many = sum(
        share * upper_tail([usual * factor] * len(played), len(high)) for share, factor in _RESTLESS
    )
    chance = fused(so_many, came_true(high, [one.closed for one in high]))
    return Pattern(past, chance, high, len(played), usual)


def came_true(played: Sequence[Played], chances: Sequence[float]) -> float:
    """Chance that at least as many came true as did."""
    return upper_tail(chances, sum(one.happened for one in played))


def _finding(features: MatchFeatures, found: Pattern, raw: float) -> Finding:
    past, high = found.past, found.high
    happened = sum(one.happened for one in high)
    closing = sum(one.closed for one in high)
    told = past.at.timestamp()
    main = next((market for market, line in _MAIN if (market, line) in features.book.markets), None)
    expected = found.usual * found.matches
    return Finding(
        raw=raw,
        selection=_LOSES_TO.get(past.role, "match"),
        observed=len(high) / found.matches,
        expected=found.usual,
        since=told,
        turn=told,
        books=(),
        values={
            "matches": found.matches,
            "high_moves": len(high),
            "came_true": happened,
            "expected_at_close": closing,
            "opening_log10_p": -rarity(came_true(high, [one.opened for one in high])),
            "of_all_tested": min(1.0, TESTED_SUBJECTS * found.chance),
        },
        sentence=(
            f"in {len(high)} of {past.subject}'s last {found.matches} matches the price of a "
            f"result against it shortened by 10 pp or more ({expected:.1f} expected in this tier) "
            f"and {happened} of these came true ({closing:.1f} expected at the close); a pattern "
            f"over matches is no proof"
        ),
        market=main,
    )
