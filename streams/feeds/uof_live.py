"""Sportradar's Unified Odds Feed, live: messages by AMQP, recoveries by HTTP.

What a message becomes is said in `uof`, for recordings and live alike. The queue is our own and
gone with the connection, as Sportradar wants it; so what was sent while we were away is asked for.

- **A gap** is told when the link is lost, once, or a producer says that we are not subscribed. A
  recovery is then asked for each producer, since the last message that all was well; until each
  `snapshot_complete` there is no heartbeat.
- **A recovery that is not taken** is asked for again: first as it was, then for everything.
- **Fixtures** are asked for when an event is first heard of; one that cannot be had is asked for
  again with its next message.
"""

import logging
import ssl
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import (
    AMQPError,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)

from markets.records import Gap, Heartbeat
from streams.feeds.documents import Wrong
from streams.feeds.feed import Refusal
from streams.feeds.live import (
    PAUSE,
    Backoff,
    Checkpoint,
    FeedRefused,
    LiveFeed,
    Start,
    Telling,
    Told,
    secret,
)
from streams.feeds.settings import UofSettings
from streams.feeds.uof import Recording
from streams.feeds.uof_api import Api
from streams.feeds.uof_message import SOURCE, Message, refused

EXCHANGE = "unifiedfeed"
_TURN_S = 0.5


class _Dropped(Exception):
    """The link is lost, and may be made again."""


class Feed:
    """A subscription that outlives its connections."""

    def __init__(self, start: Start) -> None:
        # Pika logs each failed try with a stack; we tell it once, as a gap.
        logging.getLogger("pika").setLevel(logging.CRITICAL)
        self._settings: UofSettings = start.settings
        self._token = secret(start.settings.access_token, "feeds.uof.access_token")
        self._now = start.now
        self._backoff = Backoff(start.wait)
        self._api = Api(start.settings, self._token)
        self._recording = Recording()
        self._received: deque[tuple[str, bytes]] = deque()
        self._sound = _moment(start.resume.get("sound"))
        self._asked: dict[str, datetime] = {}
        self._tries: dict[str, int] = {}
        self._requests = 0
        self._requested: dict[str, int] = {}
        self._lost = False
        self._latest: datetime | None = None

    def told(self) -> Iterator[Told]:
        """Tell what the feed tells, for ever."""
        with closing(self._api):
            while True:
                try:
                    yield from self._connected()
                except _Dropped as error:
                    yield from self._drop(str(error))

    def _connected(self) -> Iterator[Told]:
        connection = _connect(self._settings, self._token)
        try:
            with _lost_link():
                _subscribe(connection.channel(), self._settings, self._received)
            self._received.clear()
            yield from self._begin()
            heard = self._now()
            while True:
                while self._received:
                    heard = self._now()
                    yield from self._read(*self._received.popleft())
                yield from self._recoveries()
                yield PAUSE
                with _lost_link():
                    connection.process_data_events(time_limit=_TURN_S)
                silent = (self._now() - heard).total_seconds()
                if not self._received and silent > self._settings.silence_s:
                    raise _Dropped(f"silent for {silent:.0f} s")
        finally:
            with suppress(AMQPError, OSError):
                connection.close()

    def _begin(self) -> Iterator[Told]:
        """Take all producers for down: what was sent before we listened is asked for."""
        for product in self._settings.products:
            self._recording.lose(product)
        self._asked.clear()
        self._lost = False
        self._backoff.reset()
        yield from self._recoveries()

    def _read(self, key: str, body: bytes) -> Iterator[Told]:
        message = _parsed(body)
        if message is not None and self._is_stale(message):
            return
        if message is not None:
            yield from self._introduce(message)
        for told in self._recording.read(body, key):
            if isinstance(told, Heartbeat):
                self._sound = self._latest = told.at
            elif not isinstance(told, Refusal):
                self._latest = max(told.at, self._latest or told.at)
            yield told
            if isinstance(told, Heartbeat):
                yield Checkpoint({"sound": told.at.isoformat()})

    def _is_stale(self, message: Message) -> bool:
        """Whether it ends a recovery that we have asked for again since."""
        if message.kind != "snapshot_complete":
            return False
        product, request = message.root.get("product", ""), message.root.get("request_id")
        return request != str(self._requested.get(product))

    def _introduce(self, message: Message) -> Iterator[Told]:
        """Ask for the fixture of an event that is new."""
        event = message.root.get("event_id")
        if event is None or self._recording.knows(event) or not _is_id(event):
            return
        if (fixture := self._api.fixture(event)) is not None:
            yield from self._recording.read(fixture, f"fixture of {event}")

    def _recoveries(self) -> Iterator[Told]:
        """Ask for the recovery of each producer that is down and was not asked for lately."""
        now, patience = self._now(), timedelta(seconds=self._settings.recovery_s)
        known = self._recording.down & self._settings.products.keys()
        for product in sorted(known):
            if product in self._asked and now - self._asked[product] < patience:
                continue
            self._asked[product] = now
            tries = self._tries[product] = self._tries.get(product, 0) + 1
            self._requests += 1
            self._requested[product] = self._requests
            since = self._sound if tries == 1 else None
            reason = self._api.recover(product, since, self._requests)
            if reason is not None:
                yield refused(f"product {product}", reason, b"")
                self._asked[product] = now - patience + timedelta(seconds=min(60, 2**tries))
        for product in set(self._asked) - known:
            del self._asked[product]
            self._tries.pop(product, None)

    def _drop(self, reason: str) -> Iterator[Told]:
        if not self._lost:
            self._lost = True
            yield Gap(at=self._latest or self._now(), source=SOURCE, reason=reason[:200])
        self._tries.clear()
        yield PAUSE
        self._backoff.wait()


