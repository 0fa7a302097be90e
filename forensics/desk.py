"""The desk of one match: its newest quotes, and the bars that are made of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from forensics.standing import StandingBook
from markets.book import MarketBook, MarketKey
from markets.clock import State
from markets.consensus import agreed
from markets.goal_fit import fit_rates
from markets.goals import GoalRates, outcome_probabilities, over_probability
from markets.joined_prices import Prices, singly
from markets.records import Event, Price, Record

MINUTE_S = 60
_OUTCOMES = ("home", "draw", "away")
Closing = dict[tuple[str, str], dict[str, float]]


class Bar(NamedTuple):
    """One minute of one selection; probabilities are without overround."""

    match: str
    market: str
    line: str
    selection: str
    minute: datetime
    consensus: float
    expected: float | None
    in_play: bool
    books: tuple[str, ...]
    chances: tuple[float, ...]
    dropped: tuple[str, ...]


Placed = tuple[Bar, int]
"""A bar, and the offset of the frame that it is as of."""


class Desk:
    """Keeps the quotes of one match and closes its minutes.

    A record that comes late counts in the minute in which it comes: what was known then is what
    the picture shows.

    Parameters
    ----------
    match
        Its name.
    past
        Records of the match before its present minute; of prices the newest of each quote is
        enough.
    present
        Records of the minute so far, in their order, so that it goes on as if without a break.
    closing
        Consensus of each market (and line) before the match and the minute, by selection.

    Bars come with the offset of the frame that last changed their market. Each is made once after a
    change: those of `present` have been made before.
    """

    def __init__(
        self,
        match: str,
        past: Iterable[Record] = (),
        present: Iterable[Record] = (),
        closing: Closing | None = None,
    ) -> None:
        self.match = match
        self.told_at = float("-inf")
        self._book = StandingBook(match)
        self._closing: Closing = closing or {}
        self._rates: GoalRates | None = None
        self._changed: set[MarketKey] = set()
        self._to_make: dict[MarketKey, int] = {}
        self._made: dict[MarketKey, list[Bar]] = {}
        self._stopped: dict[MarketKey, list[Bar]] = {}
        for record in past:
            self._book.apply(record)
        for record in present:
            self._hear(record, record.at.timestamp(), 0)
        self._to_make.clear()

    def take(self, record: Record | Prices, offset: int) -> Sequence[Placed]:
        """Take a record in; bars of the minute before come out when it begins a new one."""
        self.told_at = at = record.at.timestamp()
        ends = at // MINUTE_S > self._book.at // MINUTE_S
        bars = self._end_minute() if ends else ()
        if isinstance(record, Prices):
            self._hear_prices(record, at, offset)
        else:
            self._hear(record, at, offset)
        return bars

    def bars(self) -> Iterator[Placed]:
        """Bars of the present minute as it stands, of markets that have changed since the last.

        A market that nobody offers any more is shown as it was last offered in this minute.
        """
        for key, offset in self._to_make.items():
            self._made[key] = self._of_key(key)
            yield from ((bar, offset) for bar in self._made[key])
        self._to_make.clear()

    def _of_key(self, key: MarketKey) -> list[Bar]:
        return self._of_market(self._book.market(*key)) or self._stopped.get(key, [])

    def _end_minute(self) -> list[Placed]:
        bars = list(self.bars())
        closing: Closing = {}
        for key in self._changed:
            for bar in self._made[key] if key in self._made else self._of_key(key):
                if not bar.in_play:
                    closing.setdefault((bar.market, bar.line), {})[bar.selection] = bar.consensus
        if closing:
            self._closing |= closing
            self._rates = None
        self._changed.clear()
        self._made.clear()
        self._stopped.clear()
        return bars

    def _hear(self, record: Record, at: float, offset: int) -> None:
        """Apply a record, and note which markets the minute has something to say of."""
        if isinstance(record, Price):
            key = record.market, record.line
            market = self._book.market(*key)
            if key in self._changed and _may_end(market, record):
                self._stopped[key] = self._of_market(market) or self._stopped.get(key, [])
            self._change(key, offset)
        self._book.take(record, at)
        if isinstance(record, Event):
            for key in self._book.markets:
                self._change(key, offset)

    def _hear_prices(self, told: Prices, at: float, offset: int) -> None:
        key = told.market, told.line
        market = self._book.markets.get(key)
        known = market.books.get(told.book) if market else None
        if known and told.status == "open" and known.knows(told.prices):
            self._change(key, offset)  # none of them can end anything
            self._book.take_prices(key, told, at)
            return
        for price in singly([told]):
            self._hear(price, at, offset)

    def _change(self, key: MarketKey, offset: int) -> None:
        self._changed.add(key)
        self._to_make[key] = offset

    def _of_market(self, market: MarketBook) -> list[Bar]:
        rows = market.offered()
        if not rows:
            return []
        found = agreed({row.book: row.log_odds for row in rows}, behind={})
        playing = market.in_play or self._playing()
        expected = self._expected(market) if playing else {}
        minute = datetime.fromtimestamp(self._book.at // MINUTE_S * MINUTE_S, UTC)
        line, dropped = line_text(market.line), tuple(sorted(found.dropped))
        books = tuple([row.book for row in rows])
        chances = zip(*[row.fair for row in rows], strict=True)
        each = zip(market.selections, found.probabilities, chances, strict=True)
        return [
            Bar(
                self.match, market.market, line, selection, minute, consensus,
                expected.get(selection), playing, books, fair, dropped,
            )
            for selection, consensus, fair in each
        ]  # fmt: skip

    def _playing(self) -> bool:
        kick_off = self._book.clock.kick_off
        return kick_off is not None and self._book.at >= kick_off

    def _expected(self, market: MarketBook) -> dict[str, float]:
        """What score and clock make of the prices before the match; empty where none can tell."""
        fixture, clock = self._book.fixture, self._book.clock
        if fixture is None or fixture.sport != "football" or not self._playing():
            return {}
        if (rates := self._rates_at_close()) is None:
            return {}
        state = clock.states(self._book.at, self._book.at)[-1]
        # At the end of the minute, whenever in it the market was last told of.
        ended = (self._book.at // MINUTE_S + 1) * MINUTE_S
        return expectation(market, rates, state, clock.minutes(ended))

    def _rates_at_close(self) -> GoalRates | None:
        outcome = self._closing.get(("1x2", ""), {})
        if self._rates is None and outcome.keys() == set(_OUTCOMES):
            totals = _totals(self._closing)
            home, draw, away = (outcome[name] for name in _OUTCOMES)
            self._rates = fit_rates(home, draw, away, totals)
        return self._rates


def expectation(
    market: MarketBook, rates: GoalRates, state: State, minutes: float
) -> dict[str, float]:
    """Return what the goal model expects of the selections of a market that it knows.

    >>> over = expectation(MarketBook("total", 2.5), GoalRates(1.6, 1.0), State((2, 0), (0, 0)), 60)
    >>> {name: round(chance, 2) for name, chance in over.items()}
    {'over': 0.66, 'under': 0.34}
    """
    if market.market == "1x2":
        chances = outcome_probabilities(rates, state.score, minutes, state.red_cards)
        return dict(zip(_OUTCOMES, chances, strict=True))
    if market.market == "total" and market.line is not None and _is_line(market.line):
        over = over_probability(rates, market.line, state.score, minutes, state.red_cards)
        return {"over": over, "under": 1.0 - over}
    return {}


def _may_end(market: MarketBook, price: Price) -> bool:
    """Whether nobody may offer the whole market after this price."""
    if price.selection in market.selections and price.status == "open":
        return False
    return len(market.offered()) == 1 or price.selection not in market.selections


def line_text(line: float | None) -> str:
    """Write a line as the store and the address of a page do.

    >>> line_text(2.5), line_text(-1.0), line_text(0.0), line_text(None)
    ('2.5', '-1', '0', '')
    """
    return "" if line is None else f"{line:.10g}"


def _totals(closing: Mapping[tuple[str, str], Mapping[str, float]]) -> list[tuple[float, float]]:
    totals = sorted(
        (float(line), chances["over"])
        for (market, line), chances in closing.items()
        if market == "total" and line and "over" in chances
    )
    return [(line, over) for line, over in totals if _is_line(line)]


def _is_line(line: float) -> bool:
    return line >= 0.0 and not (4.0 * line) % 1.0
