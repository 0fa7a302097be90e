from collections import Counter, defaultdict
from datetime import datetime
from statistics import median

import pytest

from markets.goals import GoalRates
from markets.handicaps import cover_probability
from markets.records import Price
from streams.simulator.match import SimulatedMatch
from streams.simulator.match_day import match_day
from streams.simulator.prices import rating_at
from streams.simulator.scheme import Fix, Slant
from streams.simulator.side_markets import HANDICAP, PROPS, handicap_line, prop, total_leans
from tests.streams.simulator.sides import sides_at

SIDE = {HANDICAP, *PROPS}


@pytest.fixture(scope="module")
def matches(start: datetime) -> tuple[SimulatedMatch, ...]:
    return match_day(31, matches=12, fixes=(), start=start).matches


def prices(match: SimulatedMatch) -> list[Price]:
    return [r for r in match.records() if isinstance(r, Price)]


def test_few_books_quote_them_and_never_the_exchange(matches):
    for match in matches:
        books = defaultdict(set)
        for price in prices(match):
            if price.market in SIDE:
                books[price.market].add(price.book)
        assert books.keys() == SIDE
        assert 3 <= len(books[HANDICAP]) <= 6
        assert all(3 <= len(books[market]) <= 5 for market in PROPS)
        assert not any("exchange" in names for names in books.values())


def test_they_are_cheap(matches):
    counts = Counter(
        price.market in SIDE for match in matches for price in prices(match) if not price.in_play
    )
    assert 0.05 < counts[True] / counts[False] < 0.35


def test_they_close_at_kick_off(matches):
    for match in matches:
        last = {(p.market, p.book, p.selection): p for p in prices(match) if p.market in SIDE}
        assert {p.status for p in last.values()} == {"closed"}
        assert {p.at for p in last.values()} == {match.fixture.start}


def test_the_handicap_follows_the_rating_of_the_1x2(matches):
    """Ten minutes before kick-off the books' middle is near what the true rating makes it."""
    gaps = []
    for match in matches:
        course = match.course
        rating = rating_at(course.opening, course.steps, -600.0)
        truth = cover_probability(rating.rates(), handicap_line(course.opening))
        gaps.append(abs(sides_at(match, -600.0)[HANDICAP]["home"] - truth))
    assert median(gaps) < 0.015
    assert max(gaps) < 0.05


def test_the_line_is_the_one_nearest_to_level(matches):
    for match in matches:
        line = handicap_line(match.course.opening)
        assert line % 1 == 0.5
        assert {p.line for p in prices(match) if p.market == HANDICAP} == {line}
        assert 0.25 < cover_probability(match.course.opening.rates(), line) < 0.75


def test_props_are_quoted_at_the_line_of_the_opening(matches):
    for match in matches:
        for market in PROPS:
            line, over = prop(match.course.opening, market)
            assert {p.line for p in prices(match) if p.market == market} == {line}
            assert sides_at(match, -3600.0)[market]["over"] == pytest.approx(over, abs=0.12)


def test_a_slant_moves_its_market_and_no_other(start: datetime):
    fix = Fix(0, "spot-fix", "cards", "over", 0.15)
    fixed = match_day(5, matches=1, fixes=(fix,), start=start).matches[0]
    twin = match_day(5, matches=1, fixes=(), start=start).matches[0]
    ours, theirs = sides_at(fixed, -60.0), sides_at(twin, -60.0)
    assert ours["cards"]["over"] - theirs["cards"]["over"] == pytest.approx(0.15, abs=0.03)
    assert ours["corners"] == theirs["corners"]
    assert ours[HANDICAP] == theirs[HANDICAP]


def test_a_slant_of_the_total_is_a_row_of_leans():
    slants = (Slant(-3600, -1800, "total", "under", 0.6), Slant(-9, 0, "cards", "over", 1.0))
    leans = total_leans(slants)
    assert sum(lean.shift for lean in leans) == pytest.approx(-0.6)
    assert {lean.outcome for lean in leans} == {3}
    assert (leans[0].since, leans[-1].since) == (-3600, -1800)


def test_goal_rates_of_an_even_match_cover_half_a_goal_less_often_than_not():
    assert cover_probability(GoalRates(1.3, 1.3), -0.5) < 0.5
