"""What a worker takes in, begins, puts off and saves; the app that it is in is a plain one.

That of Faust needs a broker; with one, the same is tested by tests/faults.
"""

import asyncio
from collections import Counter, defaultdict
from contextlib import nullcontext
from datetime import UTC, datetime
from random import Random
from types import SimpleNamespace

import pytest
from faust.types import TP

from streams.chunked_transport import Chunk
from streams.configuration import Settings, config_hash
from streams.frames import decode_joined, encode
from streams.recovering import Recovered
from streams.simulator.match_day import match_day
from streams.snapshots.saved import Found, Saver, restore
from streams.topics import ALERTS, MATCH_FEED, WATCH_SNAPSHOTS
from streams.watches import Watches
from streams.watching import Watching
from tests.streams.snapshots.sameness import difference

OFTEN = Settings.model_validate({"recovery": {"every_records": 1000, "every_s": 0.5}})


class Plain:
    """An app that keeps what is sent, and lets a test act while it is."""

    def __init__(self):
        self.prefix, self.conf, self.should_stop = "", SimpleNamespace(id="watch"), False
        self.consumer_generation_id = 1
        self.excuses = SimpleNamespace(during=lambda *_: nullcontext())
        self.out = defaultdict(list)
        self.on_send = lambda _: None
        self.turns = lambda: 1  # of the event loop until the broker answers

    async def maybe_start_producer(self):
        return self

    async def send(self, topic, key, value, partition, timestamp, headers):
        assert timestamp is headers is None
        assert (partition is None) != (topic == WATCH_SNAPSHOTS.name)
        self.on_send(topic)
        self.out[topic].append((key, value))
        return asyncio.ensure_future(self.answer())

    async def answer(self):
        for _ in range(self.turns()):
            await asyncio.sleep(0)

    def is_current(self, chunk):
        return chunk.generation_id == self.consumer_generation_id

    @property
    def alerts(self):
        found = defaultdict(list)
        for key, value in self.out[ALERTS.name]:
            found[key.decode()].append(value)
        return found


def watching(app, *partitions, settings=OFTEN):
    """A worker that has recovered some partitions, of which nothing was known."""
    worker = Watching(app, settings)
    for partition in partitions:
        watch = worker._watches.begin(partition)
        worker._watches.take_over(partition, watch)
        ours = asyncio.get_running_loop().create_future()
        ours.set_result(Recovered(watch, Saver("s", worker._watches.shared), -1, b"", False))
        worker._ours[partition] = ours
    return worker


def chunk(partition, frames, generation=1, sent_at=lambda offset: offset):
    records = [
        SimpleNamespace(
            topic=MATCH_FEED.name, partition=partition, offset=offset, timestamp=sent_at(offset),
            timestamp_type=0, key=None, value=value,
        )
        for offset, value in frames
    ]  # fmt: skip
    return Chunk(TP(MATCH_FEED.name, partition), records, generation)


