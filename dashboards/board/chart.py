"""Series of a chart: what each book says of each selection, all together, and the money."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from dashboards.board import questions
from dashboards.board.questions import Line, Rows
from forensics.store import Store

_POINTS = 360
_STEPS_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
_RUN_UP = timedelta(days=1)
Series = list[float | None]


def chart(store: Store, line: Line) -> dict[str, Any]:
    """All series of one line of a market, on one axis of epoch seconds.

    Overround is removed in proportion, which is plain but makes long shots look a little likelier
    than they are; the consensus here is the median of the books that quote, without the watch's
    care for stale and outlying ones. What the watch saw stands in the evidence.
    """
    step = step_for(line.since, line.until)
    before = line._replace(since=line.since - _RUN_UP)
    priced = questions.prices(store, before, step)
    matched = questions.volumes(store, before, step)
    axis = axis_of(line.since, line.until, step)
    selections = _in_order({row["selection"] for row in priced})
    probabilities = by_book(priced, axis, selections)
    return {
        "step": step,
        "t": axis,
        "selections": selections,
        "books": probabilities,
        "consensus": consensus(probabilities, len(axis), selections),
        "expected": expected(questions.expectations(store, line, step), axis, selections),
        "money": money(matched, axis, selections),
        "currency": matched[0]["currency"] if matched else None,
    }


def step_for(since: datetime, until: datetime) -> int:
    """Seconds between points, so that there are a few hundred of them.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 6, 11, 12, tzinfo=UTC)
    >>> step_for(noon, noon + timedelta(hours=6))
    60
    """
    wanted = (until - since).total_seconds() / _POINTS
    return next((step for step in _STEPS_S if step >= wanted), _STEPS_S[-1])


def axis_of(since: datetime, until: datetime, step: int) -> list[int]:
    """Starts of the spans from one moment to another.

    >>> from datetime import UTC
    >>> axis_of(datetime.fromtimestamp(119, UTC), datetime.fromtimestamp(240, UTC), 60)
    [60, 120, 180, 240]
    """
    first = int(since.timestamp()) // step * step
    return list(range(first, int(until.timestamp()) + 1, step))


def by_book(
    rows: Iterable[Mapping[str, Any]], axis: Sequence[int], selections: Sequence[str]
) -> dict[str, dict[str, Series]]:
    """Probabilities without overround by book and selection; None where the book does not quote.

    >>> told = [(0, "home", 2.0, "open"), (0, "away", 2.0, "open"), (60, "home", 1.5, "open")]
    >>> rows = [dict(zip(("t", "selection", "price", "status"), r)) | {"book": "b"} for r in told]
    >>> by_book(rows, [0, 60], ["home", "away"])["b"]["home"]
    [0.5, 0.5714]
    """
    told: dict[str, dict[int, list[Mapping[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        told[row["book"]][row["t"]].append(row)
    return {book: _quotes(told[book], axis, selections) for book in sorted(told)}


def _quotes(
    told: Mapping[int, Sequence[Mapping[str, Any]]], axis: Sequence[int], selections: Sequence[str]
) -> dict[str, Series]:
    series: dict[str, Series] = {name: [] for name in selections}
    standing: dict[str, float] = {}
    times = sorted(told)
    at = 0
    for moment in axis:
        while at < len(times) and times[at] <= moment:
            _stand(standing, told[times[at]])
            at += 1
        fair = _fair(standing, selections)
        for name in selections:
            series[name].append(fair.get(name))
    return series


def _stand(standing: dict[str, float], rows: Iterable[Mapping[str, Any]]) -> None:
    for row in rows:
        if row["status"] == "open":
            standing[row["selection"]] = 1.0 / row["price"]
        else:
            standing.pop(row["selection"], None)


def _fair(standing: Mapping[str, float], selections: Sequence[str]) -> dict[str, float]:
    if len(standing) < len(selections):
        return {}
    total = sum(standing.values())
    return {name: round(raw / total, 4) for name, raw in standing.items()}


def consensus(
    books: Mapping[str, Mapping[str, Series]], points: int, selections: Sequence[str]
) -> dict[str, Series]:
    """The median of the books at each point."""
    return {
        name: [_middle([book[name][n] for book in books.values()]) for n in range(points)]
        for name in selections
    }


def _middle(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(median(known), 4) if known else None


def expected(
    rows: Rows, axis: Sequence[int], selections: Sequence[str]
) -> dict[str, Series] | None:
    """What the goal model expected, for a minute and no longer; None where it said nothing.

    >>> told = [{"t": 0, "selection": "home", "expected": 0.61}]
    >>> expected(told, [0, 30, 60], ["home"])
    {'home': [0.61, 0.61, None]}
    """
    if not rows:
        return None
    known = {(row["selection"], row["t"]): round(row["expected"], 4) for row in rows}
    return {
        name: [known.get((name, t), known.get((name, t // 60 * 60))) for t in axis]
        for name in selections
    }


def money(
    rows: Rows, axis: Sequence[int], selections: Sequence[str]
) -> dict[str, list[float]] | None:
    """Money matched within each span, by selection; None where no volume was told.

    Amounts are cumulative; one that falls (a void) counts as nothing matched.
    """
    if not rows:
        return None
    place = {moment: n for n, moment in enumerate(axis)}
    series = {name: [0.0] * len(axis) for name in selections}
    last: dict[tuple[str, str], float] = {}
    for row in rows:
        key = (row["book"], row["selection"])
        grown = max(0.0, row["amount"] - last.get(key, 0.0))
        last[key] = row["amount"]
        if row["t"] in place and row["selection"] in series:
            series[row["selection"]][place[row["t"]]] += round(grown, 2)
    return series


def _in_order(selections: Iterable[str]) -> list[str]:
    known = ["home", "draw", "away", "over", "under", "yes", "no"]
    return sorted(selections, key=lambda s: (known.index(s) if s in known else len(known), s))
