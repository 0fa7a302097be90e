from datetime import UTC, datetime, timedelta

import pytest

from detectors.health import FeedHealth
from markets.records import Gap, Heartbeat

NOON = datetime(2026, 6, 11, 12, tzinfo=UTC)


def at(minute):
    return (NOON + timedelta(minutes=minute)).timestamp()


def health(beats=(), gaps=(), reason="no poll for 60 min", source="odds"):
    """Health after heartbeats and gaps, told in order of time."""
    found = FeedHealth()
    told = [(m, Heartbeat(at=NOON + timedelta(minutes=m), source=source)) for m in beats]
    told += [
        (m - 0.001, Gap(at=NOON + timedelta(minutes=m), source=source, reason=reason)) for m in gaps
    ]
    for _, record in sorted(told, key=lambda pair: pair[0]):
        found.apply(record)
    return found


def state(found, minute):
    return found.states(at(minute))["odds"]


def test_a_source_is_stale_after_four_times_its_usual_silence():
    found = health(beats=range(0, 50, 5))
    assert found.spacing_s({"odds"}) == pytest.approx(300.0)
    assert state(found, 45 + 20) == "live"
    assert state(found, 45 + 21) == "stale"


def test_a_source_is_warming_for_as_long_as_the_longest_window_of_a_fast_move():
    found = health(beats=range(60))
    assert [state(found, minute) for minute in (0, 44, 45)] == ["warming", "warming", "live"]


def test_half_a_minute_of_silence_is_never_stale():
    found = health(beats=[n / 600 for n in range(100)])
    assert state(found, 0.165 + 0.49) == "warming"
    assert state(found, 0.165 + 0.55) == "stale"


def test_a_gap_lasts_until_the_next_heartbeat_and_windows_do_not_reach_back_over_it():
    """
    minute   0 1 2 3 . . . gap 10 . . . . 20 21
    """
    found = health(beats=[0, 1, 2, 3], gaps=[10])
    assert state(found, 12) == "gap"
    assert found.warm_since({"odds"}) == float("inf")
    found.apply(Heartbeat(at=NOON + timedelta(minutes=20), source="odds"))
    assert state(found, 20) == "warming"
    assert found.warm_since({"odds"}) == at(20)
    assert found.spacing_s({"odds"}) == pytest.approx(60.0)  # a gap is no usual step


def test_a_source_without_heartbeats_is_warm_from_its_gap_on():
    found = health(gaps=[10])
    assert found.warm_since({"odds"}) == at(10)


def test_conflation_is_shown_and_blinds_nobody():
    found = health(beats=[0, 1], gaps=[2], reason="conflated")
    assert state(found, 2) == "conflated"
    assert found.warm_since({"odds"}) == float("-inf")


def test_one_source_says_nothing_of_another():
    found = health(beats=[0, 1], gaps=[2])
    assert found.warm_since({"another"}) == float("-inf")
    assert found.spacing_s({"another"}) == 0.0


def test_the_fastest_source_tells_the_spacing():
    found = health(beats=range(0, 50, 5))
    for minute in range(50):
        found.apply(Heartbeat(at=NOON + timedelta(minutes=minute), source="exchange"))
    assert found.spacing_s({"odds", "exchange"}) == pytest.approx(60.0)


def test_a_heartbeat_told_twice_or_late_is_no_step():
    once, twice = health(beats=range(0, 50, 5)), health(beats=sorted([*range(0, 50, 5)] * 2))
    assert once.spacing_s({"odds"}) == twice.spacing_s({"odds"})
    late = health(beats=range(0, 50, 5))
    late.apply(Heartbeat(at=NOON, source="odds"))
    assert state(late, 50) == "live"


def test_a_register_tells_no_prices_and_changes_nothing_about_how_markets_are_looked_at():
    """
    source     odds: each minute       register: each ten minutes, with a gap
    """
    found = health(beats=range(60))
    for minute in range(0, 60, 10):
        beat = Heartbeat(at=NOON + timedelta(minutes=minute), source="register", covers=("c",))
        found.apply(beat)
    found.apply(Gap(at=NOON + timedelta(minutes=59), source="register", reason="lost"))
    assert found.spacing_s({"odds", "register"}) == found.spacing_s({"odds"})
    assert found.warm_since({"odds", "register"}) == found.warm_since({"odds"})
    assert found.spacing_s({"records", "register"}) == 0.0
    assert found.warm_since({"register"}) > found.warm_since({"odds"})
    assert found.spacing_s({"register"}) == pytest.approx(600.0)
