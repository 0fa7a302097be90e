"""Gathering what a stream brings into batches, without waiting where there is enough to do."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, cast

import faust

from streams.chunked_transport import Chunk


class Gathering:
    """Chunks that a stream has brought and nobody has taken yet, `most` at the most.

    Good at: a reader that is now quicker and now slower than its feed. It has what came while it
    was busy at once, and wakes with the first chunk when it was idle. `Stream.noack_take` would
    have it wait all of `within` for each batch, and wake as often while nothing comes. As there,
    nothing is acknowledged.
    """

    def __init__(self, stream: faust.Stream[Any], most: int, within: float) -> None:
        self.stream = stream
        self._most = most
        self._within = within
        self._waiting: deque[tuple[float, Chunk]] = deque()
        self._some, self._full, self._room = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._ended = False

    @property
    def has_more(self) -> bool:
        """Whether anything waits to be taken."""
        return bool(self._waiting)

    async def batches(self) -> AsyncIterator[list[Chunk]]:
        """Yield what is there when it is full, or `within` seconds after the first of it came.

        Ends when the stream is told to stop, or fails.
        """
        stream, waiting = self.stream, self._waiting
        stream.enable_acks = False
        # Or the iteration would start it, and a stop of the iteration would be undone by its end.
        await stream.maybe_start()
        stream.add_future(self._read())
        while not (stream.should_stop or self._ended):
            if not waiting:
                await stream.wait_for_stopped(self._some.wait())
                continue
            left = waiting[0][0] + self._within - time.monotonic()
            if left > 0 and len(waiting) < self._most:
                await stream.wait_for_stopped(self._full.wait(), timeout=left)
                if stream.should_stop:
                    return
            batch = [chunk for _, chunk in waiting]
            waiting.clear()
            self._some.clear()
            self._full.clear()
            self._room.set()
            yield batch

    async def _read(self) -> None:
        try:
            await self._read_on()
        finally:  # nobody is to wait for more
            self._ended = True
            self._some.set()
            self._full.set()

    async def _read_on(self) -> None:
        async for _ in self.stream:
            event = cast(faust.Event, self.stream.current_event)
            while len(self._waiting) >= self._most:
                self._room.clear()
                await self._room.wait()
            self._waiting.append((time.monotonic(), cast(Chunk, event.message)))
            self._some.set()
            if len(self._waiting) >= self._most:
                self._full.set()
