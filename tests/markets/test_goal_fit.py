import csv
from itertools import product
from math import exp, log, nan
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from markets.goal_fit import _Target, fit_rates
from markets.goals import GoalRates, outcome_probabilities, over_probability
from markets.implied import shin

PREMIER_LEAGUE = Path(__file__).parents[2] / "../shared/data/football-data/2019-20/E0.csv"

REALISTIC = list(product((0.3, 0.8, 1.3, 1.8, 2.6, 3.8), (0.3, 0.7, 1.1, 1.6), (0.0, -0.08)))


@pytest.mark.parametrize(("home", "away", "rho"), REALISTIC)
def test_the_fit_gives_back_its_market(home, away, rho):
    truth = GoalRates(home, away, rho)
    market = outcome_probabilities(truth)
    totals = [(line, over_probability(truth, line)) for line in (2.0, 2.25, 2.5, 3.5)]
    for given_totals in ([], totals[2:3], totals):
        found = fit_rates(*market, given_totals)
        assert outcome_probabilities(found) == pytest.approx(market, abs=0.01)
        for line, over in given_totals:
            assert over_probability(found, line) == pytest.approx(over, abs=0.01)


@pytest.mark.parametrize(("home", "away", "rho"), REALISTIC)
def test_the_fit_with_totals_finds_the_rates(home, away, rho):
    truth = GoalRates(home, away, rho)
    totals = [(2.25, over_probability(truth, 2.25))]
    found = fit_rates(*outcome_probabilities(truth), totals, rho=rho)
    assert (found.home, found.away) == pytest.approx((home, away), rel=0.03)


@pytest.mark.parametrize(
    "market", [(0.97, 0.02, 0.01), (0.005, 0.025, 0.97), (0.997, 0.002, 0.001), (0.27, 0.45, 0.28)]
)
def test_extreme_markets_are_met(market):
    assert outcome_probabilities(fit_rates(*market)) == pytest.approx(market, abs=0.01)


@given(
    st.tuples(st.floats(0.001, 1), st.floats(0.001, 1), st.floats(0.001, 1)),
    st.lists(st.tuples(st.sampled_from([0.5, 2.0, 2.25, 3.5, 6.5]), st.floats(0.001, 0.999))),
)
def test_no_market_however_absurd_breaks_the_fit(weights, totals):
    found = fit_rates(*(w / sum(weights) for w in weights), totals)
    assert 0.009 < found.home < 12.1
    assert 0.009 < found.away < 12.1
    assert abs(found.rho) <= 0.3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.5, 0.3, 0.3), "sum to 1.1000"),
        ((0.5, 0.5, 0.0), "away"),
        ((nan, 0.3, 0.2), "home"),
        ((0.5, 0.3, 0.2, [(2.5, 1.0)]), "over 2.5"),
        ((0.5, 0.3, 0.2, [(2.4, 0.5)]), "line 2.4"),
    ],
)
def test_what_is_no_market_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        fit_rates(*arguments)


def test_real_closing_prices_are_met():
    if not PREMIER_LEAGUE.exists():
        pytest.skip("shared data absent: football-data/2019-20/E0.csv beside the checkout")
    with PREMIER_LEAGUE.open(encoding="utf-8-sig") as lines:
        matches = list(csv.DictReader(lines))
    for match in matches:
        market = shin([float(match[c]) for c in ("PSCH", "PSCD", "PSCA")])
        over = shin([float(match[c]) for c in ("PC>2.5", "PC<2.5")])[0]
        found = fit_rates(*market, [(2.5, over)])
        assert outcome_probabilities(found) == pytest.approx(market, abs=0.01)
        assert over_probability(found, 2.5) == pytest.approx(over, abs=0.01)
    assert len(matches) > 250


rates = st.floats(0.1, 5)


@given(rates, rates, st.floats(-0.3, 0.3), st.sampled_from([0.5, 1.0, 2.25, 2.5, 2.75, 3.0]))
def test_the_slopes_are_those_of_the_distances(home, away, rho, line):
    corners = -1.0 / max(home, away), 0.0, 1.0 / max(home * away, 1.0)
    assume(all(abs(rho - corner) > 1e-4 for corner in corners))  # where a bound sets in
    assume(abs(home - away) > 1e-3)
    assume(abs(home * away - 1.0) > 1e-3)
    target = _Target((0.5, 0.3, 0.2), [(line, 0.5), (1.5, 0.6)], None, free=True)
    place = [log(home), log(away), rho]
    for unknown in range(3):
        ahead, behind = place.copy(), place.copy()
        ahead[unknown] += 1e-6
        behind[unknown] -= 1e-6
        grown = zip(target.at(tuple(ahead)).off, target.at(tuple(behind)).off, strict=True)
        slopes = [row[unknown] for row in target.at(tuple(place)).slopes]
        assert slopes == pytest.approx([(a - b) / 2e-6 for a, b in grown], rel=1e-4, abs=1e-4)


def test_the_fit_is_the_least_there_is():
    market, totals = (0.5, 0.27, 0.23), [(2.5, 0.5)]
    target = _Target(market, totals, None, free=True)
    found = fit_rates(*market, totals)
    place = log(found.home), log(found.away), found.rho
    least = target.at(place).squares
    assert exp(place[0]) + exp(place[1]) == pytest.approx(2.6, abs=0.2)
    for unknown in range(3):
        for step in (-1e-3, 1e-3):
            beside = list(place)
            beside[unknown] += step
            assert target.at(tuple(beside)).squares > least
