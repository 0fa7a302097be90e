"""The lane: the way to one endpoint, with its queue, its limit and its breaker."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from alerts.delivery.clock import Clock
from alerts.delivery.parcel import Parcel
from alerts.delivery.retrying import Breaker, RetrySettings
from alerts.delivery.timers import Timers


class Lane:
    """Sends parcels to one endpoint, several at once while it is well, one by one while it is not.

    `carry` sends one and tells the lane what came of it by `succeeded` or `failed`; one that is
    final though refused counts as success, for the endpoint did answer.
    """

    def __init__(
        self,
        settings: RetrySettings,
        at_once: int,
        clock: Clock,
        timers: Timers,
        carry: Callable[[Parcel, "Lane"], Awaitable[None]],
        paused: Callable[[], bool],
    ) -> None:
        self.breaker = Breaker(settings)
        self._paused = paused
        self._at_once = at_once
        self._clock = clock
        self._timers = timers
        self._carry = carry
        self._queue: deque[Parcel] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._woken_at = 0.0

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is on its way."""
        return not self._queue and not self._running

    @property
    def running(self) -> set["asyncio.Task[None]"]:
        """What is on its way."""
        return self._running

    def put(self, parcel: Parcel) -> None:
        """Queue a parcel."""
        self._queue.append(parcel)
        self.pump()

    def pump(self) -> None:
        """Send what may be sent now."""
        now = self._clock.now().timestamp()
        while self._queue and len(self._running) < self._room() and not self._paused():
            if now < self.breaker.closed_until:
                self._wake(self.breaker.closed_until)
                return
            parcel = self._queue.popleft()
            if parcel.pending:
                self._start(parcel)

    def _room(self) -> int:
        return 1 if self.breaker.trying_out else self._at_once

    def _start(self, parcel: Parcel) -> None:
        task = asyncio.ensure_future(self._carry(parcel, self))
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Future[None]") -> None:
        self._running.discard(task)
        if not task.cancelled():
            self.pump()

    def _wake(self, at: float) -> None:
        if at != self._woken_at:
            self._woken_at = at
            self._timers.at(at, self.pump)
