"""What each detector costs: time per record of a match, memory per match."""

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from detectors.calibration import Calibration, shipped_priors
from detectors.detector import Detector, Seen
from detectors.evidence import Evidence
from detectors.health import FeedHealth
from detectors.levels import AlertBudget
from detectors.match_watch import MatchWatch
from detectors.verdict import Verdict
from detectors.weighing import Weighing
from markets.records import Gap, Heartbeat, Record
from streams.simulator.match_day import MatchDay


class Cost(BaseModel):
    """Cost of one detector; its time varies between runs, and with what else the machine does.

    Time is by the clock on the wall, for one of CPU time costs more to read than many a look.
    """

    model_config = ConfigDict(frozen=True)

    detector: str
    microseconds_per_update: float = Field(description="Time over all records of the match")
    looks: float = Field(description="Looks in a match, at all its markets")
    bytes_per_match: int = Field(description="Its own state at the end of a match")


class Timed(Weighing):
    """A weighing that keeps the time."""

    def __init__(self, calibration: Calibration) -> None:
        super().__init__(calibration)
        self.seconds: dict[str, float] = defaultdict(float)
        self.looks: Counter[str] = Counter()
        self.seen: dict[int, Detector[Any]] = {}

    def ask(self, detector: Detector[Seen], features: Seen, *, frozen: bool) -> Evidence | None:
        """Ask a detector, and note how long that took."""
        begun = time.perf_counter()
        found = super().ask(detector, features, frozen=frozen)
        self.seconds[detector.name] += time.perf_counter() - begun
        self.looks[detector.name] += 1
        self.seen[id(detector)] = detector
        return found

    def bytes(self) -> Counter[str]:
        """Memory that the detectors of the match hold on to, by name."""
        sizes: Counter[str] = Counter()
        for detector in self.seen.values():
            sizes[detector.name] += held(detector)
        return sizes


def costs(days: Sequence[MatchDay]) -> tuple[Cost, ...]:
    """Measure every detector on simulated matches, one match a day."""
    seconds: dict[str, float] = defaultdict(float)
    looks: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    records = 0
    for day in days:
        told = list(day.records)
        timed = timed_watch(day.matches[0].fixture.match, told)
        records += len(told)
        for name, spent in timed.seconds.items():
            seconds[name] += spent
        looks.update(timed.looks)
        sizes.update(timed.bytes())
    return tuple(
        Cost(
            detector=name,
            microseconds_per_update=round(1e6 * seconds[name] / max(records, 1), 2),
            looks=round(looks[name] / len(days), 1),
            bytes_per_match=sizes[name] // len(days),
        )
        for name in sorted(looks)
    )


def timed_watch(match: str, records: Iterable[Record]) -> Timed:
    """Let the detectors look at a match as the watch does, with the clock running."""
    calibration = Calibration(shipped_priors())
    timed = Timed(calibration)
    watch = MatchWatch(match, calibration, Verdict(AlertBudget()), timed)
    health = FeedHealth()
    for record in records:
        if not isinstance(record, Heartbeat | Gap):
            watch.apply(record)
            continue
        health.apply(record)
        at = record.at.timestamp()
        if isinstance(record, Heartbeat) and watch.waits(at):
            watch.look(at, health, frozen=False)
    return timed


def held(thing: object) -> int:
    """Bytes that a thing and all that it alone leads to take up.

    Classes, modules and functions are everybody's and are not counted.

    >>> held([1.5, [2.5]]) > held([1.5])
    True
    """
    seen: set[int] = set()
    waiting, total = [thing], 0
    while waiting:
        one = waiting.pop()
        if id(one) in seen or callable(one) or isinstance(one, type):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        waiting += _within(one)
    return total


def _within(thing: object) -> list[object]:
    if isinstance(thing, dict):
        return [*thing.keys(), *thing.values()]
    if isinstance(thing, str | bytes | int | float):
        return []
    if isinstance(thing, Iterable):
        return list(thing)
    slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    named = [getattr(thing, name) for name in slots if hasattr(thing, name)]
    return [*named, *vars(thing).values()] if hasattr(thing, "__dict__") else named
