from itertools import product
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, combine_pvalues

from detectors.tails import fused, rarity, upper_tail

chances = st.lists(st.floats(0, 1), max_size=8)


@given(chances, st.integers(-1, 9))
def test_the_upper_tail_is_that_of_counting_every_outcome(some, count):
    counted = sum(
        prod(p if hit else 1 - p for p, hit in zip(some, outcome, strict=True))
        for outcome in product((0, 1), repeat=len(some))
        if sum(outcome) >= count
    )
    assert upper_tail(some, count) == pytest.approx(counted, abs=1e-9)


@pytest.mark.parametrize(
    ("count", "of", "chance"), [(3, 40, 0.01), (10, 60, 0.02), (60, 500, 0.05)]
)
def test_equal_chances_give_the_binomial(count, of, chance):
    assert upper_tail([chance] * of, count) == pytest.approx(binom.sf(count - 1, of, chance))


@given(st.floats(1e-12, 1), st.floats(1e-12, 1))
def test_fused_is_fishers_method(one, other):
    expected = combine_pvalues([one, other], method="fisher").pvalue
    assert fused(one, other) == pytest.approx(expected, rel=1e-6)


@given(st.floats(0, 1))
def test_rarity_is_finite_and_not_negative(chance):
    assert 0.0 <= rarity(chance) <= 300.0
