"""Crashes at any moment: what comes back from snapshots goes on as if nothing had happened.

The log is the topic, the frames are the partition. Alerts of a frame count when they come out
first; what comes out again, after a crash, must have come out before.
"""

import random
from collections import Counter
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import msgpack
from msgspec.structs import replace

from markets.records import Price
from streams import partition_watch, recorded
from streams.frames import Framer
from streams.partition_watch import WatchSettings
from streams.simulator.match_day import match_day
from streams.simulator.scheme import Fix
from streams.simulator.typologies import TYPOLOGIES
from streams.snapshots.plain import BadSnapshot
from streams.snapshots.saved import HEAD, Found, Head, Saver, TooLarge, restore
from streams.tally import Tally, tallied
from streams.watches import Watches
from tests.streams.snapshots.sameness import difference

WATCHES = Watches(WatchSettings(), "hash")
START = datetime(2026, 7, 4, 12, tzinfo=UTC)
WORLD_CUP = Path(__file__).parents[3] / ".." / "shared" / "data" / "worldcup-2026"


def cut_up(told, partitions=1, longest=60):
    """Frames of each partition."""
    framer, frames = Framer(partitions, longest), [[] for _ in range(partitions)]
    for record in tallied(told, Tally(), lambda _: None):
        for partition, records in framer.add(record):
            frames[partition].append(records)
    for partition, records in framer.flush():
        frames[partition].append(records)
    return frames


def taken_in(watch, frames, since=0):
    """Alerts of each frame, as lines."""
    return [
        [alert.to_json() for alert in watch.apply_all(records, offset)]
        for offset, records in enumerate(frames[since:], since)
    ]


def all_of(watch):
    return {name: watch.match(name) for name in sorted(watch.names)}


def differs(watch, other):
    matches = all_of(watch), all_of(other)
    return difference(watch.clock(), other.clock()) or difference(*matches)


class Topic:
    """Snapshots as they lie in Kafka."""

    def __init__(self):
        self.messages = []

    def found(self, compacted):
        found = Found()
        last = {key: n for n, (key, _) in enumerate(self.messages)}
        for n, (key, value) in enumerate(self.messages):
            if value is not None and (not compacted or last[key] == n):
                found.take(key, value)
        return found


class Whole(NamedTuple):
    """A cut in one piece."""

    matches: list
    head: tuple
    gone: list


class Worker:
    """A worker's part in it, of one partition."""

    def __init__(self, topic, frames, committed=0, compacted=False):
        self.topic, self.frames = topic, frames
        self.watch, self.applied, self.saver = WATCHES.begin(0), -1, None
        try:
            found = topic.found(compacted)
            self.applied, self.saver = restore(found, self.watch, "schema", WATCHES.shared)
        except BadSnapshot:
            self.saver = Saver("schema", WATCHES.shared)
        self.restored = self.applied
        taken_in(self.watch, frames[:committed], self.applied + 1)
        self.applied = max(self.applied, committed - 1)

    def take(self):
        self.applied += 1
        records = self.frames[self.applied]
        return [a.to_json() for a in self.watch.apply_all(records, self.applied)]

    def save(self, within_s=float("inf"), torn=None):
        """Write what is to be written next, or the beginning of that."""
        saver, at = self.saver, (self.watch, self.applied)
        if not saver.is_cutting:
            saver.begin(*at, b"%d" % self.applied)
        messages = saver.some(*at, within_s)
        self.topic.messages += messages[:torn]
        if torn is None and saver.wrote():
            self.topic.messages.append(saver.head())
            self.topic.messages += saver.end()

    def cut(self):
        """What a whole cut would write, the topic being as it was."""
        saver, at = deepcopy(self.saver), (self.watch, self.applied)
        saver.begin(*at, b"%d" % self.applied)
        matches = saver.some(*at, float("inf"))
        assert saver.wrote()
        return Whole(matches, saver.head(), saver.end())


def with_crashes(frames, seed, crashes=6):
    """Take frames in with saves, torn saves and crashes at random; alerts of each frame."""
    rng, topic, told = random.Random(seed), Topic(), {}
    ends = sorted(rng.sample(range(len(frames)), min(crashes, len(frames) - 1)))
    worker, committed = Worker(topic, frames), 0
    for end in [*ends, len(frames) - 1]:
        while worker.applied < end:
            lines = worker.take()
            before = told.setdefault(worker.applied, lines)
            assert set(lines) <= set(before), worker.applied
            if rng.random() < 0.2:  # a match at a time, or all at once
                worker.save(within_s=rng.choice([-1.0, -1.0, float("inf")]))
            if rng.random() < 0.3:
                committed = max(committed, worker.applied + 1)
        if end == len(frames) - 1:
            return worker, [told[offset] for offset in range(len(frames))]
        if rng.random() < 0.7:
            worker.save(torn=rng.randint(0, 8))
        worker = Worker(topic, frames, committed, compacted=rng.random() < 0.5)
    raise AssertionError


