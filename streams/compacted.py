"""Compacted topics, read as what they are: the last value of each key."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from streams.broker import BrokerSettings, BrokerUnavailable
from streams.topics import client_settings, end_offsets


class Kept(NamedTuple):
    """A record: where it lies, when the broker got it, key and value; None when it was deleted."""

    topic: str
    partition: int
    offset: int
    arrived: datetime
    key: str
    value: bytes | None


def read_all(
    settings: BrokerSettings, topic: str, partitions: Iterable[int]
) -> tuple[list[Kept], dict[int, int]]:
    """Read partitions from the first record to their ends; returns the ends as well.

    Raises
    ------
    BrokerUnavailable
        When no broker answers.
    """
    places = [TopicPartition(topic, partition) for partition in partitions]
    found: list[Kept] = []
    try:
        consumer = _consumer(settings)
        try:
            ends = end_offsets(consumer, places)
            consumer.assign(places)
            consumer.seek_to_beginning(*places)
            while not _reached(consumer, ends):
                found += _poll(consumer, 500)
        finally:
            consumer.close()
    except (KafkaError, OSError) as error:
        raise BrokerUnavailable(f"Kafka at {settings.bootstrap}: {error!r}") from error
    return found, {place.partition: end for place, end in ends.items()}


def _consumer(settings: BrokerSettings) -> KafkaConsumer:
    return KafkaConsumer(
        **client_settings(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=5000,
    )


def _reached(consumer: KafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    return all(end == 0 or consumer.position(place) >= end for place, end in ends.items())


def _poll(consumer: KafkaConsumer, milliseconds: int) -> list[Kept]:
    return [
        Kept(
            place.topic,
            place.partition,
            message.offset,
            datetime.fromtimestamp(message.timestamp / 1000, UTC),
            (message.key or b"").decode(errors="replace"),
            message.value,
        )
        for place, messages in consumer.poll(timeout_ms=milliseconds).items()
        for message in messages
    ]


class Follower:
    """Follows whole topics from their beginning, outside any group, on a thread of its own.

    `take` is called in the event loop with what came. Good at: small topics that every worker must
    know. Bad at: large ones, for everything is read at each start.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        topics: dict[str, int],
        take: Callable[[list[Kept]], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._settings = settings
        self._places = [TopicPartition(t, p) for t, count in topics.items() for p in range(count)]
        self._take = take
        self._failed = failed
        self._stopping = threading.Event()
        self.caught_up = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._follow, daemon=True, name="follower")

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    async def stop(self) -> None:
        """Follow no more."""
        self._stopping.set()
        await asyncio.to_thread(self._thread.join, 10.0)

    def _follow(self) -> None:
        try:
            consumer = _consumer(self._settings)
            try:
                self._until_stopped(consumer)
            finally:
                consumer.close()
        except Exception as error:  # noqa: BLE001 (a thread's failure ends the process)
            self._tell(self._failed, error)

    def _until_stopped(self, consumer: KafkaConsumer) -> None:
        ends = end_offsets(consumer, self._places)
        consumer.assign(self._places)
        consumer.seek_to_beginning(*self._places)
        behind = True
        while not self._stopping.is_set():
            if behind and _reached(consumer, ends):
                behind = False
                self._tell(self.caught_up.set)
            if records := _poll(consumer, 100):
                self._tell(self._take, records)

    def _tell(self, call: Callable[..., object], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended before us
            self._loop.call_soon_threadsafe(call, *arguments)
