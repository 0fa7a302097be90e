"""What the chart of a case is drawn from: series, and marks of what happened."""

from datetime import datetime, timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from alerts.case import Case
from dashboards.board import questions
from dashboards.board.case_page import asked, event_words, found
from dashboards.board.chart import chart
from dashboards.board.questions import Line
from dashboards.board.visit import Visit
from dashboards.board.words import selection_name
from forensics.store import Store

_BEFORE = timedelta(hours=2)


async def chart_data(visit: Visit) -> Response:
    """Series and marks of one line of a market, as the page draws them."""
    case = found(visit)
    try:
        number = float(visit.field("line")) if visit.field("line") else None
    except ValueError:
        raise HTTPException(422, "line: a number is wanted") from None
    market, span = visit.field("market"), visit.field("span")
    data, trouble = await asked(
        visit, lambda store: _chart(store, case, market, number, span, visit.now)
    )
    return JSONResponse({"trouble": trouble} if trouble else data)


def _chart(
    store: Store, case: Case, market: str, number: float | None, span: str, now: datetime
) -> dict[str, Any]:
    priced = questions.priced_lines(store, case.match)
    row = next((r for r in priced if (r["market"], r["line"]) == (market, number)), None)
    if row is None:
        return {"trouble": "No price of this line is in the store."}
    since, until = _span(case, span, row["since"], min(row["until"], now))
    drawn = chart(store, Line(case.match, market, number, since, until))
    names = {name: selection_name(name, case.fixture) for name in drawn["selections"]}
    happened = questions.events(store, case.match)
    return drawn | {"names": names, "marks": _marks(case, happened, since, until)}


def _span(case: Case, span: str, first: datetime, last: datetime) -> tuple[datetime, datetime]:
    """What to show: all of it, the match, or from a while before the first alert."""
    start = case.fixture.start if case.fixture else None
    since = first
    if span == "play" and start is not None:
        since = start - timedelta(minutes=5)
    elif span != "all":
        since = min(case.opened_at, start or case.opened_at) - _BEFORE
    return (first if since > last else max(first, since)), last


def _marks(
    case: Case, happened: questions.Rows, since: datetime, until: datetime
) -> list[dict[str, Any]]:
    marks = [
        {
            "t": row["at"].timestamp(),
            "kind": row["event"],
            "label": event_words(row, case),
        }
        for row in happened
    ]
    marks += [
        {
            "t": alert.opened_at.timestamp(),
            "kind": "alert",
            "level": alert.level,
            "label": f"{alert.level} alert, {alert.typology}",
        }
        for alert in case.alerts
    ]
    if case.fixture and case.fixture.start:
        marks.append({"t": case.fixture.start.timestamp(), "kind": "start", "label": "start"})
    low, high = since.timestamp(), until.timestamp()
    return sorted((m for m in marks if low <= m["t"] <= high), key=lambda m: m["t"])
