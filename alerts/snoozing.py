"""Snoozes as they follow from the actions that set and lifted them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import ValidationError

from alerts.action import Action, Kind
from alerts.alert import Alert, Level
from alerts.case import Reason
from alerts.rules import MAY
from alerts.snooze import Snooze

_WIDE = ("competition", "typology")


@dataclass(frozen=True, slots=True)
class Snoozes:
    """All snoozes there were, by id, and why those that cannot be were refused."""

    known: dict[str, Snooze] = field(default_factory=dict)
    refused: dict[str, Reason] = field(default_factory=dict)

    @classmethod
    def of(cls, actions: Iterable[Action]) -> "Snoozes":
        """Go through the actions in the order of their own times."""
        snoozes = cls()
        for action in sorted(actions, key=lambda action: action.order):
            snoozes._take(action)
        return snoozes

    def _take(self, action: Action) -> None:
        reason = self.refuses(action)
        if reason is not None:
            self.refused[action.action_id] = reason
        elif action.kind is Kind.UNSNOOZE:
            name = str(action.new["snooze_id"])
            self.known[name] = self.known[name].model_copy(update={"lifted_at": action.at})
        elif (snooze := snooze_of(action)) is not None:
            self.known[action.action_id] = snooze

    def active(self, now: datetime) -> list[Snooze]:
        """Those that hold at this moment, the one that ends first at the front."""
        found = (snooze for snooze in self.known.values() if snooze.active(now))
        return sorted(found, key=lambda snooze: (snooze.end, snooze.snooze_id))

    def holding(self, alert: Alert, level: Level, at: datetime) -> Snooze | None:
        """The snooze that holds an alert at this level and moment; of several the last to end."""
        found = [snooze for snooze in self.known.values() if snooze.holds(alert, level, at)]
        return max(found, key=lambda snooze: (snooze.end, snooze.snooze_id), default=None)

    def deferred(self, due: datetime, alert: Alert, level: Level) -> datetime:
        """Put a deadline off that would fall into a snooze, to the end of it."""
        while (snooze := self.holding(alert, level, due)) is not None:
            due = snooze.end
        return due

    def refuses(self, action: Action, longest: timedelta | None = None) -> Reason | None:
        """Why this snooze cannot be set or lifted; None when it can."""
        if action.kind not in MAY[action.role]:
            return Reason.ROLE
        if action.kind is Kind.UNSNOOZE:
            return self._refuses_to_lift(action)
        snooze = snooze_of(action)
        if snooze is None or (snooze.up_to == "red" and snooze.scope != "match"):
            return Reason.INCOMPLETE
        if action.role == "officer" and snooze.scope in _WIDE:
            return Reason.ROLE
        if snooze.until <= action.at:
            return Reason.OVER
        too_long = longest is not None and snooze.until - action.at > longest
        return Reason.TOO_LONG if too_long else None

    def _refuses_to_lift(self, action: Action) -> Reason | None:
        snooze = self.known.get(str(action.new.get("snooze_id")))
        if snooze is None:
            return Reason.UNKNOWN_SNOOZE
        if action.role == "officer" and action.actor != snooze.author:
            return Reason.ROLE
        return None if snooze.active(action.at) else Reason.OVER


def snooze_of(action: Action) -> Snooze | None:
    """Read the snooze that an action sets; None when it does not say all of one."""
    try:
        return Snooze.model_validate(
            {
                "snooze_id": action.action_id,
                "author": action.actor,
                "reason": action.reason,
                "since": action.at,
                **{name: action.new.get(name) for name in ("scope", "value", "until", "up_to")},
            }
        )
    except ValidationError:
        return None
