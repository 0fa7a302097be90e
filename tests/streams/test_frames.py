import json
import random
import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.cluster import ClusterMetadata
from kafka.partitioner.default import DefaultPartitioner
from msgspec.structs import replace

from markets.joined_prices import Prices
from markets.records import (
    EARLIEST,
    LATEST,
    Account,
    Event,
    Fixture,
    Gap,
    Heartbeat,
    Past,
    Played,
    Price,
)
from streams.frames import LONGEST_FRAME, Framer, decode, encode, framed, partition_of

NOON = datetime(2026, 6, 11, 12, tzinfo=UTC)
HEARTBEAT = b'{"kind":"heartbeat","at":"2026-06-11T19:00:00Z","source":"s"}'

texts = st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable())
moments = st.datetimes(
    EARLIEST.replace(tzinfo=None), LATEST.replace(tzinfo=None), timezones=st.just(UTC)
)
played = st.builds(
    Played, start=moments, opened=st.floats(0.01, 0.99), closed=st.floats(0.01, 0.99),
    happened=st.booleans(),
)  # fmt: skip
records = st.one_of(
    st.builds(
        Heartbeat, at=moments, source=texts, covers=st.lists(texts, max_size=3).map(tuple)
    ),
    st.builds(
        Account, at=moments, match=texts, book=texts, account=texts, opened=st.none() | texts,
        last=st.none() | moments, median_stake=st.none() | st.floats(0, 1e6),
    ),
    st.builds(
        Past, at=moments, match=texts, source=texts, subject=texts,
        role=st.sampled_from(["home", "away", "referee"]),
        played=st.lists(played, max_size=3).map(tuple),
    ),
    st.builds(Gap, at=moments, source=texts, reason=texts),
    st.builds(
        Price, at=moments, match=texts, market=texts, selection=texts, book=texts,
        line=st.none() | st.floats(-9, 9), price=st.floats(1.01, 1000), in_play=st.booleans(),
    ),
    st.builds(
        Event, at=moments, match=texts, event=st.sampled_from(["goal", "news"]),
        score=st.none() | st.tuples(st.integers(0, 9), st.integers(0, 9)),
    ),
)  # fmt: skip


def price(match, n=0):
    return Price(
        at=NOON + timedelta(seconds=n), match=match, market="1x2", selection="home", book="b",
        price=2.0,
    )  # fmt: skip


def fixture(match, source):
    return Fixture(
        at=NOON, match=match, source=source, sport="football", competition="c", home="h",
        away="a", start=NOON,
    )  # fmt: skip


@given(st.lists(records, max_size=20))
def test_a_frame_comes_back_as_it_was(some):
    assert decode(encode(some)) == (some, [])


def test_prices_of_one_book_for_one_market_are_told_at_once():
    told = [price("m"), replace(price("m"), selection="away", price=4.0), price("n")]
    frame = json.loads(encode(told))
    assert [one["kind"] for one in frame] == ["prices", "prices"]
    assert frame[0]["prices"] == {"home": 2.0, "away": 4.0}
    assert decode(encode(told)) == (told, [])


@pytest.mark.parametrize(
    "change",
    [
        {"at": NOON + timedelta(seconds=1)}, {"book": "c"}, {"market": "btts"}, {"line": 0.5},
        {"status": "suspended"}, {"in_play": True}, {"size": 10.0}, {"selection": "home"},
    ],
)  # fmt: skip
def test_prices_that_differ_in_more_than_selection_and_price_stay_apart(change):
    told = [price("m"), replace(price("m"), **{"selection": "away", "price": 4.0} | change)]
    assert len(json.loads(encode(told))) == 2
    assert decode(encode(told)) == (told, [])


def test_joined_prices_know_every_field_of_a_price():
    fields = set(Price.__struct_fields__)
    assert set(Prices.__struct_fields__) - {"prices"} == fields - {"selection", "price", "size"}


def test_of_joined_prices_with_a_fault_the_good_ones_stand():
    frame = encode([price("m"), replace(price("m"), selection="away", price=4.0)])
    [good], [reason] = decode(frame.replace(b"4.0", b"0.5"))
    assert good == price("m")
    assert reason == "[0]: price: Input should be greater than 1, got 0.5"


