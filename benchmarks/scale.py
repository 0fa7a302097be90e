"""What an update costs, and what a selection and a match weigh, as matches grow."""

import gc
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from benchmarks.contestants.jobs import PARTITIONS, SEED, WARM_OFFSETS
from benchmarks.workload import PEAK_PER_S, Shape, Workload, in_frames
from detectors.catalogue import catalogue
from streams.frames import decode_joined, encode
from streams.partition_watch import WatchSettings
from streams.sweeping import sweep_rarely
from streams.watches import Watches

LIFE = 10_000
SIZES = (100, 1_000, LIFE)
LARGE = 100_000
"""Only when asked for: it takes ten gigabytes and ten minutes."""
ROUNDS = 3
_SECONDS = 20.0
"""Event time, the same for all sizes: looks are many in the first seconds, and fewer then."""
_SECONDS_OF_MEAN = 210.0
_PAGE = 4096


class Cost(NamedTuple):
    """Of one workload: CPU time of an update, and memory held after warming up."""

    matches: int
    selections: int
    quotes: int
    per_s: float
    updates: int
    microseconds: float
    match_kb: float
    selection_kb: float
    asleep: int
    asleep_kb: float


def costs(on_size: Callable[[int, int], None], *, large: bool = False) -> list[Cost]:
    """Measure each size with the same load on a match, and life's at its mean pace too.

    In turns; of each the round in which an update cost neither most nor least.
    """
    growing = [Shape(n, per_s=PEAK_PER_S * n / LIFE) for n in SIZES]
    larger = [Shape(LARGE, per_s=PEAK_PER_S * LARGE / LIFE)] if large else []
    mean = Shape(1_000, per_s=PEAK_PER_S / 50.0 * 1_000 / LIFE)
    turns = [*growing, mean] * ROUNDS + larger
    seconds = [_SECONDS_OF_MEAN if shape is mean else _SECONDS for shape in turns]
    found: dict[Shape, list[Cost]] = {}
    # Each in a process of its own, or memory that one has let go would hide what the next takes.
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as processes:
        for shape, each in zip(turns, processes.map(cost, turns, seconds), strict=True):
            found.setdefault(shape, []).append(each)
            on_size(sum(map(len, found.values())), len(turns))
    return [_middle(found[shape]) for shape in (*growing, *larger, mean)]


def _middle(rounds: list[Cost]) -> Cost:
    return sorted(rounds, key=lambda one: one.microseconds)[len(rounds) // 2]


def cost(shape: Shape, seconds: float = _SECONDS) -> Cost:
    """Measure so much event time of a workload: decoding and watching, in this process."""
    workload = Workload(SEED, shape)
    watches = Watches(WatchSettings(), "benchmark")
    catalogue()  # code of the detectors, which is no part of a match
    gc.collect()
    resident = _resident()
    for frame in in_frames(workload.quiet_hour(), PARTITIONS):
        watches.apply(*frame)
    gc.collect()
    held = _resident() - resident
    asleep = list(_packed(watches))
    sweep_rarely()  # as our workers do
    for partition, offset, records in in_frames(workload.stirred(), PARTITIONS):
        watches.apply(partition, WARM_OFFSETS + offset, records)
    count = round(shape.per_s * seconds)
    # Made before: a worker does not share its processor's cache with who makes records.
    frames = [(p, o, encode(told)) for p, o, told in in_frames(workload.updates(count), PARTITIONS)]
    begun = time.thread_time()
    for partition, offset, encoded in frames:
        watches.apply(partition, 2 * WARM_OFFSETS + offset, decode_joined(encoded)[0])
    took = time.thread_time() - begun
    return Cost(
        matches=shape.matches,
        selections=workload.selections,
        quotes=workload.quotes,
        per_s=shape.per_s,
        updates=count,
        microseconds=1e6 * took / count,
        match_kb=held / shape.matches / 1e3,
        selection_kb=held / workload.selections / 1e3,
        asleep=len(asleep),
        asleep_kb=sum(asleep) / len(asleep) / 1e3 if asleep else 0.0,
    )


def _packed(watches: Watches) -> Iterator[int]:
    """Bytes of each match that sleeps."""
    for watch in map(watches.of, watches.partitions):
        yield from (len(watch.state_of(name)) for name in watch.asleep)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE
