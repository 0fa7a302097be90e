"""The past of a partition: what had been read of it before this process came."""

from collections.abc import Iterator

from kafka import KafkaConsumer, TopicPartition

from streams.broker import BrokerSettings
from streams.topics import client_settings


def past(
    settings: BrokerSettings, topic: str, partition: int, *, since: int, until: int
) -> Iterator[tuple[int, bytes]]:
    """Read a partition from one offset to just before another: (offset, value).

    What the topic's retention has dropped is gone, so a watch that catches up is at most as old
    as that.
    """
    consumer = KafkaConsumer(
        **client_settings(settings), enable_auto_commit=False, auto_offset_reset="earliest"
    )
    try:
        place = TopicPartition(topic, partition)
        consumer.assign([place])
        consumer.seek(place, max(since, consumer.beginning_offsets([place])[place]))
        while consumer.position(place) < until:
            for message in consumer.poll(timeout_ms=1000).get(place, []):
                if message.offset < until:
                    yield message.offset, message.value or b""
    finally:
        consumer.close()
