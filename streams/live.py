"""Runs a live feed: what it tells is published as it comes, and how far it came is kept."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import msgspec

from alerts.complaint import Complaint
from markets.records import Fixture, Gap, Record
from streams.feeds.feed import Refusal
from streams.feeds.live import Checkpoint, Pause, Told

FLUSH_EVERY_S = 0.02
AHEAD_AT_MOST = timedelta(minutes=5)
RESTARTED = "the feed was started again"


class Sink(Protocol):
    """Where a live feed's records go."""

    def add(self, record: Record) -> None:
        """Take a record."""

    def refuse(self, refusal: Refusal) -> None:
        """Take what the feed refused."""

    def push(self) -> None:
        """Send on what waits, without waiting for an answer."""

    def flush(self) -> None:
        """Return when all is kept for good."""

    def homes(self) -> Mapping[str, Iterable[int]]:
        """Partitions that have heard of each source."""

    def remember(self, homes: Mapping[str, Iterable[int]]) -> None:
        """Take up the homes of an earlier run."""


class _Held(msgspec.Struct):
    """What a state file holds."""

    resume: dict[str, Any]
    homes: dict[str, list[int]]


class StateUnreadable(Complaint, ValueError):
    """The state file of a feed is damaged or out of reach; the message says what to do."""


@dataclass(slots=True)
class KeptState:
    """How far a feed came, in a file of its own; without a path nothing is kept."""

    path: Path | None = None
    resume: Mapping[str, Any] = field(default_factory=dict)
    homes: Mapping[str, list[int]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "KeptState":
        """Read the file, if there is one.

        Raises
        ------
        StateUnreadable
            When it is damaged: to begin anew by itself could tell things twice.
        """
        try:
            held = msgspec.json.decode(path.read_bytes(), type=_Held)
            return cls(path, held.resume, held.homes)
        except FileNotFoundError:
            return cls(path)
        except (OSError, ValueError, RecursionError) as error:
            raise StateUnreadable(
                f"{path}: is no state of a feed ({error}); remove it to begin anew"
            ) from None

    def note(self, homes: Mapping[str, Iterable[int]]) -> None:
        """Keep the homes where new ones came, so that a crash does not forget them."""
        if {name: sorted(held) for name, held in homes.items()} != self.homes:
            self.write(self.resume, homes)

    def write(self, resume: Mapping[str, Any], homes: Mapping[str, Iterable[int]]) -> None:
        """Keep a state; a crash leaves the one before or this one, never half of it."""
        self.resume, self.homes = resume, {name: sorted(held) for name, held in homes.items()}
        if self.path is None:
            return
        half = self.path.with_suffix(".new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps({"resume": dict(resume), "homes": self.homes})
            half.write_text(text, encoding="utf-8")
            half.replace(self.path)
        except OSError as error:
            raise StateUnreadable(
                f"{self.path}: how far the feed came cannot be kept ({error.strerror}); see to the"
                " folder, or name another in feeds.directory"
            ) from None


def run(
    told: Iterable[Told],
    sink: Sink,
    state: KeptState,
    *,
    now: Callable[[], datetime],
    seen: Callable[[Record | Refusal], None] = lambda _: None,
    until: Callable[[], bool] = lambda: False,
) -> None:
    """Publish a live feed until it ends or `until` says so.

    Frames are cut every 20 ms or 500 records: by time, so a live topic cannot be cut again from a
    recording. Reading the topic again gives the same alerts all the same. A feed that was started
    again tells so in a gap to every partition that heard of it before.
    """
    sink.remember(state.homes)
    for source in state.homes:
        sink.add(Gap(at=now(), source=source, reason=RESTARTED))
    due = time.monotonic() + FLUSH_EVERY_S
    for one in _until(told, until):
        if isinstance(one, Checkpoint):
            sink.flush()
            state.write(one.state, sink.homes())
            one.done()
        elif isinstance(one, Pause):
            sink.push()
        elif isinstance(one, Refusal):
            _refuse(one, sink, seen)
        else:
            _admit(one, sink, seen, now())
        if time.monotonic() >= due:
            sink.push()
            due = time.monotonic() + FLUSH_EVERY_S
            state.note(sink.homes())
    sink.flush()
    state.write(state.resume, sink.homes())


def _until(told: Iterable[Told], until: Callable[[], bool]) -> Iterator[Told]:
    for one in told:
        yield one
        if until():
            return


def _admit(record: Record, sink: Sink, seen: Callable[..., None], now: datetime) -> None:
    """Pass a record on unless its time is yet to come: it would end the day of all matches."""
    if not isinstance(record, Fixture) and record.at > now + AHEAD_AT_MOST:
        ahead = record.at - now
        reason = f"at: {record.at} is {ahead} ahead of this machine's clock"
        _refuse(Refusal("live", type(record).__name__, reason, b""), sink, seen)
        return
    seen(record)
    sink.add(record)


def _refuse(refusal: Refusal, sink: Sink, seen: Callable[..., None]) -> None:
    seen(refusal)
    sink.refuse(refusal)
