"""Several feeds become one, in the order of event time."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

from markets.records import (
    Account,
    Event,
    Fixture,
    Gap,
    Heartbeat,
    Ladder,
    Matched,
    Past,
    Price,
    Record,
    Wager,
)
from streams.feeds.feed import Broken, Refusal

LATENESS = timedelta(minutes=15)
LEAP = timedelta(days=1)
_MERGE = "merge"
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
_SELECTION = ("match", "market", "line", "selection", "book")
_IDENTITY: dict[type[Record], Callable[[Any], Any]] = {
    Fixture: attrgetter("match", "source"),
    Price: attrgetter(*_SELECTION),
    Matched: attrgetter(*_SELECTION),
    Ladder: attrgetter(*_SELECTION, "side", "price"),
    Wager: attrgetter("book", "wager"),
    Account: attrgetter("match", "book", "account"),
    Past: attrgetter("match", "source", "role"),
    Event: attrgetter("match", "event", "team", "score", "clock"),
    Heartbeat: attrgetter("source"),
    Gap: attrgetter("source", "reason"),
}
_Timed = tuple[datetime, bool, int, int, Record | Refusal]


def merge(
    readers: Sequence[Iterable[Record | Refusal]],
    *,
    names: Sequence[str] = (),
    lateness: timedelta = LATENESS,
) -> "Merged":
    """Merge feeds on event time.

    Records of the same time keep the order of the readers, and of each reader's own; but a
    heartbeat comes after all other records of its time, for it says that they are complete.
    A reader's time may step back a little; a record that steps back further than `lateness` is
    refused. A step ahead of more than a day must be confirmed by the record that follows it: one
    wrong time is refused alone, and does not make all that comes after it look late.

    Refusals pass at once. A reader that breaks is told as a refusal and kept in `broken`; the
    others go on. Each reader is read one record ahead, two at a heartbeat.

    Parameters
    ----------
    readers
        What formats read.
    names
        Of the readers, for refusals; they are numbered otherwise.
    lateness
        How far the time of a reader may step back.

    Examples
    --------
    >>> one, two = (datetime(2026, 6, 11, 19, minute, tzinfo=UTC) for minute in (1, 2))
    >>> prices = [Heartbeat(at=one, source="a"), Heartbeat(at=two, source="a")]
    >>> goals = [Event(at=one, match="m", event="goal"), Event(at=one, match="m", event="goal")]
    >>> merged = merge([prices, goals])
    >>> [type(record).__name__ for record in merged], merged.duplicates
    (['Event', 'Heartbeat', 'Heartbeat'], 1)
    """
    labels = [*names, *(f"feed {n + 1}" for n in range(len(names), len(readers)))]
    feeds = [_Reader(n, labels[n], told, lateness) for n, told in enumerate(readers)]
    return Merged(feeds, lateness)


class Merged(Iterator[Record | Refusal]):
    """Merged feeds, and what was noted on the way.

    `duplicates` counts records dropped because the same feed or another one has told the very
    same, time included; `late` those refused for their time; `broken` holds why feeds ended early.
    """

    def __init__(self, readers: Sequence["_Reader"], lateness: timedelta) -> None:
        self._readers = readers
        self._merged = heapq.merge(*(reader.timed() for reader in readers))
        self._memory = _Memory(len(readers), lateness)
        self.duplicates = 0

    @property
    def late(self) -> int:
        """How many records were refused because time ran backwards."""
        return sum(reader.late for reader in self._readers)

    @property
    def broken(self) -> list[Broken]:
        """Why feeds ended early."""
        return [reader.broken for reader in self._readers if reader.broken is not None]

    def __next__(self) -> Record | Refusal:
        """Give the next record or refusal."""
        while True:
            _, _, feed, _, told = next(self._merged)
            if isinstance(told, Refusal) or self._memory.is_new(feed, told):
                return told
            self.duplicates += 1


class _Reader:
    """One feed: keeps heartbeats behind their time, refuses what is late."""

    def __init__(
        self, order: int, name: str, told: Iterable[Record | Refusal], lateness: timedelta
    ) -> None:
        self._order = order
        self._name = name
        self._told = told
        self._lateness = lateness
        self._count = 0
        self._latest: datetime | None = None
        self.late = 0
        self.broken: Broken | None = None

    def timed(self) -> Iterator[_Timed]:
        held: list[Heartbeat] = []
        for told in self._in_time():
            if isinstance(told, Refusal):
                yield self._at_once(told)
                continue
            if held and told.at > held[0].at:
                yield from map(self._entry, held)
                held = []
            if isinstance(told, Heartbeat) and (not held or told.at == held[0].at):
                held.append(told)
            else:
                yield self._entry(told)
        yield from map(self._entry, held)

    def _in_time(self) -> Iterator[Record | Refusal]:
        leap: Record | None = None
        for told in self._unbroken():
            if leap is not None:
                yield self._confirmed(leap, by=told)
                leap = None
            if isinstance(told, Refusal):
                yield told
                continue
            if self._latest is None or told.at - self._latest > LEAP:
                leap = told
            else:
                yield self._followed(told, self._latest)
        if leap is not None:
            yield leap

    def _confirmed(self, leap: Record, *, by: Record | Refusal) -> Record | Refusal:
        if not isinstance(by, Refusal) and by.at < leap.at - LEAP / 2:
            reason = f"at: {leap.at} is far ahead, and the next record is back at {by.at}"
            return self._refused(leap, reason)
        self._latest = leap.at
        return leap

    def _followed(self, told: Record, latest: datetime) -> Record | Refusal:
        if latest - told.at > self._lateness:
            step = latest - told.at
            return self._refused(
                told, f"at: time ran backwards by {step} (the feed was at {latest})"
            )
        self._latest = max(latest, told.at)
        return told

    def _refused(self, record: Record, reason: str) -> Refusal:
        self.late += 1
        return Refusal(_MERGE, self._name, reason, repr(record).encode()[:2000])

    def _unbroken(self) -> Iterator[Record | Refusal]:
        try:
            yield from self._told
        except Broken as error:
            self.broken = error
            yield Refusal(_MERGE, self._name, str(error), b"")

    def _entry(self, record: Record) -> _Timed:
        self._count += 1
        return record.at, isinstance(record, Heartbeat), self._order, self._count, record

    def _at_once(self, refusal: Refusal) -> _Timed:
        self._count += 1
        return _BEFORE_ALL, False, self._order, self._count, refusal


class _Memory:
    """What the feeds told in at least the last `span` of event time, to know it when told again.

    A feed that repeats its last word on a selection says nothing new. Nor does a feed that says
    as often as another one what that has said; so recordings may overlap, and a price that goes
    and comes back within one moment is still told.
    """

    def __init__(self, feeds: int, span: timedelta) -> None:
        self._none = (0,) * feeds
        self._span = span
        self._since: datetime | None = None
        self._words = _Recent()
        self._counts = _Recent()

    def is_new(self, feed: int, record: Record) -> bool:
        if self._since is None or record.at - self._since > self._span:
            self._since = record.at
            self._words.grow_old()
            self._counts.grow_old()
        kind = type(record)
        identity = feed, kind, _IDENTITY[kind](record)
        if self._words.get(identity) == record:
            return False
        self._words.young[identity] = record
        return len(self._none) == 1 or self._is_first(feed, record)

    def _is_first(self, feed: int, record: Record) -> bool:
        counts = self._counts.get(record) or self._none
        told = counts[feed] + 1
        self._counts.young[record] = (*counts[:feed], told, *counts[feed + 1 :])
        return told > max(counts)


class _Recent:
    """A dict that forgets what was not put in since it grew old twice."""

    def __init__(self) -> None:
        self.young: dict[Any, Any] = {}
        self._old: dict[Any, Any] = {}

    def get(self, key: object) -> Any:
        found = self.young.get(key)
        return self._old.get(key) if found is None else found

    def grow_old(self) -> None:
        self._old, self.young = self.young, {}
