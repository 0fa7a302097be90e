"""Priors for cells of which there is no clean history."""

import pytest

from detectors.calibration import Prior
from detectors.catalogue import catalogue
from streams.borrowing import FEEDS, with_borrowed


def fitted(detector, market, phase, feed="fast", share=0.2, knee=1.0):
    return Prior(detector, market, phase, knee, 0.1, share, "fitted", feed)


def by_place(priors):
    return {(p.detector, p.market, p.phase, p.feed): p for p in priors}


STEAM = [fitted("steam-move", market, "late") for market in ("1x2", "total")]


def test_a_detector_has_a_prior_wherever_it_looks_and_for_both_paces():
    found = by_place(with_borrowed(STEAM))
    for market in ("1x2", "winner", "total", "asian_handicap"):
        for phase in ("early", "day", "late"):
            assert {f for f in FEEDS if ("steam-move", market, phase, f) in found} == set(FEEDS)


def test_what_was_fitted_stays():
    found = with_borrowed(STEAM)
    assert [p for p in found if p.source == "fitted"] == sorted(STEAM, key=lambda p: p.market)


def test_the_other_pace_comes_first_then_the_nearest_phase_then_the_likest_market():
    told = [
        fitted("steam-move", "1x2", "late", knee=1.0),
        fitted("steam-move", "1x2", "day", knee=2.0),
        fitted("steam-move", "1x2", "day", "slow", knee=3.0),
    ]
    found = by_place(with_borrowed(told))
    assert found["steam-move", "1x2", "late", "slow"].knee == 1.0
    assert found["steam-move", "1x2", "early", "slow"].knee == 3.0
    assert found["steam-move", "winner", "late", "fast"].knee == 1.0
    assert "for lack of a clean history" in found["steam-move", "winner", "late", "fast"].source


def test_the_days_before_may_use_less_of_the_budget():
    found = by_place(with_borrowed(STEAM))
    late, early = (found["steam-move", "1x2", phase, "fast"] for phase in ("late", "early"))
    assert early.share == pytest.approx(0.3 * late.share)


def test_both_paces_of_a_cell_have_one_share():
    shares = {}
    for prior in with_borrowed(STEAM):
        shares.setdefault((prior.detector, prior.market, prior.phase), set()).add(prior.share)
    assert all(len(found) == 1 for found in shares.values())


def test_a_detector_of_which_nothing_is_known_gets_nothing():
    assert {p.detector for p in with_borrowed(STEAM)} == {"steam-move"}
    assert len(catalogue()) > 1
