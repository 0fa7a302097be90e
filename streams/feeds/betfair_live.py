"""The Betfair Exchange Stream, live: markets (`betfair`) and cricket scores (`betfair-scores`).

What a message becomes is said in `betfair`, for recordings and live alike. Here is how they are
had: one TLS connection, one subscription, and after a drop another one that resumes at the last
`clk` of a whole message, so that nothing is lost and nothing is told twice. A program that was
stopped has no images to resume on and asks for them anew.

- **gap** is told when the connection is lost, once, at the time of the last message; when the
  server says that it is behind (status 503), or a message was more than `latency_s` on its way;
  and by `betfair` itself for conflation, new images and resumed subscriptions.
- **A session that expired** is replaced by a new login. Two refusals in a row end the feed.
- **Latency of a day or more** is a recording that is played again, not a slow server.
"""

from contextlib import closing, suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec

from markets.records import Gap
from streams.feeds.betfair import Recording
from streams.feeds.betfair_account import Account, Names
from streams.feeds.betfair_connection import (
    ClockExpired,
    Connection,
    Dropped,
    SessionExpired,
    check,
    log_in,
)
from streams.feeds.betfair_message import FAULTS, SOURCE, moment
from streams.feeds.live import PAUSE, Backoff, FeedRefused, LiveFeed, Start, Telling
from streams.feeds.settings import BetfairSettings

FIELDS = ("EX_ALL_OFFERS", "EX_TRADED", "EX_TRADED_VOL", "EX_LTP", "EX_MARKET_DEF")
SUBSCRIBED = 2
_A_RECORDING = timedelta(days=1)


class _Head(msgspec.Struct):
    """What of a message matters for the connection."""

    op: str = ""
    pt: int | None = None
    clk: str | None = None
    initial: str | None = msgspec.field(default=None, name="initialClk")
    segment: str | None = msgspec.field(default=None, name="segmentType")
    status: int | None = None


class Stream:
    """A subscription that outlives its connections."""

    def __init__(self, start: Start, host: str, subscription: dict[str, Any]) -> None:
        self._settings: BetfairSettings = start.settings
        self._now = start.now
        self._host = host
        self._subscription = subscription
        self._account = Account(start.settings)
        self._names = Names(self._account)
        self._recording = Recording()
        self._backoff = Backoff(start.wait)
        self._clocks: dict[str, str] = {}
        self._refusals = 0
        self._lines = 0
        self._latest: datetime | None = None
        self._behind = False
        self._lost = False

    def told(self) -> Telling:
        """Tell what the stream tells, for ever."""
        with closing(self._account):
            while True:
                try:
                    yield from self._connected()
                except Dropped as error:
                    yield from self._drop(error)

    def _connected(self) -> Telling:
        with closing(Connection(self._host, self._settings)) as connection:
            log_in(connection, self._account.app_key, self._account.session(), self._settings)
            connection.send({"id": SUBSCRIBED, **self._subscription, **self._clocks})
            while True:
                while (line := connection.message()) is not None:
                    if line:
                        yield from self._read(line)
                yield PAUSE
                connection.receive(self._settings.silence_s)

    def _read(self, line: bytes) -> Telling:
        try:
            head = msgspec.json.decode(line, type=_Head)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            head = _Head()
        if head.op == "status":
            check(msgspec.json.decode(line))
            return
        self._lines += 1
        yield from self._recording.read(self._names.fill(line), f"{self._host}:{self._lines}")
        yield from self._health(head)
        self._keep(head)

    def _keep(self, head: _Head) -> None:
        """Note how far we are; within a message of several segments nowhere yet."""
        if head.initial:
            self._clocks["initialClk"] = head.initial
        if head.clk and head.segment in (None, "SEG_END"):
            self._clocks["clk"] = head.clk
        if (at := _published(head)) is not None:
            self._latest = at
            self._refusals, self._lost = 0, False
            self._backoff.reset()

    def _health(self, head: _Head) -> Telling:
        at = _published(head)
        if at is None:
            return
        reason = self._latency(head, at)
        if reason and not self._behind:
            yield Gap(at=at, source=SOURCE, reason=reason)
        self._behind = reason is not None

    def _latency(self, head: _Head, at: datetime) -> str | None:
        if head.status == 503:
            return "latency: the server says that it is behind (503)"
        late = self._now() - at
        if timedelta(seconds=self._settings.latency_s) < late < _A_RECORDING:
            return f"latency of {late.total_seconds():.0f} s"
        return None

    def _drop(self, error: Dropped) -> Telling:
        if not self._lost:
            self._lost = True
            yield Gap(at=self._latest or self._now(), source=SOURCE, reason=str(error)[:200])
        yield PAUSE
        if isinstance(error, ClockExpired):
            self._clocks.clear()
        if isinstance(error, SessionExpired):
            self._account.forget()
            self._refusals += 1
            if self._refusals > 1:
                raise FeedRefused(
                    "betfair refuses a session that has just begun; check [feeds.betfair]: the key"
                    " and whether the account may use the stream"
                )
        self._backoff.wait()


def _published(head: _Head) -> datetime | None:
    with suppress(*FAULTS):
        return moment(head.pt, "pt")
    return None


def markets(start: Start) -> Telling:
    """Tell the markets that the settings ask for."""
    held: BetfairSettings = start.settings
    wanted = {
        "eventTypeIds": held.event_types,
        "marketTypes": held.market_types,
        "marketCountries": held.countries,
    }
    subscription = {
        "op": "marketSubscription",
        "marketFilter": {name: value for name, value in wanted.items() if value},
        "marketDataFilter": {"fields": FIELDS},
        "heartbeatMs": held.heartbeat_ms,
        "conflateMs": held.conflate_ms,
        "segmentationEnabled": True,
    }
    return Stream(start, held.host, subscription).told()


def scores(start: Start) -> Telling:
    """Tell the scores of cricket matches."""
    subscription = {"op": "cricketSubscription", "heartbeatMs": start.settings.heartbeat_ms}
    return Stream(start, start.settings.scores_host, subscription).told()


LIVE = (
    LiveFeed("betfair", "betfair", markets),
    LiveFeed("betfair-scores", "betfair", scores),
)
