"""The notice: one thing to tell, once to each of the subscriptions that it is for."""

import hashlib
from datetime import datetime
from typing import Literal

import msgspec

from alerts.alert import Alert, Level
from alerts.case import Case

What = Literal["opened", "raised", "reopened", "deadline_missed", "confirm", "test"]


class Notice(msgspec.Struct, frozen=True):
    """What is to be told, as it lies in the outbox.

    `transition` names what happened to the alert; together with `about` and a subscription it makes
    the id of a delivery, so that the same thing is never told twice under two ids. `alert` is the
    alert as JSON, as it was then; none for what is about no alert.
    """

    about: str
    transition: str
    what: What
    at: datetime
    subscriptions: tuple[str, ...]
    level: Level = "green"
    alert: msgspec.Raw | None = None

    @property
    def key(self) -> str:
        """Under which it lies in the outbox."""
        return f"{self.about}/{self.transition}"

    def delivery(self, subscription: str) -> str:
        """The id of its delivery to one subscription."""
        return delivery_id(self.about, subscription, self.transition)

    def to_alert(self) -> Alert | None:
        """The alert, decoded."""
        return None if self.alert is None else Alert.model_validate_json(bytes(self.alert))


def delivery_id(about: str, subscription: str, transition: str) -> str:
    """Identify a delivery by alert, subscription and transition.

    >>> delivery_id("a-1", "s-1", "red")
    'd-2b9af99e160394ce9155'
    """
    text = f"{about}\n{subscription}\n{transition}"
    return "d-" + hashlib.sha256(text.encode()).hexdigest()[:20]


def transition_of(alert: Alert, case: Case | None) -> tuple[What, str] | None:
    """What an update of an alert tells that is worth a notice; None when it is none.

    An alert is told once at each level that it reaches, and anew after its case was closed and it
    or another one opened it again. One that has been explained is not told, nor one that a closed
    case covers.

    >>> from alerts.notice import transition_of
    """
    if alert.status != "open" or (case is not None and case.status == "closed"):
        return None
    closings = case.closings if case is not None else 0
    again = f"-again{closings}" if closings else ""
    grew = alert.peak_at > alert.opened_at
    what: What = "reopened" if closings else "raised" if grew else "opened"
    return what, alert.level + again


def missed(deadline: datetime) -> str:
    """The transition of a deadline that was missed."""
    return f"missed-{int(deadline.timestamp())}"
