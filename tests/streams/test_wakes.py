"""A look that asks only the matches that may be due finds what one that asks all finds."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from detectors.calibration import Calibration, shipped_priors
from detectors.match_watch import MatchWatch
from markets.records import Fixture, Heartbeat
from streams.partition_watch import FORGET_S, PartitionWatch, WatchSettings
from streams.simulator.match_day import match_day
from streams.wakes import Wakes

START = datetime(2026, 7, 4, 12, tzinfo=UTC)


class AsksAll(Wakes):
    """Asks every match at every look, as often as there is one."""

    def __init__(self):
        super().__init__()
        self._all = set()

    def stir(self, name):
        self._all.add(name)

    def due(self, at):
        return sorted(self._all)

    def forget(self, name):
        self._all.discard(name)


def partition_watch(wakes):
    watch = PartitionWatch(3, WatchSettings(), Calibration(shipped_priors()), "hash")
    watch._wakes = wakes
    return watch


@pytest.fixture
def day():
    """A day with late fixtures, a feed that pauses, and the end of every match."""
    records = list(match_day(5, matches=3, books=6, start=START).records)
    last = records[-1].at
    after = [
        Heartbeat(at=last + timedelta(minutes=20 * n), source=records[-1].source)
        for n in range(1, round(3 * FORGET_S / 1200))
    ]
    moved = [
        replace(r, at=last, start=r.start + timedelta(hours=2))
        for r in records
        if isinstance(r, Fixture)
    ]
    return [*records, *moved[:1], *after]


def looks_of(watch, records, monkeypatch, frame):
    """Every look that was made, and every alert."""
    looks, alerts = [], []
    look = MatchWatch.look

    def noted(self, at, health, *, frozen):
        looks.append((self.book.match, at, frozen))
        return look(self, at, health, frozen=frozen)

    with monkeypatch.context() as patch:
        patch.setattr(MatchWatch, "look", noted)
        for n in range(0, len(records), frame):
            alerts += watch.apply_all(records[n : n + frame], n)
    return looks, [alert.to_json() for alert in alerts], sorted(watch._matches)


def test_it_looks_when_asking_all_would(day, monkeypatch):
    ours = looks_of(partition_watch(Wakes()), day, monkeypatch, frame=100)
    assert ours == looks_of(partition_watch(AsksAll()), day, monkeypatch, frame=100)
    assert len(ours[0]) > 1000
    assert ours[1]
    assert ours[2] == []


def test_it_asks_few(day):
    asked = []

    class Counting(Wakes):
        def due(self, at):
            due = super().due(at)
            asked.append(len(due))
            return due

    beats = sum(isinstance(record, Heartbeat) for record in day)
    watch = partition_watch(Counting())
    watch.apply_all(day, 0)
    assert sum(asked) < 2.0 * beats  # of three matches


def test_a_frame_is_its_records_one_by_one(day):
    rng = Random(1)
    day = list(day)
    for _ in range(200):  # and it does not depend on order or on leaps
        a, b = rng.randrange(len(day)), rng.randrange(len(day))
        day[a], day[b] = day[b], day[a]
    frames, ones = partition_watch(Wakes()), partition_watch(Wakes())
    in_frames = [a for n in range(0, len(day), 77) for a in frames.apply_all(day[n : n + 77], n)]
    singly = [a for n, record in enumerate(day) for a in ones.apply(record, n // 77 * 77)]
    assert [a.to_json() for a in in_frames] == [a.to_json() for a in singly]
    assert frames._at == ones._at


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 20)), max_size=30))
def test_none_is_asked_too_late(said):
    wakes = Wakes()
    soonest = {}
    for name, until in said:
        wakes.sleep(name, float(until))
        soonest[name] = min(until, soonest.get(name, 99))
    for at in range(21):
        due = wakes.due(float(at))
        assert due == sorted(due)
        assert {name for name, when in soonest.items() if when == at} <= set(due)
