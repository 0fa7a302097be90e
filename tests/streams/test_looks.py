"""Looks at consumer groups on real brokers."""

from datetime import UTC, datetime

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

from forensics.groups import Lag
from streams.looks import Looks
from streams.topics import ALERTS, client_settings, create_topics

AT = datetime(2026, 7, 4, 12, tzinfo=UTC)


@pytest.fixture
def read_in_part(settings, prefix):
    """Three alerts on partition 1, of which the group `watch` has committed one."""
    create_topics(settings, prefix, [ALERTS])
    place = TopicPartition(prefix + ALERTS.name, 1)
    with KafkaProducer(**client_settings(settings)) as producer:
        for number in range(3):
            producer.send(place.topic, partition=1, value=str(number).encode())
        producer.flush()
    consumer = KafkaConsumer(
        **client_settings(settings), group_id=f"{prefix}watch", enable_auto_commit=False
    )
    with consumer:
        consumer.assign([place])
        consumer.commit({place: OffsetAndMetadata(1, "", -1)})


def test_lags_are_told_without_the_prefix(settings, prefix, read_in_part):
    lags, _ = Looks(settings, prefix).look(AT)
    assert lags == [Lag(AT, "watch", "alerts", 1, 1, 3)]


def test_groups_that_nobody_joined_are_passed_over(settings, prefix):
    create_topics(settings, prefix, [ALERTS])
    assert Looks(settings, prefix).look(AT) == ([], [])


def test_members_are_told_with_what_they_read(settings, prefix, embedded):
    if embedded:
        pytest.skip("the embedded broker does not tell who reads")
    create_topics(settings, prefix, [ALERTS])
    consumer = KafkaConsumer(
        prefix + ALERTS.name,
        **client_settings(settings),
        group_id=f"{prefix}archive",
        enable_auto_commit=False,
    )
    with consumer:
        while not consumer.assignment():
            consumer.poll(timeout_ms=200)
        _, (member,) = Looks(settings, prefix).look(AT)
    assert (member.at, member.reader, member.partitions) == (AT, "archive", 3)
    assert member.host == "127.0.0.1"
