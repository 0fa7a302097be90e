"""What a machine watches and stores: a feed that waits in the broker, until all of it is in rows.

Watch and archive are processes of their own, as they are in production; the broker is the embedded
one and the store the engine in the archive's process, so all of it shares the cores.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from kafka import KafkaProducer

from benchmarks.contestants.jobs import SEED, WATCHED
from benchmarks.workload import SOURCE, Workload, in_frames
from streams import workers
from streams.broker import BrokerSettings, running_broker
from streams.following import GroupProgress
from streams.frames import encode
from streams.publish import publisher
from streams.topics import MATCH_FEED, client_settings, create_topics
from streams.workers import Worker

_UPDATES = 600_000
_WITHIN_S = 300.0
_GROUPS = "watch", "archive"


class Stored(NamedTuple):
    """Updates that were watched and stored, in so many seconds, and cores that each worker took."""

    updates: int
    seconds: float
    watch_cores: float
    archive_cores: float


def stored() -> Stored:
    """Measure it, from sending the first frame until both workers have committed the last."""
    workload = Workload(SEED, WATCHED)
    with _both() as (broker, running, progress):
        with publisher(broker) as sending:
            sending.remember({SOURCE: range(MATCH_FEED.count(broker))})
            for record in workload.warm_up():
                sending.add(record)
        _wait(progress, running)
        frames = in_frames(workload.updates(_UPDATES), MATCH_FEED.count(broker))
        encoded = [(partition, encode(records)) for partition, _, records in frames]
        before, began = list(map(_cpu_s, running)), time.perf_counter()
        _send(broker, encoded)
        _wait(progress, running)
        seconds = time.perf_counter() - began
        cores = [(_cpu_s(w) - cpu_s) / seconds for w, cpu_s in zip(running, before, strict=True)]
    return Stored(_UPDATES, seconds, *cores)


@contextmanager
def _both() -> Iterator[tuple[BrokerSettings, Sequence[Worker], GroupProgress]]:
    with running_broker(BrokerSettings()) as broker, TemporaryDirectory() as home:
        create_topics(broker)
        commands = {"watch": ["watch", "--embedded"]}
        commands["archive"] = ["archive", "--embedded", "--store", str(Path(home) / "store")]
        environment = {"SOGAWATCH_BROKER__BOOTSTRAP": str(broker.bootstrap)}
        with (
            workers.running(commands, environment) as running,
            GroupProgress(broker, "") as progress,
        ):
            yield broker, running, progress


def _send(broker: BrokerSettings, frames: list[tuple[int, bytes]]) -> None:
    with KafkaProducer(**client_settings(broker), linger_ms=5, max_request_size=2**23) as producer:
        for partition, value in frames:
            producer.send(MATCH_FEED.name, value, partition=partition)


def _wait(progress: GroupProgress, running: Sequence[Worker]) -> None:
    until = time.monotonic() + _WITHIN_S
    while any(progress.lag(group, [MATCH_FEED]) for group in _GROUPS):
        for worker in running:
            worker.check()
        if time.monotonic() > until:
            raise TimeoutError("the workers have not caught up")
        time.sleep(0.05)


def _cpu_s(worker: Worker) -> float:
    """CPU time that a worker has taken, user and system."""
    told = Path(f"/proc/{worker.process.pid}/stat").read_text(encoding="ascii")
    fields = told.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
