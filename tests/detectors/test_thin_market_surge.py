"""Far more money than such a match has; times count in minutes from kick-off."""

import math

import pytest

from detectors.features import MatchFeatures, phase_of
from detectors.thin_market_surge import ThinMarketSurge
from detectors.turnover import surprise
from markets.book import MatchBook
from markets.records import Matched
from tests.detectors.scene import KICK_OFF, MATCH, fixture, moment

USUAL = [(minute, 60.0) for minute in range(-1380, -120, 20)]
"""Sixty pounds every twenty minutes, which suits an obscure match."""


def look(bets: list[tuple[float, float]], minute: float, **of_fixture: object) -> MatchFeatures:
    book, total = MatchBook(MATCH), 0.0
    book.apply(fixture(**{"tier": 5} | of_fixture))
    for at, money in sorted(bets):
        total += money
        book.apply(
            Matched(
                at=moment(at), match=MATCH, market="1x2", selection="home", book="betfair",
                amount=total,
            )
        )  # fmt: skip
    at = moment(minute).timestamp()
    to_off = KICK_OFF.timestamp() - at
    phase = phase_of(to_off, in_play=False)
    return MatchFeatures(at, book, phase, to_off, float("-inf"), 60.0, {})


def score(bets: list[tuple[float, float]], minute: float = -60.0, **of_fixture: object) -> float:
    return ThinMarketSurge().score_one(look(bets, minute, **of_fixture))


def test_money_as_usual_is_nothing():
    assert score([*USUAL, *[(minute, 60.0) for minute in range(-120, -60, 20)]]) < 1.5


def test_many_bets_of_many_times_the_usual_money_stand_out():
    # ....|....|....|####|  kick-off in an hour; # is sixteen times the usual
    surge = [(minute, 900.0) for minute in range(-118, -60, 4)]
    found = ThinMarketSurge().find(look([*USUAL, *surge], -60.0))
    assert found.raw > 3.5
    assert found.observed == 15 * 900.0
    assert "times the" in found.sentence
    assert found.books == ("betfair",)


def test_one_bet_of_the_same_money_proves_little():
    together = score([*USUAL, (-90, 15 * 900.0)])
    assert together < 2.5 < score([*USUAL, *[(-118 + 4 * n, 900.0) for n in range(15)]]) - 1.0


def test_what_the_match_itself_has_had_tells_more_than_its_tier():
    busy = [(minute, 3000.0) for minute in range(-1380, -120, 20)]
    late = [(minute, 5000.0) for minute in range(-118, -60, 4)]
    assert score([*busy, *late]) < 2.0
    assert score([*USUAL, *late]) > 3.0


def test_another_sport_goes_by_its_own_money_alone():
    surge = [(minute, 900.0) for minute in range(-118, -60, 4)]
    assert score(surge, sport="tennis") == 0.0
    assert score([*USUAL, *surge], sport="tennis") > 3.0


def test_no_money_says_nothing():
    assert ThinMarketSurge().find(look([], -60.0)) is None
    assert ThinMarketSurge().find(look(USUAL, -0.0)) is None


@pytest.mark.parametrize("spread", [0.3, 1.0])
def test_surprise_is_between_those_of_its_two_doubts(spread):
    # With bets without number only the mean is in doubt; with a mean that is sure, only the count.
    many = surprise(1e7, 1e6, spread)
    assert many == pytest.approx(math.log(10.0) / spread, rel=1e-3)
    few = surprise(10.0, 1.0, 1e-3)
    assert few == pytest.approx(math.sqrt(2 * (10 * math.log(10) - 9)), rel=1e-2)
    assert surprise(10.0, 1.0, spread) < min(math.log(10.0) / spread, few)
