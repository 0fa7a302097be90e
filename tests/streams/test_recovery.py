"""Workers killed at random and their partitions taken over: from snapshots, on real brokers."""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from streams import replay, workers
from streams.broker import BrokerSettings
from streams.configuration import Settings
from streams.following import AlertTail, GroupProgress
from streams.frames import Framer, encode
from streams.publish import publisher
from streams.simulator.match_day import match_day
from streams.simulator.scheme import Fix
from streams.snapshots.log import found
from streams.snapshots.saved import Head
from streams.tally import Tally, tallied
from streams.topics import (
    ALERTS,
    MATCH_FEED,
    WATCH_SNAPSHOTS,
    client_settings,
    create_topics,
    end_offsets,
)
from streams.workers import READY, Worker

START = datetime(2026, 7, 4, 12, tzinfo=UTC)
OFTEN = {
    "SOGAWATCH_RECOVERY__EVERY_RECORDS": "300",
    "SOGAWATCH_RECOVERY__EVERY_S": "0.5",
    "SOGAWATCH_RECOVERY__SHARE": "1.0",
}
AT_ONCE = {"SOGAWATCH_RECOVERY__EVERY_RECORDS": "1"}
FIXES = Fix(0, "steam-move", "1x2"), Fix(1, "two-sided-transfer", "1x2"), Fix(2, "spot-fix", "1x2")


class Scene:
    """A feed that lies in the topic, and workers that watch it one after another."""

    def __init__(self, kafka: str, prefix: str, *, embedded: bool) -> None:
        self.broker = BrokerSettings(bootstrap=kafka)
        self.prefix = prefix
        self._command = ["watch", "--prefix", prefix, *(["--embedded"] if embedded else [])]
        self._environment = {"SOGAWATCH_BROKER__BOOTSTRAP": kafka} | OFTEN
        self.without = Tally()
        self.records = list(match_day(7, matches=4, fixes=FIXES, start=START).records)
        replay.replay_direct(self.records, Settings(), self.without, self.without.raised)
        create_topics(self.broker, prefix)
        self._consumer = KafkaConsumer(**client_settings(self.broker), enable_auto_commit=False)

    def publish(self, share: float = 1.0, *, since: float = 0.0) -> None:
        """Send a part of the day in frames that are those of a replay of all of it."""
        frames = list(_framed(self.records))
        with publisher(self.broker, self.prefix) as sending:
            for partition, records in frames[int(since * len(frames)) : int(share * len(frames))]:
                sending._send(MATCH_FEED.name, encode(records), partition=partition)

    @contextmanager
    def worker(self, **more: str) -> Iterator[Worker]:
        with workers.running({"watch": self._command}, self._environment | more) as (one,):
            yield one

    def watch_to_the_end(self, **more: str) -> list[str]:
        """Let a worker read all there is; returns what it wrote."""
        with self.worker(**more) as one, GroupProgress(self.broker, self.prefix) as progress:
            while progress.lag("watch", [MATCH_FEED]) or READY not in written(one):
                one.check()
                time.sleep(0.05)
            return written(one)

    def alerts(self) -> list[bytes]:
        tally = Tally()
        with GroupProgress(self.broker, self.prefix) as progress:
            ends = progress.ends([ALERTS])
        with AlertTail(self.broker, self.prefix) as tail:
            tail.pass_on(tally.raised, until=ends)
        return tally.alert_lines()

    def snapshots(self) -> int:
        topic, count = self.prefix + WATCH_SNAPSHOTS.name, WATCH_SNAPSHOTS.count(self.broker)
        places = [TopicPartition(topic, number) for number in range(count)]
        return sum(end_offsets(self._consumer, places).values())

    def heads(self) -> dict[int, Head]:
        """Newest head of each partition that has one."""
        there = {n: found(self.broker, self.prefix, n, lambda: None).head for n in range(12)}
        return {partition: head for partition, head in there.items() if head is not None}

    def __enter__(self) -> "Scene":
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()


def _framed(records: list[Any]) -> Iterator[tuple[int, list[Any]]]:
    framer = Framer(MATCH_FEED.count(BrokerSettings()))
    for record in tallied(records, Tally(), lambda _: None):
        yield from framer.add(record)
    yield from framer.flush()


def written(worker: Worker) -> list[str]:
    """What a worker has written so far."""
    size = os.fstat(worker.log.fileno()).st_size
    return os.pread(worker.log.fileno(), size, 0).decode().splitlines()


@pytest.fixture
def scene(kafka: str, prefix: str, *, embedded: bool) -> Iterator[Scene]:
    with Scene(kafka, prefix, embedded=embedded) as scene:
        yield scene


def test_killed_again_and_again_a_watch_raises_the_same_alerts(scene: Scene) -> None:
    """Killed anywhere, so also between the snapshots of matches and the head over them."""
    rng = random.Random(5)
    for kill in range(3):
        scene.publish(since=kill / 4, share=(kill + 1) / 4)
        before = scene.snapshots()
        with scene.worker() as one:
            while scene.snapshots() < before + 2:
                one.check()
                time.sleep(0.01)
            time.sleep(rng.uniform(0, 0.3))
            one.process.send_signal(signal.SIGKILL)
            one.process.wait()
    scene.publish(since=3 / 4)
    lines = scene.watch_to_the_end()
    assert scene.alerts() == scene.without.alert_lines()
    told = [line for line in lines if "from snapshots" in line]
    assert told
    assert max(map(lines.index, told)) < lines.index(READY)


def test_snapshots_of_another_schema_are_refused_and_the_topic_read_again(scene: Scene) -> None:
    scene.publish(share=0.6)
    scene.watch_to_the_end(SOGAWATCH_WATCH__BUDGET__RED_PER_100="0.5", **AT_ONCE)
    saved = scene.heads()
    assert saved
    scene.publish(since=0.6)
    lines = scene.watch_to_the_end()
    refused = [line for line in lines if "snapshots not used: its schema is" in line]
    for partition in saved:
        assert sum(f"partition {partition}: " in line for line in refused) == 1
    assert len(refused) == len(saved)
    assert all("reading again from offset 0" in line for line in refused)
    assert "from snapshots" in "\n".join(scene.watch_to_the_end())


@pytest.mark.services
def test_what_has_expired_is_not_missed(apache: Any, prefix: str) -> None:
    """Everything that snapshots hold is gone from the topic; the alerts are the same."""
    with Scene(apache.plain, prefix, embedded=False) as scene:
        scene.publish(share=0.5)
        scene.watch_to_the_end(**AT_ONCE)
        gone = {n: head.offset + 1 for n, head in scene.heads().items()}
        assert gone
        topic = prefix + MATCH_FEED.name
        with KafkaAdminClient(**client_settings(scene.broker)) as admin:
            admin.delete_records({TopicPartition(topic, n): end for n, end in gone.items()})
        scene.publish(since=0.5)
        scene.watch_to_the_end()
        assert scene.alerts() == scene.without.alert_lines()


def test_a_recovery_that_takes_too_long_ends_the_worker_and_says_why(scene: Scene) -> None:
    scene.publish(share=0.3)
    scene.watch_to_the_end()
    with scene.worker(SOGAWATCH_RECOVERY__WITHIN_S="0.001") as one:
        assert one.process.wait(60) == 1
        lines = written(one)
    assert READY not in lines
    [told] = [line for line in lines if line.startswith("sogawatch: ")]
    assert "not caught up after 0.001 s, looking for snapshots" in told
    assert "raise recovery.within_s" in told
    assert "Traceback" not in "\n".join(lines)
