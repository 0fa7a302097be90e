"""The desk: what is about the shift and not about one case."""

from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from alerts.action import Kind
from dashboards.board import questions
from dashboards.board.acting import Answer, act, fields_of, may
from dashboards.board.case_page import asked
from dashboards.board.ranking import Need, need, ranked
from dashboards.board.visit import Visit


async def hand_over_page(visit: Visit) -> Response:
    """Show what the next shift has to know."""
    return _hand_over(visit, 200, "")


async def act_on_hand_over(visit: Visit) -> Response:
    """Hand one's cases over with a note."""
    outcome = await act(visit, fields_of(visit) | {"kind": Kind.HAND_OVER}, None)
    if outcome.answer is Answer.DONE:
        return RedirectResponse("/hand-over", 303)
    return _hand_over(visit, outcome.answer, outcome.sentence)


def _hand_over(visit: Visit, status: int, message: str) -> Response:
    open_ones = [c for c in ranked(visit.sources.live.all()) if need(c) <= Need.IN_HAND]
    return visit.page(
        "hand_over.html",
        status,
        message=message,
        cases=open_ones,
        mine=[case for case in open_ones if case.assignee == visit.person.name],
        notes=visit.sources.live.actions(Kind.HAND_OVER)[:20],
        snoozes=visit.sources.live.snoozes(visit.now),
        officers=[name for name in visit.officers() if name != visit.person.name],
        allowed=may(visit.person.role, Kind.HAND_OVER),
        givers=sorted({case.assignee for case in open_ones if case.assignee}),
        note=visit.field("comment"),
    )


async def snoozes_page(visit: Visit) -> Response:
    """Show what is silenced, and why."""
    return _snoozes(visit, 200, "")


async def act_on_snoozes(visit: Visit) -> Response:
    """Set a snooze, or lift one."""
    fields = fields_of(visit)
    if fields["kind"] not in (Kind.SNOOZE, Kind.UNSNOOZE):
        raise HTTPException(422, "Set a snooze or lift one here.")
    outcome = await act(visit, fields, None)
    if outcome.answer is Answer.DONE:
        return RedirectResponse("/snoozes", 303)
    return _snoozes(visit, outcome.answer, outcome.sentence)


def _snoozes(visit: Visit, status: int, message: str) -> Response:
    return visit.page(
        "snoozes.html",
        status,
        message=message,
        snoozes=visit.sources.live.snoozes(visit.now),
        allowed=may(visit.person.role, Kind.SNOOZE),
    )


async def miss_page(visit: Visit) -> Response:
    """Ask what was missed."""
    return await _miss(visit, 200, "")


async def act_on_miss(visit: Visit) -> Response:
    """Report what no alert told of; it makes or grows the case of the match."""
    fields = fields_of(visit) | {"kind": Kind.REPORT_MISS}
    if not fields["case"]:
        return await _miss(visit, 422, "Name the match.")
    outcome = await act(visit, fields, None)
    if outcome.action is not None:
        return RedirectResponse(f"/cases/{outcome.action.case_id}", 303)
    return await _miss(visit, outcome.answer, outcome.sentence)


async def _miss(visit: Visit, status: int, message: str) -> Response:
    since = visit.now - timedelta(days=3)
    rows, _ = await asked(visit, lambda store: questions.matches(store, since))
    return visit.page(
        "miss.html",
        status,
        message=message,
        matches=rows or [],
        misses=visit.sources.live.actions(Kind.REPORT_MISS)[:20],
        allowed=may(visit.person.role, Kind.REPORT_MISS),
        given={name: visit.field(name) for name in ("case", "typology", "when", "comment")},
    )


async def deliveries_page(visit: Visit) -> Response:
    """Show who was told of what, and whether it arrived."""
    rows, trouble = await asked(visit, questions.deliveries)
    return visit.page("deliveries.html", rows=rows, trouble=trouble)
