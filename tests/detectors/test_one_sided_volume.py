"""Money that leans to one side; times count in minutes from kick-off, bets are pounds."""

import random

import pytest

from detectors.evidence import Finding
from detectors.one_sided_volume import OneSidedVolume
from markets.records import Matched
from tests.detectors.markets_scene import Markets
from tests.detectors.scene import MATCH, moment

CHANCES = {"home": 0.45, "draw": 0.28, "away": 0.27}
FIRST, FROM, LOOK = -1200, -360, -180
SPLIT = {"home": 300.0, "draw": 80.0, "away": 170.0}
BOUGHT = SPLIT | {"away": 30 * SPLIT["away"]}


def seen(lately: dict[str, float], *, moved: float = 0.0, once: float = 0.0) -> Finding | None:
    """What is found at LOOK when since FROM every five minutes brought `lately`.

    `moved` is what the away price has gained by then, `once` one more bet on away.
    """
    markets, amounts, chance = Markets(), dict.fromkeys(CHANCES, 0.0), random.Random(5)
    markets.price(FIRST, "1x2", None, CHANCES)
    bought = {"home": 0.45 - moved, "draw": 0.28, "away": 0.27 + moved}
    markets.price(FROM + 5, "1x2", None, bought)
    for minute in range(FIRST, LOOK, 5):
        for selection, money in (SPLIT if minute < FROM else lately).items():
            amounts[selection] += money * chance.uniform(0.5, 1.5)
            amounts[selection] += once if (minute, selection) == (FROM + 60, "away") else 0.0
            markets.book.apply(
                Matched(
                    at=moment(minute + 1), match=MATCH, market="1x2", selection=selection,
                    book="betfair", amount=amounts[selection],
                )
            )  # fmt: skip
    return markets.watch(OneSidedVolume(), FIRST + 60, LOOK, 10)


def raw(*args: dict[str, float], **more: float) -> float:
    found = seen(*args, **more)
    return 0.0 if found is None else found.raw


def test_money_that_is_split_as_before_is_nothing():
    assert raw(SPLIT) < 1.5


def test_money_on_one_side_that_the_price_does_not_answer_stands_out():
    found = seen(BOUGHT)
    assert found is not None
    assert found.raw > 5.0
    assert found.selection == "away"
    assert found.observed > 0.75
    assert found.expected == pytest.approx(0.31, abs=0.06)
    assert "times the sum expected of that time" in found.sentence
    assert "the price did not answer" in found.sentence
    assert found.values["all"] > 2 * found.values["usual sum"]


def test_the_same_lean_without_more_money_proves_less():
    part = sum(SPLIT.values()) / sum(BOUGHT.values())
    alike = seen({selection: part * money for selection, money in BOUGHT.items()})
    assert alike is not None
    assert 2.0 < alike.raw < raw(BOUGHT) - 0.2
    assert "usual sum" not in alike.values
    assert "times the sum" not in alike.sentence


def test_more_money_that_is_split_as_before_is_not_one_sided():
    assert raw({selection: 6 * money for selection, money in SPLIT.items()}) < 3.5


def test_a_price_that_answers_explains_the_money():
    assert raw(BOUGHT, moved=0.15) < raw(BOUGHT) - 1.0


def test_one_large_bet_is_one_spell():
    assert raw(SPLIT, once=60_000.0) < 2.5
