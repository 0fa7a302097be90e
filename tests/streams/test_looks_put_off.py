"""Looks that are put off find what they would have found; what was held is told without them."""

import random
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.alert import Alert
from detectors.calibration import Calibration, shipped_priors
from detectors.health import FeedHealth
from detectors.match_watch import MatchWatch
from markets.records import Heartbeat, Record
from streams.frames import framed
from streams.partition_watch import PartitionWatch, WatchSettings
from streams.simulator.match_day import match_day
from streams.simulator.scheme import Fix

FIXES = (Fix(0, "steam-move", "1x2"), Fix(1, "late-drift"), Fix(2, "unexplained-in-play"))
Frames = list[tuple[int, int, list[Record]]]


@pytest.fixture(scope="module")
def frames() -> Frames:
    start = datetime(2026, 7, 4, 12, tzinfo=UTC)
    day = match_day(5, matches=3, books=6, fixes=FIXES, start=start)
    return list(framed(day.records, 1))


def new_watch() -> PartitionWatch:
    return PartitionWatch(0, WatchSettings(), Calibration(shipped_priors()), "hash")


def told_of(alerts: list[Alert]) -> dict[str, list[bytes]]:
    """What was told of each match, in order."""
    told = defaultdict(list)
    for alert in alerts:
        told[alert.match].append(alert.to_json())
    return told


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[tuple[float, bool]]]:
    """Moments at which each match is looked at, and whether it was not to learn then."""
    made, look = defaultdict(list), MatchWatch.look

    def noted(watch: MatchWatch, at: float, health: FeedHealth, *, frozen: bool) -> Any:
        made[watch.book.match].append((at, frozen))
        return look(watch, at, health, frozen=frozen)

    monkeypatch.setattr(MatchWatch, "look", noted)
    return made


@pytest.mark.parametrize("seed", range(5))
def test_looks_that_are_put_off_find_what_they_would_have_found(
    frames: Frames, seed: int, looks: dict[str, list[tuple[float, bool]]]
) -> None:
    rng, at_once, waiting = random.Random(seed), new_watch(), new_watch()
    expected = [a for _, offset, records in frames for a in at_once.apply_all(records, offset)]
    looks_at_once = dict(looks)
    looks.clear()
    found, told_before = list[Alert](), 0
    for _, offset, records in frames:
        rest, whole = iter(records), False
        while not whole:
            alerts, whole = waiting.take_in(rest, offset)
            found += alerts
            told_before += len(alerts) if waiting.is_behind else 0
            if rng.random() < 0.5:
                found += waiting.catch_up(rng.choice([1, None]))
    found += waiting.catch_up()
    assert told_of(found) == told_of(expected)
    assert looks == looks_at_once
    assert any(frozen for made in looks.values() for _, frozen in made)
    assert told_before > 0
    assert len(expected) > 3
    assert waiting.names == at_once.names
    for name in at_once.names:
        assert waiting.state_of(name) == at_once.state_of(name)


def test_what_was_held_is_told_before_anybody_looks(frames: Frames) -> None:
    watch, steamed = new_watch(), "sim-5-000"
    for _, offset, records in frames:
        for record in records:
            alerts, _ = watch.take_in(iter([record]), offset)
            if any(alert.match == steamed for alert in alerts):
                assert isinstance(record, Heartbeat)
                assert watch.is_behind
                before = watch.match(steamed).watch.wakes_at()
                watch.catch_up()
                assert before <= record.at.timestamp() < watch.match(steamed).watch.wakes_at()
                return
            watch.catch_up()
    pytest.fail("nothing was told")
