"""The case: all alerts of one match, and what became of them."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict

from alerts.action import Action
from alerts.alert import RANKS, Alert, AlertFixture, Level, Marking, Status

Finding = Literal[
    "manipulation_suspected", "manipulation_confirmed", "innocent", "data_fault", "undecided"
]

MARKINGS: tuple[Marking, ...] = get_args(Marking)


class Reason(StrEnum):
    """Why an action cannot be."""

    ROLE = "role"
    UNKNOWN_CASE = "unknown_case"
    CLOSED = "closed"
    NOT_CLOSED = "not_closed"
    ALREADY = "already"
    NOT_THEIRS = "not_theirs"
    INCOMPLETE = "incomplete"
    TOO_LONG = "too_long"
    OVER = "over"
    UNKNOWN_SNOOZE = "unknown_snooze"
    NOT_DUE = "not_due"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Verdict(_Part):
    """What an officer found; `innocent` names its cause."""

    finding: Finding
    cause: str
    comment: str
    by: str
    at: AwareDatetime


class Miss(_Part):
    """Something that somebody saw and no alert told of."""

    typology: str
    when: AwareDatetime
    why: str
    by: str
    at: AwareDatetime


class Held(_Part):
    """An alert that was not told of because of a snooze."""

    alert_id: str
    level: Level
    at: AwareDatetime
    snooze_id: str


class Entry(_Part):
    """An action in the history of a case; one that came too late to count says why."""

    action: Action
    refused: Reason | None


class Case(_Part):
    """A case as it stands. It is computed from alerts and actions and never written by hand.

    `level` is the highest of its open alerts. `calls` is the level at which it waits to be
    acknowledged, till `acknowledge_by`; None when nothing is new since somebody decided. `news` are
    the alerts that have not been decided on. `missed` are the deadlines that passed since.
    `closings` counts how often it was closed, so that one reopening can be told from another.
    """

    case_id: str
    match: str
    fixture: AlertFixture | None
    status: Status
    level: Level
    typologies: tuple[str, ...]
    alerts: tuple[Alert, ...]
    misses: tuple[Miss, ...]
    assignee: str | None
    verdict: Verdict | None
    opened_at: AwareDatetime
    last_at: AwareDatetime
    calls: Level | None
    acknowledge_by: AwareDatetime | None
    missed: tuple[AwareDatetime, ...]
    news: tuple[str, ...]
    held: tuple[Held, ...]
    closings: int
    history: tuple[Entry, ...]

    @property
    def lead(self) -> Alert | None:
        """The alert that speaks for the case: of the highest level the least likely."""
        return max(self.alerts, key=_weight, default=None)

    @property
    def marking(self) -> Marking:
        """How far it may be shared: no further than any of its alerts."""
        return max((a.marking for a in self.alerts), key=MARKINGS.index, default="TLP:AMBER")

    def overdue(self, now: datetime) -> bool:
        """Whether somebody should have acknowledged it by now."""
        due = self.acknowledge_by is not None and self.acknowledge_by <= now
        return due or bool(self.missed)


def _weight(alert: Alert) -> tuple[bool, int, float, datetime]:
    return alert.status == "open", RANKS[alert.level], alert.score, alert.last_at


def case_id(match: str) -> str:
    """Identify the case of a match.

    >>> case_id("wc26-mex-rsa")
    'c-1838d3938fa94bcf'
    """
    return "c-" + hashlib.sha256(match.encode()).hexdigest()[:16]
