"""Timers: what is to be done later, by a clock that is passed in."""

import asyncio
import heapq
from collections.abc import Callable
from itertools import count

from alerts.delivery.clock import Clock

_LONGEST_SLEEP_S = 3600.0


class Timers:
    """Calls functions at or after their time, in order. Times are epoch seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._earlier = asyncio.Event()

    def at(self, when: float, call: Callable[[], None]) -> None:
        """Call a function then."""
        if not self._heap or when < self._heap[0][0]:
            self._earlier.set()
        heapq.heappush(self._heap, (when, next(self._numbers), call))

    def fire(self) -> None:
        """Call what is due."""
        now = self._clock.now().timestamp()
        while self._heap and self._heap[0][0] <= now:
            heapq.heappop(self._heap)[2]()

    async def run(self) -> None:
        """Go on for ever."""
        while True:
            self.fire()
            self._earlier.clear()
            await self._until_next()

    async def _until_next(self) -> None:
        wait = _LONGEST_SLEEP_S
        if self._heap:
            wait = min(wait, self._heap[0][0] - self._clock.now().timestamp())
        if wait <= 0:
            await asyncio.sleep(0)
            return
        sleeping = asyncio.ensure_future(self._clock.sleep(wait))
        woken = asyncio.ensure_future(self._earlier.wait())
        try:
            await asyncio.wait((sleeping, woken), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            woken.cancel()
