"""The topics, and how they come to be: declared here, created before anything starts.

Brokers must not create topics on their own: a topic made by accident has another number of
partitions, and a match would no longer have one total order.
"""

import re
import ssl
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import (
    InvalidReplicationFactorError,
    KafkaError,
    KafkaTimeoutError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
)

from alerts.complaint import Complaint
from streams.broker import BrokerSettings, BrokerUnavailable

_LONGEST_NAME = 249
_VISIBLE_WITHIN_S = 30.0


class TopicMismatch(Complaint):
    """A topic cannot be what is declared; the message names it, what it has and what is wanted."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it is to be.

    `partitions` None means `BrokerSettings.partitions`. Without `retention` the topic is
    compacted: the last record of each key is kept for good. `more` is further configuration.
    """

    name: str
    partitions: int | None
    retention: timedelta | None
    more: dict[str, str] = field(default_factory=dict)

    def count(self, settings: BrokerSettings) -> int:
        """How many partitions the topic is to have."""
        return settings.partitions if self.partitions is None else self.partitions

    def config(self, settings: BrokerSettings) -> dict[str, str]:
        """The topic's configuration, as Kafka names it."""
        return {
            **self._cleanup(),
            # Retention by the broker's clock: a replayed match of years ago must not expire at
            # once. Event time is in the records.
            "message.timestamp.type": "LogAppendTime",
            "min.insync.replicas": str(max(1, settings.replication_factor - 1)),
            **self.more,
        }

    def _cleanup(self) -> dict[str, str]:
        if self.retention is None:
            return {"cleanup.policy": "compact"}
        milliseconds = self.retention // timedelta(milliseconds=1)
        return {"cleanup.policy": "delete", "retention.ms": str(milliseconds)}


MATCH_FEED = Topic("match-feed", None, timedelta(days=30))
ACCOUNT_WAGERS = Topic("account-wagers", None, timedelta(days=30))
ALERTS = Topic("alerts", 3, timedelta(days=365))
ACTIONS = Topic("actions", 3, timedelta(days=365))
DELIVERIES = Topic("deliveries", 3, None)
SUBSCRIPTIONS = Topic("subscriptions", 1, None)
DELIVERY_ATTEMPTS = Topic("delivery-attempts", 3, timedelta(days=30))
DEAD_LETTERS = Topic("dead-letters", 1, timedelta(days=30))
CANARIES = Topic("canaries", 1, timedelta(days=2))
# All of it is read at a start, and Kafka compacts only segments that are closed: so they are small
# and closed soon. A match with much told of it needs more than the usual megabyte.
_SNAPSHOTS = {
    "max.message.bytes": "17000000",
    "segment.bytes": "67108864",
    "segment.ms": "600000",
    "min.cleanable.dirty.ratio": "0.2",
    "delete.retention.ms": "3600000",
}
WATCH_SNAPSHOTS = Topic("watch-snapshots", None, None, _SNAPSHOTS)
TOPICS = (
    MATCH_FEED,
    ACCOUNT_WAGERS,
    ALERTS,
    ACTIONS,
    SUBSCRIPTIONS,
    DELIVERIES,
    DELIVERY_ATTEMPTS,
    DEAD_LETTERS,
    CANARIES,
    WATCH_SNAPSHOTS,
)


def client_settings(settings: BrokerSettings) -> dict[str, Any]:
    """Keyword arguments for kafka-python's producer, consumer and admin client alike.

    What differs between them is the caller's: a consumer says its `auto_offset_reset` and
    `enable_auto_commit`, a producer its `acks`.

    Examples
    --------
    >>> client_settings(BrokerSettings(bootstrap="kafka-1:9092,kafka-2:9092"))["bootstrap_servers"]
    ['kafka-1:9092', 'kafka-2:9092']
    """
    milliseconds = int(settings.request_timeout_s * 1000)
    return {
        "bootstrap_servers": bootstrap_servers(settings),
        "security_protocol": settings.security_protocol,
        "request_timeout_ms": milliseconds,
        "bootstrap_timeout_ms": milliseconds,
        **_sasl(settings),
        **_tls(settings),
    }


