"""Acting: the topics `alerts` and `actions` folded into cases, and actions sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError
from pydantic import ValidationError

from alerts.action import Action
from alerts.alert import Alert
from alerts.case import Case
from alerts.cases import Cases
from alerts.deadlines import LifecycleSettings
from streams.broker import BrokerSettings, BrokerUnavailable
from streams.topics import ACTIONS, ALERTS, client_settings, end_offsets

_WAIT_MS = 200


class Casebook:
    """The cases as the two topics tell them, and the way to send an action.

    It belongs to no group and commits nothing: whoever opens one reads from the beginning, which
    takes some 50 us a message. `unreadable` counts messages that are not of this version; the
    archive has them among its dead letters.
    """

    def __init__(
        self,
        consumer: KafkaConsumer,
        producer: KafkaProducer,
        prefix: str,
        lifecycle: LifecycleSettings,
    ) -> None:
        self.cases = Cases(lifecycle)
        self.unreadable = 0
        self._consumer = consumer
        self._producer = producer
        self._prefix = prefix
        self._places = self._own_places()

    def catch_up(self) -> Cases:
        """Take in all that is there by now."""
        begun = bool(self._consumer.assignment())
        done = {place: self._consumer.position(place) if begun else 0 for place in self._places}
        # It moves the consumer about, so where we were is to be put back.
        ends = end_offsets(self._consumer, self._places)
        self._consumer.assign(self._places)
        for place in self._places:
            self._consumer.seek(place, done[place])
        while any(self._consumer.position(place) < end for place, end in ends.items()):
            self.take_new(_WAIT_MS)
        return self.cases

    def take_new(self, wait_ms: int = 0) -> list[Case]:
        """Take in what has come since, waiting a little for it; return the cases that changed."""
        changed: dict[str, Case] = {}
        for place, messages in self._consumer.poll(timeout_ms=wait_ms).items():
            for message in messages:
                for case in self._take(place.topic, message.value or b"", message.timestamp):
                    changed[case.case_id] = case
        return list(changed.values())

    def send(self, action: Action) -> tuple[Case, ...]:
        """Send an action and take it in; it is on the broker when this returns.

        Raises
        ------
        BrokerUnavailable
            When the broker does not take it. It may be there all the same: send the same again.
        """
        key = (action.match or "").encode()
        try:
            sent = self._producer.send(self._prefix + ACTIONS.name, action.to_json(), key=key)
            sent.get(timeout=60)
        except KafkaError as error:
            raise BrokerUnavailable(f"the broker did not take the action: {error!r}") from error
        return self.cases.take_action(action)

    def _take(self, topic: str, value: bytes, timestamp: int) -> tuple[Case, ...]:
        try:
            if topic == self._prefix + ACTIONS.name:
                return self.cases.take_action(Action.model_validate_json(value))
            alert = Alert.model_validate_json(value)
        except ValidationError:
            self.unreadable += 1
            return ()
        case = self.cases.take_alert(alert, datetime.fromtimestamp(timestamp / 1000, UTC))
        return () if case is None else (case,)

    def _own_places(self) -> list[TopicPartition]:
        found = []
        for name in (self._prefix + ALERTS.name, self._prefix + ACTIONS.name):
            partitions = self._consumer.partitions_for_topic(name)
            if not partitions:
                raise BrokerUnavailable(f"there is no topic {name}; run `sogawatch topics` first")
            found += [TopicPartition(name, partition) for partition in sorted(partitions)]
        return found


@contextmanager
def casebook(
    broker: BrokerSettings, prefix: str = "", lifecycle: LifecycleSettings | None = None
) -> Iterator[Casebook]:
    """Open the casebook of the topics under a prefix; nothing is read yet.

    Raises
    ------
    BrokerUnavailable
        When no broker answers, or it does not have the topics.
    """
    try:
        consumer = KafkaConsumer(
            **client_settings(broker), enable_auto_commit=False, auto_offset_reset="earliest"
        )
        producer = KafkaProducer(**client_settings(broker), enable_idempotence=True, acks="all")
    except (KafkaError, OSError) as error:
        raise BrokerUnavailable(f"Kafka at {broker.bootstrap}: {error!r}") from error
    try:
        yield Casebook(consumer, producer, prefix, lifecycle or LifecycleSettings())
    finally:
        consumer.close()
        producer.close(timeout=10)
