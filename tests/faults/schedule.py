"""What is done to workers, broker, store and clock, and when, drawn from a seed."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "kill", "short stop", "long stop", "starved", "rolling restart", "join", "leave", "redelivery",
    "broker outage", "long broker outage", "broker restart", "writes refused", "store outage",
    "store kill", "clock jump",
]  # fmt: skip
Do = Literal[
    "kill", "start", "pause", "resume", "renew", "finish", "rewind",
    "broker_is", "broker_dies", "broker_starts", "copies_are", "store_is", "store_dies",
    "store_starts", "clock_is",
]  # fmt: skip
FIRST, SECOND, ARCHIVE = "watch-1", "watch-2", "archive"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done to a worker, or to what it stands on, so many seconds into the run."""

    at: float
    do: Do
    who: str
    """The worker, or else what becomes of broker, store or clock."""
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
        Without a second watch, and without what the embedded broker cannot do: to be told other
        offsets, to be started again with what it held, to refuse what it is sent.
    """
    rng = random.Random(f"faults/{seed}")
    kinds: list[Kind] = ["kill"] * kills
    kinds += ["short stop", "short stop", "long stop", "starved", "rolling restart"]
    kinds += ["broker outage", "broker outage", "long broker outage", "clock jump"]
    kinds += ["store outage", "store outage", "store kill"]
    kinds += [] if alone else ["long stop", "redelivery", "redelivery", "leave"]
    kinds += [] if alone else ["broker restart", "writes refused"]
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


def _starve(rng: random.Random, _: float) -> _Steps:
    """Let a worker run for a tenth of the time."""
    who = rng.choice((FIRST, ARCHIVE))
    for number in range(rng.randint(8, 16)):
        yield 0.5 * number, "pause", who
        yield 0.5 * number + 0.45, "resume", who


def _cut_broker(rng: random.Random, session_s: float) -> _Steps:
    yield 0.0, "broker_is", rng.choice(("refuse", "drop", "stall", "delay"))
    yield rng.uniform(0.1, 0.5) * session_s, "broker_is", "pass"


def _cut_broker_long(rng: random.Random, session_s: float) -> _Steps:
    yield 0.0, "broker_is", rng.choice(("refuse", "drop", "stall"))
    yield session_s + rng.uniform(1.0, 4.0), "broker_is", "pass"


def _restart_broker(rng: random.Random, _: float) -> _Steps:
    yield 0.0, "broker_dies", ""
    yield rng.uniform(0.1, 4.0), "broker_starts", ""


def _refuse_writes(rng: random.Random, session_s: float) -> _Steps:
    yield 0.0, "copies_are", "2"
    yield rng.uniform(0.2, 1.2) * session_s, "copies_are", "1"


def _cut_store(rng: random.Random, _: float) -> _Steps:
    yield 0.0, "store_is", rng.choice(("refuse", "drop", "stall", "delay", "truncate"))
    yield rng.uniform(1.0, 8.0), "store_is", "pass"


def _kill_store(rng: random.Random, _: float) -> _Steps:
    yield 0.0, "store_dies", ""
    yield rng.uniform(0.1, 4.0), "store_starts", ""


def _jump(rng: random.Random, _: float) -> _Steps:
    yield 0.0, "clock_is", rng.choice(("3600", "-3600", "90", "-90"))
    yield rng.uniform(2.0, 8.0), "clock_is", "0"


_DRAWN: dict[Kind, Callable[[random.Random, float], _Steps]] = {
    "kill": _kill,
    "short stop": _short,
    "long stop": _long,
    "starved": _starve,
    "rolling restart": _roll,
    "join": _join,
    "leave": _leave,
    "redelivery": _redeliver,
    "broker outage": _cut_broker,
    "long broker outage": _cut_broker_long,
    "broker restart": _restart_broker,
    "writes refused": _refuse_writes,
    "store outage": _cut_store,
    "store kill": _kill_store,
    "clock jump": _jump,
}
