"""Pace of a replay: event time goes by so many times faster than life."""

import time
from collections.abc import Callable
from datetime import datetime

_SHORTEST_S = 0.02


class Pace:
    """Holds records back until it is their time.

    Parameters
    ----------
    speed
        Seconds of event time to a second of the wall clock.
    before_waiting
        Called before each wait, for instance to send what is buffered.
    """

    def __init__(self, speed: float, before_waiting: Callable[[], None]) -> None:
        self._speed = speed
        self._before_waiting = before_waiting
        self._first: datetime | None = None
        self._begun = 0.0

    def wait(self, at: datetime) -> None:
        """Return when a record of this event time is due."""
        if self._first is None:
            self._first, self._begun = at, time.monotonic()
        due = self._begun + (at - self._first).total_seconds() / self._speed
        early = due - time.monotonic()
        if early >= _SHORTEST_S:
            self._before_waiting()
            time.sleep(early)
