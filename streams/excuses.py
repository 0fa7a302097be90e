"""What a worker waits for that a restart would not mend."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Excuses:
    """Excuses by topic, each for a time that is said beforehand.

    They end by themselves, so that a worker which is stuck while it has one is found out all the
    same. Any thread may ask, give and take back.

    Examples
    --------
    >>> moment = 0.0
    >>> excuses = Excuses(lambda: moment)
    >>> with excuses.during("match-feed", 60):
    ...     excuses.holds("match-feed"), excuses.holds("alerts")
    (True, False)
    >>> excuses.holds("match-feed")
    False
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._until: dict[str, list[float]] = {}

    def holds(self, topic: str) -> bool:
        """Whether the partitions of a topic may lie still now."""
        with self._lock:
            return any(until > self._now() for until in self._until.get(topic, ()))

    @contextmanager
    def during(self, topic: str, most_s: float) -> Iterator[None]:
        """Excuse a topic while the block lasts, for so many seconds at most."""
        until = self._now() + most_s
        with self._lock:
            self._until.setdefault(topic, []).append(until)
        try:
            yield
        finally:
            with self._lock:
                self._until[topic].remove(until)
