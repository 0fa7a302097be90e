from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markets.prices import (
    american_to_decimal,
    decimal_price,
    decimal_to_american,
    decimal_to_fractional,
    fractional_to_decimal,
)


@pytest.mark.parametrize(
    ("american", "decimal"),
    [
        (150, 2.5),
        (-200, 1.5),
        (100, 2.0),
        (-100, 2.0),
        ("+150", 2.5),
        (" -110 ", 1 + 100 / 110),
        ("\N{MINUS SIGN}200", 1.5),
        ("even", 2.0),
        (-10000.0, 1.01),
        (50000, 501.0),
    ],
)
def test_american_odds_become_decimal_prices(american, decimal):
    assert american_to_decimal(american) == pytest.approx(decimal)


@pytest.mark.parametrize(
    "nonsense", [0, 99.9, -99.9, nan, inf, -inf, "", "5/2", "abc", "1_50", "nan", None, 10**400]
)
def test_nonsense_american_odds_are_refused(nonsense):
    with pytest.raises(ValueError, match="American odds"):
        american_to_decimal(nonsense)


@pytest.mark.parametrize(
    ("text", "decimal"),
    [("5/2", 3.5), ("1/1", 2.0), ("evens", 2.0), ("EVS", 2.0), (" 100 / 30 ", 4 + 1 / 3)],
)
def test_fractional_odds_become_decimal_prices(text, decimal):
    assert fractional_to_decimal(text) == pytest.approx(decimal)


@pytest.mark.parametrize("nonsense", ["5/0", "x/0", "0/5", "-5/2", "5", "5/2/1", "", "2.5/1"])
def test_nonsense_fractional_odds_are_refused(nonsense):
    with pytest.raises(ValueError, match="fractional odds"):
        fractional_to_decimal(nonsense)


@pytest.mark.parametrize("nonsense", [1, 1.0, 0.5, 0, -3, nan, inf, "", "two", None])
def test_nonsense_decimal_prices_are_refused_by_all(nonsense):
    for convert in (decimal_price, decimal_to_american, decimal_to_fractional):
        with pytest.raises(ValueError, match="decimal price"):
            convert(nonsense)


@given(st.integers(100, 100_000) | st.integers(-100_000, -101))
def test_whole_american_odds_come_back(american):
    assert decimal_to_american(american_to_decimal(american)) == american


@given(st.floats(1.0001, 1000))
def test_american_odds_are_never_inside_the_gap(price):
    assert abs(decimal_to_american(price)) >= 100


@given(st.integers(1, 999), st.integers(1, 100))
def test_fractional_odds_come_back_in_value(won, staked):
    price = 1 + won / staked
    assert fractional_to_decimal(decimal_to_fractional(price)) == pytest.approx(price)


@given(st.floats(1.0001, 1000))
def test_nearest_fraction_is_near(price):
    profit = price - 1
    found = fractional_to_decimal(decimal_to_fractional(price)) - 1
    assert found == pytest.approx(profit, rel=0.5)
    assert abs(found - profit) <= 0.005


def test_evens_is_called_by_its_name():
    assert decimal_to_fractional(2.0) == "evens"
    assert decimal_to_fractional(1.0001) == "1/10000"
