"""The part of the page about what others take, and about scale."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from benchmarks.latency import Latency
from benchmarks.picture import Bar
from benchmarks.scale import LIFE, Cost
from benchmarks.side_by_side import (
    OURS,
    ROUNDS,
    SMALL_RECORDS,
    UPDATES,
    WHOLE_WATCH,
    Ratio,
    Sides,
    microseconds,
    ratios,
)
from benchmarks.together import Together
from benchmarks.workload import MEAN_PER_S, PEAK_PER_S

PICTURE = "performance.svg"
TITLES = ("Small records, decoded only", "The whole watch")
_YEAR = 30e9


def groups(sides: Sides) -> list[tuple[str, list[Bar]]]:
    """Bars of the picture."""
    return [
        (title, [(c.name, *microseconds(sides[c])) for c in group])
        for title, group in zip(TITLES, (SMALL_RECORDS, WHOLE_WATCH), strict=True)
    ]


def side_by_side(sides: Sides) -> Iterable[str]:
    """Tables of the contestants."""
    found = ratios(sides)
    yield "## The same work, by others"
    yield ""
    yield f"![CPU time of an update by contestant]({PICTURE})"
    yield ""
    for title, group, own in zip(TITLES, (SMALL_RECORDS, WHOLE_WATCH), OURS, strict=True):
        yield f"### {title}"
        yield ""
        yield "| who | µs an update | against ours |"
        yield "|---|---:|---:|"
        for contestant in group:
            told = _spread(microseconds(sides[contestant]))
            against = _ratio(found.get((own, contestant.name)))
            yield f"| {contestant.name} | {told} | {against} |"
        yield ""
    yield _NOTES.format(rounds=ROUNDS, updates=UPDATES)


def delays(loads: Sequence[Sequence[Latency]]) -> Iterable[str]:
    """Table of how long alerts took."""
    yield "## From a record to its alert"
    yield ""
    yield "| load | updates a second | alerts | p50, ms | p99, ms | p99.9, ms |"
    yield "|---:|---:|---:|---:|---:|---:|"
    for rounds in loads:
        yield f"| {rounds[0].load:.0%} | {_pace(rounds)} | {_delays(rounds)} |"
    yield ""
    yield _DELAY_NOTES.format(rounds=len(loads[0]))
    yield ""


def onward(ways: Mapping[str, Sequence[Latency]]) -> Iterable[str]:
    """Table of how long alerts took to those who wait for them."""
    yield "## From a record to who waits for its alert"
    yield ""
    yield "| until it is at | alerts | p50, ms | p99, ms | p99.9, ms |"
    yield "|---|---:|---:|---:|---:|"
    for where, rounds in ways.items():
        yield f"| {where} | {_delays(rounds)} |"
    yield ""
    yield _ONWARD_NOTES.format(rounds=len(rounds), load=rounds[0].load, per_s=_pace(rounds))
    yield ""


def _pace(rounds: Sequence[Latency]) -> str:
    return _of_rounds([one.per_s for one in rounds])


def _delays(rounds: Sequence[Latency]) -> str:
    """Cells of how many alerts there were, and how long they took."""
    parts = zip(*((one.p50, one.p99, one.p999) for one in rounds), strict=True)
    return " | ".join([str(sum(one.alerts for one in rounds)), *map(_of_rounds, parts)])


def together(sets: Mapping[str, Sequence[Together]]) -> Iterable[str]:
    """Table of what workers take in that share the cores."""
    yield "## Workers that share the machine"
    yield ""
    yield "| workers | updates a second | cores of each |"
    yield "|---|---:|---:|"
    for who, rounds in sets.items():
        middle, low, high = rounds[len(rounds) // 2], rounds[0], rounds[-1]
        cores = ", ".join(f"{cores:.2f}" for cores in middle.cores)
        yield f"| {who} | {middle.per_s:,.0f} ({low.per_s:,.0f}–{high.per_s:,.0f}) | {cores} |"
    yield ""
    yield _TOGETHER_NOTES.format(updates=middle.updates, rounds=len(rounds))
    yield ""


def scale(costs: Sequence[Cost]) -> Iterable[str]:
    """Tables of what grows with the number of matches, and what a core carries."""
    yield "## As matches grow"
    yield ""
    yield "| matches | selections | prices that stand | updates a second of event time |"
    yield "|---:|---:|---:|---:|"
    for cost in costs:
        yield (f"| {cost.matches:,} | {cost.selections:,} | {cost.quotes:,} | {cost.per_s:,.0f} |")
    yield ""
    yield (
        "| matches, pace | µs an update | updates a CPU second | KB a match | KB a selection "
        "| asleep | KB each |"
    )
    yield "|---:|---:|---:|---:|---:|---:|---:|"
    for cost in costs:
        yield (
            f"| {cost.matches:,} at {cost.per_s:,.0f}/s | {cost.microseconds:.1f} "
            f"| {1e6 / cost.microseconds:,.0f} | {cost.match_kb:.0f} | {cost.selection_kb:.1f} "
            f"| {cost.asleep:,} | {cost.asleep_kb:.1f} |"
        )
    yield ""
    yield _SCALE_NOTES
    yield ""
    yield from _capacity(costs)


def _capacity(costs: Sequence[Cost]) -> Iterable[str]:
    busy = max((c for c in costs if c.matches <= LIFE), key=lambda c: c.matches)
    mean = min((c for c in costs), key=lambda c: c.per_s / c.matches)
    per_core = 1e6 / busy.microseconds
    idle = MEAN_PER_S * mean.microseconds / 1e6
    yield "## What it takes"
    yield ""
    yield "| load | updates a second | cores of watch |"
    yield "|---|---:|---:|"
    yield f"| one core, a Saturday's peak | {per_core:,.0f} | 1 |"
    yield f"| all football, {_YEAR:,.0f} changes a year | {MEAN_PER_S:,.0f} | {idle:.2f} |"
    yield f"| the same, fifty times that | {PEAK_PER_S:,.0f} | {PEAK_PER_S / per_core:.2f} |"
    yield ""
    yield "Worked out from the table above, not run; without archive, broker and what Faust takes."
    yield ""


def _of_rounds(figures: Sequence[float]) -> str:
    return _spread((median(figures), min(figures), max(figures)))


def _spread(figures: tuple[float, float, float]) -> str:
    middle, low, high = figures
    return f"{_short(middle)} ({_short(low)}–{_short(high)})"


def _ratio(ratio: Ratio | None) -> str:
    return "1" if ratio is None else _spread((ratio.median, ratio.low, ratio.high)) + " times"


def _short(value: float) -> str:
    return f"{value:.2f}" if value < 10.0 else f"{value:.1f}" if value < 100.0 else f"{value:,.0f}"


_NOTES = """\
- Each contestant is a process of its own and reads the same topics of 12 partitions from one
  embedded broker, {rounds} times, in a drawn order; figures are medians (lowest to highest) of the
  CPU time of the whole process, from a tenth of the updates on. {updates:,} updates of
  `benchmarks/workload.py`, of which those timed are five minutes of event time: as long as it takes
  until every match has been looked at again. Stock Faust gets the first 10,000 of them.
