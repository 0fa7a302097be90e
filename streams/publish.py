"""Publishing a feed: frames to `match-feed`, refusals to `dead-letters`, with kafka-python."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from markets.records import Record
from streams import dead_letters
from streams.broker import BrokerSettings, BrokerUnavailable
from streams.feeds.feed import Refusal
from streams.frames import Framer, encode
from streams.topics import DEAD_LETTERS, MATCH_FEED, client_settings


class Publisher:
    """Sends records in frames, in order and each once as far as the broker can promise it.

    The idempotent producer waits for all replicas and numbers what it sends, so a retry neither
    doubles nor reorders. Errors that retries do not mend are raised at the next call.
    """

    def __init__(self, producer: KafkaProducer, settings: BrokerSettings, prefix: str) -> None:
        self._producer = producer
        self._prefix = prefix
        self._framer = Framer(MATCH_FEED.count(settings))
        self._error: KafkaError | None = None
        self.frames: dict[int, int] = {}

    def add(self, record: Record) -> None:
        """Publish one record, together with others of its partition."""
        self._send_frames(self._framer.add(record))

    def refuse(self, refusal: Refusal) -> None:
        """Publish what a feed refused, as a dead letter."""
        self._send(DEAD_LETTERS.name, dead_letters.from_refusal(refusal), key=refusal.source)

    def push(self) -> None:
        """Send what waits, without waiting for the broker's answer."""
        self._send_frames(self._framer.flush())

    def homes(self) -> Mapping[str, Iterable[int]]:
        """Partitions that hold a fixture of each source."""
        return self._framer.homes()

    def remember(self, homes: Mapping[str, Iterable[int]]) -> None:
        """Take up the homes of an earlier run, so that its partitions hear how it goes on."""
        self._framer.remember(homes)

    def flush(self) -> None:
        """Send what waits, and return when the broker has all of it."""
        self.push()
        self._producer.flush()
        self._check()

    def _send_frames(self, frames: Iterable[tuple[int, list[Record]]]) -> None:
        for partition, records in frames:
            self._send(MATCH_FEED.name, encode(records), partition=partition)
            self.frames[partition] = self.frames.get(partition, 0) + 1

    def _send(self, topic: str, value: bytes, *, key: str = "", partition: Any = None) -> None:
        self._check()
        sent = self._producer.send(
            self._prefix + topic, value=value, key=key.encode() or None, partition=partition
        )
        sent.add_errback(self._failed)

    def _failed(self, error: KafkaError) -> None:
        self._error = error

    def _check(self) -> None:
        if self._error is not None:
            raise BrokerUnavailable(f"the broker did not take a record: {self._error!r}")


@contextmanager
def publisher(settings: BrokerSettings, prefix: str = "") -> Iterator[Publisher]:
    """Open a publisher; leaving the block flushes it unless something went wrong.

    Raises
    ------
    BrokerUnavailable
        When no broker answers, or it does not take a record.
    """
    try:
        producer = KafkaProducer(
            **client_settings(settings),
            enable_idempotence=True,
            acks="all",
            linger_ms=1,
            max_request_size=8 * 1024 * 1024,
        )
    except (KafkaError, OSError) as error:
        raise BrokerUnavailable(f"Kafka at {settings.bootstrap}: {error!r}") from error
    try:
        sending = Publisher(producer, settings, prefix)
        yield sending
        sending.flush()
    finally:
        producer.close(timeout=10)
