from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from math import log
from random import Random
from statistics import median, stdev

import pytest

from markets.records import Matched
from streams.simulator.match import SimulatedMatch
from streams.simulator.match_day import match_day
from streams.simulator.prices import Truth
from streams.simulator.teams import Competition, CompetitionKind
from streams.simulator.volume import Exchange


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


def money(competition: Competition, seed: int, news: tuple[float, ...] = ()) -> list[Matched]:
    """Money before a match whose price stands still."""
    exchange = Exchange(Random(seed), "m", NOON, competition, news)
    return list(exchange.before([EVEN], ()))


def within(found: list[Matched], since: float, until: float) -> float:
    """Money on all selections between two seconds."""
    sums = []
    for second in (since, until):
        by = {r.selection: r.amount for r in found if r.at <= NOON + timedelta(seconds=second)}
        sums.append(sum(by.values()))
    return sums[1] - sums[0]


LEAGUE = Competition("A League", 2)
EVEN = Truth(-90_000, (0.4, 0.3, 0.3), 0.5)
NOON = datetime(2026, 9, 12, 12, tzinfo=UTC)


def test_tournaments_turn_over_more_and_friendlies_less() -> None:
    def usual(kind: CompetitionKind) -> float:
        found = [within(money(Competition("A", 3, kind), s), -90_000, 0) for s in range(40)]
        return median(found)

    assert usual("tournament") > 1.2 * usual("league") > 1.2 * usual("friendly")


def test_money_bursts_at_news() -> None:
    """news -3600 : the quarter of an hour after it, against the same one without"""
    told = [within(money(LEAGUE, s, (-3600.0,)), -3600, -2700) for s in range(120)]
    quiet = [within(money(LEAGUE, s), -3600, -2700) for s in range(120)]
    assert 1.25 < median(told) / median(quiet) < 3


def test_money_follows_a_price_that_moved() -> None:
    """home 0.40 --- -4000: 0.46 --- the twenty minutes after it"""
    moved = [EVEN, Truth(-4000, (0.46, 0.27, 0.27), 0.5)]
    shares = []
    for seed in range(40):
        found = list(Exchange(Random(seed), "m", NOON, LEAGUE).before(moved, ()))
        home = [r for r in found if r.selection == "home"]
        before = within(home, -7600, -4000) / within(found, -7600, -4000)
        shares.append(within(home, -4000, -2900) / within(found, -4000, -2900) / before)
    assert 1.15 < median(shares) < 2.2


def _spread(competition: Competition, since: float, until: float) -> float:
    """How far, in log, the share of the home win differs between matches of one price."""
    logs = []
    for seed in range(60):
        found = money(competition, seed)
        home = within([r for r in found if r.selection == "home"], since, until)
        if home > 0:
            logs.append(log(home / within(found, since, until)))
    return stdev(logs)


def test_the_share_of_a_selection_is_not_its_probability_for_an_hour_and_longer() -> None:
    hour, half_day = _spread(LEAGUE, -7200, -3600), _spread(LEAGUE, -43_200, 0)
    print(f"\nspread of the share: of an hour {hour:.2f}, of half a day {half_day:.2f}")
    assert 0.1 < half_day < hour < 0.7


def test_single_bets_show_in_thin_markets() -> None:
    thin, liquid = (_spread(Competition("A", tier), -7200, -3600) for tier in (5, 1))
    print(f"\nspread of an hour's share: tier 5 {thin:.2f}, tier 1 {liquid:.2f}")
    assert thin > 2 * liquid


def test_top_leagues_turn_over_more(matches: tuple[SimulatedMatch, ...]) -> None:
    by_tier = defaultdict(list)
    for match in matches:
        by_tier[match.fixture.tier].append(sum(row[-1][1] for row in amounts(match).values()))
    assert median(by_tier[1]) > 5 * median(by_tier[3])
