"""Measuring: every case once a round, in another order each round, so that all fare alike."""

import gc
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Case:
    """One step over the whole feed; `run` returns how many of `unit` it dealt with.

    The clock is this thread's CPU time, or that of all threads where a step has several.
    """

    name: str
    unit: str
    run: Callable[[], int]
    repeats: int = 1
    clock: Callable[[], float] = time.thread_time


@dataclass(frozen=True, slots=True)
class Sample:
    """CPU time of a case in each round: of one pass over the feed, and its number of units."""

    case: Case
    seconds: tuple[float, ...]
    units: int

    @property
    def microseconds(self) -> tuple[float, float, float]:
        """Median, lowest and highest of the rounds, per unit."""
        each = [1e6 * s / self.units for s in self.seconds]
        return median(each), min(each), max(each)

    def times(self, other: "Sample") -> tuple[float, float, float]:
        """How many times `other` this costs on the same feed; each round against itself."""
        each = [mine / its for mine, its in zip(self.seconds, other.seconds, strict=True)]
        return median(each), min(each), max(each)


def measured(
    cases: Sequence[Case], rounds: int, on_round: Callable[[int], None]
) -> dict[str, Sample]:
    """Run all cases in each round, after one pass of each that is not counted."""
    units = {case.name: case.run() for case in cases}
    seconds: dict[str, list[float]] = {case.name: [] for case in cases}
    order, rng = list(cases), random.Random(1)
    for done in range(rounds):
        rng.shuffle(order)
        for case in order:
            seconds[case.name].append(_one_pass(case))
        on_round(done + 1)
    return {c.name: Sample(c, tuple(seconds[c.name]), units[c.name]) for c in cases}


def _one_pass(case: Case) -> float:
    gc.collect()
    begun = case.clock()
    for _ in range(case.repeats):
        case.run()
    return (case.clock() - begun) / case.repeats
