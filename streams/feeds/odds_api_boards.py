"""What changed on a match's markets from one poll of The Odds API to the next."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from markets.door import Refused, admit
from markets.prices import american_to_decimal
from markets.records import Fixture, Record
from streams.feeds.documents import Wrong, mapping, refused, rows, shown, text
from streams.feeds.feed import Refusal
from streams.feeds.odds_api_markets import market_name, number, selection_and_line

SOURCE = "odds-api"

Told = Iterator[Record | Refusal]
_Place = tuple[str, float | None]


@dataclass(frozen=True, slots=True)
class Poll:
    """A document of the feed: its number and place in the file, its time, its kind of prices.

    `left_out` is shared by all polls of a file: the markets whose omission has been told.
    """

    number: int
    place: str
    at: datetime
    american: bool
    left_out: set[str]

    def refused(self, path: str, reason: object, part: object) -> Refusal:
        """Refuse a part of this document."""
        return refused(SOURCE, self.place, f"{path}: {reason}".removeprefix(": "), part)

    def decimal(self, price: float) -> float:
        """Convert a price of this document to decimal odds."""
        if not self.american:
            return price
        if abs(price) < 100:
            raise Wrong(f"price: {price} is no American price, as the others of this document are")
        return american_to_decimal(price)


@dataclass(slots=True)
class _Offer:
    """What one book last asked for one selection, as the feed wrote it and as decimal odds."""

    raw: float
    american: bool
    price: float
    stands: bool = True

    def repeats(self, raw: float, poll: Poll) -> bool:
        return self.stands and self.raw == raw and self.american is poll.american


@dataclass(slots=True)
class _Board:
    """One market of one book: the offers on it, and the outcomes as the last poll had them."""

    book: str
    market: str
    poll: Poll
    american: bool | None = None
    outcomes: list[Any] | None = None
    offers: dict[_Place, _Offer] = field(default_factory=dict)


class Boards:
    """All markets of a match; `told` compares them with what they were."""

    def __init__(self) -> None:
        self._boards: dict[tuple[str, str], _Board] = {}

    def told(self, poll: Poll, fixture: Fixture, event: dict[str, Any], path: str) -> Told:
        """Tell what a poll changes; what cannot be used of it is refused."""
        try:
            books = rows(event, "bookmakers")
        except Wrong as error:
            yield poll.refused(path, error, event)
            return
        whole = True
        for index, book in enumerate(books):
            where = f"{path}.bookmakers[{index}]"
            try:
                key, markets = text(mapping(book), "key"), rows(book, "markets")
            except Wrong as error:
                yield poll.refused(where, error, book)
                whole = False
                continue
            for position, market in enumerate(markets):
                if not self._repeats(poll, key, market):
                    place = f"{where}.markets[{position}]"
                    yield from self._market(poll, fixture, key, market, place)
        if whole:
            yield from self._missing(poll, fixture)

    def _repeats(self, poll: Poll, book: str, market: Any) -> bool:
        """Whether a market is as the last poll had it, as three of four are."""
        if not isinstance(market, dict) or not isinstance(key := market.get("key"), str):
            return False
        board = self._boards.get((book, key))
        if board is None or board.poll is poll or board.american is not poll.american:
            return False
        if board.outcomes is None or board.outcomes != market.get("outcomes"):
            return False
        board.poll = poll
        return True

    def _market(self, poll: Poll, fixture: Fixture, book: str, market: Any, path: str) -> Told:
        try:
            key = text(mapping(market), "key")
            if key.endswith("_lay"):
                yield from _leave_out(poll, key, market, path)
                return
            board = self._board(poll, fixture.sport, book, key, market)
            outcomes = rows(market, "outcomes")
        except Wrong as error:
            yield poll.refused(path, error, market)
            return
        yield from _outcomes(board, fixture, outcomes, path)

    def _board(self, poll: Poll, sport: str, book: str, key: str, market: dict[str, Any]) -> _Board:
        board = self._boards.get((book, key))
        if board is None:
            name = market_name(key, sport, rows(market, "outcomes"))
            board = self._boards[book, key] = _Board(book, name, poll)
        elif board.poll is poll:
            raise Wrong(f"key: {shown(key)} of {book} is in this event twice")
        board.poll = poll
        return board

    def _missing(self, poll: Poll, fixture: Fixture) -> Told:
        for board in self._boards.values():
            if board.poll is not poll:
                board.outcomes, board.poll = None, poll
                yield from _withdraw(board, fixture, keep=set())


def _leave_out(poll: Poll, key: str, market: dict[str, Any], path: str) -> Told:
    if key not in poll.left_out:
        poll.left_out.add(key)
        reason = f"key: {key} holds lay prices, which are left out here and below"
        yield poll.refused(path, reason, market)


def _outcomes(board: _Board, fixture: Fixture, outcomes: list[Any], path: str) -> Told:
    seen: set[_Place] = set()
    whole = True
    for index, outcome in enumerate(outcomes):
        try:
            changed = _outcome(board, fixture, mapping(outcome), seen)
        except (Wrong, Refused) as error:
            yield board.poll.refused(f"{path}.outcomes[{index}]", error, outcome)
            whole = False
        else:
            if changed is not None:
                yield changed
    board.outcomes, board.american = (outcomes if whole else None), board.poll.american
    if whole:
        yield from _withdraw(board, fixture, keep=seen)


def _outcome(
    board: _Board, fixture: Fixture, outcome: dict[str, Any], seen: set[_Place]
) -> Record | None:
    place = selection_and_line(board.market, outcome, fixture.home, fixture.away)
    if place in seen:
        raise Wrong(f"name: {shown(place)} is in this market twice")
    seen.add(place)
    raw, offer = number(outcome, "price"), board.offers.get(place)
    if offer is not None and offer.repeats(raw, board.poll):
        return None
    price = board.poll.decimal(raw)
    record = _price(board, fixture, place, price, "open")
    board.offers[place] = _Offer(raw, board.poll.american, price)
    return None if offer is not None and offer.stands and offer.price == price else record


def _withdraw(board: _Board, fixture: Fixture, keep: set[_Place]) -> Told:
    for place, offer in board.offers.items():
        if offer.stands and place not in keep:
            offer.stands = False
            yield _price(board, fixture, place, offer.price, "withdrawn")


def _price(board: _Board, fixture: Fixture, place: _Place, price: float, status: str) -> Record:
    at, (selection, line) = board.poll.at, place
    return admit(
        {"kind": "price", "at": at, "match": fixture.match, "in_play": at >= fixture.start}
        | {"market": board.market, "line": line, "selection": selection, "book": board.book}
        | {"price": price, "status": status}
    )
