"""Betfair Exchange Stream recordings: JSON lines of market (`mcm`) and score (`ccm`) changes.

- **Time** of a record is the message's publish time `pt`. Where it runs backwards, records keep
  their own time and a gap tells of it; market and score changes are two streams and are compared
  each with itself.
- **Heartbeats** come where the feed has them, and otherwise after the last record of a `pt` at
  least a second after the heartbeat before; the stream ends with one.
- **Gaps**: a market turned conflated (no more than one a minute), a market had an image again, a
  subscription was resumed.

`betfair_markets` says what becomes of market changes, `betfair_scores` of score changes,
`betfair_names` how markets and selections are called.
"""

import re
from datetime import datetime, timedelta
from typing import BinaryIO

from markets.records import Heartbeat
from streams.feeds.betfair_markets import MarketChanges
from streams.feeds.betfair_message import FAULTS, PASSED_OVER, SOURCE, Message, Told, refuse
from streams.feeds.betfair_scores import ScoreChanges
from streams.feeds.feed import Format, lines

BEAT = timedelta(seconds=1)
_MESSAGE = re.compile(rb'"op"\s*:\s*"(?:mcm|ccm)"')


def read(stream: BinaryIO, place: str) -> Told:
    r"""Read a recording; see the module for what becomes of it.

    >>> import io
    >>> beat = b'{"op": "mcm", "pt": 1657018212979, "ct": "HEARTBEAT"}\n'
    >>> [type(told).__name__ for told in read(io.BytesIO(beat + b"{"), "feed.bz2")]
    ['Heartbeat', 'Refusal']
    """
    recording = Recording()
    for where, line in lines(stream, place):
        yield from recording.read(line, where)
    yield from recording.end(place)


class Recording:
    """The state of a recording between its lines.

    `markets.markets` gives each market's final ladders, matched volumes and last prices.
    """

    def __init__(self) -> None:
        self.markets = MarketChanges()
        self.scores = ScoreChanges()
        self._last: dict[str, datetime] = {}
        self._latest: datetime | None = None
        self._beat: datetime | None = None
        self._due: datetime | None = None

    def read(self, line: bytes, place: str) -> Told:
        """Read one line."""
        try:
            message = Message(line, place)
        except FAULTS as error:
            yield refuse(place, str(error), None, line)
            return
        if message.op in PASSED_OVER:
            return
        yield from self._time(message)
        changes = self.markets if message.op == "mcm" else self.scores
        yield from changes.read(message)
        if message.body.get("ct") == "HEARTBEAT":
            yield from self._heartbeat(message.at)

    def end(self, place: str) -> Told:
        """End the recording; nothing can be read after it."""
        yield from self.markets.unnamed(place)
        if self._latest is not None:
            yield from self._heartbeat(self._latest)

    def _time(self, message: Message) -> Told:
        at, before = message.at, self._last.get(message.op)
        if self._due is not None and at != self._due:
            yield from self._heartbeat(self._due)
        if before is not None and at < before:
            self._beat = None
            reason = f"time ran backwards by {(before - at).total_seconds():g} s"
            yield message.told("gap", {"source": SOURCE, "reason": reason}, "pt")
        if message.body.get("ct") == "RESUB_DELTA":
            yield message.told("gap", {"source": SOURCE, "reason": "resubscribed"}, "ct")
        self._last[message.op] = self._latest = at
        if self._beat is None or at - self._beat >= BEAT:
            self._due = at

    def _heartbeat(self, at: datetime) -> Told:
        self._due = None
        if at != self._beat:
            self._beat = at
            yield Heartbeat(at=at, source=SOURCE)


FORMAT = Format("betfair", lambda head: _MESSAGE.search(head) is not None, read)
