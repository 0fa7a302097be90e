"""The action: what somebody did about a case, as an event that is never overwritten."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, model_validator

from alerts.alert import Level

Role = Literal["viewer", "officer", "supervisor", "system"]


class Kind(StrEnum):
    """What was done."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    ESCALATE = "escalate"
    CLOSE = "close"
    REOPEN = "reopen"
    CORRECT = "correct"
    COMMENT = "comment"
    HAND_OVER = "hand_over"
    SNOOZE = "snooze"
    UNSNOOZE = "unsnooze"
    REPORT_MISS = "report_miss"
    VIEW_ACCOUNTS = "view_accounts"
    REIDENTIFY = "reidentify"
    MISS_DEADLINE = "miss_deadline"


class SeenAlert(BaseModel):
    """How an alert stood when somebody looked at it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Level
    score: float


class Action(BaseModel):
    """Something that was done: who, when, what, the old and the new value.

    `seen` is what the actor had before him: the alerts of the case and how they stood. Whether an
    alert is news to him follows from it, not from clocks, so an alert that was on its way while he
    closed the case is not lost. `action_id` is a hash of all the rest; one that does not fit is
    refused, so that nothing can be altered without a trace.

    `match` and `case_id` are None for what is about no single case (a shift handed over, a team
    snoozed).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    action_id: str
    at: AwareDatetime
    actor: str = Field(min_length=1)
    role: Role
    kind: Kind
    match: str | None = None
    case_id: str | None = None
    alert_id: str | None = None
    old: dict[str, JsonValue] = Field(default_factory=dict)
    new: dict[str, JsonValue] = Field(default_factory=dict)
    seen: dict[str, SeenAlert] = Field(default_factory=dict)
    comment: str = ""
    reason: str = ""

    @classmethod
    def of(cls, kind: Kind, *, at: datetime, actor: str, role: Role, **more: object) -> Self:
        """Make an action with its id.

        >>> noon = datetime(2026, 6, 11, 12, tzinfo=UTC)
        >>> Action.of(Kind.COMMENT, at=noon, actor="ana", role="officer", comment="hm").action_id
        'x-fff4334be9a84f75'
        """
        fields = {"at": at.astimezone(UTC), "actor": actor, "role": role, "kind": kind, **more}
        bare = cls.model_construct(**fields)  # type: ignore[arg-type]
        known = bare.model_dump(mode="json", exclude={"action_id"}, warnings="error")
        return cls.model_validate(known | {"action_id": action_id(known)})

    @model_validator(mode="after")
    def _id_fits(self) -> Self:
        if self.action_id != action_id(self.model_dump(mode="json", exclude={"action_id"})):
            raise ValueError("action_id does not fit: the action was altered after it was made")
        return self

    def to_json(self) -> bytes:
        """Encode as one line of JSON; equal actions give equal bytes."""
        return self.model_dump_json().encode()

    def seen_of(self, match: str) -> dict[str, SeenAlert]:
        """What the actor had before him of one match; a shift handed over is about several."""
        alerts = self.old.get("alerts")
        if not isinstance(alerts, dict):
            return self.seen
        named = alerts.get(match)
        names = named if isinstance(named, list) else []
        return {name: self.seen[name] for name in map(str, names) if name in self.seen}

    @property
    def order(self) -> tuple[datetime, str]:
        """Where the action stands among others, however they arrive."""
        return self.at, self.action_id


def action_id(fields: Mapping[str, JsonValue]) -> str:
    """Identify an action by all that it says, so that sending it again gives the same id."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return "x-" + hashlib.sha256(text.encode()).hexdigest()[:16]
