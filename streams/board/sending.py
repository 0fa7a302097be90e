"""Sending what officers did: to the topic, or into a store that has no topic beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from kafka import KafkaProducer
from kafka.errors import KafkaError

from alerts.action import Action
from dashboards.board.live import LiveCases
from dashboards.board.visit import NotSent
from forensics.archive import Archive
from forensics.failures import StoreRefused, StoreUnavailable
from streams.broker import BrokerSettings, BrokerUnavailable
from streams.topics import ACTIONS, client_settings

_SEND_WITHIN_S = 10.0


class ActionSender:
    """Hands actions to the topic, keyed by match; returns when the brokers have them."""

    def __init__(self, producer: KafkaProducer, topic: str) -> None:
        self._producer = producer
        self._topic = topic

    def __call__(self, action: Action) -> None:
        """Send one action.

        Raises
        ------
        NotSent
            When the brokers do not take it in time.
        """
        key = (action.match or "").encode()
        try:
            sent = self._producer.send(self._topic, key=key, value=action.to_json())
            sent.get(timeout=_SEND_WITHIN_S)
        except KafkaError as error:
            raise NotSent(f"the broker did not take it ({error!r}); try again") from error


@contextmanager
def action_sender(broker: BrokerSettings, prefix: str) -> Iterator[ActionSender]:
    """Open a sender of actions.

    Raises
    ------
    BrokerUnavailable
        When no broker answers.
    """
    try:
        producer = KafkaProducer(
            **client_settings(broker), enable_idempotence=True, acks="all", linger_ms=0
        )
    except (KafkaError, OSError) as error:
        raise BrokerUnavailable(f"Kafka at {broker.bootstrap}: {error!r}") from error
    try:
        yield ActionSender(producer, prefix + ACTIONS.name)
    finally:
        producer.close(timeout=5)


class StoreSender:
    """Writes actions into the store, and shows them once they are there."""

    def __init__(self, archive: Archive, live: LiveCases) -> None:
        self._archive = archive
        self._live = live

    def __call__(self, action: Action) -> None:
        """Keep one action.

        Raises
        ------
        NotSent
            When the store does not take it.
        """
        try:
            self._archive.write_actions([(0, 0, datetime.now(UTC), action.to_json())])
        except (StoreUnavailable, StoreRefused) as error:
            raise NotSent(str(error)) from error
        self._live.take(actions=[action])
