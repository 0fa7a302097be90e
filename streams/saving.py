"""Saving partitions little by little, with frames taken in between."""

import asyncio
import logging
import time
from collections.abc import Container
from dataclasses import dataclass, field

from streams.app import App
from streams.recovering import Recovered
from streams.sending import Sending
from streams.snapshots.saved import Message, Saver, TooLarge
from streams.snapshots.settings import RecoverySettings
from streams.topics import WATCH_SNAPSHOTS

log = logging.getLogger(__name__)

_CUT_S = 0.01
"""Time for which matches are written down before frames are taken in again."""
_PATIENCE_S = 0.1
"""Time for which what is due waits for a better moment."""


@dataclass(slots=True)
class _Unsaved:
    """What a partition has taken in since it was saved last."""

    records: int = 0
    since: float = field(default_factory=time.monotonic)

    def is_due(self, now: float, records: int, seconds: float) -> bool:
        return self.records >= records or now - self.since >= seconds


class Saving:
    """When which partition of a worker is saved, and what of it is on its way to the broker.

    One partition is saved at a time, some of its matches at once. What is written is not waited
    for, but nothing more is written before the broker has it.
    """

    def __init__(self, app: App, settings: RecoverySettings, sending: Sending) -> None:
        self._app = app
        self._settings = settings
        self._sending = sending
        self._unsaved: dict[int, _Unsaved] = {}
        self._after = 0.0
        self._waits_since: float | None = None
        self._partition: int | None = None
        self._writing: asyncio.Task[None] | None = None

    def note(self, partition: int, records: int) -> None:
        """Note that a partition has taken records in."""
        self._unsaved.setdefault(partition, _Unsaved()).records += records

    def hurry(self, partition: int) -> None:
        """Have a partition saved as soon as may be."""
        self._unsaved[partition] = _Unsaved(self._settings.every_records)

    def forget(self, partition: int) -> None:
        """Forget a partition that went to another worker."""
        self._unsaved.pop(partition, None)
        if self._partition == partition:
            self._partition = None

    async def due(self, ours: Container[int], *, in_the_way: bool) -> int | None:
        """Return the partition of which some has been saved, or else one that is due.

        None while something is written, or when too much time was spent; for a while also when it
        would be `in_the_way`.
        """
        now = time.monotonic()
        if now < self._after or (self._writing is not None and not self._writing.done()):
            return None
        partition = await self.due_at_once(ours)
        if partition is None or not in_the_way:
            return partition
        if self._waits_since is None:
            self._waits_since = now
        return partition if now - self._waits_since >= _PATIENCE_S else None

    async def due_at_once(self, ours: Container[int]) -> int | None:
        """Do what `due` does without regard to the time that was spent, or to others."""
        await self.saved()
        now = time.monotonic()
        if self._partition in ours:
            return self._partition
        for partition, unsaved in self._unsaved.items():
            due = unsaved.is_due(now, self._settings.every_records, self._settings.every_s)
            if due and partition in ours:
                return partition
        return None

    async def save(self, partition: int, one: Recovered) -> None:
        """Write some of a partition's matches, and the head once they are all written.

        Call it when all looks of the partition are made.
        """
        began, generation, saver = time.monotonic(), self._app.consumer_generation_id, one.saver
        self._waits_since = None
        if not saver.is_cutting:
            self._unsaved.pop(partition)
            saver.begin(one.watch, one.applied, one.frame)
        self._partition = partition
        try:
            messages = saver.some(one.watch, one.applied, _CUT_S)
        except TooLarge as error:
            log.warning("partition %d is not saved: %s", partition, error)
            saver.give_up(one.watch)
            self._partition = None
            return
        await self._sending.sent()  # alerts of all that a match holds are out before it
        write = self._write(partition, saver, messages, generation)
        self._writing = asyncio.ensure_future(write)
        self._writing.add_done_callback(self._failed)
        took = time.monotonic() - began
        self._after = began + took + took / self._settings.share

    async def saved(self) -> None:
        """Wait until the broker has what was written."""
        if self._writing is not None:
            await self._writing
            self._writing = None

    async def _write(
        self, partition: int, saver: Saver, messages: list[Message], generation: int
    ) -> None:
        if not await self._written(partition, messages, generation):
            return
        if saver.wrote() and await self._written(partition, [saver.head()], generation):
            if self._partition == partition:
                self._partition = None
            await self._written(partition, saver.end(), generation)

    def _failed(self, writing: "asyncio.Task[None]") -> None:
        """End the worker at once, not with the next frame."""
        if not writing.cancelled() and (error := writing.exception()) is not None:
            asyncio.ensure_future(self._app.crash(error))  # noqa: RUF006

    async def _written(self, partition: int, messages: list[Message], generation: int) -> bool:
        """Write to the partition's snapshots, unless partitions have changed hands."""
        if generation != self._app.consumer_generation_id:
            return False
        topic, produced = WATCH_SNAPSHOTS.name, self._sending.produced
        for answer in [await produced(topic, partition, *message) for message in messages]:
            await answer
        return True
