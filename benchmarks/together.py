"""What workers take in that share a machine: a feed that waits in the broker, until all is done.

Each worker is a process of its own, as in production; the broker is the embedded one and the store
the engine in the archive's process, so all of it shares the cores.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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

ROUNDS = 3
_UPDATES = 1_200_000
_WITHIN_S = 300.0
_SETS = {
    "one watch": ("watch",),
    "two watches": ("watch", "watch"),
    "one watch, one archive": ("watch", "archive"),
}


class Together(NamedTuple):
    """Updates that a set of workers took in, in so many seconds, and the cores of each."""

    updates: int
    seconds: float
    cores: tuple[float, ...]

    @property
    def per_s(self) -> float:
        return self.updates / self.seconds


def together(on_set: Callable[[int, int], None]) -> dict[str, list[Together]]:
    """Measure each set, from sending the first frame until all have committed the last.

    The sets take turns; of each its rounds, the slowest first.
    """
    found: dict[str, list[Together]] = {who: [] for who in _SETS}
    for done, who in enumerate([*_SETS] * ROUNDS, start=1):
        found[who].append(_measured(_SETS[who]))
        on_set(done, len(_SETS) * ROUNDS)
    return {who: sorted(rounds, key=lambda one: one.per_s) for who, rounds in found.items()}


def _measured(kinds: Sequence[str]) -> Together:
    workload, groups = Workload(SEED, WATCHED), set(kinds)
    with _running(kinds) as (broker, running, progress):
        with publisher(broker) as sending:
            sending.remember({SOURCE: range(MATCH_FEED.count(broker))})
            for record in workload.warm_up():
                sending.add(record)
        _wait(progress, groups, running)
        frames = in_frames(workload.updates(_UPDATES), MATCH_FEED.count(broker))
        encoded = [(partition, encode(records)) for partition, _, records in frames]
        before, began = list(map(_cpu_s, running)), time.perf_counter()
        _send(broker, encoded)
        _wait(progress, groups, running)
        seconds = time.perf_counter() - began
        cores = [(_cpu_s(w) - cpu_s) / seconds for w, cpu_s in zip(running, before, strict=True)]
    return Together(_UPDATES, seconds, tuple(cores))


@contextmanager
def _running(
    kinds: Sequence[str],
) -> Iterator[tuple[BrokerSettings, Sequence[Worker], GroupProgress]]:
    with running_broker(BrokerSettings()) as broker, TemporaryDirectory() as home:
        create_topics(broker)
        environment = {"SOGAWATCH_BROKER__BOOTSTRAP": str(broker.bootstrap)}
        with (
            workers.running(_commands(kinds, Path(home)), environment) as running,
            GroupProgress(broker, "") as progress,
        ):
            yield broker, running, progress


def _commands(kinds: Sequence[str], home: Path) -> Mapping[str, Sequence[str]]:
    stored = {"archive": ["--store", str(home / "store")]}
    return {
        f"{kind} {number}": [kind, "--embedded", *stored.get(kind, [])]
        for number, kind in enumerate(kinds, start=1)
    }


def _send(broker: BrokerSettings, frames: list[tuple[int, bytes]]) -> None:
    with KafkaProducer(**client_settings(broker), linger_ms=5, max_request_size=2**23) as producer:
        for partition, value in frames:
            producer.send(MATCH_FEED.name, value, partition=partition)


def _wait(progress: GroupProgress, groups: set[str], running: Sequence[Worker]) -> None:
    until = time.monotonic() + _WITHIN_S
    while any(progress.lag(group, [MATCH_FEED]) for group in groups):
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
