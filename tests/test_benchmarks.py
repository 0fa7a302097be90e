"""The peers of `make bench` read the same feed as we do, all of it; delays are what they say."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from socket import create_server
from urllib.request import urlopen

import msgspec
import pytest

from benchmarks import onward, peers, picture, report_sides, scale
from benchmarks.cases import Feed
from benchmarks.contestants import jobs
from benchmarks.contestants.jobs import Told
from benchmarks.latency import Arrival, Latency, arrivals, judged
from benchmarks.side_by_side import (
    BARS,
    OURS,
    SMALL_RECORDS,
    WHOLE_WATCH,
    Ratio,
    below_bars,
    ratios,
)
from benchmarks.workload import BEAT_S, NOON, WARM_S, Shape, Workload, in_frames
from markets.records import Event, Fixture, Heartbeat, Price
from streams.frames import encode, encode_one


@pytest.fixture(scope="module")
def feed() -> Feed:
    return Feed.simulated()


def test_pydantic_takes_every_record_by_itself_and_in_frames(feed: Feed) -> None:
    assert peers.validate_lines(feed.lines) == len(feed.records)
    assert peers.validate_frames(feed.arrays) == len(feed.records)


def test_river_scores_every_open_price(feed: Feed) -> None:
    assert peers.score_prices(feed.records) > 0.5 * feed.kinds["price"]


SMALL = Shape(matches=60, books=(3, 6), per_s=200.0)


def test_a_workload_is_the_same_each_time_and_another_for_another_seed() -> None:
    first, again, other = (list(Workload(seed, SMALL).updates(500)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_few_matches_make_most_of_the_noise() -> None:
    told = Counter(r.match for r in Workload(1, SMALL).updates(5_000) if isinstance(r, Price))
    busiest = sum(count for _, count in told.most_common(6))
    assert busiest > 0.4 * told.total()


def test_warming_up_tells_every_price_and_heartbeats_reach_every_partition() -> None:
    workload = Workload(1, SMALL)
    warm = list(workload.warm_up())
    prices = {(r.match, r.market, r.book, r.selection) for r in warm if isinstance(r, Price)}
    assert len(prices) == workload.quotes
    beats = Counter(
        partition
        for partition, _, records in in_frames(warm, 12)
        for record in records
        if isinstance(record, Heartbeat)
    )
    assert set(beats) == set(range(12))
    assert len(set(beats.values())) == 1


def test_matches_come_on_offer_one_by_one_before_they_begin_and_then_it_is_quiet() -> None:
    workload = Workload(1, SMALL)
    told = list(workload.quiet_hour())
    opened = {record.match: record for record in told if isinstance(record, Fixture)}
    assert len({fixture.at for fixture in opened.values()}) == len(workload.offered)
    assert all(fixture.at < fixture.start for fixture in opened.values())
    assert all(r.at == opened[r.match].at for r in told if isinstance(r, Price))
    last_hour = [r for r in told if r.at > NOON - timedelta(seconds=WARM_S)]
    assert {type(record) for record in last_hour} <= {Heartbeat, Event}
    beats = [record.at for record in told if isinstance(record, Heartbeat)]
    assert {later - at for at, later in pairwise(beats)} == {timedelta(seconds=BEAT_S)}


def test_each_match_is_told_of_at_a_moment_of_its_own_before_the_updates() -> None:
    workload = Workload(1, SMALL)
    quiet, stirred = list(workload.quiet_hour()), list(workload.stirred())
    assert [r.at for r in stirred] == sorted(r.at for r in stirred)
    assert quiet[-1].at < stirred[0].at < stirred[-1].at < NOON
    moments = {(r.match, r.at) for r in stirred if isinstance(r, Price)}
    assert len({match for match, _ in moments}) == len(moments) == len(workload.offered)
    assert len({at for _, at in moments}) == len(moments)


def test_frames_keep_the_order_and_number_of_each_partition() -> None:
    frames = list(in_frames(Workload(1, SMALL).updates(5_000), 3))
    for partition in range(3):
        mine = [(offset, records) for p, offset, records in frames if p == partition]
        assert [offset for offset, _ in mine] == list(range(len(mine)))
        times = [r.at for _, records in mine for r in records]
        assert times == sorted(times)


def test_a_ratio_fails_below_its_bar_by_more_than_the_noise() -> None:
    assert not Ratio(2.1, 1.9, 2.3).fails(2.0)
    assert not Ratio(1.9, 1.7, 2.1).fails(2.0)
    assert Ratio(1.7, 1.6, 1.8).fails(2.0)


def test_every_bar_is_of_a_contestant_and_the_fit_pass() -> None:
    told = {
        c: [Told(100, 100e-6 if c.name in OURS else 1.0, 1.0)] * 3
        for c in (*SMALL_RECORDS, *WHOLE_WATCH)
    }
    assert below_bars(ratios(told)) == []
    slow = {c: [Told(100, 1.0 if c.name in OURS else 1e-4, 1.0)] * 3 for c in told}
    bars = sum(map(len, msgspec.json.decode(BARS.read_bytes()).values()))
    assert len(below_bars(ratios(slow))) == bars > 0


def test_the_pipeline_of_pydantic_and_river_takes_every_update() -> None:
    scorers = peers.PriceScorers()
    for record in Workload(1, SMALL).updates(300):
        scorers.take(msgspec.json.encode(record))


def test_the_watch_job_takes_frames_and_records_alike() -> None:
    frames = list(in_frames(Workload(1, SMALL).updates(600), 2))
    whole, singly = jobs.watching(SMALL), jobs.watching(SMALL)
    for partition, offset, records in frames:
        assert whole(partition, offset, encode(records)) == len(records)
        assert all(singly(partition, offset, encode_one(r)) == 1 for r in records)


def test_memory_and_cost_of_a_workload_are_told() -> None:
    cost = scale.cost(SMALL)
    assert cost.microseconds > 0.0
    assert cost.selections == 10 * cost.matches


def test_a_picture_is_the_same_for_the_same_figures(tmp_path: Path) -> None:
    groups = [("one", [("ours", 1.0, 0.9, 1.2), ("other", 9.0, 8.0, 9.5)])] * 2
    pictures = [tmp_path / "a.svg", tmp_path / "b.svg"]
    for path in pictures:
        picture.draw(groups, path)
    assert pictures[0].read_bytes() == pictures[1].read_bytes()
    assert b"other" in pictures[0].read_bytes()


def test_a_webhook_is_noted_when_its_server_has_it() -> None:
    raised, found = datetime(2026, 7, 4, 12, tzinfo=UTC), []
    body = msgspec.json.encode({"alert": {"alert_id": "a-1", "last_at": raised}})
    with (
        create_server(("127.0.0.1", 0)) as server,
        arrivals(onward.received, server) as arrived,
    ):
        begun = time.perf_counter()
        with urlopen(f"http://127.0.0.1:{server.getsockname()[1]}/", body, timeout=30) as answer:
            assert answer.status == 200
        until = time.perf_counter() + 10.0
        while not found and time.perf_counter() < until:
            found += arrived()
    ((alert, at, now),) = found
    assert (alert, at) == ("a-1", raised)
    assert begun < now < until


def test_who_cannot_note_arrivals_says_so() -> None:
    with (
        pytest.raises(RuntimeError, match="received ended with status 1"),
        arrivals(onward.received, "no socket"),
    ):
        time.sleep(0.1)


def test_delays_are_those_of_alerts_whose_heartbeat_was_sent() -> None:
    noon = datetime(2026, 7, 4, 12, tzinfo=UTC)
    beats = [noon + timedelta(seconds=n) for n in range(101)]
    sent = {at: float(n) for n, at in enumerate(beats)}
    arrived = [Arrival(f"a-{n}", at, n + 0.001 * n) for n, at in enumerate(beats)]
    earlier = Arrival("a-0", noon - timedelta(hours=1), 5.0)
    told = judged(0.5, 1000.0, sent, [*arrived, earlier])
    assert (told.alerts, round(told.p50), round(told.p99), round(told.p999)) == (101, 50, 99, 100)
    with pytest.raises(RuntimeError, match="at load 50% there were 0 alerts"):
        judged(0.5, 1000.0, sent, [earlier])


def test_the_page_tells_how_long_an_alert_takes_on_each_way() -> None:
    rounds = [
        Latency(0.5, 40_000.0, 10, p50, p50 + 50.0, p50 + 70.0) for p50 in (90.0, 80.0, 120.0)
    ]
    told = list(report_sides.onward({onward.RECEIVED: rounds}))
    assert "| a webhook | 30 | 90.0 (80.0–120) | 140 (130–170) | 160 (150–190) |" in told
    assert any("50% of what watch and archive" in line for line in told)
