"""The chunked transport hands over what Faust's own does, and no more than fits."""

import asyncio
import time
from collections import defaultdict
from types import SimpleNamespace

import pytest
from aiokafka.structs import ConsumerRecord
from faust.transport.drivers import aiokafka
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st
from kafka import KafkaProducer
from mode import Service

from alerts.complaint import Complaint
from streams import app as streams_app
from streams import chunked_transport
from streams.app import create_app, serve
from streams.broker import BrokerSettings
from streams.chunked_transport import Chunk, ChunkedConsumer, chunks, require_pinned
from streams.topics import MATCH_FEED, client_settings, create_topics

PLACES = [TP("match-feed", 0), TP("match-feed", 1), TP("alerts", 0)]


def record(tp, offset, value=b"v"):
    return SimpleNamespace(
        topic=tp.topic, partition=tp.partition, offset=offset, timestamp=1_000 * offset,
        timestamp_type=0, headers=(), key=None, value=value, checksum=None,
        serialized_key_size=0, serialized_value_size=len(value),
    )  # fmt: skip


class _Fetched:
    """A consumer to which a fetch has just brought some records."""

    fetched: dict
    active: set

    def _new_consumer_thread(self):
        return Service()  # nothing is fetched here

    def highwater(self, tp):
        return 0

    async def _wait_next_records(self, timeout):  # noqa: ASYNC109 (Faust's signature)
        return self.fetched, self.active

    async def perform_seek(self):
        self.sought = True


class Chunked(_Fetched, ChunkedConsumer):
    pass


class Stock(_Fetched, aiokafka.Consumer):
    pass


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    settings = BrokerSettings(bootstrap="localhost:1")
    return create_app("chunks", settings, data_dir=tmp_path_factory.mktemp("app"), embedded=False)


def consumer(kind, app, fetched, active):
    made = kind(app.transport, *[lambda *_: None] * 3)
    made.fetched, made.active, made.sought = fetched, active, False
    made.flow_active = True
    app.consumer_generation_id = 1
    return made


def handed_over(kind, app, fetched, active, prepare=lambda _: None, after_each=lambda: None):
    """Offsets by partition, as an agent sees them."""

    async def story():
        made = consumer(kind, app, fetched, active)
        prepare(made)
        return made, await all_of(made, after_each)

    made, seen = asyncio.run(story())
    return seen, made.sought


async def all_of(made, after_each):
    seen = defaultdict(list)
    async for tp, message in made.getmany(timeout=0.0):
        offsets = [r.offset for r in getattr(message, "records", [message])]
        assert message.tp == tp
        assert message.offset == offsets[-1]
        assert message.generation_id == 1
        seen[tp] += offsets
        after_each()
    return dict(seen)


lengths = st.dictionaries(st.sampled_from(PLACES), st.integers(0, 40), min_size=1)


@given(lengths, st.sets(st.sampled_from(PLACES)), st.integers(1, 9))
def test_it_hands_over_what_stock_faust_does(app, counts, active, most):
    fetched = {tp: [record(tp, n) for n in range(count)] for tp, count in counts.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunked_transport, "MOST_RECORDS", most)
        ours = handed_over(Chunked, app, fetched, active)
    assert ours == handed_over(Stock, app, fetched, active)


def test_what_lies_before_a_seek_is_left_out(app):
    tp = PLACES[0]
    records = [record(tp, n) for n in range(10)]

    def seek(made):
        made._read_offset[tp] = 7

    assert handed_over(Chunked, app, {tp: records}, {tp}, seek) == ({tp: [7, 8, 9]}, False)


def test_after_partitions_changed_hands_nothing_more_is_handed_over(app, monkeypatch):
    monkeypatch.setattr(chunked_transport, "MOST_RECORDS", 2)
    tp = PLACES[0]
    records = [record(tp, n) for n in range(10)]

    def rebalance():
        app.consumer_generation_id = 2

    seen, _ = handed_over(Chunked, app, {tp: records}, {tp}, after_each=rebalance)
    assert seen == {tp: [0, 1]}


@pytest.mark.parametrize("kind", [Chunked, Stock])
def test_while_the_flow_is_stopped_it_seeks_back_and_hands_over_nothing(app, kind):
    tp = PLACES[0]

    def stop(made):
        made.flow_active = False

    assert handed_over(kind, app, {tp: [record(tp, 0)]}, {tp}, stop) == ({}, True)


class _Full(_Fetched):
    """A consumer whose partitions have no room at first."""

    async def _getmany(self, active_partitions, timeout):  # noqa: ASYNC109 (Faust's signature)
        return self.fetched


class ChunkedFull(_Full, ChunkedConsumer):
    _wait_next_records = ChunkedConsumer._wait_next_records


class StockFull(_Full, aiokafka.Consumer):
    _wait_next_records = aiokafka.Consumer._wait_next_records


