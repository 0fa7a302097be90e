import itertools
import json
import re
import subprocess
import sys

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from streams.broker import BrokerSettings, BrokerUnavailable
from streams.topics import (
    DELIVERIES,
    MATCH_FEED,
    TOPICS,
    TopicMismatch,
    client_settings,
    create_topics,
    delete_topics,
    end_offsets,
)

PARTITIONS = {
    "match-feed": 12,
    "account-wagers": 12,
    "alerts": 3,
    "actions": 3,
    "subscriptions": 1,
    "deliveries": 3,
    "delivery-attempts": 3,
    "dead-letters": 1,
    "watch-snapshots": 12,
    "canaries": 1,
}


@pytest.fixture
def admin(settings):
    with KafkaAdminClient(**client_settings(settings)) as client:
        yield client


def partitions(admin, prefix):
    described = admin.describe_topics()
    return {
        topic["name"].removeprefix(prefix): len(topic["partitions"])
        for topic in described
        if topic["name"].startswith(prefix)
    }


def test_every_topic_is_created_with_its_partitions(admin, settings, prefix):
    create_topics(settings, prefix)
    assert partitions(admin, prefix) == PARTITIONS
    assert {topic.name for topic in TOPICS} == PARTITIONS.keys()


def test_creating_again_changes_nothing_and_adds_what_is_missing(admin, settings, prefix):
    create_topics(settings, prefix, [MATCH_FEED])
    create_topics(settings, prefix)
    create_topics(settings, prefix)
    assert partitions(admin, prefix) == PARTITIONS


def test_the_partitions_of_the_feeds_are_a_setting(admin, settings, prefix):
    create_topics(settings.model_copy(update={"partitions": 5}), prefix)
    expected = PARTITIONS | {"match-feed": 5, "account-wagers": 5, "watch-snapshots": 5}
    assert partitions(admin, prefix) == expected


def test_other_partitions_than_declared_are_told_and_left_alone(admin, settings, prefix):
    create_topics(settings, prefix)
    with pytest.raises(TopicMismatch, match=rf"{prefix}match-feed has 12 partitions, wanted are 4"):
        create_topics(settings.model_copy(update={"partitions": 4}), prefix)
    assert partitions(admin, prefix) == PARTITIONS


def test_the_topics_of_a_replay_are_deleted_and_no_others(admin, settings, prefix):
    create_topics(settings, prefix)
    create_topics(settings, f"{prefix}kept-", [MATCH_FEED])
    delete_topics(settings, prefix)
    delete_topics(settings, prefix)
    assert partitions(admin, prefix) == {"kept-match-feed": 12}


def test_the_live_topics_are_not_deleted(settings):
    with pytest.raises(ValueError, match="live topics"):
        delete_topics(settings, "")


def test_a_prefix_kafka_does_not_allow_is_refused(settings):
    with pytest.raises(ValueError, match=r"prefix 'a b'.*letters"):
        create_topics(settings, "a b")