@pytest.mark.parametrize("prices", [b"{}", b"[]", b"null", b"7"])
def test_prices_that_name_no_selection_are_refused(prices):
    frame = encode([price("m")]).replace(b'{"home":2.0}', prices)
    assert decode(frame)[0] == []
    assert "[0]: selection: missing; price: missing" in decode(frame)[1][0]


def test_a_single_record_of_another_producer_is_a_frame_of_one():
    assert decode(HEARTBEAT) == ([Heartbeat(at=NOON.replace(hour=19), source="s")], [])


def test_times_of_another_producer_become_utc():
    raw = b'[{"kind":"heartbeat","at":"2026-06-11T21:00:00+02:00","source":"s"}]'
    [record], reasons = decode(raw)
    assert (str(record.at), reasons) == ("2026-06-11 19:00:00+00:00", [])


@pytest.mark.parametrize(
    ("raw", "time"),
    [
        (
            b'{"kind":"account","at":"2026-06-11T19:00:00Z","match":"m","book":"b","account":"a",'
            b'"last":"2026-06-10T21:00:00+02:00"}',
            lambda record: record.last,
        ),
        (
            b'{"kind":"past","at":"2026-06-11T19:00:00Z","match":"m","source":"s","subject":"t",'
            b'"role":"home","played":[{"start":"2026-06-10T21:00:00+02:00","opened":0.5,'
            b'"closed":0.5,"happened":true}]}',
            lambda record: record.played[0].start,
        ),
    ],
)
def test_times_inside_a_record_become_utc_and_must_be_possible(raw, time):
    [record], reasons = decode(raw)
    assert (str(time(record)), reasons) == ("2026-06-10 19:00:00+00:00", [])
    none, [why] = decode(raw.replace(b"2026-06-10", b"1912-06-10"))
    assert none == []
    assert "must lie between the years 1970 and 2200, got '1912-06-10T21:00:00+02:00'" in why


def test_a_bad_record_in_a_frame_leaves_the_others_standing():
    frame = b"[" + HEARTBEAT + b',{"kind":"price","price":0.5},' + HEARTBEAT + b"]"
    some, [reason] = decode(frame)
    assert len(some) == 2
    assert reason.startswith("[1]: at: missing; ")
    assert "price: Input should be greater than 1, got 0.5" in reason


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"<odds_change/>", "not JSON"),
        (b"[" * 500_000, "not JSON"),
        (b'[{"kind":"heartbeat","source":"\xff"}]', "not JSON"),
        (HEARTBEAT[:-1] + b',"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not JSON"),
        (HEARTBEAT[:-1], "not JSON"),
        (b"null", "[0]: kind: None is not one of"),
        (b"17", "[0]: kind: 17 is not one of"),
        (b"[[[]]]", "[0]: kind: [[]] is not one of"),
        (b'["price"]', "[0]: at: missing"),
        (HEARTBEAT.replace(b"Z", b""), "[0]: at: Input should have timezone info"),
        (HEARTBEAT.replace(b"2026", b"0001"), "[0]: at: Value error, must lie between"),
        (HEARTBEAT.replace(b"2026", b"9999"), "[0]: at: Value error, must lie between"),
        (HEARTBEAT.replace(b"}", b',"more":1}'), "[0]: more: Extra inputs are not permitted"),
        (json.dumps("x" * 10_000_000).encode(), "[0]: kind: 'xxx"),
    ],
    ids=lambda value: repr(value[:40]),
)
def test_what_is_no_frame_is_refused_with_a_short_reason(frame, reason):
    some, [why] = decode(frame)
    assert some == []
    assert why.startswith(reason)
    assert len(why) < 250


@given(st.binary(max_size=200))
def test_no_bytes_bring_the_decoder_down(frame):
    some, reasons = decode(frame)
    assert all(isinstance(reason, str) for reason in reasons)
    assert isinstance(some, list)


