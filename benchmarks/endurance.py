"""`make endurance`: a simulated week through watch and archive, and how much memory it holds.

The feed is written to a file by a process of its own, as frames; then one process reads them, as
the workers do: decoding, watching every partition, folding its alerts into cases and, with
`--archive`, writing everything to the embedded store. After each day of event time it prints what
it holds. Matches begin and end all week, so what is flat from the second day on stays flat.
"""

import argparse
import gc
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from alerts.cases import Cases
from forensics.archive import Archive
from forensics.migrate import migrate
from forensics.store import Store, StoreSettings, open_store
from markets.records import Record
from streams.configuration import Settings, config_hash
from streams.feeds.merge import merge
from streams.frames import Framer, decode, encode
from streams.simulator.match_day import match_day
from streams.simulator.scheme import Fix
from streams.watches import Watches

START = datetime(2026, 7, 4, 0, tzinfo=UTC)
BOUND = 1.10
"""What is held after the last day, against what was held after the second."""
_BATCH = 200
_HEAD = 8


@dataclass
class Held:
    """What the process holds at the end of a day."""

    day: int
    records: int
    megabytes: float
    objects: int
    matches: int
    alerts: int

    def line(self) -> str:
        """One row of the table."""
        return (
            f"{self.day:4} {self.records:12,} {self.megabytes:9.1f} {self.objects:11,}"
            f" {self.matches:9} {self.alerts:7}"
        )


HEAD = f"{'day':>4} {'records':>12} {'MB':>9} {'objects':>11} {'watched':>9} {'alerts':>7}"


def write_week(path: Path, days: int, matches: int, books: int) -> None:
    """Write the frames of so many days, each with a fix in it, to a file."""
    told = [
        match_day(
            day, matches=matches, books=books, fixes=(Fix(0, "steam-move", "1x2"),),
            start=START + timedelta(days=day),
        ).records
        for day in range(days)
    ]  # fmt: skip
    framer = Framer(Settings().broker.partitions)
    with path.open("wb") as file:
        for record in merge(told):
            if isinstance(record, Record):
                _put(file, framer.add(record))
        _put(file, framer.flush())


def _put(file: IO[bytes], frames: Iterable[tuple[int, list[Record]]]) -> None:
    for partition, records in frames:
        frame = encode(records)
        file.write(partition.to_bytes(4) + len(frame).to_bytes(4) + frame)


def _frames(path: Path) -> Iterator[tuple[int, int, list[Record]]]:
    """Frames of the file as the workers get them."""
    offsets: Counter[int] = Counter()
    with path.open("rb") as file:
        while head := file.read(_HEAD):
            partition, size = int.from_bytes(head[:4]), int.from_bytes(head[4:])
            yield partition, offsets[partition], decode(file.read(size))[0]
            offsets[partition] += 1


class Endurance:
    """Watch, cases and, with a store, the archive, in one process."""

    def __init__(self, store: Store | None) -> None:
        settings = Settings()
        self._watches = Watches(settings.watch, config_hash(settings.watch))
        self._cases = Cases(settings.lifecycle)
        self._archive = Archive(store) if store is not None else None
        self._records = self._alerts = 0

    def days(self, path: Path) -> Iterator[Held]:
        """Watch the file; yields what is held after each day of event time."""
        day, batch = 0, []
        for partition, offset, records in _frames(path):
            arrived = max(record.at for record in records)
            while arrived >= START + timedelta(days=day + 1):
                day += 1
                yield self._held(day)
            batch.append((partition, offset, arrived, records))
            self._records += len(records)
            for alert in self._watches.apply(partition, offset, records):
                self._alerts += 1
                self._cases.take_alert(alert, arrived)
            if len(batch) >= _BATCH:
                if self._archive is not None:
                    self._archive.write(batch)
                batch = []
        yield self._held(day + 1)

    def _held(self, day: int) -> Held:
        gc.collect()
        watched = sum(len(self._watches.of(p).names) for p in self._watches.partitions)
        return Held(
            day, self._records, _resident_mb(), len(gc.get_objects()), watched, self._alerts
        )


def _resident_mb() -> float:
    """Resident size of this process; Linux alone tells it without a library."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def run(days: int, matches: int, books: int, *, archived: bool) -> list[Held]:
    """Run the days; returns what was held after each."""
    held = []
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        path, store = Path(home) / "week", None
        # In a process of its own, or what the simulator holds would be counted.
        numbers = map(str, (days, matches, books))
        subprocess.run(
            [sys.executable, "-m", "benchmarks.endurance", "--write", path, *numbers], check=True
        )
        if archived:
            settings = StoreSettings(directory=Path(home) / "store")
            store = stack.enter_context(open_store(settings))
            migrate(store)
        for one in Endurance(store).days(path):
            print(one.line(), flush=True)
            held.append(one)
    return held


def main() -> int:
    """Run and judge: 1 when what is held after the last day is out of bounds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--archive", action="store_true", help="write to the embedded store as well"
    )
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("days", type=int, nargs="?", default=7)
    parser.add_argument("matches", type=int, nargs="?", default=24)
    parser.add_argument("books", type=int, nargs="?", default=8)
    asked = parser.parse_args()
    if asked.write:
        write_week(asked.write, asked.days, asked.matches, asked.books)
        return 0
    print(f"{asked.days} days of {asked.matches} matches, {asked.books} books\n{HEAD}")
    held = run(asked.days, asked.matches, asked.books, archived=asked.archive)
    # The first day warms caches; after the last whole day the next one has not begun.
    begun, ended = held[1], held[asked.days - 1]
    share = ended.megabytes / begun.megabytes
    print(f"day {ended.day} holds {share:.2f} of what day {begun.day} held; allowed is {BOUND:.2f}")
    return int(share > BOUND)


if __name__ == "__main__":
    sys.exit(main())
