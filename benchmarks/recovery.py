"""`python -m benchmarks.recovery`: what snapshots cost, and what they save at a start.

A match day in one process and one partition, cut every so many records as a worker does, without
the broker; CPU seconds, so the two columns of a row are of one run.
"""

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

from markets.records import Record
from streams.frames import Framer
from streams.partition_watch import PartitionWatch, WatchSettings
from streams.simulator.match_day import match_day
from streams.snapshots.saved import Found, Saver, restore
from streams.tally import Tally, tallied
from streams.watches import Watches

_EVERY = 5_000, 10_000, 20_000


def main(matches: int = 24, books: int = 12) -> None:
    """Measure with each distance between snapshots."""
    frames = list(_frames(matches, books))
    records = sum(map(len, frames))
    print(f"{matches} matches, {books} books, {records:,} records in one partition")
    print(f"{'every':>8} {'saves':>6} {'watching':>9} {'saving':>8} {'share':>6} {'bytes':>12}"
          f" {'read again':>11} {'restored':>9}")  # fmt: skip
    for every in _EVERY:
        print(_line(frames, every), flush=True)


def _line(frames: list[list[Record]], every: int) -> str:
    watches, found, since = Watches(WatchSettings(), "bench"), Found(), 0
    watch, saver, saves, saving, size = watches.begin(0), Saver("", watches.shared), 0, 0.0, 0
    watching = 0.0
    for offset, frame in enumerate(frames):
        watching += _timed(partial(_take, watch, frame, offset))
        since += len(frame)
        if since >= every:
            begun, since, saves = time.process_time(), 0, saves + 1
            saver.begin(watch, offset, b"")
            messages = saver.some(watch, offset, float("inf"))
            saver.wrote()
            messages.append(saver.head())
            saver.end()
            saving += time.process_time() - begun
            for key, value in messages:
                size += len(value or b"")
                found.take(key, value or b"")
    fresh = watches.begin(0)
    restored = _timed(lambda: restore(found, fresh, "", watches.shared))
    share = saving / (watching + saving)
    return (
        f"{every:8,} {saves:6} {watching:7.1f} s {saving:6.2f} s {share:6.1%} {size:12,}"
        f" {watching:9.1f} s {restored:7.2f} s"
    )


def _take(watch: PartitionWatch, frame: list[Record], offset: int) -> None:
    for record in frame:
        watch.apply(record, offset)


def _timed(call: Callable[[], object]) -> float:
    begun = time.process_time()
    call()
    return time.process_time() - begun


def _day(matches: int, books: int) -> Iterator[Record]:
    start = datetime(2026, 7, 4, 12, tzinfo=UTC)
    return match_day(5, matches=matches, books=books, start=start).records


def _frames(matches: int, books: int) -> Iterator[list[Record]]:
    framer = Framer(1)
    for record in tallied(_day(matches, books), Tally(), print):
        yield from (records for _, records in framer.add(record))
    yield from (records for _, records in framer.flush())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