@pytest.mark.parametrize(("kind", "at_once"), [(ChunkedFull, True), (StockFull, False)])
def test_what_has_room_again_is_fetched_at_once_where_stock_faust_sleeps(app, kind, at_once):
    tp = PLACES[0]

    async def story():
        made = consumer(kind, app, {tp: [record(tp, 0)]}, {tp})
        made._set_active_tps({tp})
        made.on_buffer_full(tp)
        asyncio.get_running_loop().call_later(0.05, made.on_buffer_drop, tp)
        while not (seen := await all_of(made, lambda: None)):
            pass
        return seen

    began = time.monotonic()
    assert asyncio.run(story()) == {tp: [0]}
    assert (time.monotonic() - began < 0.9) is at_once  # stock Faust sleeps for a second


@given(st.lists(st.integers(0, 200_000), max_size=60))
def test_chunks_are_bounded_and_lose_nothing(sizes):
    records = [record(PLACES[0], n, bytes(size)) for n, size in enumerate(sizes)]
    cut = list(chunks(records))
    assert [r for chunk in cut for r in chunk] == records
    for chunk in cut:
        size = sum(len(r.value) for r in chunk)
        assert len(chunk) == 1 or size <= chunked_transport.MOST_BYTES
        assert len(chunk) <= chunked_transport.MOST_RECORDS


def test_a_part_of_a_chunk_ends_where_it_was_cut():
    tp = PLACES[0]
    chunk = Chunk(tp, [record(tp, n) for n in (4, 5, 9)], 3)
    assert chunk.first(3) is chunk
    assert chunk.first(2).offset == 5
    assert chunk.first(2).generation_id == 3
    assert chunk.first(0) is None


@pytest.mark.parametrize("name", ["faust-streaming", "aiokafka"])
def test_other_versions_are_refused(name):
    there = chunked_transport.PINNED | {name: "99.0"}
    with pytest.raises(Complaint, match=f"{name} 99.0 is .* install {name}==[0-9.]+$"):
        require_pinned(there.get)


async def served(app, agent, done):
    """Run an app with an agent on match-feed until it is done."""
    app.agent(app.source(MATCH_FEED.name))(agent)
    serving = asyncio.create_task(serve(app))
    await asyncio.wait_for(done.wait(), 60)
    await app.stop()
    await serving


def test_records_are_handed_over_as_they_were_sent_and_not_copied(
    settings, embedded, prefix, tmp_path
):
    create_topics(settings, prefix, [MATCH_FEED])
    began = time.time()
    sent = [(b"key", b"one", 1_000), (None, b"two", 2_000), (b"", b"", 3_000), (b"k", None, 4_000)]
    with KafkaProducer(**client_settings(settings), acks="all") as producer:
        for key, value, at in sent:
            producer.send(
                prefix + MATCH_FEED.name, value, key=key, partition=3, timestamp_ms=at,
                headers=[("h", b"")],
            )  # fmt: skip
        producer.flush()
    seen = []

    async def story():
        app = create_app("lean", settings, data_dir=tmp_path, prefix=prefix, embedded=embedded)
        everything = asyncio.Event()

        async def lean_(stream):
            async for batch in app.batches(stream, most=4, within=0.01):
                seen.extend((chunk, one) for chunk in batch for one in chunk.records)
                await app.commit_through(batch)
                if len(seen) == len(sent):
                    everything.set()

        await served(app, lean_, everything)

    asyncio.run(story())
    assert [(one.key, one.value) for _, one in seen] == [(key, value) for key, value, _ in sent]
    stamped = [one.timestamp for _, one in seen]  # by us, or by a broker that sees to that
    assert stamped == [at for *_, at in sent] or 1e3 * began <= min(stamped) <= max(stamped)
    assert [one.offset for _, one in seen] == [0, 1, 2, 3]
    assert {(chunk.topic, chunk.partition) for chunk, _ in seen} == {(prefix + MATCH_FEED.name, 3)}
    assert not any(isinstance(one, ConsumerRecord) for _, one in seen)


def test_a_slow_agent_holds_fetching_back_and_gets_everything(
    settings, embedded, prefix, tmp_path, monkeypatch
):
    monkeypatch.setattr(chunked_transport, "MOST_RECORDS", 1)
    monkeypatch.setattr(streams_app, "_CHUNKS_WAITING", 5)
    create_topics(settings, prefix, [MATCH_FEED])
    with KafkaProducer(**client_settings(settings), acks="all") as producer:
        for n in range(100):
            producer.send(prefix + MATCH_FEED.name, str(n).encode(), partition=3)
        producer.flush()
    seen, waiting = [], []

    async def story():
        app = create_app("slow", settings, data_dir=tmp_path, prefix=prefix, embedded=embedded)
        everything = asyncio.Event()

        async def slow_(stream):
            async for batch in app.batches(stream, most=2, within=0.01):
                if not seen:
                    await asyncio.sleep(1.0)  # long enough for a fetch to bring all of it
                waiting.append(stream.channel.queue.qsize())
                seen.extend(int(r.value) for chunk in batch for r in chunk.records)
                await app.commit_through(batch)
                if len(seen) == 100:
                    everything.set()

        await served(app, slow_, everything)

    asyncio.run(story())
    assert seen == list(range(100))
    assert 0 < max(waiting) <= 5
