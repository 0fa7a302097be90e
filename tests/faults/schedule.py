"""What is done to the workers and when: drawn from a seed, so that a run can be had again."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["kill", "short stop", "long stop", "rolling restart", "join", "leave", "redelivery"]
Do = Literal["kill", "start", "pause", "resume", "renew", "finish", "rewind"]
FIRST, SECOND, ARCHIVE = "watch-1", "watch-2", "archive"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done to one worker, so many seconds into the run."""

    at: float
    do: Do
    who: str
    begins: Kind | None = None
    """The fault that begins with this step."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Steps in order of time, and how long they take."""

    steps: tuple[Step, ...]

    @property
    def lasts(self) -> float:
        return max(step.at for step in self.steps)


def schedule(
    seed: int, *, session_s: float, gap_s: float, kills: int = 10, alone: bool = False
) -> Schedule:
    """Draw a schedule; the kinds come in any order, but the second watch joins in the first third.

    Gaps between faults are uneven on purpose: some hit a worker that has just begun, which reads
    its past or waits for its partitions, others one that has long been at work.

    Parameters
    ----------
    session_s
        After which the broker takes a silent worker for dead.
    gap_s
        Between two faults, on average.
    alone
        Without a second watch, and without committed offsets that go back.
    """
    rng = random.Random(f"faults/{seed}")
    kinds: list[Kind] = ["kill"] * kills
    kinds += ["short stop", "short stop", "long stop", "rolling restart"]
    kinds += [] if alone else ["long stop", "redelivery", "redelivery", "leave"]
    rng.shuffle(kinds)
    if not alone:
        kinds.insert(rng.randrange(len(kinds) // 3), "join")
    at, steps = rng.uniform(2.0, 5.0), list[Step]()
    for kind in kinds:
        drawn = enumerate(_DRAWN[kind](rng, session_s))
        steps += [Step(at + d[0], d[1], d[2], None if n else kind) for n, d in drawn]
        at += min(rng.expovariate(1 / gap_s), 3 * gap_s)
    return Schedule(tuple(sorted(steps, key=lambda step: step.at)))


_Steps = Iterator[tuple[float, Do, str]]


def _kill(rng: random.Random, _: float) -> _Steps:
    yield 0.0, "kill", rng.choice((FIRST, FIRST, SECOND, ARCHIVE))


def _short(rng: random.Random, session_s: float) -> _Steps:
    who = rng.choice((FIRST, ARCHIVE))
    yield 0.0, "pause", who
    yield rng.uniform(0.2, 0.5) * session_s, "resume", who


def _long(rng: random.Random, session_s: float) -> _Steps:
    who = rng.choice((FIRST, FIRST, ARCHIVE))
    yield 0.0, "pause", who
    yield session_s + rng.uniform(1.0, 4.0), "resume", who


def _roll(_: random.Random, __: float) -> _Steps:
    for number, who in enumerate((FIRST, SECOND, ARCHIVE)):
        yield 0.1 * number, "renew", who


def _join(_: random.Random, __: float) -> _Steps:
    yield 0.0, "start", SECOND


def _leave(_: random.Random, __: float) -> _Steps:
    yield 0.0, "finish", SECOND


def _redeliver(rng: random.Random, _: float) -> _Steps:
    group = rng.choice(("watch", "archive"))
    yield 0.0, "rewind", group


_DRAWN: dict[Kind, Callable[[random.Random, float], _Steps]] = {
    "kill": _kill,
    "short stop": _short,
    "long stop": _long,
    "rolling restart": _roll,
    "join": _join,
    "leave": _leave,
    "redelivery": _redeliver,
}
