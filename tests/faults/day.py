"""A small match day with fixes in it, cut into frames that are the same in every run."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from kafka import KafkaProducer

from markets.records import Record
from streams.broker import BrokerSettings
from streams.feeds.feed import Refusal
from streams.feeds.merge import merge
from streams.frames import Framer, encode
from streams.simulator.match_day import match_day
from streams.simulator.scheme import Fix
from streams.tally import Tally, tallied
from streams.topics import MATCH_FEED, client_settings

START = datetime(2026, 7, 4, 12, tzinfo=UTC)
LONGEST = 60
FIXES = (
    Fix(0, "steam-move", "1x2"),
    Fix(1, "two-sided-transfer", "1x2"),
    Fix(2, "account-cluster", "1x2"),
    Fix(3, "unexplained-in-play", "1x2"),
    Fix(4, "late-drift", "1x2"),
)

Cut = tuple[int, list[Record]]
"""Partition, records of a frame."""


def frames(seed: int, *, matches: int = 6) -> list[Cut]:
    """The day in frames shorter than life's, so that there is more to lose."""
    day = match_day(seed, matches=matches, books=5, fixes=FIXES[:matches], start=START)
    return _cut(day.records)


def frames_of_days(seed: int, days: int) -> list[Cut]:
    """Days of five matches, all of them fixed, so that there are alerts at all times."""
    told = (
        match_day(
            1000 * seed + day, matches=len(FIXES), books=5, fixes=FIXES,
            start=START + timedelta(days=day),
        ).records
        for day in range(days)
    )  # fmt: skip
    return _cut(merge(list(told)))


def _cut(told: Iterable[Record | Refusal]) -> list[Cut]:
    framer, cut = Framer(MATCH_FEED.count(BrokerSettings()), LONGEST), []
    for record in tallied(told, Tally(), lambda _: None):
        cut += framer.add(record)
    return [*cut, *framer.flush()]


def reordered(cut: list[Cut], seed: int) -> list[Cut]:
    """Let the partitions overtake one another, each keeping the order that Kafka promises."""
    rng, waiting = random.Random(f"order/{seed}"), {}
    for partition, records in reversed(cut):
        waiting.setdefault(partition, []).append(records)
    order: list[int] = []
    for start in range(0, len(cut), 200):
        some = [partition for partition, _ in cut[start : start + 200]]
        rng.shuffle(some)
        order += some
    return [(partition, waiting[partition].pop()) for partition in order]


class Sender:
    """Sends frames one by one, so that each has the same offset in every run."""

    def __init__(self, producer: KafkaProducer, topic: str, cut: list[Cut]) -> None:
        self._producer, self._topic, self._left = producer, topic, iter(cut)
        self._total, self._sent = len(cut), 0
        self._answers: list[Any] = []

    def until(self, share: float) -> None:
        """Send what is due when this share of the time is over."""
        while self._sent < min(1.0, share) * self._total:
            partition, records = next(self._left)
            self._answers.append(
                self._producer.send(self._topic, value=encode(records), partition=partition)
            )
            self._sent += 1
        if share >= 1.0:
            self.flush()

    def flush(self) -> None:
        """Wait until all that was sent is in the topic, each frame at its place."""
        self._producer.flush()
        places: Counter[int] = Counter()
        for answer in self._answers:
            told = answer.get(timeout=60)
            if told.offset != places[told.partition]:
                raise RuntimeError(f"a frame is at {told.offset}, not {places[told.partition]}")
            places[told.partition] += 1


@contextmanager
def sending(broker: BrokerSettings, prefix: str, cut: list[Cut]) -> Iterator[Sender]:
    producer = KafkaProducer(**client_settings(broker), enable_idempotence=True, acks="all")
    try:
        yield Sender(producer, prefix + MATCH_FEED.name, cut)
    finally:
        producer.close(timeout=10)
