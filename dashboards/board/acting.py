"""Acting: from what somebody asks to an action on the topic, seen again before it is believed."""

import asyncio
import hashlib
from datetime import timedelta
from enum import IntEnum
from typing import Any, NamedTuple

from alerts.action import Action, Kind, Role
from alerts.case import Case, Reason
from alerts.request import Refusal, Request
from alerts.rules import MAY
from dashboards.board.visit import NotSent, Visit

_BACK_WITHIN_S = 5.0
_NO_KEY = "The board has no key of the pseudonyms; who has it uses sogawatch reidentify."
_DECIDING = frozenset({Kind.ACKNOWLEDGE, Kind.ESCALATE, Kind.CLOSE, Kind.CORRECT})


class Answer(IntEnum):
    """HTTP's word for how it went."""

    DONE = 200
    FORBIDDEN = 403
    UNKNOWN = 404
    CONFLICT = 409
    INCOMPLETE = 422
    AWAY = 503


class Outcome(NamedTuple):
    """How an attempt to act went; `seen` says whether the action has come back from the topic."""

    answer: Answer
    sentence: str
    action: Action | None = None
    seen: bool = False


_ANSWERS: dict[Reason, Answer] = {
    Reason.ROLE: Answer.FORBIDDEN,
    Reason.UNKNOWN_CASE: Answer.UNKNOWN,
    Reason.UNKNOWN_SNOOZE: Answer.UNKNOWN,
    Reason.INCOMPLETE: Answer.INCOMPLETE,
    Reason.TOO_LONG: Answer.INCOMPLETE,
    Reason.OVER: Answer.INCOMPLETE,
}


def may(role: Role, kind: Kind) -> bool:
    """Whether a role may do this at all.

    >>> may("viewer", Kind.CLOSE), may("officer", Kind.CLOSE)
    (False, True)
    """
    return kind in MAY[role]


def fingerprint(case: Case) -> str:
    """Identify what somebody sees of a case, so that nobody decides on what he has not seen."""
    seen = sorted((a.alert_id, a.status, a.level, a.score) for a in case.alerts)
    text = repr((seen, case.status, case.closings))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


async def act(visit: Visit, fields: dict[str, Any], seen: str | None) -> Outcome:
    """Do what is asked: decide, send, and wait until the action comes back from the topic.

    Parameters
    ----------
    fields
        As `alerts.request.Request` reads them; empty ones are left out.
    seen
        The fingerprint of the case as it was looked at. A decision on a case that has changed
        since is refused, or it would cover an alert that nobody has seen. None where the case
        was not looked at.
    """
    request = Request.read({name: value for name, value in fields.items() if value})
    if isinstance(request, Refusal):
        return _refused(request)
    if request.kind is Kind.REIDENTIFY:
        return Outcome(Answer.FORBIDDEN, _NO_KEY)
    live, person = visit.sources.live, visit.person
    if may(person.role, request.kind) and _stale(visit, request, seen):
        return Outcome(Answer.CONFLICT, "The case has changed since you opened it; look again.")
    decided = live.decide(request, at=visit.now, actor=person.name, role=person.role)
    if isinstance(decided, Refusal):
        return _refused(decided)
    try:
        await asyncio.to_thread(visit.sources.send, decided)
    except NotSent as error:
        return Outcome(Answer.AWAY, f"Nothing was done: {error}")
    back = await live.until(lambda: live.has(decided.action_id), _BACK_WITHIN_S)
    late = "" if back else "Sent; it has not come back from the topic yet and will show shortly."
    return Outcome(Answer.DONE, late, decided, back)


def _stale(visit: Visit, request: Request, seen: str | None) -> bool:
    if seen is None or request.kind not in _DECIDING:
        return False
    case = visit.sources.live.find(request.case)
    return case is not None and fingerprint(case) != seen


def _refused(refusal: Refusal) -> Outcome:
    sentence = refusal.sentence[:1].upper() + refusal.sentence[1:] + "."
    return Outcome(_ANSWERS.get(refusal.reason, Answer.CONFLICT), sentence)


def case_fields(visit: Visit, case: Case) -> dict[str, Any]:
    """As `fields_of`, for a case; what is snoozed may be named by its place in the fixture."""
    fields = fields_of(visit, case.case_id)
    what, fixture = visit.field("what"), case.fixture
    if fields["kind"] == Kind.SNOOZE:
        named = {"match": ("match", case.match)}
        if fixture is not None:
            named["home"], named["away"] = ("team", fixture.home), ("team", fixture.away)
            named["competition"] = ("competition", fixture.competition)
        fields["scope"], fields["value"] = named.get(what, ("", ""))
    return fields


def fields_of(visit: Visit, case: str = "") -> dict[str, Any]:
    """Read the fields of a request from a form; hours become the moment they lead to."""
    names = ("kind", "to", "giver", "verdict", "cause", "comment", "scope", "value", "snooze_id")
    fields: dict[str, Any] = {name: visit.field(name) for name in (*names, "typology", "up_to")}
    fields["case"] = case or visit.field("case")
    hours = visit.field("hours")
    if hours:
        try:
            fields["until"] = visit.now + timedelta(hours=float(hours))
        except (ValueError, OverflowError):
            fields["until"] = hours
    when = visit.field("when")
    if when:
        fields["when"] = when if when.endswith("Z") or "+" in when else f"{when}Z"
    return fields
