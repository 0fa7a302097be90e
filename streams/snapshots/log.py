"""The topic `watch-snapshots`: what it holds of one partition."""

from collections.abc import Callable

from kafka import KafkaConsumer, TopicPartition

from streams.broker import BrokerSettings
from streams.snapshots.saved import LARGEST, Found
from streams.topics import WATCH_SNAPSHOTS, client_settings, end_offsets


def found(
    settings: BrokerSettings, prefix: str, partition: int, check: Callable[[], object]
) -> Found:
    """Read the snapshots of a partition of `match-feed`; `check` raises to end it."""
    place, snapshots = TopicPartition(prefix + WATCH_SNAPSHOTS.name, partition), Found()
    consumer = KafkaConsumer(
        **client_settings(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=LARGEST,
    )
    try:
        end = end_offsets(consumer, [place])[place]
        consumer.assign([place])
        consumer.seek_to_beginning(place)
        while end and consumer.position(place) < end:
            check()
            for message in consumer.poll(timeout_ms=1000).get(place, []):
                if message.value is not None:
                    snapshots.take((message.key or b"").decode(errors="replace"), message.value)
    finally:
        consumer.close()
    return snapshots
