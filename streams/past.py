"""The past of a partition: what had been read of it before this process came."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from kafka import KafkaConsumer, TopicPartition

from streams.broker import BrokerSettings
from streams.topics import client_settings, end_offsets


class Past:
    """A partition of `match-feed`, to be read from any place; outside of any group.

    What the topic's retention has dropped is gone: `first` is what is left. `check` is called
    while reading, and raises to end it.
    """

    def __init__(
        self, settings: BrokerSettings, topic: str, partition: int, check: Callable[[], object]
    ) -> None:
        self._check = check
        self._consumer = KafkaConsumer(
            **client_settings(settings), enable_auto_commit=False, auto_offset_reset="earliest"
        )
        self._place = TopicPartition(topic, partition)
        self.end = end_offsets(self._consumer, [self._place])[self._place]
        self._consumer.assign([self._place])
        self.first: int = self._consumer.beginning_offsets([self._place])[self._place]

    def __enter__(self) -> "Past":
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def since(self, age: timedelta) -> int:
        """Offset of the first frame that the broker got no longer ago than `age`."""
        moment = (datetime.now(UTC) - age).timestamp()
        found = self._consumer.offsets_for_times({self._place: int(moment * 1000)})[self._place]
        return self.end if found is None else int(found.offset)

    def frames(self, since: int, until: int) -> Iterator[tuple[int, bytes]]:
        """Read from one offset to just before another, or to the end: (offset, value)."""
        until = min(until, self.end)
        if since >= until:
            return
        self._consumer.seek(self._place, max(since, self.first))
        while self._consumer.position(self._place) < until:
            self._check()
            for message in self._consumer.poll(timeout_ms=1000).get(self._place, []):
                if message.offset < until:
                    yield message.offset, message.value or b""
