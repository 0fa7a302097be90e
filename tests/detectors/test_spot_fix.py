import json

import pytest

from detectors.spot_fix import SpotFix
from tests.detectors.markets_scene import Markets

MAIN = {"home": 0.5, "draw": 0.27, "away": 0.23}


@pytest.fixture
def markets() -> Markets:
    scene = Markets(books=5)
    scene.price(-1200, "1x2", None, MAIN)
    scene.two_way(-1200, "cards", 4.5, 0.5)
    scene.two_way(-1200, "corners", 9.5, 0.5)
    return scene


def find(markets: Markets, minute: float = -100.0, detector: SpotFix | None = None):
    return (detector or SpotFix()).find(markets.look(minute))


def test_a_quiet_match_says_nothing(markets):
    assert find(markets) is None


def test_cards_that_move_alone_stand_out(markets):
    """
    1x2    ---------------
    cards  -----/`````````  +15 points
    """
    markets.two_way(-150, "cards", 4.5, 0.65)
    found = find(markets)
    assert found is not None
    assert (found.market, found.line, found.selection) == ("cards", 4.5, "over")
    assert found.raw == pytest.approx(0.305, abs=0.005)
    assert (found.expected, found.observed) == pytest.approx((0.5, 0.65))
    assert len(found.books) == 5
    assert "over 4.5 (cards) from 50% to 65%" in found.sentence


def test_what_the_main_market_moves_too_does_not_count(markets):
    markets.two_way(-150, "cards", 4.5, 0.65)
    alone = find(markets).raw
    markets.price(-150, "1x2", None, {"home": 0.65, "draw": 0.2, "away": 0.15})
    found = find(markets)
    assert found is None or found.raw < 0.1 * alone


def test_fewer_than_half_of_the_books_are_not_the_market(markets):
    markets.two_way(-150, "cards", 4.5, 0.7, range(2))
    assert find(markets) is None


def test_of_two_books_both_must_move():
    markets = Markets(books=2)
    markets.price(-1200, "1x2", None, MAIN)
    markets.two_way(-1200, "cards", 4.5, 0.5)
    markets.two_way(-150, "cards", 4.5, 0.7, range(1))
    assert find(markets) is None
    markets.two_way(-140, "cards", 4.5, 0.7)
    assert find(markets).raw > 0.3


def test_a_wider_margin_is_no_move(markets):
    for n in range(markets.books):
        markets.price(-150, "cards", 4.5, {"over": 0.53, "under": 0.53}, range(n, n + 1))
    assert find(markets) is None


def test_older_moves_are_forgotten(markets):
    markets.two_way(-600, "cards", 4.5, 0.65)
    assert find(markets, -100) is None


def test_a_set_of_tennis_moves_while_the_winner_stays():
    markets = Markets(books=4, sport="tennis")
    markets.price(-1200, "winner", None, {"a": 0.6, "b": 0.4})
    markets.price(-1200, "set_winner", 1.0, {"a": 0.58, "b": 0.42})
    markets.price(-150, "set_winner", 1.0, {"a": 0.4, "b": 0.6})
    found = find(markets)
    assert (found.market, found.selection) == ("set_winner", "b")
    assert found.raw > 0.3


def test_a_restless_market_counts_for_less(markets):
    restless = SpotFix()
    for hour, over in enumerate((0.5, 0.6, 0.5, 0.6, 0.5, 0.6, 0.5)):
        minute = -1140 + 60 * hour
        markets.two_way(minute, "cards", 4.5, over)
        markets.watch(restless, minute, minute + 59, 10)
    markets.watch(restless, -720, -160, 10)
    markets.two_way(-150, "cards", 4.5, 0.65)
    assert find(markets, detector=restless).raw < 0.7 * find(markets).raw


def test_a_move_does_not_excuse_itself(markets):
    detector = SpotFix()
    markets.watch(detector, -1200, -310, 10)
    for step in range(12):
        markets.two_way(-300 + 15 * step, "cards", 4.5, 0.5 + 0.0125 * (step + 1))
        markets.watch(detector, -299 + 15 * step, -290 + 15 * step, 5)
    assert find(markets, detector=detector).raw == find(markets).raw


def test_it_goes_on_from_its_state(markets):
    detector, heir = SpotFix(), SpotFix()
    markets.watch(detector, -1200, -700, 10)
    heir.restore(json.loads(json.dumps(detector.state(), allow_nan=False)))
    markets.two_way(-650, "cards", 4.5, 0.6)
    both = [markets.watch(one, -649, -330, 10) for one in (detector, heir)]
    assert both[0] == both[1]
    assert detector.state() == heir.state()
