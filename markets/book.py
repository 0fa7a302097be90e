"""The book of one match: prices, matched volume, wagers, score and clock."""

from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from sys import intern
from typing import ClassVar

from msgspec.structs import replace

from markets.clock import MatchClock
from markets.implied import logits, multiplicative
from markets.joined_prices import PRICED, Prices
from markets.offers import Offer
from markets.records import Account, Event, Fixture, Matched, Past, Price, Record, Wager
from markets.rows import Row
from markets.volume import VolumeBook
from markets.wagers import WagerBook

MarketKey = tuple[str, float | None]
MOST_STOPS = 64
_BETTING = (Wager, Account)

SELECTIONS = {
    "1x2": ("home", "draw", "away"),
    "total": ("over", "under"),
    "asian_handicap": ("home", "away"),
    "btts": ("yes", "no"),
}


class MarketBook:
    """Prices of all books for one market of a match (one line of it, where it has lines).

    `stops` are the last moments, oldest first, at which each book suspended the market in play.
    `stirred` is kept by whoever looks at the market now and then: whether it was told of since.
    """

    __slots__ = (
        "_rows",
        "books",
        "changed_at",
        "in_play",
        "key",
        "line",
        "market",
        "selections",
        "stirred",
        "stops",
    )  # fmt: skip
    of_offer: ClassVar[type[Offer]] = Offer

    def __init__(self, market: str, line: float | None) -> None:
        self.key = _shared(market, line)
        self.market, self.line = self.key
        self.selections: tuple[str, ...] = ()
        self.books: dict[str, Offer] = {}
        self.stops: dict[str, deque[float]] = {}
        self.in_play = False
        self.changed_at = float("-inf")
        self._rows: dict[str, Row] | None = {}
        self.stirred = False

    def apply(self, told: Price | Prices, at: float) -> None:
        """Take prices in; a selection or a book seen for the first time is added.

        A selection that the market cannot have, one book's misspelling say, is passed over: no
        other book would offer it, and none would seem to offer the whole market.
        """
        book, status, in_play, heard = told.book, told.status, told.in_play, None
        offer = self.books.get(book)
        before = offer.open if offer and in_play and status == "suspended" else 0
        if offer is not None:
            if isinstance(told, Prices):
                heard = offer.set(told.prices, at, status)
            else:
                heard = offer.set_one(told.selection, told.price, at, status)
        if heard is None:
            heard = self._admit(told, at)
        if not heard:
            return
        offer = offer or self.books[book]
        offer.touched = True
        if before and offer.open < before:
            self._stop(book, at)
        if at >= self.changed_at:
            # Of several books at one instant the order must not matter: one in play is enough.
            self.in_play = in_play or (self.in_play and at == self.changed_at)
            self.changed_at = at

    def _admit(self, told: Price | Prices, at: float) -> bool | None:
        """Take in prices of which the book has not told all selections before."""
        prices = told.prices if isinstance(told, Prices) else {told.selection: told.price}
        possible = SELECTIONS.get(self.market, prices)
        prices = {name: price for name, price in prices.items() if name in possible}
        if not prices:
            return False
        return self._begin(told, tuple(prices), at).set(prices, at, told.status)

    def _begin(self, told: Price | Prices, names: tuple[str, ...], at: float) -> Offer:
        """Make room for selections of a book."""
        if new := set(names).difference(self.selections):
            # Each record brings names of its own, which the book would keep for every price.
            self.selections = tuple(sorted([*self.selections, *map(intern, new)]))
            self._touch_all()
        offer = self.books.get(told.book)
        if offer is None:
            return self.books.setdefault(intern(told.book), self.of_offer(names))
        offer.add(names, at, told.status)
        return offer

    def _touch_all(self) -> None:
        """Have all rows made anew."""
        for offer in self.books.values():
            offer.touched = True

    def _stop(self, book: str, at: float) -> None:
        """Note that a book suspended the market in play."""
        stops = self.stops.setdefault(book, deque(maxlen=MOST_STOPS))
        if not stops or stops[-1] < at:
            stops.append(at)

    def offered(self) -> Sequence[Row]:
        """Rows of the books that offer every selection right now, in order of their names.

        Of many books few move between two looks, so rows are kept until a price of theirs comes.
        """
        if self._rows is None:
            self._rows = {}
            self._touch_all()
        new = False
        for book, offer in self.books.items():
            if not offer.touched:
                continue
            offer.touched = False
            if (row := self._row(book, offer)) is None:
                self._rows.pop(book, None)
            else:
                new = new or book not in self._rows
                self._rows[book] = row
        if new:
            self._rows = dict(sorted(self._rows.items()))
        return list(self._rows.values())

    def rest(self) -> None:
        """Let go of the rows: they are most of a market, and made anew when they are asked for."""
        self._rows = None

    def _row(self, book: str, offer: Offer) -> Row | None:
        """Row of one book; None while it does not offer every selection."""
        offers = self._where(offer)
        if len(offers) < 2:
            return None
        first, columns = offers[0], _columns(offers[0].names, self.selections)
        if first is offers[-1]:  # all in one, as nearly always
            row, moved_at = first.prices[-len(columns) :], first.times[-1]
            prices = [row[column] for column in columns]
        else:
            prices = [offer.prices[-1] for offer in offers]
            moved_at = max([offer.times[-1] for offer in offers])
        fair = multiplicative(prices)
        return Row(book, offers, columns, moved_at, fair, logits(fair))

    def _where(self, offer: Offer) -> tuple[Offer, ...]:
        """Return where each selection stands; nothing while not all of them can be had."""
        wanted, apart = self.selections, offer.apart
        if apart is None:
            whole = offer.status == "open" and len(offer.names) == len(wanted)
            return (offer,) * len(wanted) if whole else ()
        found = [part for s in wanted if (part := apart.get(s)) and part.status == "open"]
        return tuple(found) if len(found) == len(wanted) else ()


