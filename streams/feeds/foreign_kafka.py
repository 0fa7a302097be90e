"""A foreign Kafka topic: odds or wagers of somebody else, read by a mapping.

One topic and one mapping to a process. How far it came is kept in our own file, once all before it
is in our topics, and committed to the foreign group too, so that its keepers see it. A crash reads
the end of it again; nothing is lost, and a wager that is told twice counts once.

- **Heartbeats** come after each batch at the time of its newest record, and every few seconds at
  the present while there is nothing that was not read.
- **A gap** is told when the brokers cannot be reached, once.
- **Wagers** are pseudonymised as those from files are.
"""

import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import (
    AuthorizationError,
    KafkaError,
    KafkaTimeoutError,
    SaslAuthenticationFailedError,
)
from kafka.structs import OffsetAndMetadata

from markets.records import Gap, Heartbeat, Record
from streams.broker import BrokerSettings
from streams.feeds.avro import RegistrySilent, Values
from streams.feeds.documents import Wrong
from streams.feeds.feed import Refusal
from streams.feeds.fills import Fills
from streams.feeds.live import (
    PAUSE,
    Backoff,
    Checkpoint,
    FeedMisused,
    FeedRefused,
    LiveFeed,
    Start,
    Telling,
    Told,
)
from streams.feeds.mapped_rows import MappedRows
from streams.feeds.mapping import Mapping, load_mapping
from streams.feeds.pseudonyms import read_key
from streams.feeds.settings import ForeignKafkaSettings
from streams.topics import bootstrap_servers, client_settings

_LOOK_EVERY = timedelta(seconds=5)
_KEEP_EVERY = timedelta(seconds=1)
_TURN_MS = 500
_KNOCK_S = 5.0


def run(start: Start) -> Telling:
    """Tell what a foreign topic tells."""
    held: ForeignKafkaSettings = start.settings
    if held.bootstrap is None or start.mapping is None:
        raise FeedMisused("kafka: set feeds.kafka.bootstrap, and name a mapping with --mapping")
    mapping = load_mapping(start.mapping)
    topic = mapping.topic or held.topic
    if topic is None:
        raise FeedRefused("kafka: name the topic in the mapping, or in feeds.kafka.topic")
    yield from _Topic(start, mapping, topic).told()


