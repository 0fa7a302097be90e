import random

import pytest

from detectors.features import MatchFeatures
from detectors.structuring import Structuring
from markets.book import MatchBook
from markets.records import Wager
from tests.detectors.scene import KICK_OFF, MATCH, fixture, moment

USUAL = (10, 20, 50, 100, 250, 300, 380, 500, 640, 500, 750, 812, 1000)


def wager(number: int, minute: float, stake: float, account: str, **more: object) -> Wager:
    known = {"market": "1x2", "selection": "away", "book": "elm", "price": 3.0, "match": MATCH}
    return Wager(
        **(known | more), at=moment(minute), wager=f"w{number}", account=account, stake=stake
    )


def public() -> list[Wager]:
    """Six hours of ordinary stakes on both sides."""
    rng = random.Random(1)
    return [
        wager(
            n,
            rng.uniform(-420, -61),
            float(rng.choice(USUAL)),
            f"p{n}",
            selection=rng.choice(("home", "away")),
        )
        for n in range(200)
    ]


def split(stakes, minutes=40.0, price=3.0, accounts=5) -> list[Wager]:
    """Stakes spread evenly over the minutes up to an hour before the match."""
    step = minutes / len(stakes)
    return [
        wager(1000 + n, -60 - minutes + step * (n + 1), stake, f"c{n % accounts}", price=price)
        for n, stake in enumerate(stakes)
    ]


def look(wagers, minute: float = -59.0) -> MatchFeatures:
    book = MatchBook(MATCH)
    for record in (fixture(), *wagers):
        book.apply(record)
    at = moment(minute).timestamp()
    to_off = KICK_OFF.timestamp() - at
    return MatchFeatures(at, book, "late", to_off, float("-inf"), 60.0, {})


@pytest.fixture
def unlike() -> list[float]:
    """Fifteen different stakes just under 500."""
    return [460.0 + 2.6 * n for n in range(15)]


def test_a_sum_split_under_a_threshold_stands_out(unlike: list[float]) -> None:
    """stakes   ...........490 471 495 483 ...|
    minutes     -100                       -60"""
    found = Structuring().find(look(public() + split(unlike)))
    assert found is not None
    assert found.raw > 8
    assert (found.market, found.selection, found.observed) == ("1x2", "away", 15.0)
    assert found.values["total"] == pytest.approx(sum(unlike))
    assert found.values["accounts"] == 5
    assert "15 stakes of 460 to 496, just under 500" in found.sentence


def test_ordinary_stakes_are_nothing() -> None:
    assert Structuring().find(look(public())) is None


@pytest.mark.parametrize("amount", [500.0, 1000.0, 440.0])
def test_stakes_at_or_far_below_a_threshold_are_nothing(amount: float) -> None:
    stakes = [amount + 0.01 * n for n in range(15)]
    assert Structuring().find(look(public() + split(stakes))) is None


def test_the_most_that_an_operator_takes_is_nothing() -> None:
    assert Structuring().find(look(public() + split([490.0] * 20, accounts=20))) is None


def test_the_most_that_an_operator_pays_out_is_nothing() -> None:
    """A win of 1000 at most: stakes follow the price."""
    prices = [3.02, 3.05, 3.08, 3.1, 3.14]
    crowd = [
        w
        for n, price in enumerate(prices)
        for w in split([float(int(1000 / (price - 1)))] * 4, minutes=30 + n, price=price)
    ]
    crowd = [wager(2000 + n, -80, w.stake, f"t{n}", price=w.price) for n, w in enumerate(crowd)]
    assert Structuring().find(look(public() + crowd)) is None


def test_fills_of_one_bet_are_one_stake() -> None:
    """Four rows of one account in one second, 480 each: one bet of 1920, whatever their prices."""
    fills = [
        wager(3000 + 4 * n + part, -90 + n, 470.0 + 3 * part + n, f"x{n}", price=3.0 + part / 10)
        for n in range(4)
        for part in range(4)
    ]
    found = Structuring().find(look(public() + fills))
    assert found is None or found.values["threshold"] != 500


def test_spread_over_the_day_it_is_less_than_within_the_hour(unlike: list[float]) -> None:
    slow = Structuring().score_one(look(public() + split(unlike, minutes=340)))
    quick = Structuring().score_one(look(public() + split(unlike, minutes=40)))
    assert slow < quick


def test_a_public_that_stakes_so_explains_it(unlike: list[float]) -> None:
    odd = [
        wager(4000 + n, -400 + n, 451 + 0.13 * n if n % 2 else 600 + n, f"o{n}", selection=side)
        for n in range(330)
        for side in (("home", "draw", "away")[n // 2 % 3],)
    ]
    told = Structuring().score_one(look(public() + split(unlike)))
    assert Structuring().score_one(look(public() + split(unlike) + odd)) < told


def test_laying_does_not_count(unlike: list[float]) -> None:
    laid = [wager(5000 + n, -70, s, f"l{n}", side="lay") for n, s in enumerate(unlike)]
    assert Structuring().find(look(public() + laid)) is None


def test_order_does_not_matter_and_scoring_changes_nothing(unlike: list[float]) -> None:
    told = public() + split(unlike)
    shuffled = told.copy()
    random.Random(3).shuffle(shuffled)
    detector = Structuring()
    features = look(told)
    assert detector.find(features) == detector.find(features) == detector.find(look(shuffled))
    assert detector.state() == {}


def test_it_is_quiet_long_after(unlike: list[float]) -> None:
    assert Structuring().find(look(public() + split(unlike), minute=-30.0)) is None
