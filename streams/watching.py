"""Watching partitions as they come and go: recovered, taken in frame by frame, saved."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from faust.types import TP

from markets.joined_prices import how_many
from streams import dead_letters
from streams.answering import answer, encode
from streams.app import App
from streams.canaries import canary_of
from streams.chunked_transport import Chunk
from streams.configuration import Settings, config_hash
from streams.frames import decode_joined
from streams.leap import Told
from streams.recovering import Deadline, Recovered, Recovery, RecoveryStopped
from streams.snapshots.kinds import fingerprint
from streams.snapshots.saved import Message, TooLarge
from streams.topics import ALERTS, CANARIES, DEAD_LETTERS, MATCH_FEED, WATCH_SNAPSHOTS
from streams.watches import Watches

log = logging.getLogger(__name__)

_LATE_S = 30.0
_MOST_SENDING = 500
_LOOKS_AT_ONCE = 16
_CUT_S = 0.01
"""Time for which matches are written down before frames are taken in again."""


@dataclass(slots=True)
class _Unsaved:
    """What a partition has taken in since it was saved last."""

    records: int = 0
    since: float = field(default_factory=time.monotonic)

    def is_due(self, now: float, records: int, seconds: float) -> bool:
        return self.records >= records or now - self.since >= seconds


class _Begun(NamedTuple):
    """A frame of which not all records have been taken in yet."""

    one: Recovered
    offset: int
    value: bytes
    records: Iterator[Told]


class Watching:
    """The watches of this worker, and the last offset that each partition's has taken in.

    A watch takes in every offset of its partition once and in order. A partition that comes to us
    is recovered at once, before its first frame; one that was watched elsewhere in between is
    preceded by what lies between; a frame that was taken in before is passed over.
    """

    def __init__(self, app: App, settings: Settings) -> None:
        self._app = app
        self._settings = settings.recovery
        fingerprint_ = config_hash(settings.watch)
        self._watches = Watches(settings.watch, fingerprint_)
        self._recovery = Recovery(
            settings.recovery,
            settings.broker,
            self._watches,
            fingerprint(fingerprint_),
            prefix=app.prefix,
            group=app.conf.id,
        )
        self._ours: dict[int, asyncio.Task[Recovered]] = {}
        self._one_at_a_time = asyncio.Semaphore(1)
        self._unsaved: dict[int, _Unsaved] = {}
        self._save_after = 0.0
        self._saving: int | None = None
        self._begun: dict[int, _Begun] = {}
        self._sending: deque[Awaitable[Any]] = deque()

    def keep(self, _: Any, assigned: set[TP], **__: Any) -> None:
        """Forget the partitions that are not ours any more, and recover those that are new."""
        partitions = {tp.partition for tp in assigned}
        for partition in set(self._ours) - partitions:
            self._forget(partition)
        deadline = self._deadline()
        for partition in sorted(partitions - set(self._ours)):
            self._begin(partition, deadline)

    async def recovered(self) -> None:
        """Wait until all partitions that are ours are watched as if they always had been."""
        while waiting := [task for task in self._ours.values() if not task.done()]:
            await asyncio.wait(waiting)

    async def take(self, chunk: Chunk) -> Chunk | None:
        """Take frames in and send what they raise; return those that were ours to take.

        Await `settle` before their offsets are committed.
        """
        for count, frame in enumerate(chunk.records):
            if not await self._take(chunk, frame):
                return chunk.first(count)
        return chunk

    async def _take(self, chunk: Chunk, frame: Any) -> bool:
        partition, offset, value = chunk.partition, frame.offset, frame.value or b""
        await asyncio.sleep(0)
        await self._finish(partition)
        try:
            one = await self._caught_up(partition, offset)
        except (RecoveryStopped, asyncio.CancelledError):
            if not self._app.should_stop and self._app.is_current(chunk):
                raise
            return False
        if offset <= one.applied:
            return True
        if not self._app.is_current(chunk):
            self._forget(partition)
        if self._app.should_stop or partition not in self._ours:
            return False
        records, reasons = decode_joined(value)
        self._begun[partition] = _Begun(one, offset, value, iter(records))
        self._unsaved.setdefault(partition, _Unsaved()).records += how_many(records)
        for reason in reasons:
            letter = dead_letters.from_frame(MATCH_FEED.name, partition, offset, reason, value)
            await self._send(DEAD_LETTERS.name, MATCH_FEED.name, letter)
        if not records and (canary := canary_of(value)) is not None:
            told = answer(canary, partition, offset, frame.timestamp or 0, one.watch.reached)
            await self._send(CANARIES.name, str(partition), encode(told))
        if partition in self._begun:
            await self._go_on(partition)
        return True

    async def _go_on(self, partition: int) -> None:
        """Take in what is left of a frame, up to where looks are due; others may come first."""
        begun = self._begun[partition]
        alerts, whole = begun.one.watch.take_in(begun.records, begun.offset)
        if whole:
            begun.one.applied, begun.one.frame = begun.offset, begun.value
            del self._begun[partition]
        for alert in alerts:
            await self._send(ALERTS.name, alert.match, alert.to_json())

    async def _finish(self, partition: int) -> None:
        """Take in all that is left of a frame."""
        while partition in self._begun:
            await self._go_on(partition)

    async def settle(self) -> None:
        """Finish what was begun or put off, and wait until the broker has all that was sent.

        Alerts that are there already go out first.
        """
        await self.sent()
        for partition in list(self._begun):
            await self._finish(partition)
        await self.sent()
        for partition in self._watches.partitions:
            await self._catch_up(partition)
        await self.sent()

    async def _catch_up(self, partition: int) -> None:
        while partition in self._watches.partitions:
            watch = self._watches.of(partition)
            for alert in watch.catch_up(_LOOKS_AT_ONCE):
                await self._send(ALERTS.name, alert.match, alert.to_json())
            if not watch.is_behind:
                return
            await asyncio.sleep(0)

    async def sent(self) -> None:
        """Wait until the broker has all that was sent: one by one each would cost its answer."""
        while self._sending:
            await self._sending.popleft()

    async def save(self) -> None:
        """Save the partitions for which it is time; call it before their offsets are committed."""
        now = time.monotonic()
        if now < self._save_after or (partition := self._to_save(now)) is None:
            return
        ours = self._ours[partition]
        await self._finish(partition)
        await self._catch_up(partition)
        if self._ours.get(partition) is not ours:  # it went to another meanwhile
            return
        now = time.monotonic()
        await self._save(partition)
        took = time.monotonic() - now
        self._save_after = now + took + took / self._settings.share

    def _to_save(self, now: float) -> int | None:
        """The partition of which some has been saved, or else one that is due."""
        if self._saving in self._ours:
            return self._saving
        for partition, unsaved in self._unsaved.items():
            due = unsaved.is_due(now, self._settings.every_records, self._settings.every_s)
            if due and partition in self._ours:
                return partition
        return None

    async def _save(self, partition: int) -> None:
        """Save some of a partition's matches, or the head when they are all saved."""
        one, generation = await self._ours[partition], self._app.consumer_generation_id
        if not one.saver.is_cutting:
            self._unsaved.pop(partition)
            one.saver.begin(one.watch, one.applied, one.frame)
        self._saving = partition
        try:
            messages = await asyncio.to_thread(one.saver.some, one.watch, one.applied, _CUT_S)
        except TooLarge as error:
            log.warning("partition %d is not saved: %s", partition, error)
            one.saver.give_up(one.watch)
            self._saving = None
            return
        await self.sent()  # alerts of all that a match holds are out before it
        if not await self._written(partition, messages, generation):
            return
        if one.saver.wrote(one.watch, one.applied) and await self._written(
            partition, [one.saver.head()], generation
        ):
            self._saving = None
            await self._written(partition, one.saver.end(), generation)

    async def _written(self, partition: int, messages: list[Message], generation: int) -> bool:
        """Write to the partition's snapshots, unless partitions have changed hands."""
        if generation != self._app.consumer_generation_id:
            return False
        topic = self._topic(WATCH_SNAPSHOTS.name)
        sent = [
            await topic.send(key=key.encode(), value=value, partition=partition)
            for key, value in messages
        ]
        for one in sent:
            await one
        return True

    async def _caught_up(self, partition: int, offset: int) -> Recovered:
        """Have a watch as it was just before an offset."""
        if partition not in self._ours:
            self._begin(partition, self._deadline())
        one = await asyncio.shield(self._ours[partition])
        if offset > one.applied + 1:
            go_on = self._recovery.go_on
            with self._recovering():
                await asyncio.to_thread(go_on, one, partition, offset, self._deadline())
        return one

    def _recovering(self) -> AbstractContextManager[None]:
        """Partitions lie still meanwhile; recovery has a deadline of its own."""
        return self._app.excuses.during(MATCH_FEED.name, self._settings.within_s + _LATE_S)

    def _begin(self, partition: int, deadline: Deadline) -> None:
        self._ours[partition] = asyncio.ensure_future(self._recover(partition, deadline))
        self._ours[partition].add_done_callback(self._failed)

    async def _recover(self, partition: int, deadline: Deadline) -> Recovered:
        with self._recovering():
            async with self._one_at_a_time:
                one = await asyncio.to_thread(self._recovery.of, partition, deadline)
        self._watches.take_over(partition, one.watch)
        if one.rewarmed and one.watch.names:  # not to be done again at the next start
            self._unsaved[partition] = _Unsaved(self._settings.every_records)
        return one

    def _failed(self, task: "asyncio.Task[Recovered]") -> None:
        """End the worker, that its supervisor may start it anew: a partition must not lie still."""
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, RecoveryStopped):
            asyncio.ensure_future(self._app.crash(error))  # noqa: RUF006

    def _deadline(self) -> Deadline:
        return Deadline(self._settings.within_s, lambda: self._app.should_stop)

    def _forget(self, partition: int) -> None:
        if (task := self._ours.pop(partition, None)) is not None:
            task.cancel()
        self._unsaved.pop(partition, None)
        self._begun.pop(partition, None)
        if self._saving == partition:
            self._saving = None
        self._watches.forget(partition)

    def _topic(self, name: str) -> Any:
        return self._app.topic(
            self._app.prefix + name, value_serializer="raw", key_serializer="raw"
        )

    async def _send(self, topic: str, key: str, value: bytes) -> None:
        if len(self._sending) >= _MOST_SENDING:
            await self.sent()
        self._sending.append(await self._topic(topic).send(key=key.encode(), value=value))
