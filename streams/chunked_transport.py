"""Faust's Kafka transport, handing over chunks of records instead of one event for each.

A record costs Faust some 100 µs whatever is in it: a message, an event, a queue, a coroutine, a
dozen sensors. Here one of these carries up to `MOST_RECORDS` records of one partition, so the same
work is shared by all of them. Only fetching differs from Faust's own; offsets, seeking, flow
control, rebalancing and stopping are Faust's, which sees a chunk as one message at the offset of
its last record. Records are aiokafka's own, as they are cut from what was fetched: to copy each
into a `ConsumerRecord` costs more than to cut it.

It is private to the pinned versions, which are checked. For sources with `acks=False` alone:
Faust's tracker would take all but the last record of a chunk for a gap.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from importlib.metadata import version
from typing import Any

from aiokafka.consumer.fetcher import FetchResult
from faust.transport.drivers import aiokafka
from faust.types import TP, ConsumerMessage

from alerts.complaint import Complaint

PINNED = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0"}
MOST_RECORDS = 500
MOST_BYTES = 256 * 1024
_LONGEST_WITHOUT_ROOM_S = 1.0


class Chunk(ConsumerMessage):
    """Records of one partition in their order, as one fetch brought them; never empty.

    A record has `offset`, `timestamp` (milliseconds), `key` and `value`. The chunk's own `offset`
    is that of its last record.
    """

    __slots__ = ("records",)

    def __init__(self, tp: TP, records: Sequence[Any], generation: int | None) -> None:
        last = records[-1]
        at = last.timestamp and last.timestamp / 1000.0
        super().__init__(
            tp.topic, tp.partition, last.offset, at, last.timestamp_type, [], None, b"", None,
            tp=tp, generation_id=generation,
        )  # fmt: skip
        self.records = records

    def first(self, count: int) -> "Chunk | None":
        """Return the first records of it; None when there are to be none."""
        if count == len(self.records):
            return self
        return Chunk(self.tp, self.records[:count], self.generation_id) if count else None


class _Fetched(dict[Any, Any]):
    """What a fetcher has ready by partition, its records handed over as they are cut."""

    def __setitem__(self, tp: Any, ready: Any) -> None:
        if isinstance(ready, FetchResult):
            ready._partition_records._consumer_record = _as_it_is
        super().__setitem__(tp, ready)


def _as_it_is(_: Any, record: Any) -> Any:
    return record


class LeanThread(aiokafka.AIOKafkaConsumerThread):
    """Thread of a consumer that copies no record."""

    async def on_start(self) -> None:
        """Start the consumer, and have its fetcher keep what is ready in our way."""
        await super().on_start()
        self._ensure_consumer()._fetcher._records = _Fetched()

    def _stopped_set(self) -> None:
        """Take part in stopping also where a crash has ended the thread, and with it its loop."""
        try:
            super()._stopped_set()
        except RuntimeError:
            self._stopped.set()


class ChunkedConsumer(aiokafka.Consumer):
    """Consumer whose messages are chunks."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._room = asyncio.Event()

    def _new_consumer_thread(self) -> LeanThread:
        return LeanThread(self, loop=self.loop, beacon=self.beacon)

    def on_buffer_drop(self, tp: TP) -> None:
        """Fetch a partition again whose chunks have been taken."""
        super().on_buffer_drop(tp)
        self._room.set()

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Chunk]]:  # noqa: ASYNC109 (Faust's signature)
        """Fetch, and hand over what came in chunks, the partitions taking turns."""
        fetched, active = await self._wait_next_records(timeout)
        generation = self.app.consumer_generation_id
        if fetched is None or self.should_stop:
            return
        if not self.flow_active:
            await self._seek_back()
            return
        cut = {tp: list(chunks(self._unread(tp, records))) for tp, records in fetched.items()}
        for tp, records in self.scheduler.iterate(cut):
            if not self.flow_active or self.app.consumer_generation_id != generation:
                break
            if active is None or tp in active or tp in self._buffered_partitions:
                self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
                yield tp, Chunk(tp, records, generation)

    async def _wait_next_records(
        self,
        timeout: float,  # noqa: ASYNC109 (Faust's signature)
    ) -> tuple[Any, set[TP] | None]:
        """Fetch again as soon as there is room: Faust sleeps for a second while there is none."""
        self._room.clear()
        if self.flow_active and not self._get_active_partitions():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._room.wait(), _LONGEST_WITHOUT_ROOM_S)
            return {}, set()
        return await super()._wait_next_records(timeout)

    async def _getmany(
        self,
        active_partitions: set[TP] | None,
        timeout: float,  # noqa: ASYNC109 (Faust's signature)
    ) -> Any:
        """Ask the thread, unless we are stopping: a crash may have ended it already."""
        return {} if self.should_stop else await super()._getmany(active_partitions, timeout)

    def _unread(self, tp: TP, records: Sequence[Any]) -> Sequence[Any]:
        """Leave out what lies before the offset to read from, as after a seek."""
        since = self._read_offset[tp]
        if since is None or not records or records[0].offset >= since:
            return records
        return [record for record in records if record.offset >= since]

    async def _seek_back(self) -> None:
        try:
            await self.perform_seek()
        except Exception as error:  # noqa: BLE001 (as Faust does: the next fetch tries again)
            self.log.warning("cannot seek to what was committed: %r", error)


def chunks(records: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Cut records into chunks of bounded number and, as far as one record allows, bytes.

    >>> from types import SimpleNamespace
    >>> small = [SimpleNamespace(value=b"1") for _ in range(700)]
    >>> [len(chunk) for chunk in chunks(small)]
    [500, 200]
    """
    begin = size = 0
    for index, record in enumerate(records):
        size += len(record.value or b"")
        if index - begin >= MOST_RECORDS or (index > begin and size > MOST_BYTES):
            yield records[begin:index]
            begin, size = index, len(record.value or b"")
    if begin < len(records):
        yield records[begin:]


class ChunkedTransport(aiokafka.Transport):
    """Transport for a broker that answers as soon as there is something."""

    Consumer = ChunkedConsumer


def require_pinned(installed: Callable[[str], str] = version) -> None:
    """Refuse libraries that this file was not written for."""
    for name, pinned in PINNED.items():
        if (found := installed(name)) != pinned:
            raise Complaint(
                f"{name} {found} is installed and the transport is written for {pinned}; "
                f"install {name}=={pinned}"
            )
