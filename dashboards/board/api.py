"""The board for programs: cases as JSON, and acting on them."""

import json
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from alerts.case import Case
from dashboards.board.acting import Answer, Outcome, act, fingerprint
from dashboards.board.case_page import found
from dashboards.board.floor import Filters
from dashboards.board.ranking import need, ranked
from dashboards.board.visit import Visit


async def cases(visit: Visit) -> Response:
    """Cases, the most pressing first; filters as on the floor, `show=all` by default here."""
    filters = Filters.of(visit)
    if not visit.field("show"):
        filters = Filters("all", filters.level, filters.competition, filters.typology, filters.who)
    live = visit.sources.live
    shown = [case for case in ranked(live.all()) if filters.passes(case)]
    return JSONResponse(
        {
            "now": visit.now.isoformat(),
            "complete": live.read,
            "cases": [_case(case, whole=False) for case in shown],
        }
    )


async def case(visit: Visit) -> Response:
    """One case with its alerts and its history."""
    return JSONResponse(_case(found(visit), whole=True))


async def act_on_case(visit: Visit) -> Response:
    """Do something about a case."""
    return await _act(visit, found(visit).case_id)


async def act_alone(visit: Visit) -> Response:
    """Do something that is about no single case."""
    return await _act(visit, None)


async def _act(visit: Visit, case_id: str | None) -> Response:
    fields = await _fields(visit)
    seen = fields.pop("seen", None)
    if case_id is not None:
        fields["case"] = case_id
    return _outcome(await act(visit, fields, seen if isinstance(seen, str) else None))


async def _fields(visit: Visit) -> dict[str, Any]:
    try:
        fields = json.loads(await visit.request.body())
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise HTTPException(422, "A JSON object is wanted.")
    return fields


def _outcome(outcome: Outcome) -> Response:
    if outcome.action is None:
        return JSONResponse({"error": outcome.sentence}, outcome.answer)
    done = outcome.action.model_dump(mode="json")
    answer = Answer.DONE if outcome.seen else 202
    return JSONResponse({"action": done, "back": outcome.seen}, answer)


def _case(case: Case, *, whole: bool) -> dict[str, Any]:
    known: dict[str, Any] = case.model_dump(mode="json")
    if not whole:
        known["alerts"] = [alert.alert_id for alert in case.alerts]
        del known["history"]
    return known | {"need": need(case).name.lower(), "seen": fingerprint(case)}


def unknown_caller() -> Response:
    """Refuse somebody who is not known."""
    return JSONResponse(
        {"error": "A token is wanted: Authorization: Bearer ..."},
        401,
        headers={"WWW-Authenticate": "Bearer"},
    )