@given(st.text(min_size=1, max_size=60), st.integers(1, 64))
def test_partitions_are_those_of_kafkas_own_partitioner(match, count):
    cluster = ClusterMetadata()
    cluster.topics = lambda: {"match-feed"}
    cluster.partitions_for_topic = cluster.available_partitions_for_topic = lambda _: {
        *range(count)
    }
    key = match.encode()
    chosen = DefaultPartitioner().partition("match-feed", match, key, b"", b"", cluster)
    assert partition_of(match, count) == chosen


def test_matches_spread_over_the_partitions():
    rng = random.Random(1)
    names = ["".join(rng.choices(string.ascii_lowercase, k=12)) for _ in range(1200)]
    counts = [sum(partition_of(name, 12) == p for name in names) for p in range(12)]
    assert min(counts) > 60
    assert sum(counts) == 1200


def test_a_frame_is_cut_by_count_and_the_rest_is_flushed():
    framer = Framer(partitions=1, longest=3)
    cut = [frame for n in range(7) for frame in framer.add(price("m", n))]
    rest = list(framer.flush())
    assert [len(frame) for _, frame in cut + rest] == [3, 3, 1]
    assert [r.at for _, frame in cut + rest for r in frame] == [price("m", n).at for n in range(7)]
    assert list(framer.flush()) == []


def test_heartbeats_go_to_the_partitions_of_their_source_and_no_others():
    """
    source   odds: mexico, brazil     results: mexico     nobody: -
    """
    framer = Framer(partitions=12)
    mexico, brazil = partition_of("mexico", 12), partition_of("brazil", 12)
    assert mexico != brazil
    for told in (
        fixture("mexico", "odds"),
        fixture("brazil", "odds"),
        fixture("mexico", "results"),
    ):
        assert list(framer.add(told)) == []
    dict(framer.flush())
    for source, homes in {"odds": {mexico, brazil}, "results": {mexico}, "nobody": set()}.items():
        for told in (Heartbeat(at=NOON, source=source), Gap(at=NOON, source=source, reason="r")):
            assert list(framer.add(told)) == []
            assert {partition for partition, _ in framer.flush()} == homes


def test_a_source_that_vouches_for_competitions_is_heard_in_every_partition():
    """
    source   register: "c" -> told everywhere, and from then on with all its heartbeats and gaps
    """
    framer = Framer(partitions=12)
    gap = Gap(at=NOON, source="register", reason="connection lost")
    for told, heard in (
        (gap, set()),
        (Heartbeat(at=NOON, source="register", covers=("c",)), {*range(12)}),
        (Heartbeat(at=NOON, source="register"), {*range(12)}),
        (gap, {*range(12)}),
        (Heartbeat(at=NOON, source="odds"), set()),
    ):
        assert list(framer.add(told)) == []
        assert {partition for partition, _ in framer.flush()} == heard


@given(st.lists(st.sampled_from("abcdefgh"), max_size=60), st.integers(1, 5))
def test_the_same_records_give_the_same_frames_in_order(matches, partitions):
    told = [fixture(m, "odds") for m in "abc"]
    told += [price(match, n) for n, match in enumerate(matches)]
    told += [Heartbeat(at=NOON, source="odds")]
    frames = list(framed(told, partitions))
    assert frames == list(framed(iter(told), partitions))
    for partition in range(partitions):
        own = [r for p, _, frame in frames if p == partition for r in frame]
        expected = [
            r
            for r in told
            if hasattr(r, "match") and partition_of(r.match, partitions) == partition
        ]
        assert [r for r in own if not isinstance(r, Heartbeat)] == expected
    offsets = [offset for p, offset, _ in frames if p == 0]
    assert offsets == list(range(len(offsets)))


def test_frames_are_no_longer_than_they_may_be():
    told = [price("m", n) for n in range(2 * LONGEST_FRAME + 1)]
    assert [len(frame) for _, _, frame in framed(told, 3)] == [LONGEST_FRAME, LONGEST_FRAME, 1]


def test_a_record_without_a_value_is_told_like_any_other_that_cannot_be_read():
    records, reasons = decode(b"")
    assert records == []
    assert reasons[0].startswith("not JSON")
