import json

import pytest

from detectors.market_mismatch import MarketMismatch, comparisons
from markets.goals import GoalRates, over_probability
from markets.handicaps import cover_probability
from tests.detectors.markets_scene import Markets

RATES = GoalRates(1.6, 1.0)
COVER, OVER = cover_probability(RATES, -0.5), over_probability(RATES, 2.5)


@pytest.fixture
def markets() -> Markets:
    scene = Markets()
    scene.by_rates(-1200, RATES)
    return scene


@pytest.fixture
def detector(markets: Markets) -> MarketMismatch:
    settled = MarketMismatch()
    markets.watch(settled, -1200, -400, 10)
    return settled


def test_markets_of_the_same_goals_agree(markets):
    assert [round(c.distance, 3) for c in comparisons(markets.look(-300))] == [0.0, 0.0]


def test_a_handicap_that_is_bought_stands_out(markets, detector):
    """
    1x2       --------------
    handicap  -----/````````  +10 points
    minute      -400      -350
    """
    markets.two_way(-400, "asian_handicap", -0.5, COVER + 0.1)
    found = markets.watch(detector, -399, -350, 5)
    assert found is not None
    assert found.raw > 4
    assert (found.market, found.line, found.selection) == ("asian_handicap", -0.5, "home")
    assert found.observed - found.expected == pytest.approx(0.1, abs=0.005)
    assert "Mexico -0.5 (asian_handicap)" in found.sentence


def test_a_handicap_that_is_sold_is_the_other_side_bought(markets, detector):
    markets.two_way(-400, "asian_handicap", -0.5, COVER - 0.1)
    found = markets.watch(detector, -399, -350, 5)
    assert found.selection == "away"
    assert found.observed - found.expected == pytest.approx(0.1, abs=0.005)


@pytest.mark.parametrize(("sign", "selection"), [(1, "over"), (-1, "under")])
def test_a_total_that_is_bought_stands_out_against_the_draw(markets, detector, sign, selection):
    markets.two_way(-400, "total", 2.5, OVER + sign * 0.12)
    found = markets.watch(detector, -399, -350, 5)
    assert (found.market, found.selection) == ("total", selection)
    assert 2 < found.raw < 8
    assert found.observed > found.expected + 0.05


def test_one_book_is_not_the_market(markets, detector):
    markets.two_way(-400, "asian_handicap", -0.5, COVER + 0.2, range(1))
    found = markets.watch(detector, -399, -350, 5)
    assert found is None or found.raw < 0.5


def test_what_lasts_less_than_half_an_hour_does_not_count(markets, detector):
    """A handicap that lags 20 minutes behind news."""
    markets.by_rates(-400, GoalRates(1.8, 0.9))
    markets.two_way(-400, "asian_handicap", -0.5, COVER)
    seen = [markets.watch(detector, m, m, 5) for m in range(-399, -380, 5)]
    markets.by_rates(-380, GoalRates(1.8, 0.9))
    seen += [markets.watch(detector, m, m, 5) for m in range(-379, -320, 5)]
    assert max(found.raw if found else 0.0 for found in seen) < 0.5


def test_a_distance_that_was_always_there_is_usual():
    markets, detector = Markets(), MarketMismatch()
    markets.by_rates(-1200, RATES)
    markets.two_way(-1200, "asian_handicap", -0.5, COVER + 0.04)
    found = markets.watch(detector, -1200, -120, 10)
    assert found is None or found.raw < 0.3


def test_a_slow_mismatch_does_not_become_usual_before_it_is_seen(markets, detector):
    """Two points each hour for five hours."""
    for hour in range(5):
        minute = -400 + 60 * hour
        markets.two_way(minute, "asian_handicap", -0.5, COVER + 0.02 * (hour + 1))
        found = markets.watch(detector, minute + 1, minute + 59, 5)
    assert found.raw > 4


def test_nothing_is_said_in_the_first_hour(markets):
    detector = MarketMismatch()
    markets.watch(detector, -1200, -1180, 5)
    markets.two_way(-1175, "asian_handicap", -0.5, COVER + 0.15)
    assert markets.watch(detector, -1174, -1145, 5) is None


def test_two_books_are_too_few():
    markets, detector = Markets(books=2), MarketMismatch()
    markets.by_rates(-1200, RATES)
    markets.watch(detector, -1200, -400, 10)
    markets.two_way(-400, "asian_handicap", -0.5, COVER + 0.15)
    assert markets.watch(detector, -399, -350, 5) is None


def test_lines_that_no_goals_have_are_passed_over(markets, detector):
    for line in (0.1, 1e9, -40.0):
        markets.two_way(-390, "asian_handicap", line, 0.5)
        markets.two_way(-390, "total", line, 0.5)
    names = {c.name for c in comparisons(markets.look(-380))}
    assert names == {"asian_handicap|-0.5", "total|2.5"}


def test_it_goes_on_from_its_state(markets, detector):
    heir = MarketMismatch()
    heir.restore(json.loads(json.dumps(detector.state(), allow_nan=False)))
    markets.two_way(-400, "asian_handicap", -0.5, COVER + 0.1)
    assert markets.watch(heir, -399, -300, 5).raw == markets.watch(detector, -399, -300, 5).raw