def test_an_idempotent_producer_leaves_contiguous_offsets(settings, prefix):
    create_topics(settings, prefix, [MATCH_FEED])
    topic = prefix + MATCH_FEED.name
    producer = KafkaProducer(**client_settings(settings), enable_idempotence=True, acks="all")
    sent = [(n % 12, producer.send(topic, f"{n}".encode(), partition=n % 12)) for n in range(1200)]
    producer.flush()
    offsets = [(partition, future.get(10).offset) for partition, future in sent]
    producer.close()
    assert offsets == [(n % 12, n // 12) for n in range(1200)]
    assert read(settings, topic, 7) == [(n // 12, f"{n}".encode()) for n in range(7, 1200, 12)]


def test_partitions_end_after_their_last_record(settings, prefix):
    create_topics(settings, prefix, [MATCH_FEED])
    topic = prefix + MATCH_FEED.name
    places = [TopicPartition(topic, partition) for partition in range(12)]
    producer = KafkaProducer(**client_settings(settings), acks="all", linger_ms=50)
    consumer = KafkaConsumer(**client_settings(settings), enable_auto_commit=False)
    assert end_offsets(consumer, places) == dict.fromkeys(places, 0)
    for batch in 1, 2:
        for n in range(70):
            producer.send(topic, f"{n}".encode(), partition=n % 7)  # several in one batch
        producer.flush()
        ends = end_offsets(consumer, places)
        assert [ends[place] for place in places] == [10 * batch] * 7 + [0] * 5
    producer.close()
    consumer.close()


@pytest.mark.services
def test_a_partition_that_has_expired_whole_has_an_end(apache, prefix):
    settings = BrokerSettings(bootstrap=apache.plain)
    create_topics(settings, prefix, [MATCH_FEED])
    old, new = (TopicPartition(prefix + MATCH_FEED.name, number) for number in (3, 4))
    with KafkaProducer(**client_settings(settings), acks="all") as producer:
        for number in range(10):
            producer.send(old.topic, b"x", partition=3 + number % 2)
        producer.flush()
    with KafkaAdminClient(**client_settings(settings)) as admin:
        admin.delete_records({old: 5})
    with KafkaConsumer(**client_settings(settings), enable_auto_commit=False) as consumer:
        assert end_offsets(consumer, [old, new], within_s=5) == {old: 5, new: 5}


def read(settings, topic, partition):
    consumer = KafkaConsumer(
        **client_settings(settings),
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        consumer_timeout_ms=10_000,
    )
    at = TopicPartition(topic, partition)
    consumer.assign([at])
    consumer.seek_to_beginning(at)
    records = [(r.offset, r.value) for r in itertools.islice(consumer, 100)]
    consumer.close()
    return records


@pytest.mark.services
def test_retention_and_compaction_are_set(apache, prefix):
    settings = BrokerSettings(bootstrap=apache.plain)
    create_topics(settings, prefix)
    assert config(settings, prefix + MATCH_FEED.name) == {
        "cleanup.policy": "delete",
        "retention.ms": "2592000000",
        "message.timestamp.type": "LogAppendTime",
        "min.insync.replicas": "1",
    }
    assert config(settings, prefix + DELIVERIES.name)["cleanup.policy"] == "compact"


def config(settings, topic):
    with KafkaAdminClient(**client_settings(settings)) as admin:
        told = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    return {name: entry["value"] for name, entry in told["topic"][topic].items()}


def test_three_copies_are_written_to_at_least_two():
    settings = BrokerSettings(replication_factor=3)
    assert MATCH_FEED.config(settings)["min.insync.replicas"] == "2"


@pytest.mark.services
def test_more_copies_than_brokers_are_refused(apache, prefix):
    settings = BrokerSettings(bootstrap=apache.plain, replication_factor=3)
    with pytest.raises(TopicMismatch, match="replication_factor 3 is more than the cluster"):
        create_topics(settings, prefix)


@pytest.mark.services
def test_topics_are_created_over_tls_with_a_password(apache, prefix):
    create_topics(apache.secure, prefix)
    with KafkaAdminClient(**client_settings(apache.secure)) as admin:
        assert partitions(admin, prefix) == PARTITIONS


@pytest.mark.services
def test_a_wrong_password_is_told(apache):
    wrong = apache.secure.model_dump(mode="json") | {"sasl_password": "wrong"}
    assert re.search(r"SASL_SSL.*are the user, the password", failure_to_create(wrong))


def test_an_address_nobody_listens_on_is_told():
    told = failure_to_create({"bootstrap": "127.0.0.1:1"})
    assert re.search(r"BrokerUnavailable: Kafka at 127\.0\.0\.1:1 ", told)


def failure_to_create(settings):
    """In a process of its own: kafka-python leaves sockets open when it gives up."""
    program = (
        "import json, sys\n"
        "from streams.broker import BrokerSettings\n"
        "from streams.topics import create_topics\n"
        "settings = BrokerSettings(**json.loads(sys.argv[1]))\n"
        "create_topics(settings.model_copy(update={'request_timeout_s': 2.0}))\n"
    )
    command = [sys.executable, "-c", program, json.dumps(settings)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 1
    return done.stderr


def test_a_client_needs_an_address():
    with pytest.raises(BrokerUnavailable, match="not been started"):
        client_settings(BrokerSettings())