class _Topic:
    """Reads one topic from where it was left."""

    def __init__(self, start: Start, mapping: Mapping, topic: str) -> None:
        held: ForeignKafkaSettings = start.settings
        pseudonyms = read_key(held.key_file) if mapping.kind == "wagers" else None
        self._start = start
        self._mapping = mapping
        self._topic = topic
        self._broker = held.broker()
        self._rows = MappedRows(mapping, pseudonyms)
        self._fills = Fills(mapping.join_fills_s)
        self._values = Values(held.schema_registry, held.registry_username, held.registry_password)
        self._backoff = Backoff(start.wait)
        self._offsets = {str(name): int(at) for name, at in start.resume.items()}
        self._kept_at = self._looked_at = start.now()
        self._latest: datetime | None = None
        self._lost = self._pending = self._let_in = False

    def told(self) -> Iterator[Told]:
        """Tell the topic, for ever."""
        with closing(self._values):
            while True:
                try:
                    yield from self._connected()
                except (SaslAuthenticationFailedError, AuthorizationError) as error:
                    raise FeedRefused(
                        f"Kafka refuses us ({type(error).__name__}); check [feeds.kafka]: user,"
                        " password and what the user may read"
                    ) from None
                except (KafkaError, OSError) as error:
                    yield from self._drop(error)

    def _connected(self) -> Iterator[Told]:
        with closing(self._consumer()) as consumer:
            places = self._assign(consumer)
            while True:
                yield PAUSE
                batch = consumer.poll(timeout_ms=_TURN_MS)
                for place, records in batch.items():
                    for record in records:
                        yield from self._record(record)
                        self._offsets[str(place.partition)] = record.offset + 1
                    self._pending = True
                if batch:
                    yield from self._beat(self._latest)
                yield from self._keep(consumer)
                if not batch and self._start.now() - self._looked_at >= _LOOK_EVERY:
                    yield from self._look(consumer, places)

    def _consumer(self) -> KafkaConsumer:
        _knock(self._broker)
        try:
            return KafkaConsumer(
                **client_settings(self._broker),
                group_id=self._start.settings.group,
                enable_auto_commit=False,
                auto_offset_reset="earliest" if self._start.from_beginning else "latest",
                fetch_max_bytes=16 * 1024 * 1024,
            )
        except KafkaTimeoutError:
            # It keeps trying after a refused password, and in the end reports a time-out.
            if self._let_in or self._broker.security_protocol == "PLAINTEXT":
                raise
            raise FeedRefused(
                f"Kafka at {self._broker.bootstrap} listens and does not let us in; check"
                " [feeds.kafka]: user, password, mechanism and certificates"
            ) from None

    def _assign(self, consumer: KafkaConsumer) -> list[TopicPartition]:
        partitions = consumer.partitions_for_topic(self._topic)
        if not partitions:
            raise FeedRefused(f"kafka: there is no topic {self._topic!r}, or it may not be read")
        places = [TopicPartition(self._topic, partition) for partition in sorted(partitions)]
        consumer.assign(places)
        for place in places:
            if (offset := self._offsets.get(str(place.partition))) is not None:
                consumer.seek(place, offset)
            else:
                self._offsets[str(place.partition)] = consumer.position(place)
        self._let_in = True
        self._backoff.reset()
        return places

    def _record(self, record: Any) -> Iterator[Told]:
        where = f"{record.topic}/{record.partition}/{record.offset}"
        row = None
        while row is None:
            try:
                row = self._values.row(record.value or b"")
            except Wrong as error:
                yield Refusal(self._mapping.source, where, str(error), b"")
                return
            except RegistrySilent as error:
                yield from self._drop(error)
        for told in self._rows.told(row, where):
            if isinstance(told, Refusal):
                yield told
            else:
                yield from self._taken(told, self._rows.fill(row))

    def _taken(self, told: Record, fill: str | None) -> Iterator[Record]:
        self._latest = max(told.at, self._latest or told.at)
        yield from self._fills.take(told, fill)

    def _beat(self, at: datetime | None) -> Iterator[Told]:
        if at is not None:
            self._lost = False
            yield Heartbeat(at=at, source=self._mapping.source, covers=self._mapping.covers)

    def _keep(self, consumer: KafkaConsumer) -> Iterator[Told]:
        """Keep how far we came, not too often, and with no part of a bet in hand."""
        since = self._start.now() - self._kept_at
        patience = timedelta(seconds=self._mapping.join_fills_s) if self._fills.waiting else None
        if not self._pending or since < max(_KEEP_EVERY, patience or _KEEP_EVERY):
            return
        yield from self._fills.rest()
        self._kept_at, self._pending = self._start.now(), False
        offsets = dict(self._offsets)
        yield Checkpoint(offsets, lambda: self._commit(consumer, offsets))

    def _commit(self, consumer: KafkaConsumer, offsets: dict[str, int]) -> None:
        consumer.commit(
            {
                TopicPartition(self._topic, int(partition)): OffsetAndMetadata(offset, "", -1)
                for partition, offset in offsets.items()
            }
        )

    def _look(self, consumer: KafkaConsumer, places: list[TopicPartition]) -> Iterator[Told]:
        """Ask where the topic ends: that the brokers answer shows that we hear them."""
        self._looked_at = self._start.now()
        ends = consumer.end_offsets(places)
        if all(consumer.position(place) >= end for place, end in ends.items()):
            yield from self._beat(self._start.now())

    def _drop(self, error: Exception) -> Iterator[Told]:
        if not self._lost:
            self._lost = True
            reason = f"cannot be reached: {type(error).__name__}"
            at = self._latest or self._start.now()
            yield Gap(at=at, source=self._mapping.source, reason=reason)
        yield PAUSE
        self._backoff.wait()


def _knock(broker: BrokerSettings) -> None:
    """See whether any broker listens: the client tries for long, and leaves its sockets open."""
    failed: OSError | None = None
    for address in bootstrap_servers(broker):
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=_KNOCK_S).close()
        except OSError as error:
            failed = error
        else:
            return
    if failed is not None:
        raise failed


LIVE = LiveFeed("kafka", "kafka", run)
