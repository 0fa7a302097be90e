"""The parcel: one message that is sent, whether it tells one thing or many that had waited."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from alerts.delivery.holding import Held
from alerts.delivery.outbox import Entry
from alerts.delivery.outcome import Answer, Outcome, Reason
from alerts.subscribing.subscription import Subscription

_PREFIX = {Held.DIGEST: "b-", Held.RATE: "h-", Held.QUIET: "q-"}


@dataclass(slots=True, eq=False)
class Parcel:
    """What is sent at once to one subscription; `why` is why it had to wait, if it had."""

    id: str
    subscription: str
    entries: list[Entry]
    why: Held | None = None
    attempts: int = 0

    @property
    def bundled(self) -> bool:
        """Whether it tells of several deliveries at once."""
        return self.why is not None

    @property
    def since(self) -> float:
        """Since when (epoch seconds) the oldest of it waits."""
        return min(entry.standing.since for entry in self.entries)

    @property
    def pending(self) -> bool:
        """Whether any of it is still to be delivered, and here."""
        return any(entry.pending for entry in self.entries)


def single(entry: Entry) -> Parcel:
    """A parcel of one delivery."""
    return Parcel(entry.id, entry.subscription, [entry], attempts=entry.standing.attempts)


def bundle(subscription: str, entries: list[Entry], why: Held) -> Parcel:
    """A parcel of several deliveries. Its id follows from theirs, so it never stands for others."""
    members = "\n".join(sorted(entry.id for entry in entries))
    digest = hashlib.sha256(f"{subscription}\n{members}".encode()).hexdigest()
    attempts = max(entry.standing.attempts for entry in entries)
    return Parcel(_PREFIX[why] + digest[:20], subscription, entries, why, attempts)


def why_bundled(parcel: str) -> Held | None:
    """Why what a parcel of this id held had to wait; None when it was a single one.

    >>> why_bundled("b-00"), why_bundled("d-00")
    (<Held.DIGEST: 'digest'>, None)
    """
    return next((why for why, prefix in _PREFIX.items() if parcel.startswith(prefix)), None)


class Sender(Protocol):
    """Sends a parcel once and says what came of it; it raises nothing that was foreseen."""

    async def send(self, parcel: Parcel, subscription: Subscription, now: datetime) -> Answer:
        """Send a parcel."""
        ...

    def endpoint(self, subscription: Subscription) -> str:
        """What fails together and is left alone together. It may be a secret."""
        ...

    def host(self, subscription: Subscription) -> str:
        """Where it goes, as it may be logged."""
        ...


class Attempt(msgspec.Struct, frozen=True):
    """One attempt, as it is logged. `told` are the keys of the notices in the parcel."""

    at: datetime
    delivery: str
    subscription: str
    channel: str
    host: str
    told: tuple[str, ...]
    attempt: int
    outcome: Outcome
    reason: Reason
    status: int
    latency_ms: float
    next_at: datetime | None
