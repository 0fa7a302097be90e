"""Canaries on their way, one row of them for each partition, and which of them are overdue."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kafka import TopicPartition

from streams.findings import Finding, named


class Stage(StrEnum):
    """What a canary did not come to."""

    TAKEN = "not taken by the broker"
    ANSWERED = "not answered by the watch"
    STORED = "not stored by the archive"


@dataclass(slots=True)
class Flying:
    """A canary on its way; what is None was not seen yet. Times are of a clock that only goes on.

    `offset` is its own in the feed, `answer` that of the answer to it.
    """

    id: str
    sent: float
    taken: bool = False
    offset: int | None = None
    answer: int | None = None
    answered_s: float = 0.0

    @property
    def lacks(self) -> Stage:
        """The stage that it has not come to."""
        if self.offset is not None:
            return Stage.STORED
        return Stage.ANSWERED if self.taken else Stage.TAKEN


@dataclass(frozen=True, slots=True)
class Passed:
    """The newest of a partition that came through: when it was sent, and how long it took."""

    sent: float
    answered_s: float
    stored_s: float


class Flock:
    """Follows canaries of some partitions; what is not through in time is missing.

    A partition is missing from the moment one of its canaries is overdue until a later one is
    through in time. Canaries that are overdue are followed no further, so it holds few.

    Examples
    --------
    >>> flock = Flock([0], within=30.0)
    >>> flock.send(0, "a", now=0.0).taken = True
    >>> flock.answered(0, "a", offset=7, answer=3, now=0.2)
    >>> flock.stored({0: 8}, answers=3, now=0.5), flock.flying
    (None, 1)
    >>> flock.expire(now=31.0)
    >>> flock.missing
    {0: <Stage.STORED: 'not stored by the archive'>}
    """

    def __init__(self, partitions: Sequence[int], within: float) -> None:
        self.within = within
        self.missing: dict[int, Stage] = {}
        self.passed: dict[int, Passed] = {}
        self._flying: dict[int, deque[Flying]] = {number: deque() for number in partitions}

    @property
    def partitions(self) -> list[int]:
        """All that are followed."""
        return list(self._flying)

    @property
    def flying(self) -> int:
        """How many are on their way."""
        return sum(map(len, self._flying.values()))

    @property
    def wait_for_store(self) -> bool:
        """Whether any was answered and is not known to be stored."""
        return any(one.answer is not None for row in self._flying.values() for one in row)

    def send(self, partition: int, name: str, now: float) -> Flying:
        """Follow one that is sent now."""
        one = Flying(name, now)
        self._flying[partition].append(one)
        return one

    def answered(self, partition: int, name: str, *, offset: int, answer: int, now: float) -> None:
        """Take in an answer; one that was given twice counts once."""
        for one in self._flying.get(partition, ()):
            if one.id == name and one.offset is None:
                one.offset, one.answer, one.answered_s = offset, answer, now - one.sent

    def stored(self, feed: Mapping[int, int], answers: int, now: float) -> None:
        """Take in what the archive has committed: of the feed by partition, and of the answers."""
        for partition, row in self._flying.items():
            upto = feed.get(partition, 0)
            while done := [one for one in row if _stored(one, upto, answers)]:
                self._through(partition, row, done[-1], now)

    def _through(self, partition: int, row: deque[Flying], one: Flying, now: float) -> None:
        while row and row[0].sent <= one.sent:
            row.popleft()  # those before it were overtaken: lost on the way to the broker
        self.passed[partition] = Passed(one.sent, one.answered_s, now - one.sent)
        self.missing.pop(partition, None)

    def expire(self, now: float) -> None:
        """Give up what has been on its way for too long."""
        for partition, row in self._flying.items():
            while row and now - row[0].sent > self.within:
                self.missing[partition] = row.popleft().lacks

    def verdict(self, topic: str) -> Finding | None:
        """How it stands in a line; None while it is not known yet."""
        if self.missing:
            faults = (self._fault(topic, stage) for stage in Stage)
            text = "; ".join(fault for fault in faults if fault)
            return Finding(f"canary: not through in {self.within:g} s: {text}")
        if len(self.passed) < len(self._flying):
            return None
        answered = max(one.answered_s for one in self.passed.values())
        stored = max(one.stored_s for one in self.passed.values())
        text = f"canary: through on all {len(self.passed)} partitions"
        return Finding(f"{text}; answered in {answered:.2f} s, stored in {stored:.2f} s", well=True)

    def _fault(self, topic: str, stage: Stage) -> str:
        places = [
            TopicPartition(topic, number)
            for number, lacks in sorted(self.missing.items())
            if lacks is stage
        ]
        return f"{stage} on {named(places)}" if places else ""


def _stored(one: Flying, feed: int, answers: int) -> bool:
    if one.offset is None or one.answer is None:
        return False
    return one.offset < feed and one.answer < answers
