"""The outbox: every delivery of one partition, and what of it must be written down.

Three kinds of records lie in the partition, by the first letter of their keys. `n:` is a notice, as
it was told to the outbox; it goes when all its deliveries are done. `p:` is how far the deliveries
of a notice have come; it stays, so that the same notice told again is known. `r:` asks for a dead
letter to be sent again. The outbox can be made anew from these records in any order, and from any
older state of a `p:`: what is missing in it is delivered again, under the same id.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import msgspec

from alerts.delivery.outcome import Reason
from alerts.notice import Notice

NOTICE, PROGRESS, RESEND = "n:", "p:", "r:"


class Status(StrEnum):
    """How a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    DROPPED = "dropped"


class Standing(msgspec.Struct, array_like=True):
    """How one delivery stands, as it is written down; times are epoch seconds.

    `via` is the digest or summary that told it; empty when it was told by itself.
    """

    status: Status = Status.PENDING
    attempts: int = 0
    next_at: float = 0.0
    since: float = 0.0
    settled_at: float = 0.0
    reason: str = ""
    via: str = ""


class Progress(msgspec.Struct):
    """How far the deliveries of one notice have come, by subscription."""

    of: dict[str, Standing]


@dataclass(slots=True, eq=False)
class Entry:
    """One delivery."""

    slot: "Slot"
    subscription: str
    standing: Standing

    @property
    def notice(self) -> Notice:
        """What is to be told; only while it is pending or dead."""
        if self.slot.notice is None:
            raise LookupError(f"{self.slot.key}: done, its notice is gone")
        return self.slot.notice

    @property
    def id(self) -> str:
        """The id of the delivery."""
        return self.notice.delivery(self.subscription)

    @property
    def pending(self) -> bool:
        """Whether it is still to be delivered, and here."""
        return self.standing.status is Status.PENDING and self.slot.outbox.open


@dataclass(slots=True, eq=False)
class Slot:
    """A notice and its deliveries."""

    outbox: "Outbox"
    key: str
    notice: Notice | None = None
    entries: dict[str, Entry] = field(default_factory=dict)
    records: set[str] = field(default_factory=set)

    def done(self) -> bool:
        """Whether its notice is not needed any more."""
        kept = (Status.PENDING, Status.DEAD)
        return all(entry.standing.status not in kept for entry in self.entries.values())


