"""The Odds API v4: polls of many bookmakers, as it answers live or from its history.

A poll is a JSON document: live a list of events, historical `{"timestamp", "data": [events]}`;
a single event in either place will do. What is told is the difference from the poll before.

- **Time.** All records of a poll carry the time at which it was seen: the envelope's `timestamp`,
  or live the newest `last_update` in it (never before the poll before). `last_update` of one
  bookmaker says when that one was read and does not order the books.
- **Prices** are American when at least as many of a document are -100 or less as are between 1
  and 100. Documents after an American one are too, unless most of their prices cannot be; so one
  damaged price does not turn +650 into decimal 650. A price that cannot be of its kind is refused.
- **Withdrawn** is an offer missing from a poll that does hold its event. Nothing is withdrawn when
  the event itself is missing, for then the match is over or was not asked for; nor in a part of a
  poll that was refused, for then nobody knows.
- **In play** is decided by the kick-off announced before it; `commence_time` drifts afterwards.
- **Left out**: lay prices (`*_lay`), which come without sizes; each such market is refused once.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, BinaryIO

from markets.door import Refused, admit
from markets.records import Fixture
from streams.feeds.competitions import competition
from streams.feeds.documents import (
    Document,
    Wrong,
    documents,
    instant,
    mapping,
    opening_bracket,
    refused,
    shown,
    text,
)
from streams.feeds.feed import Format, Refusal
from streams.feeds.identity import match_id
from streams.feeds.odds_api_boards import SOURCE, Boards, Poll, Told
from streams.feeds.odds_api_markets import sport

LONGEST_SILENCE = timedelta(minutes=45)
KICK_OFF_MOVED = timedelta(minutes=10)
SAME_MATCH = timedelta(hours=2)
FORGOTTEN_AFTER = timedelta(days=3)


@dataclass(slots=True)
class _Match:
    fixture: Fixture
    seen: Poll
    boards: Boards = field(default_factory=Boards)


def read(stream: BinaryIO, place: str) -> Told:
    """Read a recording of polls; see the module for what becomes of them."""
    recording = Recording()
    for document in documents(stream, place, SOURCE):
        if isinstance(document, Refusal):
            yield document
        else:
            yield from recording.told(document)


class Recording:
    """The state between polls: the matches, and what every book offered on them when last seen."""

    def __init__(self) -> None:
        self._polls = 0
        self._american: bool | None = None
        self._latest: datetime | None = None
        self._matches: dict[str, _Match] = {}
        self._keys: dict[str, str] = {}
        self._left_out: set[str] = set()

    def told(self, document: Document) -> Told:
        """Tell what a poll changes."""
        try:
            path, events = _events(document.value)
            at = self._time(document.value, events)
        except Wrong as error:
            yield refused(SOURCE, document.place, str(error), document.value)
            return
        self._polls += 1
        self._american = _american(events, before=self._american)
        poll = Poll(self._polls, document.place, at, self._american, self._left_out)
        yield from self._silence(at)
        for index, event in enumerate(events):
            yield from self._event(poll, event, f"{path}[{index}]")
        yield admit({"kind": "heartbeat", "at": at, "source": SOURCE})

    def _time(self, document: object, events: list[Any]) -> datetime:
        if isinstance(document, dict) and "timestamp" in document:
            return instant(document["timestamp"], "timestamp")
        seen = max(_last_updates(events), default=None)
        if seen is None:
            raise Wrong("neither a timestamp nor a last_update: the time of the poll is unknown")
        return max(seen, self._latest or seen)

    def _silence(self, at: datetime) -> Told:
        before, self._latest = self._latest, max(at, self._latest or at)
        if before is None:
            return
        if at - before > LONGEST_SILENCE:
            reason = f"no poll for {(at - before) // timedelta(minutes=1)} min"
            yield admit({"kind": "gap", "at": at, "source": SOURCE, "reason": reason})
        if at.date() > before.date():
            self._forget(at)

    def _forget(self, at: datetime) -> None:
        """Let go of matches not seen for days, so that a year of polls fits into memory."""
        old = [key for key, m in self._matches.items() if at - m.seen.at > FORGOTTEN_AFTER]
        for key in old:
            self._keys.pop(self._matches.pop(key).fixture.match, None)

    def _event(self, poll: Poll, event: object, path: str) -> Told:
        try:
            match, announced = self._match(poll, mapping(event))
        except (Wrong, Refused) as error:
            yield poll.refused(path, error, event)
            return
        if announced:
            yield match.fixture
        yield from match.boards.told(poll, match.fixture, mapping(event), path)

    def _match(self, poll: Poll, event: dict[str, Any]) -> tuple[_Match, bool]:
        """Find the match of an event, and whether there is something new to announce of it."""
        key, start = text(event, "id"), instant(event.get("commence_time"), "commence_time")
        match = self._matches.get(key)
        if match is None:
            fixture = _fixture(poll, event, start, self._name(event, start))
            self._keys[fixture.match] = key
            match = self._matches[key] = _Match(fixture, poll)
            return match, True
        if match.seen is poll:
            raise Wrong(f"id: {shown(key)} is in this document twice")
        if poll.at < match.seen.at:
            raise Wrong(f"older than what was seen of this event ({match.seen.at}); sort the polls")
        moved = _moved(poll, match.fixture, event, start)
        if moved:
            match.fixture = _fixture(poll, event, start, match.fixture.match)
        match.seen = poll
        return match, moved

    def _name(self, event: dict[str, Any], start: datetime) -> str:
        """Name a match; the second one of the same teams on one day gets a number."""
        name = wanted = match_id(text(event, "home_team"), text(event, "away_team"), start)
        number = 1
        while name in self._keys and self._apart(self._keys[name], start):
            number += 1
            name = f"{wanted}-{number}"
        return name

    def _apart(self, key: str, start: datetime) -> bool:
        return abs(self._matches[key].fixture.start - start) > SAME_MATCH


def _fixture(poll: Poll, event: dict[str, Any], start: datetime, name: str) -> Fixture:
    key = text(event, "sport_key")
    known = competition(text({"sport_title": key} | event, "sport_title"))
    home, away = text(event, "home_team"), text(event, "away_team")
    if home == away:
        raise Wrong(f"away_team: {shown(away)} is the home team as well")
    fixture = admit(
        {"kind": "fixture", "at": poll.at, "match": name, "source": SOURCE, "sport": sport(key)}
        | {"competition": known.name, "tier": known.tier}
        | {"home": home, "away": away, "start": start}
    )
    assert isinstance(fixture, Fixture)
    return fixture


def _moved(poll: Poll, fixture: Fixture, event: dict[str, Any], start: datetime) -> bool:
    """Tell a new announcement from the drift of a match in play; swapped sides are neither."""
    if {text(event, "home_team"), text(event, "away_team")} != {fixture.home, fixture.away}:
        return True
    ahead = poll.at < max(fixture.start, start)
    return ahead and abs(start - fixture.start) > KICK_OFF_MOVED


def _events(document: object) -> tuple[str, list[Any]]:
    path, events = "", document
    if isinstance(document, dict) and "bookmakers" not in document:
        path, events = "data", document.get("data")
    if isinstance(events, dict):
        events = [events]
    if not isinstance(events, list):
        raise Wrong(f"data: {shown(events)} is not a list of events")
    return path, events


def _parts(holders: Iterable[object], name: str) -> Iterator[Any]:
    for holder in holders:
        if isinstance(holder, dict) and isinstance(parts := holder.get(name), list):
            yield from parts


def _american(events: list[Any], *, before: bool | None) -> bool:
    """Decide the kind of a document's prices; `before` is that of the document before."""
    numbers = _prices(events)
    if before:
        return sum(-100 < p < 100 for p in numbers) * 2 <= len(numbers)
    favourites, decimal = sum(p <= -100 for p in numbers), sum(1 < p < 100 for p in numbers)
    return favourites > decimal or (favourites == decimal and before is None)


def _prices(events: list[Any]) -> list[float]:
    prices: list[Any] = []
    for market in _parts(_parts(events, "bookmakers"), "markets"):
        if isinstance(market, dict) and isinstance(outcomes := market.get("outcomes"), list):
            prices += [o["price"] for o in outcomes if isinstance(o, dict) and "price" in o]
    return [price for price in prices if isinstance(price, (int, float))]


def _last_updates(events: list[Any]) -> Iterator[datetime]:
    books = list(_parts(events, "bookmakers"))
    for holder in chain(books, _parts(books, "markets")):
        with suppress(Wrong):
            yield instant(mapping(holder).get("last_update"), "last_update")


def _recognises(head: bytes) -> bool:
    bracket = opening_bracket(head)
    if bracket == b"{" and b'"timestamp"' in head[:400] and b'"data"' in head:
        return True
    return bracket in (b"[", b"{") and b'"sport_key"' in head and b'"commence_time"' in head


FORMAT = Format(SOURCE, _recognises, read)
