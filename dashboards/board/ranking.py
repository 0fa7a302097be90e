"""What needs an officer now, and in which order."""

from collections.abc import Iterable
from datetime import datetime
from enum import IntEnum

from alerts.alert import RANKS, Alert, Level
from alerts.case import Case


class Need(IntEnum):
    """How a case stands towards the people on the floor, the most pressing first."""

    CALLS = 0
    ESCALATED = 1
    IN_HAND = 2
    RECORDED = 3
    EXPLAINED = 4
    CLOSED = 5


TITLES: dict[Need, str] = {
    Need.CALLS: "Needs an officer now",
    Need.ESCALATED: "Escalated",
    Need.IN_HAND: "In hand",
    Need.RECORDED: "Recorded, nobody is called",
    Need.EXPLAINED: "Explained by news or play",
    Need.CLOSED: "Closed",
}


def need(case: Case) -> Need:
    """Say how a case stands."""
    if case.status == "closed":
        return Need.CLOSED
    if case.calls is not None or case.missed:
        return Need.CALLS
    if case.status == "escalated":
        return Need.ESCALATED
    if case.status == "acknowledged":
        return Need.IN_HAND
    if case.status == "explained":
        return Need.EXPLAINED
    # Reopened by a supervisor, or a reported miss: somebody has to take it up.
    return Need.RECORDED if case.level == "green" else Need.CALLS


def due(case: Case) -> datetime | None:
    """Until when it must be acknowledged; a deadline that was missed stays until somebody acts."""
    deadlines = [*case.missed, *([case.acknowledge_by] if case.acknowledge_by else [])]
    return min(deadlines, default=None)


def calling(case: Case) -> Level:
    """The level to show: at which it calls, else the highest of its open alerts."""
    return case.calls or case.level


def ranked(cases: Iterable[Case]) -> list[Case]:
    """Order cases by need, level, deadline and age."""
    return sorted(cases, key=_order)


def _order(case: Case) -> tuple[int, int, float, float, str]:
    until = due(case)
    age = case.opened_at.timestamp()
    if need(case) is Need.CLOSED:
        age = -case.last_at.timestamp()
    deadline = until.timestamp() if until else float("inf")
    return need(case), -RANKS[calling(case)], deadline, age, case.case_id


def leading(case: Case) -> Alert | None:
    """The alert that speaks for the case: open before explained, then the highest and surest."""
    return max(
        case.alerts,
        key=lambda a: (a.status == "open", RANKS[a.level], a.score, a.alert_id),
        default=None,
    )
