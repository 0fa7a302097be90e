"""The desk of one match: its newest quotes, and the bars that are made of them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from markets.book import MarketBook, MarketKey, MatchBook
from markets.clock import State
from markets.consensus import consensus
from markets.goals import GoalRates, fit_rates, outcome_probabilities, over_probability
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


class Desk:
    """Keeps the quotes of one match and closes its minutes.

    A record that comes late counts in the minute in which it comes: what was known then is what
    the picture shows.

    Parameters
    ----------
    match
        Its name.
    past
        Records of the match so far; of prices the newest of each quote is enough.
    closing
        Consensus of each market (and line) before the match, by selection.
    """

    def __init__(
        self, match: str, past: Iterable[Record] = (), closing: Closing | None = None
    ) -> None:
        self._book = MatchBook(match)
        self._closing: Closing = closing or {}
        self._rates: GoalRates | None = None
        self._changed: set[MarketKey] = set()
        told = list(past)
        for record in told:
            self._book.apply(record)
        for record in told:
            if record.at.timestamp() // MINUTE_S == self._book.at // MINUTE_S:
                self._note(record)  # the minute goes on as if there had been no break

    def take(self, record: Record) -> Iterator[Bar]:
        """Take a record in; bars of the minute before come out when it begins a new one."""
        if record.at.timestamp() // MINUTE_S > self._book.at // MINUTE_S:
            yield from self.bars()
            self._changed.clear()
        self._book.apply(record)
        self._note(record)

    def _note(self, record: Record) -> None:
        """Note which markets the minute has something to say of."""
        if isinstance(record, Price):
            self._changed.add((record.market, record.line))
        elif isinstance(record, Event):
            self._changed.update(self._book.markets)

    def bars(self) -> Iterator[Bar]:
        """Bars of the present minute as it stands, of markets in which something was told."""
        for market, line in sorted(self._changed, key=lambda key: (key[0], line_text(key[1]))):
            yield from self._of_market(self._book.market(market, line))

    def _of_market(self, market: MarketBook) -> Iterator[Bar]:
        fair = {row.book: row.fair for row in market.offered()}
        if not fair:
            return
        found = consensus(fair)
        named = dict(zip(market.selections, found.probabilities, strict=True))
        playing = market.in_play or self._playing()
        if not playing:
            self._close(market, named)
        expected = self._expected(market) if playing else {}
        minute = datetime.fromtimestamp(self._book.at // MINUTE_S * MINUTE_S, UTC)
        dropped = tuple(sorted(found.dropped))
        for place, selection in enumerate(market.selections):
            yield Bar(
                self._book.match, market.market, line_text(market.line), selection, minute,
                named[selection], expected.get(selection), playing, tuple(fair),
                tuple(row[place] for row in fair.values()), dropped,
            )  # fmt: skip

    def _playing(self) -> bool:
        kick_off = self._book.clock.kick_off
        return kick_off is not None and self._book.at >= kick_off

    def _close(self, market: MarketBook, named: dict[str, float]) -> None:
        self._closing[market.market, line_text(market.line)] = named
        self._rates = None

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
