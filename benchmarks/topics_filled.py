"""A broker of our own with the topics that the contestants read."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from kafka import KafkaProducer

from benchmarks.contestants.jobs import PARTITIONS, SEED, WATCHED
from benchmarks.workload import Workload, in_frames
from streams.broker import BrokerSettings, embedded_broker
from streams.frames import encode, encode_one
from streams.topics import Topic, client_settings, create_topics

SMALL, FRAMES = "small-records", "frames"


@contextmanager
def filled(count: int) -> Iterator[str]:
    """Address of an embedded broker that holds `count` updates, singly and in frames."""
    with embedded_broker() as address:
        settings = BrokerSettings(bootstrap=address)
        create_topics(settings, "", [_topic(SMALL), _topic(FRAMES)])
        records = list(Workload(SEED, WATCHED).updates(count))
        frames = list(in_frames(records, PARTITIONS))
        singly = ((p, encode_one(r)) for p, _, records in frames for r in records)
        _send(settings, SMALL, singly)
        _send(settings, FRAMES, ((p, encode(records)) for p, _, records in frames))
        yield address


def _topic(name: str) -> Topic:
    return Topic(name, PARTITIONS, timedelta(days=1))


def _send(settings: BrokerSettings, topic: str, told: Iterable[tuple[int, bytes]]) -> None:
    producer = KafkaProducer(
        **client_settings(settings), acks=1, linger_ms=20, batch_size=256 * 1024,
        max_request_size=2**23,
    )  # fmt: skip
    for partition, value in told:
        producer.send(topic, value, partition=partition)
    producer.flush()
    producer.close()
