from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markets.records import (
    Account,
    Event,
    Fixture,
    Gap,
    Heartbeat,
    Ladder,
    Matched,
    Past,
    Price,
    Record,
    Wager,
)
from streams.feeds.feed import Broken, Refusal
from streams.feeds.merge import merge

NOON = datetime(2026, 6, 11, 12, tzinfo=UTC)
REFUSAL = Refusal("s", "f:1", "no", b"")


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def price(minute: float, odds: float = 2.0, book: str = "a") -> Price:
    return Price(at=at(minute), match="m", market="1x2", selection="home", book=book, price=odds)


def beat(minute: float, source: str = "s") -> Heartbeat:
    return Heartbeat(at=at(minute), source=source)


def sketch(told: list[Record | Refusal]) -> str:
    """Draw what came out: minute and kind, `!` for a refusal."""
    return " ".join(
        "!"
        if isinstance(each, Refusal)
        else f"{(each.at - NOON) / timedelta(minutes=1):.0f}{type(each).__name__[0].lower()}"
        for each in told
    )


def test_on_event_time() -> None:
    merged = merge([[price(1), price(3), price(5)], [price(2, book="b"), price(4, book="b")]])
    assert sketch(list(merged)) == "1p 2p 3p 4p 5p"


def test_ties_keep_the_order_of_the_readers() -> None:
    readers = [[price(1, 2.0, "a"), price(1, 3.0, "a")], [price(1, 2.0, "b")]]
    assert list(merge(readers)) == [*readers[0], *readers[1]]


def test_heartbeats_come_last_of_their_time() -> None:
    first = [beat(1), price(1), beat(2), beat(2, "t"), price(2), beat(3)]
    second = [price(1, book="b"), price(2, book="b"), price(3, book="b")]
    assert sketch(list(merge([first, second]))) == "1p 1p 1h 2p 2p 2h 2h 3p 3h"


def test_refusals_pass_at_once() -> None:
    merged = merge([[price(5)], [REFUSAL, price(9, book="b"), REFUSAL]])
    assert sketch(list(merged)) == "! 5p 9p !"


def test_time_that_runs_backwards() -> None:
    merged = merge([[price(20), price(6, 2.1), price(4, 2.2), price(21, 2.3)]], names=["day.bz2"])
    told = list(merged)
    assert sketch(told) == "20p 6p ! 21p"
    assert merged.late == 1
    (refusal,) = [each for each in told if isinstance(each, Refusal)]
    assert refusal.place == "day.bz2"
    assert refusal.reason == (
        "at: time ran backwards by 0:16:00 (the feed was at 2026-06-11 12:20:00+00:00)"
    )


def test_lateness_is_a_setting() -> None:
    merged = merge([[price(20), price(6)]], lateness=timedelta(minutes=5))
    assert sketch(list(merged)) == "20p !"


@pytest.mark.parametrize(
    "record",
    [
        price(1),
        beat(1),
        Event(at=at(1), match="m", event="goal"),
        Gap(at=at(1), source="s", reason="r"),
        Matched(at=at(1), match="m", market="1x2", selection="home", book="b", amount=5.0),
        Ladder(
            at=at(1), match="m", market="x", selection="h", book="b", side="lay",
            price=2.0, size=1.0,
        ),
        Wager(
            at=at(1), match="m", market="x", selection="h", book="b", wager="w", account="a",
            price=2.0, stake=1.0,
        ),
        Account(at=at(1), match="m", book="b", account="a"),
        Past(at=at(1), match="m", source="s", subject="t", role="home", played=()),
        Fixture(
            at=at(1), match="m", source="s", sport="football", competition="c", home="h", away="a",
            start=at(9),
        ),
    ],
)  # fmt: skip
def test_exact_duplicates_are_dropped_and_counted(record: Record) -> None:
    merged = merge([[record], [record], [record]])
    assert list(merged) == [record]
    assert merged.duplicates == 2


def test_a_price_that_comes_back_is_no_duplicate() -> None:
    there_and_back = [price(1, 2.0), price(1, 2.1), price(1, 2.0)]
    merged = merge([there_and_back])
    assert list(merged) == there_and_back
    assert merged.duplicates == 0