@pytest.fixture(scope="module")
def day():
    """Every typology at once, in one partition, and what comes of it undisturbed."""
    fixes = [Fix(n, typology, "1x2") for n, typology in enumerate(TYPOLOGIES)]
    told = match_day(11, matches=len(fixes) + 2, books=5, fixes=fixes, start=START).records
    [frames] = cut_up(told, longest=500)
    watch = WATCHES.begin(0)
    return frames, taken_in(watch, frames), watch


def test_every_typology_leaves_alerts(day):
    _, lines, watch = day
    assert sum(map(len, lines)) >= 20
    assert len(watch.names) > len(TYPOLOGIES)


def test_alerts_and_state_are_those_of_an_undisturbed_run(day):
    frames, lines, undisturbed = day
    worker, again = with_crashes(frames, 0)
    assert again == lines
    assert differs(worker.watch, undisturbed) is None


def test_matches_that_sleep_whenever_they_can_are_as_if_they_never_did(day, monkeypatch):
    frames, lines, undisturbed = day
    monkeypatch.setattr(partition_watch, "MOST_AWAKE", 0)
    watch = WATCHES.begin(0)
    slept = Counter()
    for offset, records in enumerate(frames):
        told = [alert.to_json() for alert in watch.apply_all(records, offset)]
        assert told == lines[offset]
        slept.update(watch.asleep)
    assert len(slept) >= 10
    assert differs(watch, undisturbed) is None


@pytest.fixture(scope="module")
def afternoon():
    """Two matches, small enough for many crashes."""
    fixes = Fix(0, "steam-move", "1x2"), Fix(1, "two-sided-transfer", "1x2")
    told = match_day(3, matches=2, books=4, fixes=fixes, start=START).records
    [frames] = cut_up(told)
    return frames, taken_in(WATCHES.begin(0), frames)


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_at_any_cut_points(afternoon, seed):
    frames, lines = afternoon
    assert with_crashes(frames, seed, crashes=12)[1] == lines


def test_a_step_ahead_that_waits_to_be_confirmed_goes_on_waiting(afternoon):
    frames = [*afternoon[0]]
    last = max((r for told in frames for r in told if isinstance(r, Price)), key=lambda r: r.at)
    later = [replace(last, at=last.at + timedelta(days=day)) for day in (3, 4)]
    frames += [[one] for one in later]
    undisturbed = WATCHES.begin(0)
    lines = taken_in(undisturbed, frames)
    worker = Worker(Topic(), frames)
    for _ in frames[:-1]:
        worker.take()
    assert worker.watch.reached < later[0].at.timestamp()
    worker.save()
    again = Worker(worker.topic, frames)
    assert (again.restored, again.take()) == (len(frames) - 2, lines[-1])
    assert again.watch.reached == later[1].at.timestamp()
    assert differs(again.watch, undisturbed) is None


def test_matches_that_sleep_are_saved_and_come_back(afternoon, monkeypatch):
    frames, lines = afternoon
    monkeypatch.setattr(partition_watch, "MOST_AWAKE", 0)
    assert with_crashes(frames, 1)[1] == lines


@pytest.mark.skipif(not WORLD_CUP.exists(), reason="needs the recordings in ../shared/data")
def test_on_the_world_cup():
    odds, results = WORLD_CUP / "odds-api-snapshots.jsonl.xz", WORLD_CUP / "results.json"
    texts = f"odds-api:{odds}", f"openfootball:{results}"
    told = recorded.read([recorded.Source.parse(text) for text in texts])
    frames = cut_up(told, partitions=12, longest=500)[4]
    watch = WATCHES.begin(0)
    lines = taken_in(watch, frames)
    worker, again = with_crashes(frames, 1, crashes=4)
    assert again == lines
    assert differs(worker.watch, watch) is None


def saved_at(frames, *offsets):
    """A topic with whole saves after some frames, by one worker; also that worker."""
    worker = Worker(Topic(), frames)
    while worker.applied < offsets[-1]:
        worker.take()
        if worker.applied in offsets:
            worker.save()
    return worker


def test_only_what_changed_is_written_again(afternoon):
    worker = saved_at(afternoon[0], 20)
    assert [key for key, _ in worker.topic.messages].count(HEAD) == 1
    assert worker.cut().matches == []
    worker.take()
    [*changed] = worker.cut().matches
    assert 0 < len(changed) <= len(worker.watch.names)


def test_a_match_that_is_over_is_deleted_after_the_head(afternoon):
    frames, _ = afternoon
    end = max(record.at for record in frames[-1])
    worker = saved_at(frames, len(frames) - 1)
    known = worker.watch.names
    beat = next(r for f in frames for r in f if type(r).__name__ == "Heartbeat")
    later = [replace(beat, at=end.replace(day=end.day + 1)) for _ in range(2)]
    worker.frames = [*frames, later]
    worker.take()
    assert not worker.watch.names
    cut = worker.cut()
    assert {key.removeprefix("match/") for key, value in cut.gone if value is None} == known
    worker.topic.messages.append(cut.head)  # and no more, for the worker crashed
    assert not Worker(worker.topic, worker.frames).watch.names


