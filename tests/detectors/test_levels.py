import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from detectors.levels import LEVELS, AlertBudget

tails = st.floats(0.0, 1.0)
RANK = {None: -1} | {level: rank for rank, level in enumerate(LEVELS)}


@st.composite
def budgets(draw):
    red, amber, green = sorted(draw(st.tuples(*[st.floats(0.01, 100.0)] * 3)))
    return AlertBudget(red_per_100=red, amber_per_100=amber, green_per_100=green)


@given(budgets(), tails, tails)
def test_a_rarer_match_is_never_graded_lower(budget, one, other):
    rare, common = sorted((one, other))
    assert RANK[budget.grade(rare)] >= RANK[budget.grade(common)]


@given(st.floats(0.01, 100.0))
def test_so_many_of_a_hundred_matches_are_flagged(share):
    budget = AlertBudget(red_per_100=share, amber_per_100=share, green_per_100=share)
    flagged = sum(budget.grade((n + 0.5) / 10_000) == "red" for n in range(10_000)) / 100
    assert flagged == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize(
    "wrong",
    [
        {"red_per_100": 6.0},
        {"amber_per_100": 0.5},
        {"green_per_100": 4.0},
        {"red_per_100": 3.0, "amber_per_100": 2.0, "green_per_100": 1.0},
    ],
)
def test_a_budget_out_of_order_is_refused_with_the_order_that_must_hold(wrong):
    with pytest.raises(ValidationError, match="red_per_100 <= amber_per_100 <= green_per_100"):
        AlertBudget(**wrong)


@pytest.mark.parametrize("wrong", [0.0, -1.0, 100.1, float("nan"), float("inf"), "many"])
def test_a_share_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValidationError):
        AlertBudget(red_per_100=wrong)


def test_an_unknown_setting_is_refused():
    with pytest.raises(ValidationError, match="yellow_per_100"):
        AlertBudget(yellow_per_100=10.0)
