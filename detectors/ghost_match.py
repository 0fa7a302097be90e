"""Ghost match: a match that books price and that no register knows."""

import math
from typing import ClassVar

from detectors.detector import MatchDetector
from detectors.evidence import Finding
from detectors.features import MatchFeatures, Phase
from detectors.tails import rarity

SHOULD_PLAY_S = 10 * 60.0
# Share of fixtures that a register tells only within the last day, and those it forgets.
_LATE, _FORGOTTEN = 0.04, 1e-4
_DAY_H = 24.0
# Books that usually price a match of this tier, where a feed carries most of them.
_USUAL_BOOKS = {1: 10.0, 2: 9.0, 3: 8.0, 4: 6.0}
_LEAST_USUAL = 4.0
_FEW_AT_MOST = 0.7
_UNPLAYED = 1.0


class GhostMatch(MatchDetector):
    """A match is priced, and no register that vouches for all of its competition has announced it.

    The score is -log10 of the chance that a register is as late as this: 4 % of fixtures are
    announced within the last day only, and the closer kick-off, the fewer of those are left
    (quadratically), down to one in ten thousand that is forgotten. A second silent register adds
    half of that again, books fewer than usual in this tier the log ratio (at most 0.7), and once
    ten minutes after the announced kick-off the market is in play and no event was told, 1.

    Good at fixtures that were made up for the feeds of a few books. Needs a register that vouches
    (`covers` of its heartbeats) and is live: a competition without one is never looked at, nor is a
    match while its registers are stale. Weak where two sources spell a team differently, for then
    the register's fixture is another match; and a register that begins to vouch must first tell
    the fixtures that are ahead. It cannot see a match that is played by other teams than named.

    Notes
    -----
    Practice: ghost matches were found by comparing the fixtures offered with those of the
    federations (Federbet and press reports on friendlies in 2012-2015; Macolin Convention, Typology
    Framework). How late registers are is not published: the share is our assumption.
    """

    name: ClassVar[str] = "ghost-match"
    version: ClassVar[int] = 1
    family: ClassVar[str] = "ghost"
    unit: ClassVar[str] = "-log10 p"
    phases: ClassVar[frozenset[Phase]] = frozenset({"day", "late"})

    def find(self, features: MatchFeatures) -> Finding | None:
        """Find out whether the registers should know this match by now."""
        sources = features.book.sources
        if not features.registers or any(name in sources for name in features.registers):
            return None
        markets = features.book.markets.values()
        books = tuple(sorted({row.book for market in markets for row in market.offered()}))
        if not books:
            return None
        silent = len(features.registers)
        raw = (1.0 + 0.5 * (silent - 1)) * lateness(features.to_off) + _few(features, len(books))
        if _unplayed(features):
            raw += _UNPLAYED
        return _finding(features, raw, books)

    def innocent(self, features: MatchFeatures) -> tuple[str, ...]:
        """Name what else leaves a match without an official fixture."""
        del features
        return (
            "a fixture that is announced late, or was moved",
            "a team or competition spelt differently by the register",
            "a friendly that the association does not list",
        )


def lateness(to_off: float) -> float:
    """-log10 of the share of fixtures that are still to be announced this long before kick-off.

    >>> [round(lateness(hours * 3600.0), 1) for hours in (24, 6, 1, 0)]
    [1.4, 2.6, 3.8, 4.0]
    """
    hours = min(max(to_off / 3600.0, 0.0), _DAY_H)
    return rarity(_LATE * (hours / _DAY_H) ** 2 + _FORGOTTEN)


def _few(features: MatchFeatures, books: int) -> float:
    """Log ratio of the usual number of books to that seen."""
    tier = features.book.fixture.tier if features.book.fixture else 9
    usual = _USUAL_BOOKS.get(tier, _LEAST_USUAL)
    return min(_FEW_AT_MOST, max(0.0, math.log10(usual / books)))


def _unplayed(features: MatchFeatures) -> bool:
    """Whether it is bet on in play and nothing was told of the play."""
    book = features.book
    return (
        features.to_off < -SHOULD_PLAY_S
        and book.clock.kick_off is None
        and any(market.in_play for market in book.markets.values())
    )


def _finding(features: MatchFeatures, raw: float, books: tuple[str, ...]) -> Finding:
    fixture, registers = features.book.fixture, features.registers
    competition = fixture.competition if fixture else "?"
    vouching = " and ".join(registers)
    unplayed = ", and no event was told since the announced kick-off" if _unplayed(features) else ""
    where = features.when() if features.to_off > 0 else "after the announced kick-off"
    count = f"{len(books)} books price" if len(books) > 1 else "1 book prices"
    return Finding(
        raw=raw,
        selection="match",
        observed=0.0,
        expected=1.0,
        since=features.at,
        turn=features.at,
        books=books,
        values={
            "registers": len(registers), "books": len(books),
            "hours_to_off": features.to_off / 3600.0,
        },
        sentence=(
            f"{count} the match, which {vouching}, vouching for all fixtures of {competition}, "
            f"has not announced{unplayed}, {where}"
        ),
    )  # fmt: skip
