from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from markets.records import Event, Price
from streams.simulator.match_day import match_day
from streams.simulator.play import Timetable, play, position, timetable


def test_the_clock_stands_in_the_break() -> None:
    """kick-off 60   half time 2880 (clock 47)   restart 3800 (clock 45)   full time 6800"""
    times = Timetable(60, 2880, 3800, 6800)
    assert [times.clock(s) for s in (0, 60, 2880, 3700, 3800, 6800, 9000)] == [
        0, 0, 47, 47, 45, 95, 95,
    ]  # fmt: skip
    assert [times.playing(s) for s in (59, 60, 2880, 3800, 6800)] == [
        False, True, False, True, False,
    ]  # fmt: skip


def test_rates_that_change_late_leave_what_came_before() -> None:
    times = timetable(Random(1))
    level = play(Random(5), times, lambda _: (3.0, 3.0))
    late = play(Random(5), times, lambda s: (3.0, 3.0) if s < 3000 else (0.0, 60.0))
    assert [i for i in late if i.second < 3000] == [i for i in level if i.second < 3000]
    assert all(i.team == "away" for i in late if i.second > 3060 and i.what == "goal")
    assert len(late) > len(level)


def test_score_and_reds_add_up() -> None:
    for seed in range(40):
        incidents = play(Random(seed), timetable(Random(seed)), lambda _: (2.0, 2.0))
        goals = sum(i.what == "goal" for i in incidents)
        score, reds = position(incidents, 1e9)
        assert (sum(score), sum(reds)) == (goals, len(incidents) - goals)
        assert all(sum(b.score) >= sum(a.score) for a, b in pairwise(incidents))


def test_stronger_teams_score_more() -> None:
    goals = {"home": 0, "away": 0}
    for seed in range(400):
        for i in play(Random(seed), Timetable(60, 2880, 3800, 6800), lambda _: (2.0, 1.0)):
            goals[i.team] += i.what == "goal"
    assert 1.85 < goals["home"] / 400 < 2.15
    assert 0.85 < goals["away"] / 400 < 1.15


def test_events_tell_the_match_in_order(start: datetime) -> None:
    for match in match_day(4, matches=15, fixes=(), start=start).matches:
        events = [r for r in match.records() if isinstance(r, Event)]
        told = [e for e in events if e.event not in ("line_up", "news")]
        assert [e.event for e in events].count("line_up") <= 1
        names = [e.event for e in told if e.event not in ("goal", "red_card")]
        assert names == ["kick_off", "period_end", "kick_off", "full_time"]
        assert (told[0].event, told[-1].event) == ("kick_off", "full_time")
        scores = [sum(e.score) for e in told if e.score is not None]
        assert scores == sorted(scores)
        assert scores[-1] == sum(e.event == "goal" for e in told)


def test_books_suspend_before_the_goal_is_told(
    start: datetime, consensus_at: Callable[..., object]
) -> None:
    """goal --- 1..12 s: books suspend --- 18..60 s: the feed tells --- about a minute: reopened"""
    leads, reopened = [], []
    for match in match_day(4, matches=12, books=11, fixes=(), start=start).matches:
        records = list(match.records())
        goals = [r for r in records if isinstance(r, Event) and r.event == "goal"]
        prices = [r for r in records if isinstance(r, Price) and r.book == "alder"]
        for goal in goals:
            near = [p for p in prices if abs(p.at - goal.at) < timedelta(seconds=240)]
            before = [p for p in near if p.status == "suspended" and p.at <= goal.at]
            after = [p for p in near if p.status == "open" and before and p.at > before[-1].at]
            if before and after:
                leads.append((goal.at - before[-1].at).total_seconds())
                reopened.append((after[0].at - before[-1].at).total_seconds())
    assert len(leads) > 15
    assert sum(5 <= lead <= 60 for lead in leads) > 0.9 * len(leads)
    assert all(20 <= seconds <= 240 for seconds in reopened)