@pytest.mark.parametrize("written", [0, 1])
def test_a_match_that_ends_while_others_are_written_stays_over(afternoon, written):
    frames, _ = afternoon
    end = max(record.at for record in frames[-1])
    beat = next(r for f in frames for r in f if type(r).__name__ == "Heartbeat")
    later = [[replace(beat, at=end.replace(day=end.day + day))] for day in (1, 1, 1, 2)]
    worker = saved_at(frames, 20)
    last_words = [
        next(r for f in reversed(frames) for r in f if getattr(r, "match", "") == match)
        for match in sorted(worker.watch.names)
    ]
    worker.frames = [*frames, last_words, *later]
    while worker.applied < len(frames) - 1:
        worker.take()
    for _ in range(written):
        worker.save(within_s=-1.0)
    if not written:
        worker.saver.begin(worker.watch, worker.applied, b"%d" % worker.applied)
    while worker.watch.names:
        worker.take()
    while worker.saver.is_cutting:
        worker.save(within_s=-1.0)
    again = Worker(worker.topic, worker.frames)
    assert again.restored == len(frames) - 1
    assert again.take() == []
    assert len(again.watch.names) == written, "who was over by then is not begun anew"
    while again.applied < worker.applied:
        assert again.take() == []
    assert differs(again.watch, worker.watch) is None


def test_what_a_stopped_worker_writes_late_does_no_harm(afternoon):
    """It wrote a cut, was stopped while it wrote the next; another went on meanwhile."""
    frames, lines = afternoon
    first, second, third = (part * len(frames) // 8 for part in (2, 4, 6))
    late = saved_at(frames, first)
    while late.applied < second:
        late.take()
    cut = late.cut()
    other = Worker(late.topic, frames, committed=first + 5)
    while other.applied < third:
        other.take()
    other.save()
    for written in range(len(cut.matches) + 2):
        topic = Topic()
        topic.messages = late.topic.messages + [*cut.matches, cut.head][:written]
        for compacted in (False, True):
            again = Worker(topic, frames, third + 1, compacted)
            rest = taken_in(again.watch, frames, third + 1)
            assert rest == lines[third + 1 :], (written, compacted)
            assert compacted or again.restored == third


def refused(found, schema="schema"):
    with pytest.raises(BadSnapshot) as caught:
        restore(found, WATCHES.begin(0), schema, WATCHES.shared)
    return str(caught.value)


def test_what_cannot_be_used_is_told(afternoon):
    found = saved_at(afternoon[0], 40).topic.found(compacted=True)
    assert refused(Found()) == "there is none"
    assert refused(found, "other") == "its schema is schema, that of this program is other"
    name = min(found.matches)
    lost = Found(found.head, {n: m for n, m in found.matches.items() if n != name})
    assert refused(lost) == f"{name} is not there as it was at offset 40"
    old = Found(found.head, found.matches | {name: replace(found.matches[name], offset=39)})
    assert refused(old) == f"{name} is not there as it was at offset 40"
    for state in (b"", b"x", found.matches[name].state[:-9], found.head.state):
        broken = replace(found.matches[name], state=state)
        assert refused(Found(found.head, found.matches | {name: broken}))


def test_a_head_that_another_version_wrote_still_tells_where_to_begin(afternoon):
    worker = saved_at(afternoon[0], 40)
    head = worker.topic.found(compacted=True).head
    assert (head.offset, head.since) == (40, min(worker.watch.first_frames()))
    more = msgpack.decode(msgpack.encode(head)) | {"schema": "newer", "more": [1, 2]}
    assert msgpack.decode(msgpack.encode(more), type=Head).since == head.since


def test_a_message_that_nobody_can_read_is_passed_over(afternoon):
    topic = saved_at(afternoon[0], 40).topic
    topic.messages += [(HEAD, b"\xff"), ("match/x", b"{}"), ("", b""), ("else", b"x")]
    assert restore(topic.found(False), WATCHES.begin(0), "schema", WATCHES.shared)[0] == 40


def test_a_state_that_fits_in_no_message_is_told(afternoon, monkeypatch):
    monkeypatch.setattr("streams.snapshots.saved.LARGEST", 100)
    worker = Worker(Topic(), afternoon[0])
    for _ in range(30):
        worker.take()
    with pytest.raises(TooLarge, match=r"the state of sim-3-00\d is [\d,]+ bytes, 100 may be kept"):
        worker.save()
    worker.saver.give_up(worker.watch)
    monkeypatch.undo()
    worker.save()  # all of it, for nothing of it was written
    again = Worker(worker.topic, worker.frames)
    assert (again.restored, again.watch.names) == (worker.applied, worker.watch.names)


def test_a_state_that_would_fill_the_memory_is_refused(afternoon, monkeypatch):
    found = saved_at(afternoon[0], 40).topic.found(compacted=True)
    monkeypatch.setattr("streams.snapshots.packed._LARGEST", 1000)
    assert "more than 1,000 bytes" in refused(found)
