"""The peers of `make bench` read the same feed as we do, all of it."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from benchmarks import peers, picture, scale
from benchmarks.cases import Feed
from benchmarks.contestants import jobs
from benchmarks.contestants.jobs import Told
from benchmarks.side_by_side import (
    BARS,
    OURS,
    SMALL_RECORDS,
    WHOLE_WATCH,
    Ratio,
    below_bars,
    ratios,
)
from benchmarks.workload import Shape, Workload, in_frames
from markets.records import Heartbeat, Price
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