def test_a_price_that_comes_back_in_both_recordings() -> None:
    there_and_back = [price(1, 2.0), price(1, 2.1), price(1, 2.0)]
    assert list(merge([there_and_back, there_and_back])) == there_and_back


def test_overlapping_recordings_are_joined() -> None:
    whole = [price(n, 2 + n % 3) for n in range(60)]
    assert list(merge([whole[:40], whole[25:]])) == whole


def test_what_a_feed_repeats_is_dropped() -> None:
    merged = merge([[price(1), price(1), price(1, book="b"), price(1)]])
    assert sketch(list(merged)) == "1p 1p"
    assert merged.duplicates == 2


def test_the_same_price_later_is_no_duplicate() -> None:
    assert merge([[price(1), price(2)]]).duplicates == 0
    assert sketch(list(merge([[price(1), price(2)]]))) == "1p 2p"


def test_a_recording_given_twice_is_read_once() -> None:
    recording = [price(n, 2 + n / 10) for n in (10, 8, 11, 30, 45, 44, 46)]
    merged = merge([recording, recording])
    assert list(merged) == recording
    assert merged.duplicates == len(recording)


def test_a_feed_that_breaks_leaves_the_others() -> None:
    def breaking() -> Iterator[Record | Refusal]:
        yield price(1)
        raise Broken("day.gz: it stops in the middle")

    merged = merge([breaking(), [price(2, book="b"), price(3, book="b")]])
    assert sketch(list(merged)) == "1p ! 2p 3p"
    assert [str(error) for error in merged.broken] == ["day.gz: it stops in the middle"]


def test_nothing_to_merge() -> None:
    assert list(merge([])) == list(merge([[], []])) == []


def test_feeds_are_read_as_they_are_asked_for() -> None:
    def endless() -> Iterator[Record | Refusal]:
        for minute in range(1_000_000_000):
            yield price(minute % 100_000)

    merged = merge([endless(), endless()])
    assert isinstance(next(merged), Price)


records = st.builds(price, st.integers(0, 60), st.sampled_from([2.0, 2.1]), st.sampled_from("ab"))
told = st.one_of(records, st.builds(beat, st.integers(0, 60)), st.just(REFUSAL))


@given(st.lists(st.lists(told, max_size=20), max_size=4))
def test_all_comes_out_once_or_is_counted(readers: list[list[Record | Refusal]]) -> None:
    merged = merge(readers)
    out = list(merged)
    assert len(out) + merged.duplicates == sum(map(len, readers))
    own = sum(each is REFUSAL for reader in readers for each in reader)
    assert sum(isinstance(each, Refusal) for each in out) == own + merged.late


@given(st.lists(st.lists(told, max_size=20), max_size=4))
def test_sorted_feeds_come_out_sorted_with_heartbeats_last(
    readers: list[list[Record | Refusal]],
) -> None:
    ordered = [
        sorted((each for each in reader if not isinstance(each, Refusal)), key=lambda r: r.at)
        for reader in readers
    ]
    out = [each for each in merge(ordered) if not isinstance(each, Refusal)]
    keys = [(each.at, isinstance(each, Heartbeat)) for each in out]
    assert keys == sorted(keys)


@given(st.lists(st.lists(records, max_size=20), min_size=1, max_size=4))
def test_merging_again_changes_nothing(readers: list[list[Record]]) -> None:
    once = [each for each in merge(readers) if not isinstance(each, Refusal)]
    in_order = sorted(once, key=lambda r: r.at)
    assert list(merge([list(merge([in_order]))])) == list(merge([in_order]))


def test_one_time_far_ahead_is_refused_alone() -> None:
    far = price(60 * 24 * 365)
    assert sketch(list(merge([[price(1), far, price(2), price(3)]]))) == "1p ! 2p 3p"
    assert sketch(list(merge([[far, price(1), price(2)]]))) == "! 1p 2p"


def test_a_pause_of_days_is_no_fault() -> None:
    days = 60 * 24 * 5
    assert (
        sketch(list(merge([[price(1), price(days), price(days + 1)]]))) == f"1p {days}p {days + 1}p"
    )
