"""One run of the harness: a match day undisturbed, the same day under faults, and both compared."""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from streams.following import AlertTail, GroupProgress
from streams.tally import Tally
from streams.topics import ALERTS, DEAD_LETTERS, MATCH_FEED, Topic, create_topics, delete_topics
from tests.faults.day import Cut, Sender, frames, reordered, sending
from tests.faults.direct import undisturbed
from tests.faults.fleet import Fleet
from tests.faults.outcome import Outcome, differences, outcome
from tests.faults.schedule import ARCHIVE, FIRST, Schedule, schedule
from tests.faults.surroundings import Broker, Surroundings

SETTLED_WITHIN_S = 180.0


@dataclass(frozen=True)
class Result:
    """How one seed went."""

    seed: int
    faults: dict[str, int]
    frames: int
    alerts: int
    rows: int
    seconds: float
    differences: list[str]
    ended: list[str]

    def line(self) -> str:
        """One row of the table."""
        counted = {**self.faults, "ended by itself": len(self.ended)}
        done = ", ".join(f"{count} {kind}" for kind, count in counted.items())
        what = "equal" if not self.differences else f"{len(self.differences)} differences"
        counts = f"{self.frames:6,} {self.alerts:6,} {self.rows:7,} {self.seconds:6.0f} s"
        return f"{self.seed:6} {counts}  {what:15} {done}"


HEAD = f"{'seed':>6} {'frames':>6} {'alerts':>6} {'rows':>7} {'time':>8}  {'outcome':15} faults"


def run(
    seed: int, standing: Broker, folder: Path, *, kills: int = 10, gap_s: float | None = None,
    matches: int = 5, direct: bool = False,
) -> Result:  # fmt: skip
    """Run one seed: the day undisturbed and under faults, each with topics and store of its own.

    Parameters
    ----------
    direct
        Watch the undisturbed day in this process, without broker and workers, which is quicker.
    """
    begun, cut = time.monotonic(), frames(seed, matches=matches)
    embedded = standing.apache is None
    plan = schedule(
        seed,
        session_s=6.0 if embedded else 15.0,
        kills=kills,
        gap_s=gap_s or (2.5 if embedded else 5.0),
        alone=embedded,  # of two members it never buries the leader; see docs/faults.md
    )
    if direct:
        still = undisturbed(cut, folder / "still")
    else:
        still, _ = through(cut, standing, folder / "still", seed, None)
    shaken, fleet = through(
        reordered(cut, seed), standing, folder / "shaken", seed, partial(_follow, plan=plan)
    )
    rows = sum(sum(table.values()) for table in still.tables.values())
    return Result(
        seed, dict(sorted(fleet.faults.items())), len(cut), len(still.alerts), rows,
        time.monotonic() - begun, differences(still, shaken), fleet.ended,
    )  # fmt: skip


def through(
    cut: list[Cut], standing: Broker, folder: Path, seed: int,
    disturb: Callable[[Fleet, Sender], None] | None, first: Sequence[str] = (FIRST, ARCHIVE),
    named: bool = False,
) -> tuple[Outcome, Fleet]:  # fmt: skip
    """Send the day through workers, all at once or while they are disturbed."""
    prefix, tally = f"faults-{uuid.uuid4().hex[:8]}-", Tally()
    create_topics(standing.direct, prefix)
    with (
        Surroundings(standing, folder, prefix) as surroundings,
        Fleet(surroundings, seed=seed) as fleet,
        sending(standing.direct, prefix, cut) as feed,
    ):
        fleet.named = named
        for name in first:
            fleet.start(name)
        try:
            if disturb is not None:
                disturb(fleet, feed)
        finally:
            surroundings.mend()
        feed.until(1.0)
        with GroupProgress(standing.direct, prefix) as progress:
            _settle(progress, fleet, "watch", [MATCH_FEED])
            _settle(progress, fleet, "archive", [MATCH_FEED, ALERTS, DEAD_LETTERS])
            with AlertTail(standing.direct, prefix) as tail:
                tail.pass_on(tally.raised, until=progress.ends([ALERTS]))
        found = outcome(tally.alerts, surroundings.store)
    delete_topics(standing.direct, prefix)
    return found, fleet


def _follow(fleet: Fleet, feed: Sender, plan: Schedule) -> None:
    """Do what the plan says at its time, while the day is being told."""
    begun, standing = time.monotonic(), fleet.surroundings.broker
    for step in plan.steps:
        while (passed := time.monotonic() - begun) < step.at:
            if not standing.holds_feed:
                feed.until(min(0.999, passed / plan.lasts))
            fleet.supervise()
            time.sleep(min(0.05, step.at - passed))
        if step.do == "broker_is" and standing.apache is None and not standing.holds_feed:
            feed.flush()
        fleet.do(step)


def _settle(progress: GroupProgress, fleet: Fleet, group: str, topics: list[Topic]) -> None:
    """Wait until a group has committed all there is."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while lag := progress.lag(group, topics):
        fleet.supervise()
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"{group} is {lag} behind after {SETTLED_WITHIN_S:.0f} s: {fleet.ended}\n"
                f"{fleet.told(group)}"
            )
        time.sleep(0.1)