def bootstrap_servers(settings: BrokerSettings) -> list[str]:
    """The brokers' addresses; raises BrokerUnavailable where the settings name none."""
    if settings.bootstrap is None:
        raise BrokerUnavailable("no bootstrap address: the embedded broker has not been started")
    return settings.bootstrap.split(",")


def _sasl(settings: BrokerSettings) -> dict[str, Any]:
    if settings.sasl_password is None:
        return {}
    return {
        "sasl_mechanism": settings.sasl_mechanism,
        "sasl_plain_username": settings.sasl_username,
        "sasl_plain_password": settings.sasl_password.get_secret_value(),
    }


def _tls(settings: BrokerSettings) -> dict[str, Any]:
    context = ssl_context(settings)
    return {} if context is None else {"ssl_context": context}


def ssl_context(settings: BrokerSettings) -> ssl.SSLContext | None:
    """The TLS context for any client of the brokers; None where TLS is not used."""
    if not settings.security_protocol.endswith("SSL"):
        return None
    context = ssl.create_default_context(cafile=settings.ssl_cafile)
    if settings.ssl_certfile is not None:
        context.load_cert_chain(settings.ssl_certfile, settings.ssl_keyfile)
    return context


def create_topics(
    settings: BrokerSettings, prefix: str = "", topics: Iterable[Topic] = TOPICS
) -> None:
    """Create the topics that do not exist yet and wait until every partition has a leader.

    Doing it again changes nothing. Retention and other configuration of a topic that exists are
    left as its operator set them; its number of partitions must be the declared one, since the
    partition of a match follows from it.

    Raises
    ------
    TopicMismatch
        When a topic exists with another number of partitions, or the cluster has fewer brokers
        than `replication_factor`.
    BrokerUnavailable
        When no broker answers or it refuses.
    """
    wanted = {_prefixed(prefix, topic.name): topic for topic in topics}
    with _admin(settings) as admin:
        missing = wanted.keys() - _partitions(admin, wanted).keys()
        if missing:
            _create(admin, {name: wanted[name] for name in missing}, settings)
        _require_counts(_partitions(admin, wanted), wanted, settings)


def delete_topics(settings: BrokerSettings, prefix: str, topics: Iterable[Topic] = TOPICS) -> None:
    """Delete the topics of a replay and wait until they are gone; absent ones are passed over.

    Raises
    ------
    ValueError
        When the prefix is empty: those are the live topics.
    BrokerUnavailable
        When no broker answers or it refuses.
    """
    if not prefix:
        raise ValueError("an empty prefix names the live topics, which are not deleted here")
    names = [_prefixed(prefix, topic.name) for topic in topics]
    with _admin(settings) as admin:
        deadline = time.monotonic() + _VISIBLE_WITHIN_S
        while present := list(_partitions(admin, names)):
            if time.monotonic() > deadline:
                raise BrokerUnavailable(f"topics {', '.join(present)} are not gone after 30 s")
            with _already(UnknownTopicOrPartitionError):
                admin.delete_topics(present)


def end_offsets(
    consumer: KafkaConsumer, places: Collection[TopicPartition], within_s: float = 30.0
) -> dict[TopicPartition, int]:
    """Where each partition ends: the offset that its next record will get.

    The consumer is taken over for it (assigned and moved) and must belong to no group. For the
    embedded broker a partition ends with the first record of its last batch, if asked as Kafka
    clients ask (`KafkaConsumer.end_offsets`); the end that comes with fetched records is right
    on every broker, at the price of a fetch.

    Raises
    ------
    BrokerUnavailable
        When the broker does not tell in time.
    """
    deadline = time.monotonic() + within_s
    ends = _told(consumer.end_offsets, places, deadline)
    ended = [place for place, end in ends.items() if end > 0]
    begins = _told(consumer.beginning_offsets, ended, deadline) if ended else {}
    # One that has expired whole has an end and no record to come with it.
    waiting = {place for place, begin in begins.items() if begin < ends[place]}
    consumer.assign(list(waiting))
    for place in waiting:
        consumer.seek(place, ends[place] - 1)
    while waiting:
        for place, records in consumer.poll(timeout_ms=100).items():
            ends[place] = max(consumer.highwater(place) or 0, records[-1].offset + 1)
            waiting.discard(place)
        if waiting and time.monotonic() > deadline:
            raise BrokerUnavailable(f"the broker does not tell where {min(waiting)} ends")
    return ends