@lru_cache(maxsize=4096)
def _shared(market: str, line: float | None) -> MarketKey:
    # One for all matches: what every look-up compares with is not fetched from far away then.
    return intern(market), line + 0.0 if line is not None else None  # -0.0 is the line 0.0 too


@lru_cache(maxsize=4096)
def _columns(names: tuple[str, ...], selections: tuple[str, ...]) -> tuple[int, ...]:
    """Return in which column of an offer each selection stands."""
    if len(names) < len(selections):  # kept apart, an offer for each
        return (0,) * len(selections)
    return tuple(map(names.index, selections))


class MatchBook:
    """All that is known of one match at a moment of event time.

    Records may come late or twice: a price older than the present one of its book is passed
    over, everything else is idempotent.

    Examples
    --------
    >>> from datetime import datetime, UTC
    >>> book = MatchBook("a-v-b-2026-06-11")
    >>> noon = datetime(2026, 6, 11, 12, tzinfo=UTC)
    >>> for selection, price in {"home": 2.0, "draw": 3.4, "away": 4.0}.items():
    ...     book.apply(Price(at=noon, match=book.match, market="1x2", selection=selection,
    ...                      book="betmgm", price=price))
    >>> [row.book for row in book.markets["1x2", None].offered()]
    ['betmgm']
    """

    __slots__ = (
        "at",
        "clock",
        "fixture",
        "markets",
        "match",
        "match_events",
        "pasts",
        "sources",
        "volume",
        "wagers",
    )  # fmt: skip
    of_market: ClassVar[type[MarketBook]] = MarketBook

    def __init__(self, match: str) -> None:
        self.match = match
        self.fixture: Fixture | None = None
        self.sources: set[str] = set()
        self.markets: dict[MarketKey, MarketBook] = {}
        self.volume = VolumeBook()
        self.wagers = WagerBook()
        self.pasts: dict[tuple[str, str], Past] = {}
        self.clock = MatchClock()
        self.match_events: list[Event] = []
        self.at = float("-inf")

    def apply(self, record: Record | Prices) -> None:
        """Take one record of this match in."""
        self.take(record, record.at.timestamp())

    def take(self, record: Record | Prices, at: float) -> None:
        """Do what `apply` does, knowing the record's time in epoch seconds."""
        if isinstance(record, PRICED):
            self.take_prices((record.market, record.line), record, at)
            return
        self.at = max(self.at, at)
        if isinstance(record, Matched):
            self.volume.apply(record, at)
        elif isinstance(record, _BETTING):
            self.wagers.apply(record)
        elif isinstance(record, Event):
            self._apply_event(record)
        elif isinstance(record, Fixture):
            self._apply_fixture(record)
        elif isinstance(record, Past):
            self._apply_past(record)

    def take_prices(self, key: MarketKey, told: Price | Prices, at: float) -> MarketBook:
        """Do what `take` does for prices of the market `key`; return its book."""
        if at > self.at:
            self.at = at
        market = self.markets.get(key) or self.market(*key)
        market.apply(told, at)
        return market

    def market(self, market: str, line: float | None) -> MarketBook:
        """Return the book of one market, made when first asked for."""
        found = self.markets.get((market, line))
        if found is None:
            found = self.of_market(market, line)
            self.markets[found.key] = found
        return found

    @property
    def start(self) -> float | None:
        """Kick-off in epoch seconds: as played when known, else as announced."""
        if self.clock.kick_off is not None:
            return self.clock.kick_off
        return self.fixture.start.timestamp() if self.fixture else None

    def _apply_event(self, event: Event) -> None:
        if event in self.match_events:
            return
        self.match_events.append(event)
        self.clock.apply(event)

    def _apply_fixture(self, fixture: Fixture) -> None:
        self.sources.add(fixture.source)
        known = self.fixture or fixture
        newest = max(fixture, known, key=lambda f: (f.at, f.source))
        # The lowest tier number wins: a source that does not know the tier says 3.
        self.fixture = replace(newest, tier=min(known.tier, fixture.tier))

    def _apply_past(self, past: Past) -> None:
        known = self.pasts.get((past.role, past.source), past)
        self.pasts[past.role, past.source] = max(past, known, key=lambda p: p.at)
