"""Four watches share the partitions, and every few seconds one of them is killed."""

import statistics
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from kafka import TopicPartition

from streams.following import GroupProgress
from streams.topics import MATCH_FEED
from tests.faults.day import Sender, frames
from tests.faults.direct import undisturbed
from tests.faults.fleet import Fleet
from tests.faults.outcome import differences
from tests.faults.run import through
from tests.faults.schedule import ARCHIVE
from tests.faults.surroundings import Broker

CREW = ("watch-1", "watch-2", "watch-3", "watch-4")
TOLD_S = 1.0
Offsets = dict[TopicPartition, int]


@dataclass
class Killings:
    """Kills a watch every so often while the day is told, and sees when all is watched again.

    What is measured is the time until everything that was told up to a second after the kill, in
    the partitions of the killed watch, has been watched and committed. Which those are is seen
    from outside where watches have names; where not, all partitions count, and it takes longer.
    """

    prefix: str
    standing: Broker
    gap_s: float
    lasts_s: float
    kills: list[tuple[float, Offsets]] = field(default_factory=list)
    seen: list[tuple[float, Offsets]] = field(default_factory=list)

    def __call__(self, fleet: Fleet, feed: Sender) -> None:
        self.prefix = fleet.surroundings.prefix
        over = threading.Event()
        looking = threading.Thread(target=self._look, args=(over,))
        looking.start()
        try:
            self._kill(fleet, feed)
            self._wait(fleet)
        finally:
            over.set()
            looking.join()

    def _kill(self, fleet: Fleet, feed: Sender) -> None:
        begun, due = time.monotonic(), 15.0
        waiting: list[tuple[float, set[TopicPartition]]] = []
        with GroupProgress(self.standing.direct, self.prefix) as progress:
            while (passed := time.monotonic() - begun) < self.lasts_s + 15.0:
                feed.until(min(0.999, passed / (self.lasts_s + 15.0)))
                fleet.supervise()
                turn = (len(self.kills) + len(waiting)) % len(CREW)
                if passed >= due and (there := fleet.there([*CREW[turn:], *CREW[:turn]])):
                    name = there[0]
                    had = _had(progress, self.prefix, name)
                    fleet.kill(name)
                    waiting.append((time.monotonic(), had))
                    due += self.gap_s
                if waiting and time.monotonic() >= waiting[0][0] + TOLD_S:
                    (at, had), ends = waiting.pop(0), progress.ends([MATCH_FEED])
                    self.kills.append((at, {p: n for p, n in ends.items() if p in had or not had}))
                time.sleep(0.05)

    def _wait(self, fleet: Fleet) -> None:
        """Let the last ones be seen to be watched again."""
        deadline = time.monotonic() + 90
        while len(self.gaps()) < len(self.kills) and time.monotonic() < deadline:
            fleet.supervise()
            time.sleep(0.1)

    def _look(self, over: threading.Event) -> None:
        with GroupProgress(self.standing.direct, self.prefix) as progress:
            while not over.wait(0.1):
                self.seen.append((time.monotonic(), progress.committed("watch")))

    def gaps(self) -> list[float]:
        """Seconds from each kill until all told by then, and a second longer, was watched."""
        seen = list(self.seen)
        found = (
            next((at - killed for at, done in seen if at > killed and _covers(done, told)), None)
            for killed, told in self.kills
        )
        return [gap for gap in found if gap is not None]


def _had(progress: GroupProgress, prefix: str, name: str) -> set[TopicPartition]:
    """Partitions that the group has given to the worker of a name; none when it has no name."""
    group = f"{prefix}watch"
    for member in progress._admin.describe_groups([group])[group]["members"]:
        assigned = member["member_assignment"]
        if member["group_instance_id"] == f"{group}-{name}" and isinstance(assigned, dict):
            return {
                TopicPartition(part["topic"], number)
                for part in assigned["assigned_partitions"]
                for number in part["partitions"]
            }
    return set()


def _covers(done: Offsets, told: Offsets) -> bool:
    return all(done.get(place, 0) >= end for place, end in told.items())


def crew(
    seed: int, standing: Broker, folder: Path, *, gap_s: float = 5.0, lasts_s: float = 120.0,
    matches: int = 12, named: bool = True,
) -> tuple[str, list[str]]:  # fmt: skip
    """Tell a day to four watches of which one is killed every few seconds; say how it went."""
    cut = frames(seed, matches=matches)
    killings = Killings("", standing, gap_s, lasts_s)
    still = undisturbed(cut, folder / "still")
    shaken, _ = through(
        cut, standing, folder / "shaken", seed, killings, (*CREW, ARCHIVE), named=named
    )
    found, gaps = differences(still, shaken), killings.gaps()
    rows = sum(sum(table.values()) for table in still.tables.values())
    told = (
        f"{len(killings.kills)} kills, {len(cut)} frames, {len(still.alerts)} alerts, "
        f"{rows:,} rows, {'equal' if not found else 'NOT equal'}; watched again after "
        f"{statistics.median(gaps):.1f} s (median), {max(gaps):.1f} s (worst), "
        f"{len(killings.kills) - len(gaps)} not seen"
    )
    return told, found