- All decode with the same library (msgspec), but for the pipeline with pydantic and river, which
  scores each price alone and is all that this pipeline does. Bytewax hands over a thousand records
  at a time and commits nothing; Quix Streams calls a function for each record.
- Clients on librdkafka fetch ahead before the watch begins, which flatters them.
- "With our watch" is the same code of ours inside of another framework. What it takes for
  detection is in every one of these rows; what is left between them is the framework.
"""

_DELAY_NOTES = """\
- Wall time from handing to the producer the heartbeat that ends the wait for news, until a consumer
  has the alert; broker, worker, producer and consumer share the cores; where others work on the
  machine as well, as the head of this page says, it is no use. {rounds} rounds, each with workers
  of its own: median (lowest to highest); alerts are those of all.
- The workload is that of the tables above. The load is a part of what the worker was measured to
  carry just before, over ten minutes of event time in frames of 20 ms, as a live feed cuts them:
  shorter ones than the tables above have, which cost more each update.
- Event time runs some thirty times as fast as the clock, and so do heartbeats and the looks at
  matches that they bring. Those are spread, as in life: something is told of each match at a moment
  of its own in the ten minutes before."""

_ONWARD_NOTES = """\
- From the same moment, at {per_s} updates a second: {load:.0%} of what watch and archive
  together carry. A notifier sends each alert to one webhook, a server of its own; it is there when
  the server has the request. It is at the store when the archive has committed that it wrote it,
  which waits for the prices that are being written. All share the cores; {rounds} rounds.
- An archive gathers for half a second before it writes, a notifier for a twentieth twice: alerts
  to outboxes, outboxes to subscribers. An alert that grows within its level is not sent again."""

_TOGETHER_NOTES = """\
{updates:,} updates of the same workload, in frames of up to 500: from sending the first until
each worker, a process of its own, has committed the last; {rounds} times in turns, median (lowest
to highest). The store is that of the archive's process; broker and sender share the cores."""

_SCALE_NOTES = """\
- Twenty seconds of event time, decoded and watched without a broker: of three rounds in turns the
  middle one, of 100,000 matches the only one. They begin when all matches are awake that slept
  through a quiet hour. The load on a match is that of a Saturday's peak, and in the last row that
  of the average day, over 210 seconds: there are few updates then, and looks at matches are nearly
  all of the cost.
- Memory is what the process has grown by when an hour has passed in which nothing was told but that
  time goes on, by a heartbeat every five seconds; in the two hours before, matches came on offer
  one after the other. It is prices of 4 to 20 books with their history, features, and what the
  detectors have learned. Of a partition with more than 100 matches those sleep that wait for news:
  packed, as in a snapshot. What they took before stays with the process for those that come.
- 100,000 matches, which take ten gigabytes and ten minutes, are run with `ARGS=--large` alone."""
