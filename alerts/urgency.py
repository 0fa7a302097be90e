"""Urgency: which case needs somebody first."""

from collections.abc import Iterable
from datetime import UTC, datetime

from alerts.alert import RANKS
from alerts.case import Case

_FAR = datetime.max.replace(tzinfo=UTC)


def by_urgency(cases: Iterable[Case], now: datetime) -> list[Case]:
    """Sort cases by what needs somebody now.

    First those that wait to be acknowledged and are late, then those that wait, then those that
    somebody has in hand, then what only was recorded, then closed ones; within each the higher
    level first, then the nearer deadline, then the older case.
    """
    return sorted(cases, key=lambda case: _place(case, now))


def _place(case: Case, now: datetime) -> tuple[int, int, datetime, datetime, str]:
    due = case.acknowledge_by or _FAR
    return _stage(case, now), -RANKS[case.level], due, case.opened_at, case.match


def _stage(case: Case, now: datetime) -> int:
    if case.status == "closed":
        return 4
    if case.calls is not None:
        return 0 if case.overdue(now) else 1
    return 3 if case.level == "green" else 2
