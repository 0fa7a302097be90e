"""Features of one market at one moment of event time, as the detectors get them."""

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import nan
from typing import TYPE_CHECKING, Literal

from markets.book import MarketBook, MarketKey, MatchBook
from markets.consensus import Consensus
from markets.goals import GoalRates
from markets.implied import logits
from markets.rows import Row

if TYPE_CHECKING:
    from detectors.moves import Moves

Phase = Literal["early", "day", "late", "in_play"]
DAY_S = 24 * 3600.0
LATE_S = 2 * 3600.0


def arc(probability: float) -> float:
    """Put a probability on the arcsine scale, where a move means as much at 0.1 as at 0.5.

    Variance-stabilising: d(arc) = dp / sqrt(p (1 - p)), the scale on which a fair price diffuses
    evenly (Bartlett 1947 for proportions). Unlike log-odds it does not blow up for outsiders.

    >>> round(arc(0.55) - arc(0.50), 3), round(arc(0.08) - arc(0.055), 3)
    (0.1, 0.1)
    """
    if 0.0 < probability < 1.0:
        return 2.0 * math.asin(math.sqrt(probability))
    return 0.0 if probability <= 0.0 else math.pi


def phase_of(to_off: float, *, in_play: bool) -> Phase:
    """Name the phase of a market by the seconds left to kick-off.

    >>> phase_of(30 * 3600.0, in_play=False), phase_of(600.0, in_play=False)
    ('early', 'late')
    """
    if in_play:
        return "in_play"
    return "early" if to_off > DAY_S else "day" if to_off > LATE_S else "late"


@dataclass(slots=True, frozen=True)
class Play:
    """State of play around a moment: every (score, red cards) that may have held, and the clock."""

    states: tuple[tuple[tuple[int, int], tuple[int, int]], ...]
    minutes: tuple[float, float]
    rates: GoalRates


@dataclass(slots=True, frozen=True)
class Features:
    """One market of one match at `at`.

    `selections` are those known by then; `offered` are the books that offer every one of them, in
    that order.
    `warm_since` is the moment from which on the feed is known to be without a gap, `spacing_s` how
    often it usually tells something. `play` is there in play, with a score feed.
    """

    at: float
    book: MatchBook
    market: MarketBook
    phase: Phase
    to_off: float
    warm_since: float
    spacing_s: float
    selections: Sequence[str]
    offered: Sequence[Row]
    consensus: Consensus
    play: Play | None = None
    moves: dict[float, "list[Moves]"] = field(default_factory=dict, compare=False, repr=False)

    def of_book(self, book: str) -> Row:
        """What one of the books offers.

        Raises
        ------
        LookupError
            When it does not offer every selection.
        """
        for row in self.offered:
            if row.book == book:
                return row
        raise LookupError(f"{book} does not offer all of {', '.join(self.selections)}")

    def by_selection(self) -> dict[str, float]:
        """Consensus probability of each selection."""
        return dict(zip(self.selections, self.consensus.probabilities, strict=True))

    def named(self, selection: str) -> str:
        """Name a selection as an officer would: the team for home and away."""
        return named(self.book, selection, self.market.line)

    def when(self) -> str:
        """Say where in the match's life this is."""
        return when(self.book, self.at, self.phase, self.to_off)


@dataclass(slots=True, frozen=True)
class MatchFeatures:
    """A whole match at `at`.

    `markets` are the newest pre-match features of each market that any book offered; in play they
    are the last before kick-off. `registers` are the live sources that vouch to announce every
    fixture of this competition. `play` is there in play, with a score feed.
    """

    at: float
    book: MatchBook
    phase: Phase
    to_off: float
    warm_since: float
    spacing_s: float
    markets: Mapping[MarketKey, Features]
    registers: tuple[str, ...] = ()
    play: Play | None = None

    def named(self, selection: str, line: float | None = None) -> str:
        """Name a selection as an officer would: the team for home and away."""
        return named(self.book, selection, line)

    def when(self) -> str:
        """Say where in the match's life this is."""
        return when(self.book, self.at, self.phase, self.to_off)


def named(book: MatchBook, selection: str, line: float | None) -> str:
    """Name a selection as an officer would: the team for home and away, the line where one is."""
    fixture = book.fixture
    if fixture and selection in ("home", "away"):
        team = fixture.home if selection == "home" else fixture.away
        return team if line is None else f"{team} {line:+g}"
    if line is not None:
        return f"{selection} {line:g}"
    return "the draw" if selection == "draw" else selection


def when(book: MatchBook, at: float, phase: Phase, to_off: float) -> str:
    """Say where in a match's life a moment is."""
    if phase == "in_play":
        return f"in minute {math.floor(book.clock.minutes(at)) + 1}"
    return f"{span(to_off / 60.0)} before kick-off"


def span(minutes: float) -> str:
    """Say a length of time shortly.

    >>> span(44.6), span(200.0), span(4000.0)
    ('45 min', '3.3 h', '2.8 days')
    """
    if minutes < 100:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.1f} h" if minutes < 48 * 60 else f"{minutes / 1440:.1f} days"


class Lag:
    """How far a market has moved on without each of its books, for telling stale books.

    Keeps, per book, the consensus log-odds at the book's own last move.
    """

    __slots__ = ("_books", "_latest", "_moved_at", "_references")

    def __init__(self) -> None:
        self._books: tuple[str, ...] = ()
        self._moved_at = array("d")
        self._references: list[tuple[float, ...]] = []
        self._latest: tuple[float, ...] = ()

    def all_behind(self, moved: Mapping[str, float]) -> dict[str, float]:
        """Log-odds by which the consensus has moved since each book's last move.

        Books since whose last move nothing was learned are left out.
        """
        latest, places = self._latest, _places(self._books)
        moved_at, references, found = self._moved_at, self._references, {}
        known, behind = latest, 0.0  # books that moved last within the same look have one
        for book, at in moved.items():
            place = places.get(book)
            if place is None or moved_at[place] != at:
                continue
            if (reference := references[place]) is not latest:
                if reference is not known:
                    known, behind = reference, _apart(latest, reference)
                found[book] = behind
        return found

    def learn(self, moved: Mapping[str, float], found: Consensus) -> None:
        """Take in a consensus and each book's last move."""
        self._latest = latest = logits(found.probabilities)
        places, moved_at, references = _places(self._books), self._moved_at, self._references
        if new := moved.keys() - places.keys():
            self._books = _shared((*self._books, *sorted(new)))
            places = _places(self._books)
            moved_at.extend([nan] * len(new))
            references += [()] * len(new)
        width = len(latest)
        for book, at in moved.items():
            place = places[book]
            if moved_at[place] != at or len(references[place]) != width:
                moved_at[place] = at
                references[place] = latest


def _apart(latest: Sequence[float], reference: Sequence[float]) -> float:
    # A book that was away has the reference of fewer selections, where others came since.
    return max([abs(a - b) for a, b in zip(latest, reference, strict=False)])


_shared = lru_cache(maxsize=4096)(tuple)  # one for all markets that the same books offer


@lru_cache(maxsize=4096)
def _places(books: tuple[str, ...]) -> dict[str, int]:
    return {book: place for place, book in enumerate(books)}