@pytest.fixture(scope="module")
def frames():
    start = datetime(2026, 7, 4, 12, tzinfo=UTC)
    records = list(match_day(11, matches=4, books=6, start=start).records)
    return [(n, encode(records[70 * n : 70 * n + 70])) for n in range(len(records) // 70)]


async def alone(frames):
    """What each frame raises when each is settled before the next, and the worker."""
    app, counts = Plain(), []
    worker = watching(app, 0)
    for frame in frames:
        await worker.take([chunk(0, [frame])])
        await worker.settle()
        counts.append(len(app.out[ALERTS.name]))
    return app, worker, counts


def test_a_stop_commits_nothing_whose_alerts_are_not_out(frames):
    async def run():
        _, _, counts = await alone(frames)
        raising = [n for n in range(1, len(counts)) if counts[n] > counts[n - 1]]
        assert len(raising) > 5
        for n in raising:
            app = Plain()
            worker = watching(app, 0)
            one, go_on = await worker._ours[0], worker._go_on

            async def stopping(partition, n=n, app=app, one=one, go_on=go_on):
                await go_on(partition)
                app.should_stop = one.applied == n

            worker._go_on = stopping
            (taken,) = await worker.take([chunk(0, frames[: n + 2])])
            await worker.settle()
            assert taken.offset == n
            assert len(app.out[ALERTS.name]) == counts[n]

    asyncio.run(run())


def test_of_a_partition_that_goes_while_alerts_are_sent_nothing_stays(frames):
    async def run():
        app = Plain()
        worker = watching(app, 0, 1)

        def rebalance(topic):
            if topic == ALERTS.name and app.consumer_generation_id == 1:
                app.consumer_generation_id = 2
                worker.keep(None, {TP(MATCH_FEED.name, 1)})

        for frame in frames:
            app.on_send = rebalance
            await worker.take([chunk(0, [frame])])
            app.on_send = lambda _: None
            if app.consumer_generation_id == 2:
                break
            await worker.settle()
        assert set(worker._ours) == {1}
        assert worker._saving._unsaved == worker._begun == {}
        for frame in frames[:120]:
            await worker.take([chunk(1, [frame], 2)])
            await worker.settle()
            worker._saving._after = 0.0
            await worker.save()
        assert app.out[WATCH_SNAPSHOTS.name]
        assert all(unsaved.records < 2 * 1000 for unsaved in worker._saving._unsaved.values())

    asyncio.run(run())


def plainly(frames):
    """A watch that took each frame in by itself, and what it raised, by match."""
    watch = Watches(OFTEN.watch, config_hash(OFTEN.watch)).begin(0)
    raised = defaultdict(list)
    for offset, frame in frames:
        for alert in watch.apply_all(decode_joined(frame)[0], offset):
            raised[alert.match].append(alert.to_json())
    return watch, raised


def recovered(messages, frames):
    """A watch that was taken up from snapshots, and has taken the frames after them in."""
    found, watches = Found(), Watches(OFTEN.watch, config_hash(OFTEN.watch))
    for key, value in messages:
        if value is not None:
            found.take(key.decode(), value)
    watch = watches.begin(0)
    applied, _ = restore(found, watch, "s", watches.shared)
    for offset, frame in frames[applied + 1 :]:
        watch.apply_all(decode_joined(frame)[0], offset)
    return watch


@pytest.mark.parametrize("seed", range(3))
def test_batches_and_saves_change_nothing(frames, seed):
    async def run():
        rng, app = Random(seed), Plain()
        app.turns = lambda: rng.randrange(60)
        worker = watching(app, 0)
        left, settled = list(frames), [False, False]
        while left:
            for _ in range(rng.randint(1, 4)):
                count = rng.randint(1, 5)
                now, left = left[:count], left[count:]
                if now:
                    await worker.take([chunk(0, now)])
                worker._saving._after = 0.0
                await worker.save()
            done = await worker.settle(lambda: rng.random() < 0.7)
            settled[done] = True
            assert not worker._begun
            assert worker._is_behind(0) == (not done)
        assert all(settled)
        assert await worker.settle()
        assert not worker._is_behind(0)
        worker._saving.hurry(0)
        worker._saving._after = float("inf")
        await worker.save_all()
        assert worker._saving._unsaved == {}
        watch, raised = plainly(frames)
        ours = worker._watches.of(0)
        assert app.alerts == raised != {}
        saved = app.out[WATCH_SNAPSHOTS.name]
        assert len(saved) > 10
        for other in (ours, recovered(saved, frames)):
            assert other.names == watch.names
            for name in watch.names:
                assert difference(other.match(name), watch.match(name)) is None

    asyncio.run(run())


def test_looks_do_not_stay_put_off_for_long(frames, monkeypatch):
    async def run(longest):
        monkeypatch.setattr("streams.watching._UNSETTLED_S", longest)
        worker, settled = watching(Plain(), 0), []
        for frame in frames:
            await worker.take([chunk(0, [frame])])
            settled.append(await worker.settle(lambda: True))
        return settled

    assert not all(asyncio.run(run(60.0)))
    assert all(asyncio.run(run(0.0)))


def test_what_is_in_play_is_looked_at_before_anything_else_goes_on(frames):
    async def run():
        worker, put_off = watching(Plain(), 0), []
        for frame in frames:
            await worker.take([chunk(0, [frame])])
            watch = worker._watches.of(0)
            put_off.append((watch.is_behind, watch.is_behind_in_play))
            assert await worker.settle(lambda: True) == (not watch.is_behind)
            assert not watch.is_behind_in_play
        return Counter(put_off)

    seen = asyncio.run(run())
    assert seen[True, True] > 5
    assert seen[True, False] > 5


def test_what_is_due_waits_for_a_better_moment_but_not_for_long(frames, monkeypatch):
    async def run(patience):
        monkeypatch.setattr("streams.saving._PATIENCE_S", patience)
        worker = watching(Plain(), 0)
        await worker.take([chunk(0, frames[:1])])
        await worker.settle()
        worker._saving.hurry(0)
        better = await worker._saving.due({0}, in_the_way=False)
        return better, await worker._saving.due({0}, in_the_way=True)

    assert asyncio.run(run(60.0)) == (0, None)
    assert asyncio.run(run(0.0)) == (0, 0)


def test_a_snapshot_that_cannot_be_written_ends_the_worker(frames):
    async def run():
        app, crashed = Plain(), asyncio.Event()

        async def crash(error):
            assert str(error) == "no broker"
            crashed.set()

        def refuse(topic):
            if topic == WATCH_SNAPSHOTS.name:
                raise RuntimeError("no broker")

        app.crash, app.on_send = crash, refuse
        worker = watching(app, 0)
        await worker.take([chunk(0, frames[:3])])
        await worker.settle()
        worker._saving.hurry(0)
        await worker.save()
        await asyncio.wait_for(crashed.wait(), 5.0)

    asyncio.run(run())


def test_partitions_take_turns_in_the_order_in_which_frames_were_sent(frames):
    async def run():
        app, taken = Plain(), []
        worker = watching(app, 0, 1, 2)
        take = worker._take

        async def noting(chunk, frame):
            taken.append((chunk.partition, frame.offset))
            return (chunk.partition, frame.offset) != (2, 1) and await take(chunk, frame)

        worker._take = noting
        ours = await worker.take(
            [
                chunk(0, frames[:2], sent_at=lambda offset: 10 + 10 * offset),
                chunk(2, frames[:4], sent_at=lambda offset: 19 + offset),
                chunk(0, frames[2:4], sent_at=lambda offset: 30 - offset),  # a clock put back
                chunk(1, frames[:1], sent_at=lambda _: None),
                chunk(2, frames[4:5], sent_at=lambda offset: 19 + offset),
            ]
        )
        assert taken == [(1, 0), (0, 0), (2, 0), (0, 1), (2, 1), (0, 2), (0, 3)]
        assert [(one.partition, one.offset) for one in ours] == [(0, 1), (2, 0), (0, 3), (1, 0)]

    asyncio.run(run())
