"""What is done with a record, and the stopwatch; the same code in every contestant."""

import os
import sys
import time
import uuid
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from benchmarks.workload import Shape, Workload, in_frames
from markets.joined_prices import how_many
from streams.frames import decode_joined
from streams.partition_watch import WatchSettings
from streams.sweeping import sweep_rarely
from streams.watches import Watches

WATCHED = Shape(matches=500, per_s=2_375.0)
"""A twentieth of a Saturday's peak, and of its matches: the load on a match is the same."""
SEED = 1
PARTITIONS = 12

Job = Callable[[int, int, bytes], int]
"""Takes partition, offset and value of a Kafka record; returns how many updates were in it."""


class Told(NamedTuple):
    """What a contestant took for the updates after its start."""

    updates: int
    cpu_s: float
    wall_s: float


class Stopwatch:
    """Runs a job and times it: from a tenth of the updates on until all are done.

    Connecting and joining a group are not timed. What a client has fetched ahead by then is: it
    flatters clients that fetch far ahead, of which ours is none.
    """

    def __init__(self, job: Job, count: int) -> None:
        self._job = job
        self._count, self._from = count, count // 10
        self._done = 0
        self._begun: tuple[int, float, float] | None = None

    def take(self, partition: int, offset: int, value: bytes) -> None:
        """Deal with one record; prints what was taken and ends the process at the last."""
        self._done += self._job(partition, offset, value)
        if self._begun is None and self._done >= self._from:
            self._begun = self._done, time.process_time(), time.perf_counter()
        if self._done >= self._count:
            self._end()

    def _end(self) -> None:
        done, cpu, wall = self._begun or (0, 0.0, 0.0)
        told = Told(self._done - done, time.process_time() - cpu, time.perf_counter() - wall)
        # Past whatever a framework has put in the place of standard output.
        os.write(1, b"\n" + msgspec.json.encode(told._asdict()) + b"\n")
        os._exit(0)  # some of these frameworks have no way to stop from within


def job(name: str) -> Job:
    """Find a job by its name: decode, or watch (frames, or records one by one)."""
    return {"decode": decoding, "watch": watching}[name]()


def stopwatch() -> Stopwatch:
    """Make the stopwatch that the command line asks for."""
    return Stopwatch(job(sys.argv[1]), int(sys.argv[4]))


def place() -> tuple[str, str]:
    """Broker and topic, as the command line names them."""
    return sys.argv[2], sys.argv[3]


def group() -> str:
    """Name a consumer group that has read nothing yet."""
    return f"contestant-{uuid.uuid4().hex[:8]}"


def decoding() -> Job:
    """Decode a record's JSON and do nothing with it."""
    decoder = msgspec.json.Decoder()

    def work(_partition: int, _offset: int, value: bytes) -> int:
        decoder.decode(value)
        return 1

    return work


def watching(shape: Shape = WATCHED) -> Job:
    """Watch frames, or records one by one, beginning with warm watches."""
    watches = warmed(shape)

    def work(partition: int, offset: int, value: bytes) -> int:
        told, _ = decode_joined(value)
        watches.apply(partition, WARM_OFFSETS + offset, told)
        return how_many(told)

    return work


WARM_OFFSETS = 10**6


def warmed(shape: Shape = WATCHED) -> Watches:
    """Watches in the state before the first update, as after an hour of warming up."""
    watches = Watches(WatchSettings(), "benchmark")
    for frame in in_frames(Workload(SEED, shape).warm_up(), PARTITIONS):
        watches.apply(*frame)
    sweep_rarely()  # as our workers do
    return watches
