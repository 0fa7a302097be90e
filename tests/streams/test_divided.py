"""A watch divided among processes raises what one process would, in the same order."""

import multiprocessing
import os
import signal
import time
from datetime import UTC, datetime

import pytest

import streams.frames
from streams import divided
from streams.divided import watched
from streams.frames import Frame, encode, framed
from streams.partition_watch import WatchSettings
from streams.simulator.match_day import match_day
from streams.workers import WorkerFailed

START = datetime(2026, 7, 4, 12, tzinfo=UTC)
SETTINGS = WatchSettings()


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return list(framed(match_day(7, matches=4, start=START).records, 12))


def test_frames_come_with_the_alerts_of_one_process_and_in_its_order(frames: list[Frame]) -> None:
    alone = list(watched(frames, SETTINGS, "hash", count=1))
    assert any(alerts for _, alerts in alone)
    assert list(watched(frames, SETTINGS, "hash", count=3)) == alone


def test_a_recording_of_a_few_frames_begins_no_process(frames: list[Frame]) -> None:
    few = frames[: divided._WORTH_DIVIDING - 1]
    assert [frame for frame, _ in watched(few, SETTINGS, "hash", count=3)] == few
    assert not multiprocessing.active_children()


def test_frames_of_ours_are_watched_whatever_their_size(
    frames: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams.frames, "LARGEST_FRAME", 10)
    partition, offset, records = frames[0]
    divided._watches.cache_clear()
    divided._apply(SETTINGS, "hash", partition, offset, encode(records))
    assert divided._watches(SETTINGS, "hash").of(partition).names
    divided._watches.cache_clear()


def test_a_killed_process_is_told_in_plain_words(frames: list[Frame]) -> None:
    found = watched(frames, SETTINGS, "hash", count=2)
    next(found)
    for child in multiprocessing.active_children():
        assert child.pid
        os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(WorkerFailed, match="was killed, perhaps for want of memory"):
        list(found)


def test_who_stops_early_leaves_no_process_behind(frames: list[Frame]) -> None:
    found = watched(frames, SETTINGS, "hash", count=2)
    next(found)
    assert multiprocessing.active_children()
    found.close()  # type: ignore[attr-defined]
    until = time.monotonic() + 30
    while multiprocessing.active_children():
        assert time.monotonic() < until
        time.sleep(0.1)