def _told(
    ask: Callable[[list[TopicPartition]], dict[TopicPartition, int]],
    places: Collection[TopicPartition],
    deadline: float,
) -> dict[TopicPartition, int]:
    while True:
        try:
            return dict(ask(list(places)))
        except KeyError:
            # kafka-python 3.0.12 trips over a partition whose leader is just being found.
            if time.monotonic() > deadline:
                raise BrokerUnavailable("the broker does not tell where its topics lie") from None
            time.sleep(0.05)


def _prefixed(prefix: str, name: str) -> str:
    full = prefix + name
    if not re.fullmatch(r"[A-Za-z0-9._-]+", full) or len(full) > _LONGEST_NAME:
        raise ValueError(
            f"prefix {prefix!r}: topic names are made of letters, digits, '.', '_' and '-', "
            f"at most {_LONGEST_NAME} characters"
        )
    return full


@contextmanager
def _admin(settings: BrokerSettings) -> Iterator[KafkaAdminClient]:
    try:
        with KafkaAdminClient(**client_settings(settings)) as admin:
            yield admin
    except (KafkaError, OSError) as error:
        raise BrokerUnavailable(
            f"Kafka at {settings.bootstrap} ({settings.security_protocol}) cannot be used: "
            f"{error}{_hint(settings)}"
        ) from error


def _hint(settings: BrokerSettings) -> str:
    # kafka-python keeps trying after a refused password and in the end reports a time-out.
    if settings.security_protocol == "PLAINTEXT":
        return ""
    return "; are the user, the password and the certificates right?"


@contextmanager
def _already(done: type[KafkaError]) -> Iterator[None]:
    """Pass over what somebody else did in the same moment."""
    try:
        yield
    except done:
        time.sleep(0.05)


def _partitions(admin: KafkaAdminClient, names: Iterable[str]) -> dict[str, int]:
    """Count the partitions of those topics that exist."""
    described = admin.describe_topics(list(names))
    return {t["name"]: len(t["partitions"]) for t in described if t["error_code"] == 0}


def _create(admin: KafkaAdminClient, topics: dict[str, Topic], settings: BrokerSettings) -> None:
    try:
        with _already(TopicAlreadyExistsError):
            admin.create_topics({name: _spec(topic, settings) for name, topic in topics.items()})
        admin.wait_for_topics(topics, timeout_ms=_VISIBLE_WITHIN_S * 1000)
    except InvalidReplicationFactorError:
        raise TopicMismatch(
            f"replication_factor {settings.replication_factor} is more than the cluster at "
            f"{settings.bootstrap} has brokers: lower it or add brokers"
        ) from None
    except KafkaTimeoutError as error:
        raise BrokerUnavailable(f"topics were created but do not show: {error}") from error


def _spec(topic: Topic, settings: BrokerSettings) -> dict[str, Any]:
    return {
        "num_partitions": topic.count(settings),
        "replication_factor": settings.replication_factor,
        "configs": topic.config(settings),
    }


def _require_counts(
    has: dict[str, int], wanted: dict[str, Topic], settings: BrokerSettings
) -> None:
    faults = [
        f"topic {name} has {has.get(name, 0)} partitions, wanted are {topic.count(settings)}"
        for name, topic in wanted.items()
        if has.get(name) != topic.count(settings)
    ]
    if faults:
        raise TopicMismatch(
            "; ".join(faults)
            + ": set partitions to what the topic has, or start with new topics under a prefix"
        )
