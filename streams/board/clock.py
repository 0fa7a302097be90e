"""The present of a replay."""

import time
from collections.abc import Callable
from datetime import UTC, datetime


class FeedClock:
    """The present as the feed has it: its newest time, and on from there with the wall clock.

    For replays, whose matches were played long ago or will be: ages and deadlines count in the
    feed's own time. It never goes back.

    Examples
    --------
    >>> clock = FeedClock(seconds=lambda: 0.0)
    >>> clock.saw(datetime(2026, 7, 4, 12, tzinfo=UTC))
    >>> clock.saw(datetime(2026, 7, 4, 11, tzinfo=UTC))
    >>> clock().hour
    12
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._newest: datetime | None = None
        self._seen_at = 0.0

    def saw(self, at: datetime | None) -> None:
        """Take note of a time of the feed."""
        if at is not None and (self._newest is None or at > self()):
            self._newest, self._seen_at = at, self._seconds()

    def __call__(self) -> datetime:
        """The present; the wall clock's while the feed has told of no time."""
        if self._newest is None:
            return datetime.now(UTC)
        elapsed = self._seconds() - self._seen_at
        return datetime.fromtimestamp(self._newest.timestamp() + elapsed, UTC)
