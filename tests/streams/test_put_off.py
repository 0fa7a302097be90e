"""Looks that are put off find what they would have found when they were due."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from msgspec.structs import replace

from detectors.calibration import Calibration, shipped_priors
from detectors.match_watch import MatchWatch
from markets.joined_prices import joined
from markets.records import Fixture, Gap, Heartbeat, Price
from streams import partition_watch
from streams.partition_watch import PartitionWatch, WatchSettings
from streams.simulator.match_day import match_day
from streams.snapshots.packed import pack

START = datetime(2026, 7, 4, 12, tzinfo=UTC)


def watch():
    return PartitionWatch(3, WatchSettings(), Calibration(shipped_priors()), "hash")


@pytest.fixture(scope="module")
def frames():
    """A day with fixes, gaps and records out of order, in frames that heartbeats cut anywhere."""
    rng = Random(7)
    records = list(match_day(11, matches=4, books=6, start=START).records)
    for _ in range(300):
        a = rng.randrange(len(records) - 1)
        records[a], records[a + 1] = records[a + 1], records[a]
    for at in sorted(rng.sample(range(len(records)), 5), reverse=True):
        records.insert(at, Gap(at=records[at].at, source="odds-feed", reason="lost"))
    late = [
        replace(one, at=records[-1].at, start=one.start + timedelta(hours=1))
        for one in records
        if isinstance(one, Fixture)
    ]
    told = joined([*records, *late])
    return [told[n : n + 70] for n in range(0, len(told), 70)]


def by_match(alerts):
    found = defaultdict(list)
    for alert in alerts:
        found[alert.match].append(alert.to_json())
    return found


def at_once(frames):
    one = watch()
    return one, [a for offset, frame in enumerate(frames) for a in one.apply_all(frame, offset)]


def put_off(frames, rng, most):
    """Take frames in as a worker does, which catches up now and then, some looks at a time."""
    one, alerts, waited = watch(), [], 0
    for offset, frame in enumerate(frames):
        records, whole = iter(frame), False
        while not whole:
            found, whole = one.take_in(records, offset)
            alerts += found
            waited += one.is_behind
            while one.is_behind and rng.random() < 0.3:
                alerts += one.catch_up(most)
    return one, alerts + one.catch_up(), waited


@pytest.mark.parametrize("most_awake", [100, 1])
@pytest.mark.parametrize("seed", range(3))
def test_what_is_put_off_finds_the_same(frames, monkeypatch, seed, most_awake):
    monkeypatch.setattr(partition_watch, "MOST_AWAKE", most_awake)
    plain, raised = at_once(frames)
    other, alerts, waited = put_off(frames, Random(seed), most=1 + seed)
    assert waited > len(frames)
    assert len(alerts) == len(raised) > 10
    assert by_match(alerts) == by_match(raised)
    assert other.names == plain.names
    assert all(other.state_of(name) == plain.state_of(name) for name in plain.names)
    assert pack(other.clock(), other._shared) == pack(plain.clock(), plain._shared)
    assert (other.changed, other.gone) == (plain.changed, plain.gone)


def test_what_has_something_to_judge_is_not_put_off(frames, monkeypatch):
    judged, look = [], MatchWatch.look

    def noted(self, at, health, *, frozen):
        waits = self.can_wait(at, health)
        found = look(self, at, health, frozen=frozen)
        judged.append((waits, bool(found)))
        return found

    monkeypatch.setattr(MatchWatch, "look", noted)
    at_once(frames)
    ripe = [found for waits, found in judged if not waits]
    assert sum(ripe) > 5
    assert sum(waits for waits, _ in judged) > 10 * len(ripe)


def test_it_stops_where_looks_are_put_off_and_goes_on_there(frames):
    one, records = watch(), iter(frames[0] + frames[1])
    stops = 0
    while not one.take_in(records, 0)[1]:
        stops += 1
        assert one.is_behind
    told = [r for r in frames[0] + frames[1] if isinstance(r, Heartbeat)]
    assert 0 < stops <= len(told)
    assert one.reached >= told[-1].at.timestamp()


def test_a_match_that_is_over_begins_anew_with_what_follows_the_heartbeat():
    def beat(hours, seconds=0):
        return Heartbeat(at=START + timedelta(hours=hours, seconds=seconds), source="odds-feed")

    def prices(hours, seconds=0):
        return [
            Price(
                at=START + timedelta(hours=hours, seconds=seconds), match="a-v-b", market="1x2",
                selection=selection, book="betmgm", price=3.0 + hours,
            )
            for selection in ("home", "draw", "away")
        ]  # fmt: skip

    told = [[*prices(0), beat(0, 10)], [beat(13), *prices(13, 5)], [beat(13, 60)], [beat(13, 120)]]
    for frames in (told, [joined(frame) for frame in told]):
        plain, _ = at_once(frames)
        other, _, waited = put_off(frames, Random(1), most=1)
        assert waited
        assert other.names == plain.names == {"a-v-b"}
        assert other.state_of("a-v-b") == plain.state_of("a-v-b")
        assert (other.changed, other.gone) == (plain.changed, plain.gone)
