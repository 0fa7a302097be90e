"""Rounds of canaries: sent into the feed, heard again, seen to be stored; all from outside."""

import time
import uuid
from contextlib import ExitStack
from datetime import UTC, datetime

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from forensics.canaries_table import answered
from streams.broker import BrokerSettings, BrokerUnavailable
from streams.canaries import Canary, encode
from streams.flock import Flock
from streams.following import GroupProgress
from streams.topics import CANARIES, MATCH_FEED, TopicMismatch, client_settings

_ANSWER_WITHIN_S = 10.0
_LOOKS_APART_S = 0.2


class Rounds:
    """Sends a canary to each partition at a time, and looks what became of those on their way.

    Nothing is asked of a worker: an answer is seen on its topic, and a row by what the archive has
    committed, which it does after writing.

    Raises
    ------
    BrokerUnavailable
        On entering, when no broker answers. Later on a canary is then not taken.
    TopicMismatch
        On entering, when a topic is not there.
    """

    def __init__(self, broker: BrokerSettings, prefix: str, flock: Flock) -> None:
        self._broker = broker.model_copy(update={"request_timeout_s": _ANSWER_WITHIN_S})
        self._prefix = prefix
        self._flock = flock
        self._open = ExitStack()
        self._looked = 0.0

    def __enter__(self) -> "Rounds":
        client = client_settings(self._broker)
        try:
            self._producer = KafkaProducer(**client, acks="all", max_block_ms=2000)
            self._open.callback(self._producer.close, timeout=1)
            self._progress = self._open.enter_context(GroupProgress(self._broker, self._prefix))
            self._consumer = KafkaConsumer(
                **client, enable_auto_commit=False, auto_offset_reset="latest"
            )
            self._open.callback(self._consumer.close)
            if missing := self._progress.missing([MATCH_FEED, CANARIES]):
                self._open.close()
                raise TopicMismatch(f"{', '.join(missing)}: not there; run `sogawatch topics`")
            ends = self._progress.ends([CANARIES])
        except (KafkaError, OSError) as error:
            self._open.close()
            raise BrokerUnavailable(f"Kafka at {self._broker.bootstrap}: {error!r}") from error
        self._consumer.assign(list(ends))
        for place, end in ends.items():
            self._consumer.seek(place, end)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def send(self) -> None:
        """Send one to each partition; what the broker does not take is missing when overdue."""
        canary = Canary(id=uuid.uuid4().hex, sent=datetime.now(UTC))
        for partition in self._flock.partitions:
            flying = self._flock.send(partition, canary.id, time.monotonic())
            try:
                sent = self._producer.send(
                    self._prefix + MATCH_FEED.name, encode(canary), partition=partition
                )
            except KafkaError:
                continue
            sent.add_callback(lambda _, one=flying: setattr(one, "taken", True))

    def follow(self, wait_s: float) -> None:
        """Listen for a while, then look at what is stored and what is overdue."""
        for messages in self._consumer.poll(timeout_ms=int(1000 * wait_s)).values():
            for message in messages:
                told = answered(message.value or b"")
                if not isinstance(told, str):
                    self._flock.answered(
                        told.partition, told.id, offset=told.offset, answer=message.offset,
                        now=time.monotonic(),
                    )  # fmt: skip
        now = time.monotonic()
        if self._flock.wait_for_store and now - self._looked >= _LOOKS_APART_S:
            self._look()
            self._looked = now
        self._flock.expire(time.monotonic())

    def _look(self) -> None:
        try:
            committed = self._progress.committed("archive")
        except (KafkaError, OSError):
            return  # asked again soon, and overdue in the end
        feed = {
            number: committed.get(TopicPartition(self._prefix + MATCH_FEED.name, number), 0)
            for number in self._flock.partitions
        }
        answers = committed.get(TopicPartition(self._prefix + CANARIES.name, 0), 0)
        self._flock.stored(feed, answers, time.monotonic())
