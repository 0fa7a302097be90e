"""Sending messages without waiting for each, and knowing when the broker has them all."""

from collections import deque
from collections.abc import Awaitable
from typing import Any

from faust.types.transports import ProducerT

from streams.app import App

_MOST_UNDER_WAY = 500


class Sending:
    """Messages that an app has sent and the broker has not answered yet.

    A topic of Faust's would let the event loop turn twice before each message, to see whether the
    producer runs: a third of a millisecond of a busy worker, with dozens of alerts at one
    heartbeat.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._producer: ProducerT | None = None
        self._under_way: deque[Awaitable[Any]] = deque()

    async def send(self, topic: str, key: str, value: bytes) -> None:
        """Send a message that `sent` waits for."""
        if len(self._under_way) >= _MOST_UNDER_WAY:
            await self.sent()
        self._under_way.append(await self.produced(topic, None, key, value))

    async def sent(self) -> None:
        """Wait until the broker has all that was sent: one by one each would cost its answer."""
        while self._under_way:
            await self._under_way.popleft()

    async def produced(
        self, topic: str, partition: int | None, key: str | None, value: bytes | None
    ) -> Awaitable[Any]:
        """Hand a message to the producer; what is returned waits for the broker's answer."""
        if self._producer is None:
            self._producer = await self._app.maybe_start_producer()
        named = None if key is None else key.encode()
        return await self._producer.send(
            self._app.prefix + topic, named, value, partition, None, None
        )