def _connect(settings: UofSettings, token: str) -> pika.BlockingConnection:
    context = ssl.create_default_context(cafile=settings.ssl_cafile)
    password = settings.queue_password.get_secret_value()
    parameters = pika.ConnectionParameters(
        host=settings.host,
        port=settings.port,
        virtual_host=f"/unifiedfeed/{settings.bookmaker}",
        credentials=pika.PlainCredentials(token, password, erase_on_connect=True),
        ssl_options=pika.SSLOptions(context, settings.host),
        heartbeat=max(1, int(settings.silence_s)),
        connection_attempts=1,
        socket_timeout=settings.silence_s,
        blocked_connection_timeout=settings.silence_s,
    )
    try:
        return pika.BlockingConnection(parameters)
    except (ProbableAuthenticationError, ProbableAccessDeniedError):
        raise FeedRefused(
            "Sportradar's message queue refuses the token; check feeds.uof.access_token and"
            " feeds.uof.bookmaker"
        ) from None
    except ssl.SSLCertVerificationError as error:
        raise FeedRefused(
            f"{settings.host}: its certificate is not trusted ({error.verify_message}); is"
            " feeds.uof.ssl_cafile right?"
        ) from None
    except (AMQPError, OSError) as error:
        raise _Dropped(f"cannot be reached: {type(error).__name__}") from None


@contextmanager
def _lost_link() -> Iterator[None]:
    """Turn what the client raises when the link is lost into `_Dropped`."""
    try:
        yield
    except (AMQPError, OSError) as error:
        raise _Dropped(f"connection lost: {type(error).__name__}") from None


def _subscribe(
    channel: BlockingChannel, settings: UofSettings, received: deque[tuple[str, bytes]]
) -> None:
    queue = channel.queue_declare("", exclusive=True, auto_delete=True).method.queue
    for key in settings.routing_keys:
        channel.queue_bind(queue, EXCHANGE, routing_key=key)
    channel.basic_consume(
        queue,
        lambda _, delivery, __, body: received.append((delivery.routing_key, body)),
        auto_ack=True,
    )


def _parsed(body: bytes) -> Message | None:
    with suppress(Wrong):
        return Message(body, "")
    return None


def _is_id(event: str) -> bool:
    """Whether an id can be put into an address as it is."""
    return len(event) < 80 and all(c.isascii() and (c.isalnum() or c in ":-_") for c in event)


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def run(start: Start) -> Telling:
    """Tell what the Unified Odds Feed tells."""
    yield from Feed(start).told()


LIVE = LiveFeed("uof", "uof", run)
