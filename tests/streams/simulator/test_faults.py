"""Faults of the feed: what was sent against what arrives."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from markets.records import Event, Gap, Matched, Price, Record
from streams.simulator import faults
from streams.simulator.match_day import match_day

NOON = datetime(2026, 9, 12, 12, tzinfo=UTC)


def minute(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


def price(at: float, odds: float, book: str = "alder", selection: str = "home") -> Price:
    return Price(at=minute(at), match="m", market="1x2", selection=selection, book=book, price=odds)


def told(records: Iterator[Record]) -> list[tuple[float, float | str]]:
    """Minute and price, or the reason of a gap."""
    return [
        ((r.at - NOON).total_seconds() / 60, r.price if isinstance(r, Price) else r.reason)
        for r in records
        if isinstance(r, Price | Gap)
    ]


def test_a_stale_book_repeats_itself_and_then_catches_up() -> None:
    """alder 0: 2.0, 12: 1.9, 15: 1.8      stale 10 --- 20      elm 21 makes time pass"""
    sent = [price(0, 2.0), price(12, 1.9), price(15, 1.8), price(21, 3.0, "elm")]
    fault = faults._stale("alder", minute(10), minute(20))
    assert told(fault(sent)) == [(0, 2.0), (12, 2.0), (15, 2.0), (21, 1.8), (21, 3.0)]


def test_after_an_outage_come_a_gap_what_was_missed_and_the_prices_as_they_are() -> None:
    """0: 2.0, 12: 1.9, 13: goal, 15: 1.8, 15: matched, 21: 1.7        out 10 --- 20"""
    goal = Event(at=minute(13), match="m", event="goal", score=(1, 0))
    matched = Matched(at=minute(15), match="m", market="1x2", selection="home", book="x", amount=5)
    sent = [price(0, 2.0), price(12, 1.9), goal, price(15, 1.8), matched, price(21, 1.7)]
    got = list(faults._outage("feed", minute(10), minute(20))(sent))
    assert told(got) == [(0, 2.0), (21, "connection lost"), (21, 1.8), (21, 1.7)]
    assert goal in got
    assert matched not in got


def test_conflated_prices_are_the_last_ones_with_a_mark() -> None:
    """10.0: 2.0, 10.2: 1.9, 10.4: 1.8, 11: 1.7        conflated 10 --- 12, each half minute"""
    sent = [price(10, 2.0), price(10.2, 1.9), price(10.4, 1.8), price(11, 1.7)]
    got = told(faults._conflated("feed", minute(10), minute(12))(sent))
    assert got == [(11, "conflated"), (11, 1.8), (11, 1.7)]


def test_doubled_records_are_the_same_twice() -> None:
    sent = [price(i / 100, 2 + i / 100) for i in range(300)]
    got = list(faults._doubled(Random(1), minute(0), minute(9))(sent))
    assert 20 < len(got) - len(sent) < 80
    assert sorted(set(told(got))) == told(sent)


def test_late_records_keep_their_time_and_none_is_lost() -> None:
    sent = [price(i / 20, 2 + i / 100) for i in range(600)]
    got = list(faults._late(Random(1), minute(0), minute(29))(sent))
    assert sorted(told(got)) == told(sent)
    inverted = sum(one.at > two.at for one, two in pairwise(got))
    assert 3 < inverted < 40


def test_faults_are_rare_and_drawn_by_the_seed() -> None:
    names = ["alder", "elm"]
    counts = [len(faults.faults(Random(seed), NOON, "feed", names)) for seed in range(2000)]
    assert 0.12 < sum(count > 0 for count in counts) / len(counts) < 0.28
    assert counts == [len(faults.faults(Random(s), NOON, "feed", names)) for s in range(2000)]


def test_gaps_happen_in_few_matches(start: datetime) -> None:
    day = match_day(21, matches=90, books=5, fixes=(), start=start)
    having = [{r.reason for r in match.records() if isinstance(r, Gap)} for match in day.matches]
    assert set().union(*having) <= {"connection lost", "conflated"}
    assert 1 <= sum(bool(reasons) for reasons in having) <= 16
