from collections import defaultdict
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from statistics import median

import pytest

from markets.records import Matched
from streams.simulator.match import SimulatedMatch
from streams.simulator.match_day import match_day


@pytest.fixture(scope="module")
def matches(start: datetime) -> tuple[SimulatedMatch, ...]:
    return match_day(8, matches=25, fixes=(), start=start).matches


@cache
def amounts(match: SimulatedMatch) -> dict[str, list[tuple[datetime, float]]]:
    found = defaultdict(list)
    for r in match.records():
        if isinstance(r, Matched):
            found[r.selection].append((r.at, r.amount))
    return found


def total(match: SimulatedMatch, since: timedelta, until: timedelta) -> float:
    start, sum_ = match.fixture.start, 0.0
    for row in amounts(match).values():
        within = [a for at, a in row if at < start + until]
        before = [a for at, a in row if at < start + since]
        sum_ += (within[-1] if within else 0) - (before[-1] if before else 0)
    return sum_


def test_amounts_are_cumulative(matches: tuple[SimulatedMatch, ...]) -> None:
    for match in matches[:5]:
        for row in amounts(match).values():
            assert all(one[1] <= two[1] for one, two in pairwise(row))


def test_money_comes_late_and_most_of_it_in_play(matches: tuple[SimulatedMatch, ...]) -> None:
    day, hour = timedelta(days=1), timedelta(hours=1)
    shares, lasts = [], []
    for match in matches:
        before, after = total(match, -day, 0 * hour), total(match, 0 * hour, 3 * hour)
        shares.append(after / (before + after))
        lasts.append(total(match, -hour, 0 * hour) / before)
    assert 0.5 < median(shares) < 0.8
    assert 0.2 < median(lasts) < 0.5


def test_money_follows_the_probabilities(matches: tuple[SimulatedMatch, ...]) -> None:
    off = []
    for match in matches:
        last = {s: row[-1][1] for s, row in amounts(match).items()}
        early = {
            s: [a for at, a in row if at < match.fixture.start][-1]
            for s, row in amounts(match).items()
        }
        assert set(last) == {"home", "draw", "away"}
        favourite = "home" if match.course.opening.supremacy > 0 else "away"
        off.append(early[favourite] / sum(early.values()))
    assert 0.4 < median(off) < 0.7


def test_top_leagues_turn_over_more(matches: tuple[SimulatedMatch, ...]) -> None:
    by_tier = defaultdict(list)
    for match in matches:
        by_tier[match.fixture.tier].append(sum(row[-1][1] for row in amounts(match).values()))
    assert median(by_tier[1]) > 5 * median(by_tier[3])
