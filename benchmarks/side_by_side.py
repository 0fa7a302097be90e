"""The same work by all contestants in one run: they take turns, each in a process of its own."""

import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

import msgspec

from benchmarks.contestants.jobs import Told
from benchmarks.topics_filled import FRAMES, SMALL, filled

ROUNDS = 3
UPDATES = 791_700
"""Five and a half minutes of event time, of which the last five are timed.

A match of tomorrow is looked at every five minutes: a shorter time would hold looks at few.
"""
PEERS = Path(__file__).parents[1] / ".venv-peers" / "bin" / "python"
BARS = Path(__file__).with_name("bars.json")
_WITHIN_S = 300.0


class Contestant(NamedTuple):
    """Who does what with which topic; one that is slow gets the first part of it."""

    name: str
    program: str
    job: str
    topic: str
    updates: int = UPDATES

    @property
    def of_peers(self) -> bool:
        """Whether it lives in the environment of the peers."""
        return self.program in ("quix", "bytewax_flow")


SMALL_RECORDS = (
    Contestant("aiokafka, a bare loop", "bare", "decode", SMALL),
    Contestant("ours", "ours", "decode", SMALL),
    Contestant("Bytewax", "bytewax_flow", "decode", SMALL),
    Contestant("Quix Streams", "quix", "decode", SMALL),
    Contestant("stock Faust", "stock_faust", "decode", SMALL, 10_000),
)
WHOLE_WATCH = (
    Contestant("ours, frames", "ours", "watch", FRAMES),
    Contestant("ours, records one by one", "ours", "watch", SMALL),
    Contestant("Quix Streams with our watch, frames", "quix", "watch", FRAMES),
    Contestant("Quix Streams with our watch", "quix", "watch", SMALL),
    Contestant("stock Faust, pydantic, river", "stock_faust", "pydantic-river", SMALL, 10_000),
)
OURS = "ours", "ours, frames"


class Ratio(NamedTuple):
    """How many times our CPU time an update costs a peer: median, lowest and highest."""

    median: float
    low: float
    high: float

    def fails(self, bar: float) -> bool:
        """Whether it is below its bar by more than half of what the rounds differ."""
        return self.median + (self.high - self.low) / 2.0 < bar


Sides = Mapping[Contestant, Sequence[Told]]


def side_by_side(on_run: Callable[[int, int], None]) -> Sides:
    """Run all contestants in each round, in another order each time."""
    found: dict[Contestant, list[Told]] = {c: [] for c in (*SMALL_RECORDS, *WHOLE_WATCH)}
    turns = list(_turns(list(found)))
    with filled(UPDATES) as address:
        for done, contestant in enumerate(turns):
            found[contestant].append(run(contestant, address))
            on_run(done + 1, len(turns))
    return found


def run(contestant: Contestant, address: str) -> Told:
    """Let one contestant read its topic from the beginning."""
    python = str(PEERS) if contestant.of_peers else sys.executable
    program = f"benchmarks.contestants.{contestant.program}"
    given = [contestant.job, address, contestant.topic, str(contestant.updates)]
    ended = subprocess.run(
        [python, "-m", program, *given],
        capture_output=True, timeout=_WITHIN_S, check=False, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    lines = [line for line in ended.stdout.splitlines() if line.startswith(b'{"updates"')]
    if not lines:
        told = ended.stderr.decode(errors="replace").strip().splitlines()
        raise RuntimeError(f"{contestant.name} took nothing: {told[-1:] or 'no word'}")
    return Told(**msgspec.json.decode(lines[-1]))


def ratios(sides: Sides) -> dict[tuple[str, str], Ratio]:
    """What each peer costs against us, each round against itself."""
    found = {}
    for group, own in zip((SMALL_RECORDS, WHOLE_WATCH), OURS, strict=True):
        ours = next(sides[c] for c in group if c.name == own)
        for contestant in group:
            if contestant.name != own:
                each = [_each(p) / _each(o) for p, o in zip(sides[contestant], ours, strict=True)]
                found[own, contestant.name] = Ratio(median(each), min(each), max(each))
    return found


def below_bars(found: Mapping[tuple[str, str], Ratio]) -> list[str]:
    """Say which ratios are below what was recorded, by more than the noise."""
    bars = msgspec.json.decode(BARS.read_bytes())
    return [
        f"{peer} against {own}: {found[own, peer].median:.2f} times, the bar is {bar}"
        for own, peers in bars.items()
        for peer, bar in peers.items()
        if found[own, peer].fails(bar)
    ]


def microseconds(told: Sequence[Told]) -> tuple[float, float, float]:
    """Median, lowest and highest CPU time of an update."""
    each = [1e6 * _each(one) for one in told]
    return median(each), min(each), max(each)


def _each(told: Told) -> float:
    return told.cpu_s / told.updates


def _turns(contestants: list[Contestant]) -> Iterator[Contestant]:
    rng = random.Random(1)
    for _ in range(ROUNDS):
        rng.shuffle(contestants)
        yield from contestants
