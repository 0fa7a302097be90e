"""Following a run from outside: what the workers have committed, which alerts came out."""

from collections.abc import Callable, Collection

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from alerts.alert import Alert
from streams.broker import BrokerSettings
from streams.topics import ALERTS, Topic, client_settings, end_offsets


class GroupProgress:
    """How far consumer groups have come, by what they have committed."""

    def __init__(self, broker: BrokerSettings, prefix: str) -> None:
        self._broker = broker
        self._prefix = prefix
        self._admin = KafkaAdminClient(**client_settings(broker))
        self._consumer = KafkaConsumer(**client_settings(broker), enable_auto_commit=False)

    def __enter__(self) -> "GroupProgress":
        return self

    def __exit__(self, *_: object) -> None:
        self._admin.close()
        self._consumer.close()

    def ends(self, topics: list[Topic]) -> dict[TopicPartition, int]:
        """End offset of each partition."""
        places = [
            TopicPartition(self._prefix + topic.name, partition)
            for topic in topics
            for partition in range(topic.count(self._broker))
        ]
        return self.ends_of(places)

    def ends_of(self, places: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """End offset of some partitions."""
        return end_offsets(self._consumer, places) if places else {}

    def missing(self, topics: list[Topic]) -> list[str]:
        """Names of those topics that are not there."""
        described = self._admin.describe_topics([self._prefix + topic.name for topic in topics])
        return [told["name"] for told in described if told["error_code"] != 0]

    def lag(self, group: str, topics: list[Topic]) -> int:
        """Records that a group has not committed yet."""
        committed = self.committed(group)
        ends = self.ends(topics).items()
        return sum(end - committed.get(place, 0) for place, end in ends)

    def committed(self, group: str) -> dict[TopicPartition, int]:
        """Offset that a group goes on from, of each partition that it has committed on."""
        name = self._prefix + group
        try:
            offsets = self._admin.list_group_offsets([name]).get(name, {})
        except KafkaError as error:
            if not error.retriable:
                raise
            # A group that has just begun has no coordinator yet, so nothing is committed.
            return {}
        return {place: max(0, at.offset) for place, at in offsets.items()}


class AlertTail:
    """Alerts as they come out of the watch."""

    def __init__(self, broker: BrokerSettings, prefix: str) -> None:
        self._consumer = KafkaConsumer(
            **client_settings(broker), enable_auto_commit=False, auto_offset_reset="earliest"
        )
        self._places = [
            TopicPartition(prefix + ALERTS.name, partition)
            for partition in range(ALERTS.count(broker))
        ]

    def __enter__(self) -> "AlertTail":
        self._consumer.assign(self._places)
        self._consumer.seek_to_beginning(*self._places)
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def pass_on(
        self, on_alert: Callable[[Alert], None], until: dict[TopicPartition, int] | None = None
    ) -> None:
        """Pass on the alerts that are there, or all before the given offsets."""
        while True:
            for messages in self._consumer.poll(timeout_ms=50 if until else 0).values():
                for message in messages:
                    on_alert(Alert.model_validate_json(message.value))
            if until is None or all(self._consumer.position(p) >= end for p, end in until.items()):
                return
