"""Reading what the board shows: alerts and actions, from their topics or from the store."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from pydantic import ValidationError

from alerts.action import Action
from alerts.alert import Alert
from dashboards.board import questions
from dashboards.board.live import LiveCases
from forensics.failures import StoreRefused, StoreUnavailable
from forensics.store import Store
from streams.board.clock import FeedClock
from streams.broker import BrokerSettings, BrokerUnavailable
from streams.topics import ACTIONS, ALERTS, client_settings, end_offsets

log = logging.getLogger(__name__)

_STOP_WITHIN_S = 5.0
_LOOK_EVERY_S = 3.0

Feed = tuple[FeedClock, Callable[[], datetime | None]]


class TopicReader:
    """Reads alerts and actions from the start of their topics, on a thread, into live cases.

    It belongs to no group, so every board reads everything and a restart shows all. With `feed`, a
    clock and a way to ask for the newest time of the feed, deadlines count in the feed's time;
    else from when the topic got an alert.
    """

    def __init__(
        self, broker: BrokerSettings, prefix: str, live: LiveCases, feed: Feed | None
    ) -> None:
        self._broker = broker
        self._topics = {prefix + ALERTS.name: ALERTS, prefix + ACTIONS.name: ACTIONS}
        self._alerts = prefix + ALERTS.name
        self._live = live
        self._feed = feed
        self._look_at = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="board-reader", daemon=True)

    def __enter__(self) -> "TopicReader":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(_STOP_WITHIN_S)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with closing(self._consumer()) as consumer:
                    self._read(consumer)
            except (KafkaError, BrokerUnavailable, OSError) as error:
                log.warning("the board cannot read its topics: %r; trying again", error)
                self._stopping.wait(2.0)

    def _consumer(self) -> KafkaConsumer:
        return KafkaConsumer(
            **client_settings(self._broker),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=200,
        )

    def _read(self, consumer: KafkaConsumer) -> None:
        places = [
            TopicPartition(name, partition)
            for name, topic in self._topics.items()
            for partition in range(topic.count(self._broker))
        ]
        ends = end_offsets(consumer, places)
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        while not self._stopping.is_set():
            for place, messages in consumer.poll(timeout_ms=200, max_records=500).items():
                self._take(place.topic, messages)
            self._look_at_feed()
            if not self._live.read and all(consumer.position(p) >= end for p, end in ends.items()):
                self._live.caught_up()

    def _look_at_feed(self) -> None:
        if self._feed is None or time.monotonic() < self._look_at:
            return
        clock, newest = self._feed
        try:
            clock.saw(newest())
        except (StoreUnavailable, StoreRefused) as error:
            log.warning("the board cannot ask for the time of the feed: %s", error)
        self._look_at = time.monotonic() + _LOOK_EVERY_S

    def _take(self, topic: str, messages: list[Any]) -> None:
        if topic == self._alerts:
            self._live.take(alerts=[one for m in messages if (one := self._alert(m)) is not None])
        else:
            self._live.take(actions=[read for m in messages if (read := _action(m)) is not None])

    def _alert(self, message: Any) -> tuple[Alert, datetime | None] | None:
        try:
            alert = Alert.model_validate_json(message.value)
        except ValidationError as error:
            _unreadable(message, error)
            return None
        if self._feed is None:
            return alert, datetime.fromtimestamp(message.timestamp / 1000, UTC)
        self._feed[0].saw(alert.last_at)
        return alert, None


def _action(message: Any) -> Action | None:
    try:
        return Action.model_validate_json(message.value)
    except ValidationError as error:
        _unreadable(message, error)
        return None


def _unreadable(message: Any, error: ValidationError) -> None:
    # The archive keeps it as a dead letter.
    place = f"{message.topic}/{message.partition}/{message.offset}"
    log.warning("the board passes over %s: %d faults", place, error.error_count())


def fold_store(store: Store, live: LiveCases, clock: FeedClock) -> None:
    """Take in all alerts and actions of a store, in the feed's time."""
    alerts = [Alert.model_validate_json(body) for body in questions.alert_bodies(store)]
    actions = [Action.model_validate_json(body) for body in questions.action_bodies(store)]
    for at in (*(alert.last_at for alert in alerts), *(action.at for action in actions)):
        clock.saw(at)
    live.take([(alert, None) for alert in alerts], actions)
    live.caught_up()
