"""Snoozes: alerts that are known not to be told for a while, by whom, why and until when."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from alerts.alert import RANKS, Alert, Level

Scope = Literal["match", "team", "competition", "typology"]


class Snooze(BaseModel):
    """One snooze. It holds alerts that arrive from `since` until `until`, or until it is lifted.

    `up_to` is the highest level that it holds: a red breaks through, unless the snooze is for its
    own match and was set by somebody who had seen the match red. Letters' case does not count in
    `value`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    snooze_id: str
    scope: Scope
    value: str = Field(min_length=1)
    author: str
    reason: str = Field(min_length=1)
    since: AwareDatetime
    until: AwareDatetime
    up_to: Level = "amber"
    lifted_at: AwareDatetime | None = None

    @property
    def end(self) -> datetime:
        """When it stops holding."""
        return self.until if self.lifted_at is None else min(self.until, self.lifted_at)

    def active(self, now: datetime) -> bool:
        """Whether it holds at this moment."""
        return self.since <= now < self.end

    def covers(self, alert: Alert) -> bool:
        """Whether the alert is one of those it is for, its level left aside."""
        return self.value.casefold() in (value.casefold() for value in _values(self.scope, alert))

    def holds(self, alert: Alert, level: Level, at: datetime) -> bool:
        """Whether it holds this alert at this level and moment."""
        return self.active(at) and RANKS[level] <= RANKS[self.up_to] and self.covers(alert)


def _values(scope: Scope, alert: Alert) -> tuple[str, ...]:
    match scope:
        case "match":
            return (alert.match,)
        case "team":
            return alert.fixture.home, alert.fixture.away
        case "competition":
            return (alert.fixture.competition,)
        case "typology":
            return (alert.typology,)
