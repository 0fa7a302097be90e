import random
from datetime import timedelta

import pytest

from detectors.stake_out_of_character import StakeOutOfCharacter
from tests.detectors.scene import KICK_OFF
from tests.detectors.wagers_scene import Bets, known, wager

DETECTOR = StakeOutOfCharacter()
SLEPT = KICK_OFF - timedelta(days=200)


def dormant(bets: Bets, count: int = 4, stake: float = 800.0, **more) -> None:
    """Accounts that slept for 200 days and staked 20 stake 800, one each half hour."""
    for n in range(count):
        name = f"sleeper-{n}"
        told = {"selection": "away", "stake": stake} | more
        bets.tell(known(name, last=SLEPT), wager(-170 + 30 * n, name, **told))


def new(bets: Bets, count: int = 4, stake: float = 950.0) -> None:
    """Accounts opened last week stake at their limit."""
    for n in range(count):
        name, opened = f"new-{n}", "2026-06-05"
        history = {"opened": opened, "wagers": 0, "median_stake": None, "last": None}
        placed = wager(-170 + 30 * n, name, "away", stake=stake, opened=opened)
        bets.tell(known(name, **history), placed)


def score(bets: Bets, minute: float = -79.0) -> float:
    return DETECTOR.score_one(bets.look(minute))


@pytest.mark.parametrize("scheme", [dormant, new])
def test_large_stakes_of_new_and_dormant_accounts_stand_out(scheme) -> None:
    """-180 ..... 800 ..... 800 ..... 800 ..... 800 | look"""
    bets = Bets()
    quiet = score(bets)
    scheme(bets)
    assert quiet < 0.5
    assert score(bets) > 4.0


def test_what_it_says() -> None:
    bets = Bets()
    dormant(bets, 2)
    new(bets, 2)
    found = DETECTOR.find(bets.look(-134.0))
    assert found is not None
    assert (found.market, found.selection) == ("1x2", "away")
    assert (found.values["accounts"], found.values["new"], found.values["dormant"]) == (4, 2, 2)
    assert found.values["money"] == 3500.0
    assert "4 pseudonymous accounts, 2 opened within 14 days and 2 idle" in found.sentence


def test_one_account_alone_stays_weak() -> None:
    bets = Bets()
    dormant(bets, 1, stake=5000.0)
    assert 0.0 < score(bets, -165.0) < 2.5


def test_more_accounts_score_more() -> None:
    scores = []
    for count in (1, 2, 3, 4):
        bets = Bets()
        dormant(bets, count)
        scores.append(score(bets, -170 + 30 * (count - 1) + 1.0))
    assert scores == sorted(set(scores))


def test_returning_customers_with_their_usual_stakes_are_innocent() -> None:
    bets = Bets()
    dormant(bets, stake=25.0)
    assert score(bets) == 0.0


def test_regulars_who_raise_their_stakes_are_innocent() -> None:
    bets = Bets()
    for n in range(6):
        name = f"regular-{n}"
        bets.tell(known(name), wager(-170 + 15 * n, name, "away", stake=900.0))
    assert score(bets) == 0.0


def test_a_customer_cut_to_a_low_limit_always_stakes_at_it() -> None:
    bets = Bets()
    for n in range(4):
        name = f"cut-{n}"
        history = known(name, last=SLEPT, limit=10.0, median_stake=9.0)
        bets.tell(history, wager(-170 + 30 * n, name, "away", stake=10.0))
    assert score(bets) == 0.0


def test_fills_of_one_bet_are_one_stake() -> None:
    whole, split = Bets(), Bets()
    dormant(whole, stake=800.0)
    for part in range(4):
        for n in range(4):
            name = f"sleeper-{n}"
            told = {"stake": 200.0, "wager": f"{name} {part}"}
            split.tell(known(name, last=SLEPT), wager(-170 + 30 * n, name, "away", **told))
    assert score(split) == pytest.approx(score(whole))


def test_accounts_without_a_history_are_judged_by_their_age() -> None:
    bets = Bets()
    for n in range(4):
        told = {"stake": 2000.0, "opened": "2026-06-09"}
        bets.tell(wager(-170 + 30 * n, f"unknown-{n}", "away", **told))
    assert score(bets) > 2.0


def test_any_market_and_in_play() -> None:
    bets = Bets()
    for n in range(4):
        name = f"sleeper-{n}"
        told = {"market": "set_winner", "line": 2.0, "selection": "Nadal", "stake": 900.0}
        bets.tell(known(name, last=SLEPT), wager(10 + 8 * n, name, **told))
    found = DETECTOR.find(bets.look(35.0))
    assert found is not None
    assert (found.market, found.line, found.selection) == ("set_winner", 2.0, "Nadal")


def test_pure_and_without_regard_to_the_order_of_telling() -> None:
    bets = Bets()
    dormant(bets)
    features = bets.look(-79.0)
    first = DETECTOR.find(features)
    assert first is not None
    assert DETECTOR.find(features) == first
    assert DETECTOR.find(bets.look(-79.0, random.Random(3).shuffle)) == first
    assert DETECTOR.state() == {}
