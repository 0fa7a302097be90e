"""How long partitions have lain still although records wait in them."""

from collections.abc import Callable, Collection, Mapping

from kafka import TopicPartition

Offsets = Mapping[TopicPartition, int]


class Patience:
    """Counts, for each partition of a worker, the time in which nothing of it was committed.

    Only time that was looked at counts: of a longer one between two looks (the machine slept, the
    process was stopped, the broker could not be asked) no more than `step_s`.

    Examples
    --------
    >>> patience, place = Patience(within_s=10, step_s=5), TopicPartition("match-feed", 0)
    >>> for now in (0, 5, 10, 15):
    ...     patience.look(now, {place: 7}, {place: 9}, excused=lambda topic: False)
    []
    []
    []
    [TopicPartition(topic='match-feed', partition=0)]
    """

    def __init__(self, within_s: float, step_s: float) -> None:
        self._within_s = within_s
        self._step_s = step_s
        self._seen: float | None = None
        self._at: dict[TopicPartition, int] = {}
        self._still_s: dict[TopicPartition, float] = {}

    def begin(self) -> None:
        """Forget all, as when partitions have changed hands."""
        self._at, self._still_s = {}, {}

    @property
    def longest_s(self) -> float:
        """How long the one has lain still that has done so longest."""
        return max(self._still_s.values(), default=0.0)

    def look(
        self, now: float, committed: Offsets, ends: Offsets, excused: Callable[[str], bool]
    ) -> Collection[TopicPartition]:
        """Take in where partitions stand; return those for which patience is over."""
        passed = 0.0 if self._seen is None else min(now - self._seen, self._step_s)
        self._still_s = {
            place: self._still_s.get(place, 0.0) + passed
            for place, at in committed.items()
            if at < ends[place] and self._at.get(place) == at and not excused(place.topic)
        }
        self._seen, self._at = now, dict(committed)
        return [place for place, lasted in self._still_s.items() if lasted > self._within_s]
