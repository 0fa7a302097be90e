import random

import pytest

from detectors.account_cluster import AccountCluster, backers, components
from tests.detectors.wagers_scene import Bets, wager

DETECTOR = AccountCluster()


def ring(bets: Bets, count: int = 10, since: float = -100.0, minutes: float = 25.0, **more) -> None:
    """Accounts of a week, three on each phone, stake 60 to 150 on the away team."""
    for n in range(count):
        told = {
            "opened": "2026-06-04", "device": f"phone-{n // 3}", "country": "PL",
            "stake": 60.0 + 10 * n, "selection": "away",
        }  # fmt: skip
        bets.tell(wager(since + minutes * n / count, f"mule-{n}", **told | more))


def score(bets: Bets, minute: float = -74.0) -> float:
    return DETECTOR.score_one(bets.look(minute))


def test_a_ring_stands_out_and_the_public_does_not() -> None:
    """-180 ....customers.... -100 [ring of ten] -75 ......... 0"""
    bets = Bets()
    quiet = score(bets)
    ring(bets)
    assert quiet < 1.0
    assert score(bets) > 10.0


def test_what_it_says() -> None:
    bets = Bets()
    ring(bets)
    found = DETECTOR.find(bets.look(-74.0))
    assert found is not None
    assert (found.market, found.line, found.selection) == ("1x2", None, "away")
    assert found.values["new"] == 10
    assert found.values["sharing"] == 6
    assert found.values["money"] >= 1050.0
    assert "10 of them were opened within 30 days" in found.sentence
    assert "South Africa" in found.sentence
    assert bets.look(-100.0).at <= found.turn <= bets.look(-75.0).at


@pytest.mark.parametrize(
    ("innocent", "told"),
    [
        ("a sign-up offer: all stake its maximum", {"stake": 30.0, "device": None}),
        ("followers of a tip: old accounts, own phones, from everywhere", {
            "opened": "2023-01-01", "device": None, "country": None}),
        ("small stakes", {"stake": 2.0}),
    ],
)  # fmt: skip
def test_innocent_look_alikes_score_less(innocent: str, told: dict) -> None:
    bets, look_alike = Bets(), Bets()
    ring(bets)
    ring(look_alike, **told)
    assert score(look_alike) < 2.5, innocent
    assert score(look_alike) < score(bets) / 3


def test_old_accounts_on_shared_phones_still_stand_out() -> None:
    bets = Bets()
    ring(bets, opened="2023-01-01")
    assert score(bets) > 3.0


def test_a_ring_spread_over_hours_is_not_seen_as_one() -> None:
    near, far = Bets(), Bets()
    ring(near)
    ring(far, since=-340, minutes=265)
    assert score(far) < score(near) / 2


def test_more_accounts_score_more() -> None:
    scores = []
    for count in (5, 8, 12, 20):
        bets = Bets()
        ring(bets, count)
        scores.append(score(bets))
    assert scores == sorted(scores)


def test_devices_link_accounts_into_components() -> None:
    """a - phone - b - tablet - c      d"""
    told = [
        wager(-10, "a", device="phone"), wager(-9, "b", device="phone"),
        wager(-8, "b", device="tablet"), wager(-7, "c", device="tablet"), wager(-6, "d"),
        wager(-5, "e", device=None), wager(-4, "f", device=None),
    ]  # fmt: skip
    group = backers(told)
    assert len(group) == 6
    assert components(group) == 4


def test_any_market_any_phase_without_attributes() -> None:
    bets = Bets()
    ring(bets, since=20.0, market="cards", line=4.5, selection="over")
    found = DETECTOR.find(bets.look(46.0))
    assert found is not None
    assert (found.market, found.line, found.selection) == ("cards", 4.5, "over")
    blind = Bets()
    ring(blind, opened=None, device=None, country=None)
    assert score(blind) < 1.0
    odd = Bets()
    ring(odd, opened="long ago", device=None, country=None)
    assert score(odd) < 1.0


def test_pure_and_without_regard_to_the_order_of_telling() -> None:
    bets = Bets()
    ring(bets)
    features = bets.look(-74.0)
    first = DETECTOR.find(features)
    assert DETECTOR.find(features) == first
    assert DETECTOR.find(bets.look(-74.0, random.Random(3).shuffle)) == first
    assert DETECTOR.state() == {}


def test_nothing_to_say_without_wagers() -> None:
    assert score(Bets(), -300.0) == 0.0
