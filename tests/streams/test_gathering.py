"""Chunks are gathered for as long as is of use, and none is lost."""

import asyncio
import time
from contextlib import suppress
from itertools import chain
from random import Random
from types import SimpleNamespace

import faust
import pytest

from streams.gathering import Gathering


class Plain:
    """A stream that brings what is put into its queue."""

    def __init__(self):
        self.queue, self.stopped, self.reading = asyncio.Queue(), asyncio.Event(), None
        self.enable_acks, self.current_event = True, None

    @property
    def should_stop(self):
        return self.stopped.is_set()

    async def maybe_start(self):
        return True

    def add_future(self, reading):
        self.reading = asyncio.ensure_future(reading)

    async def wait_for_stopped(self, waiting, timeout=None):  # noqa: ASYNC109 (as mode has it)
        both = [asyncio.ensure_future(waiting), asyncio.ensure_future(self.stopped.wait())]
        await asyncio.wait(both, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        for one in both:
            one.cancel()
        return self.should_stop

    async def __aiter__(self):
        while True:
            self.current_event = SimpleNamespace(message=await self.queue.get())
            yield b""

    async def stop(self):
        self.stopped.set()
        self.reading.cancel()
        with suppress(asyncio.CancelledError):
            await self.reading


async def turns(count=20):
    for _ in range(count):
        await asyncio.sleep(0)


def test_what_came_meanwhile_is_there_at_once():
    async def run():
        stream = Plain()
        gathering = Gathering(stream, 5, 0.5)
        batches = gathering.batches()
        for number in range(2):
            stream.queue.put_nowait(number)
        began = time.monotonic()
        assert await anext(batches) == [0, 1]
        assert time.monotonic() - began > 0.4
        assert not gathering.has_more
        for number in range(2, 5):
            stream.queue.put_nowait(number)
        await asyncio.sleep(0.6)  # busy with the batch
        assert gathering.has_more
        began = time.monotonic()
        assert await anext(batches) == [2, 3, 4]
        assert time.monotonic() - began < 0.4
        assert stream.enable_acks is False
        await stream.stop()

    asyncio.run(run())


def test_a_full_batch_does_not_wait_and_no_more_is_read_ahead():
    async def run():
        stream = Plain()
        batches = Gathering(stream, 3, 60.0).batches()
        for number in range(10):
            stream.queue.put_nowait(number)
        assert await anext(batches) == [0, 1, 2]
        await turns()
        assert stream.queue.qsize() == 3  # three wait, and one for room
        assert await anext(batches) == [3, 4, 5]
        await stream.stop()
        assert [batch async for batch in batches] == []

    asyncio.run(run())


def test_it_ends_when_the_stream_stops():
    async def run(brought):
        stream = Plain()
        waiting = asyncio.ensure_future(anext(Gathering(stream, 3, 60.0).batches(), "ended"))
        await turns()
        for number in range(brought):
            stream.queue.put_nowait(number)
        await turns()
        await stream.stop()
        return await asyncio.wait_for(waiting, 5.0)

    assert asyncio.run(run(0)) == asyncio.run(run(1)) == "ended"


def test_nothing_is_lost_or_told_twice():
    async def run(seed):
        rng, stream, taken = Random(seed), Plain(), []
        sizes = []

        async def bring():
            for number in range(300):
                stream.queue.put_nowait(number)
                if rng.random() < 0.2:
                    await asyncio.sleep(rng.choice((0, 0, 0.001)))

        bringing = asyncio.ensure_future(bring())
        async for batch in Gathering(stream, 7, 0.001).batches():
            taken += batch
            sizes.append(len(batch))
            if len(taken) == 300:
                break
            await turns(rng.randrange(5))
        await bringing
        await stream.stop()
        assert taken == list(range(300))
        assert 1 <= min(sizes) < max(sizes) <= 7

    for seed in range(5):
        asyncio.run(run(seed))


class Message:
    """As much of a Kafka message as a stream wants to see."""

    topic, partition, tp, tracked = "t", 0, ("t", 0), True

    def __init__(self, offset, generation):
        self.offset, self.generation_id = offset, generation

    def incref(self, *_):
        pass


@pytest.fixture
def brought():
    """A stream of Faust's over a channel, and how something is put into it."""

    def open_():
        app = faust.App("gathering", broker="kafka://127.0.0.1:1", store="memory://")
        app.flow_control.resume()
        app.consumer = SimpleNamespace(unacked=set(), _unacked_messages=set())
        channel = app.channel(value_type=bytes)

        async def put(offset):
            message = Message(offset, app.consumer_generation_id)
            await channel.put(faust.Event(app, None, b"", None, message))

        return app.stream(channel), put

    return open_


@pytest.mark.parametrize("busy_s", [0.0, 0.3])
@pytest.mark.parametrize("chunks", [2, 20])
def test_a_stream_of_faust_that_stops_ends_it_idle_or_busy(brought, busy_s, chunks):
    async def run():
        stream, put = brought()
        taken = []

        async def agent():
            async for batch in Gathering(stream, 3, 0.01).batches():
                taken.append([one.offset for one in batch])
                await asyncio.sleep(busy_s)

        working = asyncio.ensure_future(agent())
        for offset in range(chunks):
            await put(offset)
        await asyncio.sleep(0.1)
        there = len(taken)
        await asyncio.wait_for(stream.stop(), 5.0)
        await asyncio.wait_for(working, 5.0)
        assert there
        assert len(taken) == there  # none is begun after the stop
        assert list(chain.from_iterable(taken)) == list(range(sum(map(len, taken))))

    asyncio.run(run())


def test_a_stream_that_breaks_ends_it(brought):
    async def run():
        stream, put = brought()

        async def breaking(value):
            raise ValueError(f"broken {value}")

        stream.add_processor(breaking)
        batches = Gathering(stream, 3, 0.01).batches()
        await put(0)
        return await asyncio.wait_for(anext(batches, "ended"), 5.0)

    assert asyncio.run(run()) == "ended"
