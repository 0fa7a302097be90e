"""The old and the new values that a request for a case would change."""

from typing import Any

from alerts.action import Kind
from alerts.case import Case
from alerts.request import Request
from alerts.rules import State

_STATUS_AFTER = {Kind.ACKNOWLEDGE: "acknowledged", Kind.ESCALATE: "escalated",
                 Kind.CLOSE: "closed", Kind.REOPEN: "open"}  # fmt: skip
Values = dict[str, Any]


def changes(request: Request, state: State, case: Case | None, actor: str) -> tuple[Values, Values]:
    """What the request changes: the values before it, and those after."""
    old: Values = {"status": case.status, "level": case.level} if case else {}
    new: Values = {}
    if request.kind in _STATUS_AFTER:
        new["status"] = _STATUS_AFTER[request.kind]
    if request.kind is Kind.ACKNOWLEDGE and state.status == "escalated":
        new["status"] = "escalated"
    if assignee := _assignee(request, state, actor):
        old["assignee"], new["assignee"] = state.assignee, assignee
    if request.kind in (Kind.CLOSE, Kind.CORRECT):
        old["verdict"] = state.verdict.finding if state.verdict else None
        old["cause"] = state.verdict.cause if state.verdict else ""
        new["verdict"], new["cause"] = request.verdict, request.cause
    if request.kind is Kind.REPORT_MISS:
        new["status"] = "open" if case is None or case.status == "closed" else case.status
        new["typology"] = request.typology or None
        new["when"] = request.when.isoformat() if request.when else None
    if request.kind is Kind.REIDENTIFY:
        new["accounts"], new["recognised"] = list(request.accounts), request.recognised
    return old, new


def _assignee(request: Request, state: State, actor: str) -> str:
    """Who gets the case: who is named, or whoever takes up one that nobody has."""
    if request.kind in (Kind.ASSIGN, Kind.ESCALATE):
        return request.to
    takes_up = request.kind is Kind.ACKNOWLEDGE and state.assignee is None
    return actor if takes_up else ""


def snooze_values(request: Request, case: Case | None) -> Values:
    """What a snooze sets, or which one is lifted.

    It holds up to amber, and a red only where the match of the snooze already is red.
    """
    if request.kind is Kind.UNSNOOZE:
        return {"snooze_id": request.snooze_id}
    seen_red = case is not None and case.level == "red"
    return {
        "scope": request.scope,
        "value": case.match if case else request.value,
        "until": request.until.isoformat() if request.until else None,
        "up_to": request.up_to or ("red" if seen_red else "amber"),
    }
