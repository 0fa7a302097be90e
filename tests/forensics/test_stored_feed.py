"""The feed comes back from the store as it was told."""

from datetime import UTC, datetime, timedelta
from itertools import groupby

import pytest
from msgspec.structs import replace

from forensics.archive import Archive
from forensics.stored_feed import (
    NotStored,
    Run,
    holes,
    partitions,
    run_of,
    runs,
    tables_of,
    told,
)
from markets.elsewhere import Elsewhere
from markets.records import Fixture, Gap, Heartbeat
from streams.frames import framed
from streams.simulator.match_day import match_day
from streams.simulator.scheme import Fix
from tests.forensics.test_archive import ONE_OF_EACH, at, price

ARRIVED = datetime(2026, 7, 5, tzinfo=UTC)


def archived(store, frames, arrived=ARRIVED):
    Archive(store).write([(p, offset, arrived, records) for p, offset, records in frames])


def stored(store, partition, matches=None):
    """Frames of a partition as they come back."""
    [run] = runs(store, partition)
    tables = tables_of(store, run, matches)
    return [
        (offset, [record for _, _, record in group])
        for offset, group in groupby(told(tables), key=lambda each: each[0])
    ]


def test_a_match_day_comes_back_record_for_record_and_frame_for_frame(store):
    """A day with wagers, pasts, ladders and a register, in three partitions."""
    fixes = (Fix(0, "account-cluster", "1x2"), Fix(1, "repeat-pattern", "1x2"))
    day = match_day(3, matches=3, books=5, fixes=fixes, start=datetime(2026, 7, 4, 12, tzinfo=UTC))
    frames = list(framed(day.records, 3))
    archived(store, frames)
    kinds = {type(record) for _, _, records in frames for record in records}
    assert len(kinds) >= 7
    for partition in partitions(store):
        sent = [(offset, records) for p, offset, records in frames if p == partition]
        assert stored(store, partition) == sent


def test_every_kind_of_record_comes_back_to_the_microsecond(store):
    fine = [
        replace(record, start=record.start + timedelta(microseconds=1))
        if isinstance(record, Fixture) else record
        for record in ONE_OF_EACH
    ]  # fmt: skip
    covers = Heartbeat(at=at(8.000001), source="register", covers=("Cup", "League"))
    archived(store, [(0, 0, [*fine, covers])])
    assert stored(store, 0) == [(0, [*fine, covers])]


def test_of_other_matches_only_the_time_is_told(store):
    other = price(2, 2.2, match="c-v-d")
    told_ = [price(1, 2.0), other, Heartbeat(at=at(3), source="s"), Gap(at=at(4), source="s",
             reason="lost")]  # fmt: skip
    archived(store, [(0, 0, told_)])
    assert stored(store, 0, ["a-v-b"]) == [(0, [told_[0], Elsewhere(at=other.at), *told_[2:]])]


def test_a_topic_that_began_anew_is_another_run(store):
    """
    arrived     5 July                       6 July
    offsets     0  1  2   (first run)        0  1   (second run, another feed)
    """
    first = [(0, n, [price(n, 2.0 + n / 10)]) for n in range(3)]
    second = [(0, n, [price(n, 3.0, match="c-v-d")]) for n in range(2)]
    archived(store, first)
    archived(store, second, ARRIVED + timedelta(days=1))
    assert [run.since.day for run in runs(store, 0)] == [1, 6]
    one, two = run_of(store, "a-v-b"), run_of(store, "c-v-d")
    assert one.until == two.since
    assert [t[2].price for t in told(tables_of(store, one))] == [2.0, 2.1, 2.2]
    assert [t[2].price for t in told(tables_of(store, two))] == [3.0, 3.0]


def test_records_that_are_missing_are_counted(store):
    archived(store, [(0, n, [price(n, 2.0), price(n, 2.1, book="b")]) for n in range(3)])
    run = run_of(store, "a-v-b")
    frames = store.query("SELECT * FROM frames")
    assert holes(tables_of(store, run, ["a-v-b"]), frames) == []
    store.command(
        "ALTER TABLE prices DELETE WHERE offset = 1 AND idx = 1 SETTINGS mutations_sync=2"
    )
    assert holes(tables_of(store, run, ["a-v-b"]), frames) == [(1, 1)]


def test_a_match_that_is_not_stored_is_named(store):
    with pytest.raises(NotStored, match="no record of match x-v-y"):
        run_of(store, "x-v-y")


def test_a_run_is_read_from_its_own_bounds(store):
    archived(store, [(0, 0, [price(1, 2.0)])])
    later = Run(0, ARRIVED + timedelta(seconds=1), ARRIVED + timedelta(days=1))
    assert list(told(tables_of(store, later))) == []
