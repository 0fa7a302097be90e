from math import inf, log, nan, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markets.implied import (
    expit,
    implied,
    logit,
    multiplicative,
    overround,
    power,
    shin,
    shin_z,
)

METHODS = ["multiplicative", "power", "shin"]

# Printed in the README of the R package implied (J. C. Lindstrøm, github.com/opisthokonta/implied):
# margin, z, and the probabilities by each method. The package stops at a step of eps ** 0.25 =
# 1.2e-4 (default_uniroot_opts and the "js" loop in R/implied_probabilities.R): its z makes the
# probabilities of the third match sum to 0.99999, ours to 1.
MATCHES = [
    ((4.20, 3.70, 1.95), 0.02118602, 0.01061048, {
        "multiplicative": (0.2331556, 0.2646631, 0.5021813),
        "shin": (0.2315716, 0.2635742, 0.5048542),
        "power": (0.2311414, 0.2630644, 0.5057942),
    }),
    ((2.45, 3.70, 2.90), 0.02326112, 0.01163552, {
        "multiplicative": (0.3988848, 0.2641264, 0.3369888),
        "shin": (0.4000221, 0.2629271, 0.3370508),
        "power": (0.4003156, 0.2627189, 0.3369655),
    }),
    ((2.05, 3.20, 3.80), 0.06346277, 0.03182353, {
        "multiplicative": (0.4586948, 0.2938514, 0.2474538),
        "shin": (0.4645882, 0.2919788, 0.2434331),
        "power": (0.4667139, 0.2908985, 0.2423876),
    }),
]  # fmt: skip

# Printed in the documentation of penaltyblog (penaltyblog.readthedocs.io, implied odds).
PENALTYBLOG = {
    "multiplicative": (0.35873804, 0.42112726, 0.2201347),
    "power": (0.3591711, 0.42373075, 0.21709815),
    "shin": (0.35934392, 0.42324385, 0.21741223),
}

probabilities = st.lists(st.floats(0.002, 1.0), min_size=2, max_size=30).map(
    lambda weights: [w / sum(weights) for w in weights]
)


@st.composite
def books(draw, least=1.0, most=1.3):
    """Prices of a book whose raw probabilities sum to between `least` and `most`."""
    fair = draw(probabilities.filter(lambda p: max(p) * most < 0.99))
    total = draw(st.floats(least, most))
    return [1 / (p * total) for p in fair]


@pytest.mark.parametrize(("prices", "margin", "z", "expected"), MATCHES)
@pytest.mark.parametrize("method", METHODS)
def test_football_matches_of_the_r_package(prices, margin, z, expected, method):
    assert overround(prices) == pytest.approx(margin, abs=1e-8)
    assert shin_z(prices) == pytest.approx(z, abs=2e-5)
    digits = 1e-7 if method == "multiplicative" else 4e-6
    assert implied(prices, method) == pytest.approx(expected[method], abs=digits)


@pytest.mark.parametrize("method", METHODS)
def test_example_of_penaltyblog(method):
    assert implied([2.7, 2.3, 4.4], method) == pytest.approx(PENALTYBLOG[method], abs=1e-8)


def test_a_book_where_the_additive_method_goes_below_zero():
    # The prices are those of Clarke, Kovalchik, Ingram 2017, where subtracting the overround in
    # equal parts makes outsiders negative. Their fair prices are given in
    # forum.betangel.com/viewtopic.php?t=24173 without a method; the power method gives them.
    prices = [1.15, 5, 10, 20, 50, 100]
    assert 1 / prices[-1] - overround(prices) / 6 < 0
    fair = [1.21, 9.12, 23.63, 61.23, 215.54, 558.47]
    assert [1 / p for p in power(prices)] == pytest.approx(fair, rel=0.005)
    assert all(p > 0 for p in shin(prices))


def test_example_of_the_shin_package():
    # github.com/mberk/shin, README
    expected = (0.37299406033208965, 0.4047794109200184, 0.2222265287474275)
    assert shin([2.6, 2.4, 4.3]) == pytest.approx(expected, abs=1e-10)
    assert shin_z([2.6, 2.4, 4.3]) == pytest.approx(0.01694251276407055, abs=1e-10)


def test_shin_with_two_selections_is_the_additive_method():
    # Clarke, Kovalchik, Ingram 2017, and the tests of github.com/mberk/shin
    prices = [1.5, 2.74]
    share = overround(prices) / 2
    assert shin(prices) == pytest.approx([1 / p - share for p in prices])


@given(books(1.001))
def test_shin_z_solves_shin_s_equation(prices):
    raw = [1 / p for p in prices]
    z, booksum = shin_z(prices), sum(raw)
    fair = [(sqrt(z * z + 4 * (1 - z) * p * p / booksum) - z) / (2 * (1 - z)) for p in raw]
    assert 0 < z < 1
    assert sum(fair) == pytest.approx(1, abs=1e-9)
    assert shin(prices) == pytest.approx(fair, abs=1e-9)


@given(books(1.001))
def test_power_is_one_power_of_all(prices):
    fair = power(prices)
    exponents = [log(p) / -log(price) for p, price in zip(fair, prices, strict=True)]
    assert exponents == pytest.approx([exponents[0]] * len(prices), rel=1e-6)


@pytest.mark.parametrize("method", METHODS)
@given(prices=books(0.8))
def test_probabilities_sum_to_one_and_keep_the_order(method, prices):
    fair = implied(prices, method)
    assert sum(fair) == pytest.approx(1, abs=1e-12)
    assert all(0 < p < 1 for p in fair)
    by_price = sorted(range(len(prices)), key=prices.__getitem__, reverse=True)
    assert [fair[i] for i in by_price] == sorted(fair)


@given(books(1.01))
def test_shin_and_power_take_more_from_outsiders(prices):
    plain = multiplicative(prices)
    outsider = prices.index(max(prices))
    assert shin(prices)[outsider] <= plain[outsider] + 1e-12
    assert power(prices)[outsider] <= plain[outsider] + 1e-12


@given(books(0.8, 0.999))
def test_an_underround_book_falls_back_to_multiplicative(prices):
    assert shin(prices) == power(prices) == multiplicative(prices)
    assert shin_z(prices) == 0


@pytest.mark.parametrize("prices", [[1.0001, 1.0001], [1.001, 501, 1001], [1.01] * 3, [2.0] * 40])
@pytest.mark.parametrize("method", METHODS)
def test_extreme_books(prices, method):
    fair = implied(prices, method)
    assert sum(fair) == pytest.approx(1, abs=1e-12)
    assert all(0 < p < 1 for p in fair)


@pytest.mark.parametrize("prices", [[], [2.0], [2.0, 1.0], [2.0, 0.0], [2.0, nan], [2.0, inf]])
@pytest.mark.parametrize("compute", [overround, multiplicative, power, shin, shin_z])
def test_what_is_no_book_is_refused(prices, compute):
    with pytest.raises(ValueError, match="price"):
        compute(prices)


def test_an_unknown_method_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"additive.*shin, power, multiplicative"):
        implied([2.0, 2.0], "additive")


@given(st.floats(1e-8, 1 - 1e-8))
def test_expit_undoes_logit(p):
    assert expit(logit(p)) == pytest.approx(p, rel=1e-6)


def test_logit_is_finite_at_certainty_and_refuses_nonsense():
    assert logit(1.0) == -logit(0.0) == pytest.approx(20.723, abs=1e-3)
    for nonsense in (-0.1, 1.1, nan):
        with pytest.raises(ValueError, match="between 0 and 1"):
            logit(nonsense)
