"""Watching partitions as they come and go: recovered, taken in frame by frame, saved."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from heapq import merge
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
from streams.saving import Saving
from streams.sending import Sending
from streams.snapshots.kinds import fingerprint
from streams.topics import ALERTS, CANARIES, DEAD_LETTERS, MATCH_FEED
from streams.watches import Watches

_LATE_S = 30.0
_LOOKS_AT_ONCE = 4
_STOPS_WITHIN_S = 5.0
_UNSETTLED_S = 0.5
"""Time for which looks stay put off while frames wait; offsets are committed after it."""


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
        self._begun: dict[int, _Begun] = {}
        self._unsettled_since: float | None = None
        self._sending = Sending(app)
        self._saving = Saving(app, settings.recovery, self._sending)

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

    async def take(self, batch: Sequence[Chunk]) -> list[Chunk]:
        """Take frames in and send what they raise; return those that were ours to take.

        Partitions take turns, in the order in which their frames were sent: a heartbeat is told to
        all of them at once, and what it lets be judged in one is not to wait for what came to
        another since. Their offsets may be committed once `settle` says so.
        """
        if self._unsettled_since is None:
            self._unsettled_since = time.monotonic()
        counts, refused = [0] * len(batch), set[int]()
        for number, frame in _as_sent(batch):
            chunk = batch[number]
            if chunk.partition in refused:
                continue
            if not await self._take(chunk, frame):
                refused.add(chunk.partition)
                continue
            counts[number] += 1
            await self.save()  # no later, for a batch may hold many times what is allowed
        parts = [chunk.first(count) for chunk, count in zip(batch, counts, strict=True)]
        return [part for part in parts if part is not None]

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
        self._saving.note(partition, how_many(records))
        for reason in reasons:
            letter = dead_letters.from_frame(MATCH_FEED.name, partition, offset, reason, value)
            await self._sending.send(DEAD_LETTERS.name, MATCH_FEED.name, letter)
        if not records and (canary := canary_of(value)) is not None:
            told = answer(canary, partition, offset, frame.timestamp or 0, one.watch.reached)
            await self._sending.send(CANARIES.name, str(partition), encode(told))
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
            await self._sending.send(ALERTS.name, alert.match, alert.to_json())

    async def _finish(self, partition: int) -> None:
        """Take in all that is left of a frame."""
        while partition in self._begun:
            await self._go_on(partition)

    async def settle(self, is_waited_for: Callable[[], bool] = lambda: False) -> bool:
        """Finish what was begun or put off, and wait until the broker has all that was sent.

        Alerts that are there already go out first, then looks are made at matches in play. While
        other work waits, looks at others stay put off for a while: where all prices come at once,
        all matches are due at once.

        Returns
        -------
        bool
            Whether nothing is left to do, so that offsets may be committed.
        """
        await self._sending.sent()
        for partition in list(self._begun):
            await self._finish(partition)
        await self._sending.sent()
        until = (self._unsettled_since or 0.0) + _UNSETTLED_S
        await self._catch_all_up(self._is_behind_in_play, lambda: False)
        if not await self._catch_all_up(
            self._is_behind, lambda: is_waited_for() and time.monotonic() < until
        ):
            return False
        await self._sending.sent()
        self._unsettled_since = None
        return True

    async def _catch_all_up(
        self, is_behind: Callable[[int], bool], is_waited_for: Callable[[], bool]
    ) -> bool:
        """Make looks until no partition is behind, or something else waits; whether none is."""
        for partition in self._watches.partitions:
            while is_behind(partition):
                await asyncio.sleep(0)
                if is_waited_for():
                    return False
                await self._catch_up(partition, _LOOKS_AT_ONCE)
        return True

    def _is_behind(self, partition: int) -> bool:
        return partition in self._watches.partitions and self._watches.of(partition).is_behind

    def _is_behind_in_play(self, partition: int) -> bool:
        return self._is_behind(partition) and self._watches.of(partition).is_behind_in_play

    async def _catch_up(self, partition: int, most: int) -> None:
        """Make some of the looks that were put off."""
        if self._is_behind(partition):
            for alert in self._watches.of(partition).catch_up(most):
                await self._sending.send(ALERTS.name, alert.match, alert.to_json())

    async def save(self) -> None:
        """Save some of what is due.

        Rather not while partitions are told the same heartbeat one after the other.
        """
        partition = await self._saving.due(self._ours, in_the_way=bool(self._begun))
        if partition is not None:
            await self._save(partition)

    async def save_all(self) -> None:
        """Save all that is due, as far as time allows, before the worker stops."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOPS_WITHIN_S):
                while (partition := await self._saving.due_at_once(self._ours)) is not None:
                    await self._save(partition)

    async def _save(self, partition: int) -> None:
        ours = self._ours[partition]
        await self._finish(partition)
        while self._is_behind(partition):
            await asyncio.sleep(0)
            await self._catch_up(partition, _LOOKS_AT_ONCE)
        if self._ours.get(partition) is ours:  # it did not go to another meanwhile
            await self._saving.save(partition, await ours)

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
            self._saving.hurry(partition)
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
        self._saving.forget(partition)
        self._begun.pop(partition, None)
        self._watches.forget(partition)


def _as_sent(batch: Sequence[Chunk]) -> Iterator[tuple[int, Any]]:
    """Yield frames in the order in which they were sent, with the number of their chunk.

    Those of a partition stay in theirs.
    """
    lanes = defaultdict[int, list[tuple[int, Any]]](list)
    for number, chunk in enumerate(batch):
        lanes[chunk.partition] += [(number, frame) for frame in chunk.records]
    return merge(*lanes.values(), key=lambda lane: lane[1].timestamp or 0)
