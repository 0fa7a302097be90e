"""Sportradar's Unified Odds Feed, recorded: one XML message on each line.

- **odds_change** tells prices that changed, and by `sport_event_status` the play.
- **bet_stop** suspends what is open; **bet_settlement** closes; **bet_cancel** withdraws.
- **fixture_change** moves the kick-off. Teams and competition are not in messages; they come from
  fixtures of the API (`fixtures_fixture`), which a recording may hold and the live feed asks for.
- **alive** is the heartbeat; with `subscribed="0"` something was missed: a gap, which lasts until
  `snapshot_complete`. A longer silence than `SILENCE` between two of them is a gap as well.
- A message about a market that is **older** than what is known of it is passed over: a recovery
  tells again what was told.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import BinaryIO, NamedTuple
from xml.etree.ElementTree import Element

from markets.door import Refused
from markets.records import Fixture, Record, Status
from streams.feeds.ageing import Ageing
from streams.feeds.competitions import competition
from streams.feeds.documents import BYTE_ORDER_MARK, Wrong
from streams.feeds.feed import Format, Refusal, lines
from streams.feeds.uof_markets import SPORTS, Place, place_of, selection_of, status_of
from streams.feeds.uof_message import BOOK, SOURCE, Message, Told, moment, number, refused, required
from streams.feeds.uof_play import Play

SILENCE = timedelta(seconds=30)
UNKNOWN = "unknown"
PASSED_OVER = frozenset({"rollback_bet_settlement", "rollback_bet_cancel", "product_down"})
_MESSAGE = re.compile(
    rb"<(odds_change|bet_stop|bet_settlement|fixture_change|alive)\b[^>]*\bproduct="
)


class _Quote(NamedTuple):
    price: float
    status: Status


@dataclass(slots=True)
class _Match:
    fixture: Fixture | None = None
    play: Play = field(default_factory=Play)
    quotes: dict[tuple[Place, str], _Quote] = field(default_factory=dict)
    seen: dict[Place, datetime] = field(default_factory=dict)
    stopped: bool = False


def read(stream: BinaryIO, place: str) -> Told:
    """Read a recording."""
    recording = Recording()
    for where, line in lines(stream, place):
        yield from recording.read(line.removeprefix(BYTE_ORDER_MARK), where)


class Recording:
    """The state between messages: matches, their markets and what is known of the producers."""

    def __init__(self) -> None:
        self._matches: Ageing[str, _Match] = Ageing()
        self._alive: dict[str, datetime] = {}
        self._down: set[str] = set()

    def knows(self, event: str) -> bool:
        """Whether the fixture of an event is known."""
        found = self._matches.get(event)
        return found is not None and found.fixture is not None

    def read(self, data: bytes, place: str) -> Told:
        """Read one message."""
        try:
            message = Message(data, place)
            yield from list(self._message(message))
        except (Wrong, Refused) as error:
            yield refused(place, str(error), data)

    def _message(self, message: Message) -> Told:
        readers = {
            "odds_change": self._odds, "bet_stop": self._stop, "bet_settlement": self._settlement,
            "bet_cancel": self._settlement, "fixture_change": self._moved, "alive": self._living,
            "snapshot_complete": self._complete, "fixtures_fixture": self._fixtures,
        }  # fmt: skip
        if message.kind in PASSED_OVER:
            return iter(())
        if message.kind not in readers:
            raise Wrong(f"{message.kind[:80]}: is no message that is known")
        if message.kind != "fixtures_fixture":
            self._matches.now(moment(message.root.get("timestamp"), "timestamp"))
        return readers[message.kind](message)

    def _match(self, message: Message) -> _Match:
        return self._matches.setdefault(message.event, _Match())

    def _odds(self, message: Message) -> Told:
        match = self._match(message)
        if (status := message.root.find("sport_event_status")) is not None:
            football = match.fixture is None or match.fixture.sport == "football"
            yield from _part(message, match.play.told(message, status, football=football))
        for market in message.root.findall("odds/market"):
            yield from _part(message, self._market(message, match, market))
        if match.stopped and any(quote.status == "open" for quote in match.quotes.values()):
            match.stopped = False
            yield message.told("event", match=message.event, event="resumption")

    def _market(self, message: Message, match: _Match, market: Element) -> Told:
        place = place_of(required(market, "id"), market.get("specifiers"))
        if message.at < match.seen.get(place, message.at):
            return
        match.seen[place] = message.at
        status = status_of(market.get("status"))
        outcomes = market.findall("outcome")
        for outcome in outcomes:
            yield from _part(message, self._outcome(message, match, place, outcome, status))
        if status != "open":
            yield from self._all(message, match, status, within=place)

    def _outcome(
        self, message: Message, match: _Match, place: Place, outcome: Element, status: Status
    ) -> Told:
        key = place, selection_of(place.market, required(outcome, "id"))
        if outcome.get("active") == "0" and status == "open":
            status = "suspended"
        known = match.quotes.get(key)
        if outcome.get("odds") is not None:
            quote = _Quote(number(outcome.get("odds"), "outcome.odds"), status)
        elif known is not None:
            quote = known._replace(status=status)
        else:
            return
        yield from self._quote(message, match, key, quote)

    def _quote(
        self, message: Message, match: _Match, key: tuple[Place, str], quote: _Quote
    ) -> Told:
        if match.quotes.get(key) == quote:
            return
        (market, line), selection = key
        told = message.told(
            "price", match=message.event, market=market, line=line, selection=selection,
            book=BOOK, price=quote.price, status=quote.status, in_play=match.play.running,
        )  # fmt: skip
        if not isinstance(told, Refusal):
            match.quotes[key] = quote
        yield told

    def _all(
        self, message: Message, match: _Match, status: Status, within: Place | None = None
    ) -> Told:
        """Give all offers of a match, or of one of its markets, a status."""
        for key, quote in list(match.quotes.items()):
            if within in (None, key[0]) and quote.status != "closed":
                yield from self._quote(message, match, key, quote._replace(status=status))

    def _stop(self, message: Message) -> Told:
        match = self._match(message)
        if not match.stopped:
            match.stopped = True
            yield message.told("event", match=message.event, event="suspension")
        yield from self._all(message, match, status_of(message.root.get("market_status", "-1")))

    def _settlement(self, message: Message) -> Told:
        match = self._match(message)
        status: Status = "withdrawn" if message.kind == "bet_cancel" else "closed"
        for market in message.root.iter("market"):
            yield from _part(message, self._settled(message, match, market, status))

    def _settled(self, message: Message, match: _Match, market: Element, status: Status) -> Told:
        place = place_of(required(market, "id"), market.get("specifiers"))
        yield from self._all(message, match, status, within=place)

    def _moved(self, message: Message) -> Told:
        match, start = self._match(message), message.root.get("start_time")
        if match.fixture is None or start is None:
            return
        told = message.told(
            "fixture", match=message.event, source=SOURCE, sport=match.fixture.sport,
            competition=match.fixture.competition, tier=match.fixture.tier, home=match.fixture.home,
            away=match.fixture.away, start=moment(start, "start_time"),
        )  # fmt: skip
        if isinstance(told, Fixture) and told.start != match.fixture.start:
            match.fixture = told
            yield told
        elif isinstance(told, Refusal):
            yield told

    def _fixtures(self, message: Message) -> Told:
        at = moment(message.root.get("generated_at"), "generated_at")
        message.root.set("timestamp", str(int(at.timestamp() * 1000)))
        for fixture in message.root.iter("fixture"):
            yield from _part(message, self._fixture(message, fixture))

    def _fixture(self, message: Message, raw: Element) -> Told:
        event, tournament = required(raw, "id"), raw.find("tournament")
        sport = raw.find("tournament/sport")
        named = {c.get("qualifier"): c.get("name") for c in raw.iter("competitor")}
        known = competition(UNKNOWN if tournament is None else required(tournament, "name"))
        kind = UNKNOWN if sport is None else required(sport, "id")
        told = message.told(
            "fixture", match=event, source=SOURCE, sport=SPORTS.get(kind, kind),
            competition=known.name, tier=known.tier, home=named.get("home"),
            away=named.get("away"), start=moment(raw.get("start_time"), "start_time"),
        )  # fmt: skip
        if isinstance(told, Fixture):
            self._matches.setdefault(event, _Match()).fixture = told
        yield told

    def _living(self, message: Message) -> Told:
        product = required(message.root, "product")
        before, self._alive[product] = self._alive.get(product), message.at
        if message.root.get("subscribed") == "0":
            yield from self._lose(message, product, f"product {product}: not subscribed")
        elif before is not None and message.at - before > SILENCE:
            silent = (message.at - before).total_seconds()
            yield from self._lose(message, product, f"product {product}: silent for {silent:.0f} s")
        if not self._down:
            yield message.told("heartbeat", source=SOURCE)

    def lose(self, product: str) -> None:
        """Take a producer for down until its snapshot is complete; who calls tells the gap."""
        self._down.add(product)

    def _lose(self, message: Message, product: str, reason: str) -> Iterator[Record | Refusal]:
        if product not in self._down:
            self._down.add(product)
            yield message.told("gap", source=SOURCE, reason=reason)

    @property
    def down(self) -> frozenset[str]:
        """Producers whose snapshot is awaited."""
        return frozenset(self._down)

    def _complete(self, message: Message) -> Told:
        self._down.discard(required(message.root, "product"))
        if not self._down:
            yield message.told("heartbeat", source=SOURCE)


def _part(message: Message, told: Told) -> Told:
    """Tell a part of a message; where it cannot be used it is refused, and the rest stands."""
    try:
        yield from told
    except Wrong as error:
        yield message.refused(error)


FORMAT = Format(SOURCE, lambda head: _MESSAGE.search(head) is not None, read)
