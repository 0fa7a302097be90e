"""Detection quality: simulated match days through the live watch, held against the truth."""

import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from os import cpu_count

from pydantic import BaseModel, ConfigDict, Field

from streams.broker import BrokerSettings
from streams.configuration import config_hash
from streams.frames import framed
from streams.partition_watch import Watches, WatchSettings
from streams.quality import (
    CleanFigures,
    FixedFigures,
    Judged,
    clean_figures,
    fixed_figures,
    judged,
)
from streams.simulator.match_day import MatchDay, match_day
from streams.simulator.scheme import Fix, Typology
from streams.simulator.typologies import TYPOLOGIES
from streams.tally import Tally, tallied
from streams.topics import MATCH_FEED

MATCHES_A_DAY = 12
_FIRST_KICK_OFF = datetime(2026, 7, 4, 12, tzinfo=UTC)
# The prior of moves in play was taken from days with small seeds; no figure may rest on those.
_SEEDS_APART = 10_000


@dataclass(frozen=True, slots=True)
class Day:
    """A match day to be evaluated: what is done to each of its matches, None for nothing."""

    seed: int
    done: tuple[Typology | None, ...]

    def simulated(self) -> MatchDay:
        """Simulate it; strengths and times of its fixes are drawn."""
        fixes = [Fix(index, typology) for index, typology in enumerate(self.done) if typology]
        return match_day(self.seed, matches=len(self.done), fixes=fixes, start=_FIRST_KICK_OFF)


@dataclass(frozen=True, slots=True)
class Watched:
    """What the watch made of a day, and what it cost; the cost alone varies between runs."""

    judged: tuple[Judged, ...]
    records: int
    cpu_s: float


class Evaluation(BaseModel):
    """Detection quality on simulated match days, as `sogawatch evaluate` gives it in JSON."""

    model_config = ConfigDict(frozen=True)

    version: int = 1
    seed: int
    config_hash: str
    red_per_100: float = Field(description="Alert budget: red on a hundred clean matches")
    amber_per_100: float = Field(description="Alert budget: amber or red")
    clean: CleanFigures
    fixed: dict[Typology, FixedFigures]
    records: int
    microseconds_per_record: float = Field(description="CPU time of the watch; varies")


def evaluate(
    seed: int,
    *,
    clean: int,
    fixed: int,
    settings: WatchSettings,
    workers: int | None = None,
    on_day: Callable[[int, int], None] = lambda _done, _total: None,
) -> Evaluation:
    """Run the live watch over simulated match days and hold its alerts against the truth.

    Good for comparing versions and settings of the detectors on known truth. Bad for promises:
    simulated fixes are as clean as their definition, so recall in life is lower.

    Parameters
    ----------
    seed
        Another seed, other match days.
    clean, fixed
        Clean matches, and fixed matches of each typology.
    workers
        Processes; as many as there are cores when left out. All figures but the CPU time are the
        same whatever their number.
    on_day
        Called with days done and days in all.
    """
    days = plan(seed, clean, fixed)
    watched: dict[Day, Watched] = {}
    for day, result in _all_watched(days, settings, workers or cpu_count() or 1):
        watched[day] = result
        on_day(len(watched), len(days))
    return _evaluation(seed, settings, [watched[day] for day in days])


def plan(seed: int, clean: int, fixed: int) -> list[Day]:
    """Spread clean and fixed matches over match days.

    >>> [day.seed for day in plan(1, clean=20, fixed=1)]
    [20000, 20001]
    """
    done: list[Typology | None] = [None] * clean + [t for t in TYPOLOGIES for _ in range(fixed)]
    random.Random(seed).shuffle(done)
    starts = range(0, len(done), MATCHES_A_DAY)
    first = _SEEDS_APART * (seed + 1)
    return [
        Day(first + number, tuple(done[at : at + MATCHES_A_DAY]))
        for number, at in enumerate(starts)
    ]


def watch_day(day: Day, settings: WatchSettings) -> Watched:
    """Watch a day without a broker, and judge what came of each of its matches."""
    played = day.simulated()
    tally = Tally()
    records = tallied(played.records, tally, lambda _refusal: None)
    frames = list(framed(records, MATCH_FEED.count(BrokerSettings())))
    watches = Watches(settings, config_hash(settings))
    begun = time.process_time()
    updates = [alert for frame in frames for alert in watches.apply(*frame)]
    cpu_s = time.process_time() - begun
    labels = {label.match: label for label in played.truth}
    return Watched(
        tuple(judged(m, labels.get(m.fixture.match), updates) for m in played.matches),
        records=tally.records.total(),
        cpu_s=cpu_s,
    )


def _all_watched(
    days: Sequence[Day], settings: WatchSettings, workers: int
) -> Iterator[tuple[Day, Watched]]:
    if workers == 1 or len(days) <= 1:
        yield from ((day, watch_day(day, settings)) for day in days)
        return
    # Spawned, for a fork would copy the threads of a progress bar in whatever state they are.
    with ProcessPoolExecutor(min(workers, len(days)), get_context("spawn"), _quit_quietly) as pool:
        asked = {pool.submit(watch_day, day, settings): day for day in days}
        try:
            for future in as_completed(asked):
                yield asked[future], future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _quit_quietly() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _evaluation(seed: int, settings: WatchSettings, watched: Sequence[Watched]) -> Evaluation:
    matches = [match for day in watched for match in day.judged]
    records = sum(day.records for day in watched)
    return Evaluation(
        seed=seed,
        config_hash=config_hash(settings),
        red_per_100=settings.budget.red_per_100,
        amber_per_100=settings.budget.amber_per_100,
        clean=clean_figures([m for m in matches if m.typology is None]),
        fixed={t: fixed_figures([m for m in matches if m.typology == t], t) for t in TYPOLOGIES},
        records=records,
        microseconds_per_record=round(1e6 * sum(d.cpu_s for d in watched) / max(records, 1), 1),
    )
