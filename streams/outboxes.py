"""The outboxes of this worker: one for each partition of `deliveries` that it was given."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import timedelta
from typing import Any

import msgspec

from alerts.delivery.clock import Clock
from alerts.delivery.courier import Courier
from alerts.delivery.outbox import NOTICE, PROGRESS, RESEND, Outbox, decode_notice
from alerts.delivery.parcel import Attempt
from streams.app import App
from streams.broker import BrokerSettings
from streams.compacted import read_all
from streams.topics import DELIVERIES, DELIVERY_ATTEMPTS

log = logging.getLogger(__name__)

_MEMORY = timedelta(days=60)
_FRAME = 500

Send = Callable[[str, int, str | None, bytes | None], Awaitable[Any]]


class Outboxes:
    """Loads outboxes when partitions come, writes what changes, lets go when they leave.

    The topic is the only state. What is in memory was read from it, and what is done is written to
    it soon after; a crash in between repeats some deliveries under their ids and loses none.
    """

    def __init__(
        self, app: App, broker: BrokerSettings, courier: Courier, clock: Clock, send: Send
    ) -> None:
        self._app = app
        self._broker = broker
        self._courier = courier
        self._clock = clock
        self._send = send
        self._loading: dict[int, asyncio.Task[tuple[Outbox, int]]] = {}
        self._open: dict[int, Outbox] = {}
        self._looking: set[asyncio.Task[None]] = set()
        self._attempts: list[Attempt] = []
        self._writing = asyncio.Lock()

    def boxes(self) -> list[Outbox]:
        """Those that are loaded."""
        return list(self._open.values())

    def log(self, attempt: Attempt) -> None:
        """Keep an attempt till it is written."""
        self._attempts.append(attempt)

    def assigned(self, partitions: Iterable[int]) -> None:
        """Load what is new, let go what is not ours any more, look again at what stays."""
        ours = set(partitions)
        for partition in ours & set(self._open):
            self._in_background(self._catch_up(partition, self._open[partition]))
        for partition in set(self._loading) - ours:
            self._loading.pop(partition).cancel()
            if (gone := self._open.pop(partition, None)) is not None:
                gone.open = False
        for partition in ours - set(self._loading):
            loading = self._loading[partition] = asyncio.ensure_future(self._load(partition))
            loading.add_done_callback(self._loaded)

    async def revoked(self, within_s: float) -> None:
        """Write down what was done before others go on, who would do it again otherwise."""
        await self._courier.pause(within_s)
        await self.write()

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._looking.add(task)
        task.add_done_callback(self._loaded)
        task.add_done_callback(self._looking.discard)

    def _loaded(self, loading: "asyncio.Task[Any]") -> None:
        if not loading.cancelled() and (error := loading.exception()) is not None:
            asyncio.ensure_future(self._app.crash(error))  # noqa: RUF006 (the app ends)

    async def _catch_up(self, partition: int, outbox: Outbox) -> None:
        """Take in what another worker did while we were thought dead, which we cannot know."""
        topic = self._app.prefix + DELIVERIES.name
        records, _ = await asyncio.to_thread(read_all, self._broker, topic, [partition])
        if not outbox.open:
            return
        new = outbox.catch_up((record.key, record.value) for record in records)
        if new:
            log.warning("outbox %d: %d deliveries had been missed", partition, len(new))
        self._courier.admit(new)

    async def _load(self, partition: int) -> tuple[Outbox, int]:
        topic = self._app.prefix + DELIVERIES.name
        records, ends = await asyncio.to_thread(read_all, self._broker, topic, [partition])
        pairs = [(record.key, record.value) for record in records]
        # A large one takes a second, in which heartbeats must go on.
        outbox = await asyncio.to_thread(Outbox.load, pairs)
        outbox.forget((self._clock.now() - _MEMORY).timestamp())
        self._open[partition] = outbox
        self._courier.open(outbox)
        counts = ", ".join(f"{n} {status}" for status, n in sorted(outbox.counts.items()) if n)
        log.info("outbox %d: %s", partition, counts or "empty")
        return outbox, ends[partition]

    async def take(self, partition: int, record: Any) -> bool:
        """Take one record of the topic in; False when its partition is not ours."""
        loading = self._loading.get(partition)
        if loading is None:
            return False
        await asyncio.wait((loading,))
        if loading.cancelled():
            # The partition left while it was read. To await it would end the agent in silence.
            return False
        outbox, end = loading.result()
        key = (record.key or b"").decode(errors="replace")
        if record.offset < end or not record.value:
            return True
        try:
            self._learn(outbox, key, record.value)
        except (msgspec.DecodeError, ValueError) as error:
            log.warning("%s: cannot be read: %s", key, error)
        return True

    def _learn(self, outbox: Outbox, key: str, value: bytes) -> None:
        if key.startswith(NOTICE):
            self._courier.admit(outbox.take(decode_notice(value)))
        elif key.startswith(PROGRESS):
            outbox.learn(key, value)
        elif key.startswith(RESEND):
            again = outbox.resend(key.removeprefix(RESEND), float(value))
            if again is not None:
                self._courier.admit([again])

    async def write(self) -> None:
        """Write what has changed since; returns when the broker has all of it.

        How far deliveries have come goes first: were an attempt logged before, a crash in between
        would repeat what the log says is done.
        """
        async with self._writing:
            attempts, self._attempts = self._attempts, []
            changed = [
                (partition, key, value)
                for partition, outbox in list(self._open.items())
                for key, value in outbox.changes()
            ]
            await self._put(DELIVERIES.name, changed)
            frames = [attempts[at : at + _FRAME] for at in range(0, len(attempts), _FRAME)]
            await self._put(
                DELIVERY_ATTEMPTS.name,
                [
                    (number % (DELIVERY_ATTEMPTS.partitions or 1), None, msgspec.json.encode(frame))
                    for number, frame in enumerate(frames)
                ],
            )

    async def _put(
        self, topic: str, records: Iterable[tuple[int, str | None, bytes | None]]
    ) -> None:
        await asyncio.gather(*[await self._send(topic, *record) for record in records])

    async def close(self, within_s: float) -> None:
        """Let what is on its way arrive, write it down, and let everything go."""
        await self._courier.finish(within_s)
        await self.write()
        for task in self._looking:
            task.cancel()
        self.assigned(())
