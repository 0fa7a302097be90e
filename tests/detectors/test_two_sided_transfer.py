import random

import pytest

from detectors.features import MatchFeatures
from detectors.two_sided_transfer import TwoSidedTransfer, off_market
from markets.book import MatchBook
from markets.records import Price, Wager
from tests.detectors.scene import KICK_OFF, MATCH, fixture, moment

PRICES = {"home": 2.0, "draw": 4.0, "away": 4.0}
SHORTER = {"home": 2.4, "draw": 3.4, "away": 3.45}


def wager(number: int, minute: float, price: float, **more: object) -> Wager:
    known: dict[str, object] = {
        "market": "1x2", "selection": "home", "book": "exchange", "match": MATCH,
        "stake": 500.0, "account": "a", "counterparty": "b", "side": "back",
    }  # fmt: skip
    return Wager(**(known | more), at=moment(minute), wager=f"w{number}", price=price)


def handed_over(count: int = 6, price: float = 2.4, **more: object) -> list[Wager]:
    """One deal in ten minutes, up to 70 minutes before the match."""
    return [wager(n, -70.0 - 10 * n, price, **more) for n in range(count)]


def public() -> list[Wager]:
    """Ordinary bets, some pairs of which meet again, at prices around the market's."""
    rng = random.Random(4)
    return [
        wager(
            100 + n,
            rng.uniform(-300, -61),
            2.0 * rng.uniform(0.98, 1.02),
            account=f"p{rng.randrange(15)}",
            counterparty=f"maker{rng.randrange(3)}",
            side=rng.choice(("back", "lay")),
        )
        for n in range(150)
    ]


def priced(minute: float, **prices: float) -> list[Price]:
    return [
        Price(at=moment(minute), match=MATCH, market="1x2", selection=s, book=b, price=p)
        for b in ("exchange", "elm", "fir")
        for s, p in (PRICES | prices).items()
    ]


def look(*told: object, minute: float = -60.0) -> MatchFeatures:
    book = MatchBook(MATCH)
    for record in (fixture(), *priced(-400), *told):
        book.apply(record)
    at = moment(minute).timestamp()
    return MatchFeatures(at, book, "late", KICK_OFF.timestamp() - at, float("-inf"), 60.0, {})


def test_deals_off_the_market_to_the_gain_of_one_side_stand_out() -> None:
    """market 2.0 ------------------
    deals    2.4  x  x  x  x  x  x"""
    found = TwoSidedTransfer().find(look(*public(), *handed_over()))
    assert found is not None
    assert found.raw > 6
    assert found.observed == 6
    assert found.values["moved"] == pytest.approx(6 * 500 * 0.2)
    assert "a and b matched 6 bets" in found.sentence
    assert "worth 600 to a" in found.sentence


def test_laying_too_high_is_the_gain_of_the_other_side() -> None:
    found = TwoSidedTransfer().find(look(*public(), *handed_over(side="lay")))
    assert found is not None
    assert "worth 600 to b" in found.sentence


def test_either_side_may_be_the_one_that_tells() -> None:
    mirrored = [
        wager(50 + n, w.at.timestamp() / 60 - KICK_OFF.timestamp() / 60, 2.4, account="b",
              counterparty="a", side="lay")
        for n, w in enumerate(handed_over()[:3])
    ]  # fmt: skip
    told = TwoSidedTransfer().score_one(look(*public(), *handed_over()))
    both = TwoSidedTransfer().score_one(look(*public(), *handed_over()[3:], *mirrored))
    assert both == pytest.approx(told)


@pytest.mark.parametrize("price", [2.0, 2.05, 1.94])
def test_repeated_deals_at_the_market_are_nothing(price: float) -> None:
    assert TwoSidedTransfer().find(look(*public(), *handed_over(12, price))) is None


def test_gains_of_both_sides_weigh_less() -> None:
    one_way = TwoSidedTransfer().score_one(look(*public(), *handed_over(8)))
    wavering = [wager(n, -70.0 - 10 * n, 2.4 if n % 2 else 1.7) for n in range(8)]
    assert TwoSidedTransfer().score_one(look(*public(), *wavering)) < one_way - 2


def test_two_deals_are_too_few() -> None:
    assert TwoSidedTransfer().find(look(*public(), *handed_over(2))) is None


def test_fills_of_a_minute_are_one_deal() -> None:
    fills = [wager(n, -70.0 - n / 600, 2.4) for n in range(8)]
    assert TwoSidedTransfer().find(look(*public(), *fills)) is None


def test_one_device_makes_it_rarer() -> None:
    own = wager(90, -75.0, 2.0, account="b", counterparty="maker1", device="d1")
    apart = look(*public(), own, *handed_over(4, device="d2"))
    together = look(*public(), own, *handed_over(4, device="d1"))
    detector = TwoSidedTransfer()
    assert detector.score_one(together) == pytest.approx(detector.score_one(apart) + 1.7, abs=0.01)


def test_an_offer_left_standing_while_the_market_moves_explains_itself() -> None:
    """market 2.4 -----
                  |_____ 2.0
    deal      2.4  x          within two minutes of the move"""
    moving = [
        record
        for n in reversed(range(5))
        for record in (*priced(-70.5 - 10 * n, **SHORTER), *priced(-70.0 - 10 * n))
    ]
    deals = [wager(n, -69.5 - 10 * n, 2.4) for n in range(5)]
    assert TwoSidedTransfer().find(look(*moving, *public(), *deals)) is None


def test_a_price_is_compared_with_its_own_time() -> None:
    features = look(*priced(-200, home=3.0, draw=3.0, away=3.0))
    assert off_market(features.book, wager(1, -300.0, 3.0)) == pytest.approx(0.5)
    assert off_market(features.book, wager(2, -100.0, 3.0)) == 0.0
    assert off_market(features.book, wager(3, -100.0, 3.0, market="btts", selection="yes")) == 0.0


def test_a_deal_is_judged_when_the_minutes_after_it_are_over() -> None:
    told = (*public(), *handed_over())
    assert TwoSidedTransfer().find(look(*told, minute=-69.0)).observed == 5
    assert TwoSidedTransfer().find(look(*told, minute=-67.0)).observed == 6


def test_order_does_not_matter_and_scoring_changes_nothing() -> None:
    told = [*public(), *handed_over()]
    shuffled = told.copy()
    random.Random(3).shuffle(shuffled)
    detector = TwoSidedTransfer()
    features = look(*told)
    assert detector.find(features) == detector.find(features) == detector.find(look(*shuffled))
    assert detector.state() == {}
