"""Subscriptions on their topic: everybody who must know them follows it, few write to it."""

import logging
import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError
from pydantic import ValidationError

from alerts.delivery.outbox import encode_notice, resend_record
from alerts.notice import Notice
from alerts.subscribing.subscription import Subscription
from streams.broker import BrokerSettings, BrokerUnavailable
from streams.compacted import Kept, read_all
from streams.topics import DELIVERIES, SUBSCRIPTIONS, client_settings

log = logging.getLogger(__name__)


def outbox_of(subscription: str, partitions: int) -> int:
    """The partition of `deliveries` that holds all deliveries of a subscription."""
    return zlib.crc32(subscription.encode()) % partitions


class Subscribers:
    """All subscriptions, as far as the topic has told them."""

    def __init__(self) -> None:
        self._known: dict[str, Subscription] = {}

    def take(self, records: Iterable[Kept]) -> None:
        """Take in records of the topic; one that cannot be read is logged and passed over."""
        for record in records:
            if record.value is None:
                self._known.pop(record.key, None)
                continue
            try:
                found = Subscription.model_validate_json(record.value)
            except ValidationError as error:
                log.warning(
                    "subscription %s cannot be read: %d faults", record.key, len(error.errors())
                )
                continue
            self._known[found.subscription] = found

    def find(self, subscription: str) -> Subscription | None:
        """Find one by its name; None when it is not known."""
        return self._known.get(subscription)

    def all(self) -> list[Subscription]:
        """All of them, in order of their names."""
        return [one for _, one in sorted(self._known.items())]


def read_subscribers(settings: BrokerSettings, prefix: str = "") -> Subscribers:
    """Read all subscriptions once; raises BrokerUnavailable when no broker answers."""
    subscribers = Subscribers()
    records, _ = read_all(settings, prefix + SUBSCRIPTIONS.name, range(1))
    subscribers.take(records)
    return subscribers


class Desk:
    """Writes subscriptions, and puts what is not about alerts into the outbox."""

    def __init__(self, settings: BrokerSettings, prefix: str = "") -> None:
        self._settings = settings
        self._prefix = prefix

    def save(self, subscription: Subscription, notice: Notice | None = None) -> None:
        """Write a subscription and, if there is one, what it is to be told.

        Raises
        ------
        BrokerUnavailable
            When the broker does not take it; nothing has been promised then.
        """
        name = subscription.subscription
        records: list[tuple[str, str, bytes, int]] = [
            (SUBSCRIPTIONS.name, name, subscription.to_json(), 0)
        ]
        if notice is not None:
            key, value = encode_notice(notice)
            records.append((DELIVERIES.name, key, value, self._outbox(name)))
        self._send(records)

    def tell(self, notice: Notice) -> None:
        """Put a notice into the outbox of its only subscription."""
        (name,) = notice.subscriptions
        key, value = encode_notice(notice)
        self._send([(DELIVERIES.name, key, value, self._outbox(name))])

    def resend(self, deliveries: Iterable[tuple[str, int]], at: datetime) -> None:
        """Ask for dead letters to be sent again: (delivery, partition)."""
        asked = ((*resend_record(delivery, at), partition) for delivery, partition in deliveries)
        self._send((DELIVERIES.name, key, value, partition) for key, value, partition in asked)

    def _outbox(self, subscription: str) -> int:
        return outbox_of(subscription, DELIVERIES.count(self._settings))

    def _send(self, records: Iterable[tuple[str, str, bytes, int]]) -> None:
        try:
            producer = KafkaProducer(**client_settings(self._settings), acks="all")
            try:
                sent: list[Any] = [
                    producer.send(self._prefix + topic, value, key.encode(), partition=partition)
                    for topic, key, value, partition in records
                ]
                for one in sent:
                    one.get(timeout=self._settings.request_timeout_s)
            finally:
                producer.close(timeout=10)
        except (KafkaError, OSError) as error:
            raise BrokerUnavailable(f"Kafka at {self._settings.bootstrap}: {error!r}") from error
