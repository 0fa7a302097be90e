"""Rules of a case: who may do what in which status, and what calls again after a decision."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from pydantic import ValidationError

from alerts.action import Action, Kind, Role, SeenAlert
from alerts.alert import RANKS, Level
from alerts.case import Finding, Miss, Reason, Verdict

HARMLESS: frozenset[Finding] = frozenset({"innocent", "data_fault"})
_OFFICER = frozenset(
    {
        Kind.ACKNOWLEDGE, Kind.ASSIGN, Kind.ESCALATE, Kind.CLOSE, Kind.COMMENT, Kind.HAND_OVER,
        Kind.SNOOZE, Kind.UNSNOOZE, Kind.REPORT_MISS, Kind.VIEW_ACCOUNTS,
    }
)  # fmt: skip
MAY: dict[Role, frozenset[Kind]] = {
    "viewer": frozenset(),
    "officer": _OFFICER,
    "supervisor": _OFFICER | {Kind.REOPEN, Kind.CORRECT, Kind.REIDENTIFY},
    "system": frozenset({Kind.MISS_DEADLINE}),
}
_NEED_COMMENT = frozenset(
    {
        Kind.CLOSE,
        Kind.REOPEN,
        Kind.CORRECT,
        Kind.COMMENT,
        Kind.HAND_OVER,
        Kind.REPORT_MISS,
        Kind.REIDENTIFY,
    }
)


@dataclass(frozen=True, slots=True)
class Cover:
    """What the last decision covers: the alerts that were seen, and the verdict, if it closed."""

    seen: Mapping[str, SeenAlert] = field(default_factory=dict)
    finding: Finding | None = None

    def news(self, alert_id: str, level: Level, score: float) -> bool:
        """Whether an alert as it stands is news to whoever decided.

        Green never is. Else an alert that was not seen is, and one that rose to a higher level.
        After a verdict other than innocent or data fault also one that has become more certain.
        After these two an alert that was not seen must be red, or higher than all that were: what
        explained the one is likely to explain the other.
        """
        if level == "green":
            return False
        seen = self.seen.get(alert_id)
        if seen is None:
            return self.finding not in HARMLESS or level == "red" or self._highest() < RANKS[level]
        if RANKS[level] > RANKS[seen.level]:
            return True
        return self.finding is not None and self.finding not in HARMLESS and score > seen.score

    def _highest(self) -> int:
        return max((RANKS[seen.level] for seen in self.seen.values()), default=0)

    def called_by(self, seen: Mapping[str, SeenAlert]) -> set[Level]:
        """Levels of those alerts that are news."""
        return {s.level for name, s in seen.items() if self.news(name, s.level, s.score)}


@dataclass(frozen=True, slots=True)
class State:
    """How far people are with a case; `waiting` is what shows as open or explained."""

    status: Literal["waiting", "acknowledged", "escalated", "closed"] = "waiting"
    decided: bool = False
    cover: Cover = field(default_factory=Cover)
    assignee: str | None = None
    verdict: Verdict | None = None
    misses: tuple[Miss, ...] = ()
    missed: tuple[tuple[Level, datetime], ...] = ()
    closings: int = 0

    def woken(self, seen: Mapping[str, SeenAlert]) -> "State":
        """Call again where alerts are news; an escalated case stays with whom it was given to."""
        if self.status not in ("acknowledged", "closed") or not self.cover.called_by(seen):
            return self
        return replace(self, status="waiting", verdict=None)

    def missed_rank(self) -> int:
        """Rank of the highest level whose deadline was missed since the last decision."""
        return max((RANKS[level] for level, _ in self.missed), default=-1)


def step(state: State, action: Action, match: str) -> tuple[State, Reason | None]:
    """Take one action of the case after another; one that cannot be changes nothing."""
    state = state.woken(action.seen_of(match))
    reason = refused(state, action)
    return (state, reason) if reason else (applied(state, action), None)


def refused(state: State, action: Action) -> Reason | None:
    """Why this action cannot be in this state; None when it can."""
    if action.kind not in MAY[action.role]:
        return Reason.ROLE
    if action.kind in _NEED_COMMENT and not action.comment.strip():
        return Reason.INCOMPLETE
    judge = _JUDGES.get(action.kind)
    return judge(state, action) if judge else None


def applied(state: State, action: Action) -> State:
    """The state after an action that can be."""
    match action.kind:
        case Kind.ACKNOWLEDGE:
            status: Literal["acknowledged", "escalated"] = (
                "escalated" if state.status == "escalated" else "acknowledged"
            )
            return _decided(state, action, status=status, assignee=state.assignee or action.actor)
        case Kind.ESCALATE:
            return _decided(state, action, status="escalated", assignee=_to(action, state.assignee))
        case Kind.ASSIGN | Kind.HAND_OVER:
            return replace(state, assignee=_to(action, state.assignee))
        case Kind.CLOSE | Kind.CORRECT:
            return _closed(state, action)
        case Kind.REOPEN:
            return _decided(state, action, status="waiting", verdict=None)
        case Kind.REPORT_MISS:
            return _with_miss(state, miss_of(action))
        case Kind.MISS_DEADLINE:
            passed = (_level(action), action.at)
            return replace(state, missed=(*state.missed, passed))
        case _:
            return state


def verdict_of(action: Action) -> Verdict | None:
    """Read the verdict of an action; None when it is none, or innocent without a cause."""
    try:
        verdict = Verdict.model_validate(
            {
                "finding": action.new.get("verdict"),
                "cause": action.new.get("cause", ""),
                "comment": action.comment,
                "by": action.actor,
                "at": action.at,
            }
        )
    except ValidationError:
        return None
    return None if verdict.finding == "innocent" and not verdict.cause.strip() else verdict


def miss_of(action: Action) -> Miss | None:
    """Read what was missed; None when the action does not say it."""
    try:
        return Miss.model_validate(
            {
                "typology": action.new.get("typology"),
                "when": action.new.get("when"),
                "why": action.comment,
                "by": action.actor,
                "at": action.at,
            }
        )
    except ValidationError:
        return None


def _refused_acknowledge(state: State, action: Action) -> Reason | None:
    if state.status == "closed":
        return Reason.CLOSED
    calls = state.status == "waiting" or bool(state.cover.called_by(action.seen))
    return _already(not calls)


def _refused_assign(state: State, action: Action) -> Reason | None:
    to = _to(action, None)
    return _unless_open(state) or _unless_complete(to) or _already(to == state.assignee)


def _refused_hand_over(state: State, action: Action) -> Reason | None:
    giver = action.old.get("assignee")
    if action.role == "officer" and giver != action.actor:
        return Reason.ROLE
    if giver != state.assignee:
        return Reason.NOT_THEIRS
    return _refused_assign(state, action)


def _refused_deadline(state: State, action: Action) -> Reason | None:
    level = action.new.get("level")
    due = state.status in ("waiting", "escalated") and level in state.cover.called_by(action.seen)
    if not due:
        return Reason.NOT_DUE
    return _already(RANKS[_level(action)] <= state.missed_rank())


def _refused_escalate(state: State, _: Action) -> Reason | None:
    return _unless_open(state) or _already(state.status == "escalated")


def _refused_close(state: State, action: Action) -> Reason | None:
    return _unless_open(state) or _unless_complete(verdict_of(action))


def _refused_correct(state: State, action: Action) -> Reason | None:
    return _unless_closed(state, action) or _unless_complete(verdict_of(action))


def _refused_miss(_: State, action: Action) -> Reason | None:
    return _unless_complete(miss_of(action))


def _refused_reidentify(_: State, action: Action) -> Reason | None:
    return _unless_complete(action.new.get("accounts") or None)


def _unless_closed(state: State, _: Action) -> Reason | None:
    return None if state.status == "closed" else Reason.NOT_CLOSED


def _unless_open(state: State) -> Reason | None:
    return Reason.CLOSED if state.status == "closed" else None


def _unless_complete(part: object) -> Reason | None:
    return Reason.INCOMPLETE if part is None else None


def _already(so: bool) -> Reason | None:  # noqa: FBT001 - reads as a sentence where it is called
    return Reason.ALREADY if so else None


def _to(action: Action, otherwise: str | None) -> str | None:
    to = action.new.get("assignee")
    return to if isinstance(to, str) and to.strip() else otherwise


def _level(action: Action) -> Level:
    return "red" if action.new.get("level") == "red" else "amber"


def _decided(state: State, action: Action, **changes: object) -> State:
    cover = Cover(action.seen)
    return replace(state, decided=True, cover=cover, missed=(), **changes)  # type: ignore[arg-type]


def _closed(state: State, action: Action) -> State:
    verdict = verdict_of(action)
    seen = action.seen if action.kind is Kind.CLOSE else state.cover.seen
    return replace(
        state,
        status="closed",
        decided=True,
        cover=Cover(seen, verdict.finding if verdict else None),
        verdict=verdict,
        missed=(),
        closings=state.closings + (action.kind is Kind.CLOSE),
    )


def _with_miss(state: State, miss: Miss | None) -> State:
    misses = state.misses if miss is None else (*state.misses, miss)
    if state.status != "closed":
        return replace(state, misses=misses)
    return replace(state, misses=misses, status="waiting", verdict=None)


_JUDGES: dict[Kind, Callable[[State, Action], Reason | None]] = {
    Kind.ACKNOWLEDGE: _refused_acknowledge,
    Kind.ASSIGN: _refused_assign,
    Kind.ESCALATE: _refused_escalate,
    Kind.CLOSE: _refused_close,
    Kind.CORRECT: _refused_correct,
    Kind.REOPEN: _unless_closed,
    Kind.HAND_OVER: _refused_hand_over,
    Kind.REPORT_MISS: _refused_miss,
    Kind.REIDENTIFY: _refused_reidentify,
    Kind.MISS_DEADLINE: _refused_deadline,
}