class Outbox:
    """Deliveries of one partition. Pure: it reads no clock and sends nothing."""

    def __init__(self) -> None:
        self.open = True
        self.counts: Counter[Status] = Counter()
        self._slots: dict[str, Slot] = {}
        # Most of a large outbox is done; what is not is asked for every few seconds.
        self._unsettled: dict[str, Slot] = {}
        self._dirty: dict[str, Slot] = {}

    @classmethod
    def load(cls, records: Iterable[tuple[str, bytes | None]]) -> "Outbox":
        """Make an outbox from the records of its partition; of each key the last one counts."""
        last = dict(records)
        outbox = cls()
        for key, value in last.items():
            if key.startswith(PROGRESS) and value:
                outbox._restore(key.removeprefix(PROGRESS), value)
        for key, value in last.items():
            if key.startswith(NOTICE) and value:
                outbox.take(decode_notice(value))
        for key, value in last.items():
            if key.startswith(RESEND) and value:
                outbox.resend(key.removeprefix(RESEND), float(value))
        return outbox

    def _restore(self, key: str, value: bytes) -> None:
        slot = self._slots[key] = Slot(self, key)
        for name, standing in decode_progress(value).of.items():
            slot.entries[name] = Entry(slot, name, standing)
            self.counts[standing.status] += 1
        if not slot.done():
            self._unsettled[key] = slot

    def take(self, notice: Notice) -> list[Entry]:
        """Take a notice in; return those of its deliveries that were not known.

        One that is known in all its parts is written off again, for its record is there again.
        """
        slot = self._slots.setdefault(notice.key, Slot(self, notice.key))
        new = [name for name in notice.subscriptions if name not in slot.entries]
        slot.notice = slot.notice or notice
        slot.records.add(notice_key(notice))
        for name in new:
            slot.entries[name] = Entry(slot, name, Standing(since=notice.at.timestamp()))
            self.counts[Status.PENDING] += 1
        self._unsettled[slot.key] = slot
        if slot.done():
            self._dirty[slot.key] = slot
        return [slot.entries[name] for name in new]

    def catch_up(self, records: Iterable[tuple[str, bytes | None]]) -> list[Entry]:
        """Learn what somebody else did with the partition; return what is new to be delivered.

        A worker that was thought dead may get its partition back without having seen it leave.
        What it does not know it takes over; what it thinks pending and is done is done.
        """
        new: list[Entry] = []
        for key, theirs in Outbox.load(records)._slots.items():
            ours = self._slots.setdefault(key, Slot(self, key))
            ours.notice = ours.notice or theirs.notice
            ours.records |= theirs.records
            for name, entry in theirs.entries.items():
                if name not in ours.entries:
                    ours.entries[name] = Entry(ours, name, entry.standing)
                    self.counts[entry.standing.status] += 1
                    new.append(ours.entries[name])
                else:
                    self._adopt(ours.entries[name], entry.standing)
            if not ours.done():
                self._unsettled[key] = ours
            elif ours.records:
                self._dirty[key] = ours
        return [entry for entry in new if entry.pending and entry.slot.notice]

    def learn(self, key: str, value: bytes) -> None:
        """Take in how far a notice has come by a record that came after the outbox was loaded.

        Mostly it is our own. But a worker that was thought dead may have gone on for a while, and
        what it delivered, or what was refused for good, is not to be sent again.
        """
        slot = self._slots.get(key.removeprefix(PROGRESS))
        if slot is None or slot.key not in self._unsettled:
            return
        for name, standing in decode_progress(value).of.items():
            if name in slot.entries:
                self._adopt(slot.entries[name], standing)
        if slot.done():
            self._dirty[slot.key] = slot

    def _adopt(self, ours: Entry, theirs: Standing) -> None:
        """Let what somebody else has settled be settled, unless it was asked for again since."""
        if not ours.pending or theirs.status is Status.PENDING:
            return
        if theirs.settled_at >= ours.standing.since:
            self._move(ours.standing, theirs.status)
            ours.standing = theirs

    def pending(self) -> Iterator[Entry]:
        """All that is still to be delivered."""
        return self._of(Status.PENDING, self._unsettled)

    def dead(self) -> Iterator[Entry]:
        """All that was given up."""
        return self._of(Status.DEAD, self._unsettled)

    def settled(self) -> Iterator[Entry]:
        """All that was delivered."""
        return self._of(Status.DELIVERED, self._slots)

    def _of(self, status: Status, slots: dict[str, Slot]) -> Iterator[Entry]:
        for slot in list(slots.values()):
            for entry in list(slot.entries.values()):
                if entry.standing.status is status and (slot.notice or status is Status.DELIVERED):
                    yield entry

    def oldest(self) -> float | None:
        """Since when (epoch seconds) the oldest pending delivery waits."""
        return min((entry.standing.since for entry in self.pending()), default=None)

    def note(
        self, entry: Entry, attempts: int, next_at: float, reason: Reason, via: str = ""
    ) -> None:
        """Write down that a delivery has failed and when it is tried again."""
        standing = entry.standing
        standing.attempts, standing.next_at = attempts, next_at
        standing.reason, standing.via = reason, via
        self._dirty[entry.slot.key] = entry.slot

    def settle(
        self, entry: Entry, status: Status, reason: Reason, at: float, via: str = ""
    ) -> None:
        """Write down that a delivery has come to its end."""
        standing = entry.standing
        self._move(standing, status)
        standing.reason, standing.settled_at, standing.via = reason, at, via
        self._dirty[entry.slot.key] = entry.slot

    def resend(self, delivery: str, at: float) -> Entry | None:
        """Let a dead letter be pending again, as if new; None when there is no such one."""
        found = next((entry for entry in self.dead() if entry.id == delivery), None)
        if found is not None and found.standing.settled_at <= at:
            self._move(found.standing, Status.PENDING)
            found.standing.attempts, found.standing.next_at = 0, 0.0
            found.standing.since, found.standing.via = at, ""
            self._dirty[found.slot.key] = found.slot
        return found

    def _move(self, standing: Standing, status: Status) -> None:
        self.counts[standing.status] -= 1
        self.counts[status] += 1
        standing.status = status

    def forget(self, before: float) -> None:
        """Forget what was settled before a moment (epoch seconds); its records go."""
        for slot in list(self._slots.values()):
            if slot.done() and all(e.standing.settled_at < before for e in slot.entries.values()):
                slot.entries.clear()
                self._dirty[slot.key] = slot

    def changes(self) -> list[tuple[str, bytes | None]]:
        """Records to be written for what has changed since this was asked last.

        Progress comes before its notice goes: were it the other way round, a crash in between
        would leave a notice that nobody remembers.
        """
        dirty, self._dirty = self._dirty, {}
        found: list[tuple[str, bytes | None]] = []
        for key, slot in dirty.items():
            if not slot.entries:
                self._slots.pop(key, None)
                self._unsettled.pop(key, None)
                found.append((PROGRESS + key, None))
                continue
            found.append((PROGRESS + key, encode_progress(slot)))
            if slot.done():
                found += [(record, None) for record in sorted(slot.records)]
                slot.records.clear()
                slot.notice = None
                self._unsettled.pop(key, None)
        return found


_encode = msgspec.json.Encoder().encode
_notice = msgspec.json.Decoder(Notice).decode
_progress = msgspec.json.Decoder(Progress).decode


def notice_key(notice: Notice) -> str:
    """The key of a notice's record. The same thing told to others is a record of its own."""
    names = "\n".join(notice.subscriptions)
    return f"{NOTICE}{notice.key}#{hashlib.sha256(names.encode()).hexdigest()[:8]}"


def encode_notice(notice: Notice) -> tuple[str, bytes]:
    """A notice as a record: key and value."""
    return notice_key(notice), _encode(notice)


def decode_notice(value: bytes) -> Notice:
    """Read a notice; raises msgspec.DecodeError when it is none."""
    return _notice(value)


def decode_progress(value: bytes) -> Progress:
    """Read how far a notice has come."""
    return _progress(value)


def encode_progress(slot: Slot) -> bytes:
    """How far a notice has come, as the value of its record."""
    return _encode(Progress({name: entry.standing for name, entry in slot.entries.items()}))


def resend_record(delivery: str, at: datetime) -> tuple[str, bytes]:
    """The record that asks for a dead letter to be sent again."""
    return RESEND + delivery, str(at.timestamp()).encode()
