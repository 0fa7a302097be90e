from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from markets.clock import MatchClock, State
from markets.records import Event

KICK_OFF = datetime(2026, 6, 11, 19, tzinfo=UTC)


def at(minute):
    """Epoch second, minutes after kick-off by the wall clock of the ground."""
    return KICK_OFF.timestamp() + 60.0 * minute


def event(minute, name, **told):
    return Event(at=KICK_OFF + timedelta(minutes=minute), match="a-v-b", event=name, **told)


def clock_of(*events):
    clock = MatchClock()
    for one in events:
        clock.apply(one)
    return clock


MATCH = (
    event(0, "kick_off"),
    event(23, "goal", score=(1, 0), clock=23),
    event(47, "period_end"),
    event(70, "red_card", team="away"),
    event(80, "goal", score=(1, 1), clock=62),
    event(112, "full_time", score=(1, 1)),
)


@pytest.mark.parametrize(
    ("minute", "played"),
    [
        (-5, 0.0),    # nothing before kick-off
        (10, 10.0),
        (46.5, 46.5),  # stoppage counts on
        (50, 45.0),   # half-time: it stands still ...
        (62, 45.0),
        (67, 50.0),   # ... until fifteen minutes later
        (80, 62.0),   # told by the goal: the break was longer than thought
        (90, 72.0),
        (500, 100.0),
    ],
)  # fmt: skip
def test_the_clock_runs_and_stands_still_in_the_break(minute, played):
    assert clock_of(*MATCH).minutes(at(minute)) == pytest.approx(played)


def test_the_end_of_the_second_half_is_not_another_break():
    clock = clock_of(*MATCH[:5], event(111, "period_end"))
    assert clock.minutes(at(112)) == 100.0


def test_a_restart_told_with_its_clock_sets_the_clock():
    clock = clock_of(*MATCH[:3], event(66, "kick_off", clock=45, score=(1, 0)))
    assert clock.minutes(at(70)) == pytest.approx(49.0)
    assert clock.kick_off == at(0)


def test_without_kick_off_nothing_is_known():
    clock = clock_of(event(23, "goal", score=(1, 0), clock=23))
    assert clock.kick_off is None
    assert clock.minutes(at(30)) == 0.0
    assert clock.states(at(20), at(30)) == [State((0, 0), (0, 0))]


@pytest.mark.parametrize("order", list(permutations(range(6)))[::37])
def test_events_may_come_in_any_order(order):
    clock, shuffled = clock_of(*MATCH), clock_of(*[MATCH[i] for i in order])
    assert shuffled.kick_off == clock.kick_off
    assert shuffled.ended
    for minute in range(-10, 130, 7):
        assert shuffled.minutes(at(minute)) == clock.minutes(at(minute))
        assert shuffled.states(at(minute), at(minute + 5)) == clock.states(
            at(minute), at(minute + 5)
        )


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_events_of_one_instant_may_come_in_any_order(order):
    """
    45+2 by a feed of whole minutes:  goal 1-0, goal 2-0, red card, end of the half - at once.
    """
    instant = (
        event(45, "goal", score=(1, 0), clock=45),
        event(45, "goal", score=(2, 0), clock=45),
        event(45, "red_card", team="home"),
        event(45, "period_end"),
    )
    clock = clock_of(MATCH[0], *[instant[i] for i in order])
    assert clock.states(at(46), at(47)) == [State((2, 0), (1, 0))]
    assert clock.minutes(at(55)) == 45.0


def test_states_around_a_moment():
    """
    minute   0        23        70        80
    state    0-0      1-0       1-0 red   1-1
    """
    clock = clock_of(*MATCH)
    level, ahead = State((0, 0), (0, 0)), State((1, 0), (0, 0))
    a_man_up, equal = State((1, 0), (0, 1)), State((1, 1), (0, 1))
    assert clock.states(at(10), at(20)) == [level]
    assert clock.states(at(22), at(24)) == [level, ahead]
    assert clock.states(at(23), at(24)) == [ahead]  # what ended at its start did not hold in it
    assert clock.states(at(69), at(81)) == [ahead, a_man_up, equal]
    assert clock.states(at(-9), at(-1)) == [level]


def test_a_goal_that_was_taken_back():
    clock = clock_of(*MATCH[:2], event(26, "score", score=(0, 0)))
    assert clock.states(at(27), at(28)) == [State((0, 0), (0, 0))]


def test_a_goal_told_without_a_score_counts_for_its_team():
    clock = clock_of(MATCH[0], event(5, "goal", team="away"), event(9, "goal", team="home"))
    assert clock.states(at(10), at(11)) == [State((1, 1), (0, 0))]


def test_the_clock_around_a_moment_allows_for_slack_and_for_play_that_was_interrupted():
    clock = clock_of(MATCH[0])
    earliest, latest = clock.around(at(30), 120.0)
    assert latest == pytest.approx(32.0)
    assert earliest == pytest.approx(30 - 2 - 3)  # slack, and a tenth of half an hour of silence


@pytest.mark.parametrize("name", ["suspension", "resumption", "line_up", "news"])
def test_events_that_say_nothing_of_play_change_nothing(name):
    clock = clock_of(MATCH[0], event(10, name, score=(3, 0), clock=80))
    assert clock.minutes(at(11)) == pytest.approx(11.0)
    assert clock.states(at(10), at(11)) == [State((0, 0), (0, 0))]
