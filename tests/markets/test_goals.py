from itertools import pairwise
from math import nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from markets.goals import (
    GoalRates,
    outcome_probabilities,
    over_probability,
    remaining_share,
)

rates = st.builds(GoalRates, st.floats(0.1, 5), st.floats(0.1, 5), st.floats(-0.2, 0.2))
scores = st.tuples(st.integers(0, 6), st.integers(0, 6))
clocks = st.floats(0, 110)
cards = st.tuples(st.integers(0, 2), st.integers(0, 2))


def grid(home, away, rho=0.0):
    """Final scores as Dixon and Coles (1997) write them, their tau on the four low ones."""
    table = np.outer(poisson.pmf(range(60), home), poisson.pmf(range(60), away))
    table[0, 0] *= 1 - home * away * rho
    table[0, 1] *= 1 + home * rho
    table[1, 0] *= 1 + away * rho
    table[1, 1] *= 1 - rho
    return table


@pytest.mark.parametrize("home", [0.2, 1.5, 4.0])
@pytest.mark.parametrize("away", [0.3, 1.1, 2.4])
@pytest.mark.parametrize("rho", [0.0, -0.1, 0.1])
def test_kick_off_is_the_whole_grid_of_scores(home, away, rho):
    table = grid(home, away, rho)
    expected = np.tril(table, -1).sum(), np.trace(table), np.triu(table, 1).sum()
    assert outcome_probabilities(GoalRates(home, away, rho)) == pytest.approx(expected, abs=1e-9)
    goals = np.add.outer(range(60), range(60))
    for line in (0.5, 1.5, 2.5):
        over = table[goals > line].sum()
        assert over_probability(GoalRates(home, away, rho), line) == pytest.approx(over, abs=1e-9)


def test_dependence_stops_where_a_score_would_become_impossible():
    home, away = 4.0, 7.0
    bounded = 1 / (home * away)  # more would make 0-0 less than impossible
    table = grid(home, away, bounded)
    expected = np.tril(table, -1).sum(), np.trace(table), np.triu(table, 1).sum()
    assert outcome_probabilities(GoalRates(home, away, 0.3)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("score", [(1, 0), (0, 2), (3, 1), (0, 9)])
def test_the_rest_of_the_match_is_added_to_the_score(score):
    share = remaining_share(60)
    table = grid(1.7 * share, 0.9 * share)
    margin = np.subtract.outer(range(60), range(60)) + score[0] - score[1]
    expected = table[margin > 0].sum(), table[margin == 0].sum(), table[margin < 0].sum()
    found = outcome_probabilities(GoalRates(1.7, 0.9, -0.1), score, 60)
    assert found == pytest.approx(expected, abs=1e-9)


@given(rates, scores, clocks, cards)
def test_outcomes_are_probabilities(rates, score, clock, red_cards):
    found = outcome_probabilities(rates, score, clock, red_cards)
    assert sum(found) == pytest.approx(1, abs=1e-9)
    assert all(-1e-12 <= p <= 1 for p in found)


@given(rates, scores, clocks, cards)
def test_the_sides_are_treated_alike(rates, score, clock, red_cards):
    swapped = GoalRates(rates.away, rates.home, rates.rho)
    there = outcome_probabilities(rates, score, clock, red_cards)
    back = outcome_probabilities(swapped, score[::-1], clock, red_cards[::-1])
    assert back == pytest.approx(there[::-1], abs=1e-9)


def test_a_lead_is_worth_more_the_later_it_is():
    won = [outcome_probabilities(GoalRates(1.2, 1.6), (1, 0), clock)[0] for clock in range(101)]
    assert all(later > earlier for earlier, later in pairwise(won))
    assert won[-1] == 1


@pytest.mark.parametrize("rho", [0.0, -0.1])
def test_a_level_match_decays_towards_the_draw(rho):
    drawn = [outcome_probabilities(GoalRates(1.9, 0.9, rho), (0, 0), c)[1] for c in range(101)]
    assert all(later > earlier for earlier, later in pairwise(drawn))


def test_a_goal_is_worth_more_late_than_early():
    rates = GoalRates(1.4, 1.2)
    gains = [
        outcome_probabilities(rates, (1, 0), c)[0] - outcome_probabilities(rates, (0, 0), c)[0]
        for c in (5, 45, 80)
    ]
    assert gains == sorted(gains)


@pytest.mark.parametrize(
    ("score", "expected"), [((1, 0), (1, 0, 0)), ((2, 2), (0, 1, 0)), ((0, 3), (0, 0, 1))]
)
def test_the_score_decides_in_the_end(score, expected):
    rates = GoalRates(2.0, 1.5, -0.1)
    assert outcome_probabilities(rates, score, 97) == pytest.approx(expected, abs=0.07)
    for clock in (100, 120):
        assert outcome_probabilities(rates, score, clock) == expected
        assert over_probability(rates, 2.5, score, clock) == float(sum(score) > 2.5)


def test_a_sending_off_hurts_the_side_and_helps_the_other():
    rates = GoalRates(1.4, 1.2)
    plain = outcome_probabilities(rates, (0, 0), 30)
    home_off = outcome_probabilities(rates, (0, 0), 30, (1, 0))
    two_off = outcome_probabilities(rates, (0, 0), 30, (2, 0))
    assert two_off[0] < home_off[0] < plain[0]
    assert two_off[2] > home_off[2] > plain[2]


@pytest.mark.parametrize(("home", "away", "more"), [(2.5, 0.6, False), (0.6, 2.5, True)])
def test_a_red_card_costs_goals_only_when_the_stronger_is_punished(home, away, more):
    # Vecer, Kopriva, Ichiba 2009, abstract: fewer goals when the stronger side is sent off, and
    # possibly more when the weaker is.
    rates = GoalRates(home, away)
    punished = over_probability(rates, 2.5, (0, 0), 30, (1, 0))
    assert (punished > over_probability(rates, 2.5, (0, 0), 30)) is more


def test_the_share_of_goals_to_come_only_falls():
    shares = [remaining_share(c / 10) for c in range(-10, 1101)]
    assert all(later <= earlier for earlier, later in pairwise(shares))
    assert max(earlier - later for earlier, later in pairwise(shares)) < 0.002
    assert shares[0] == 1
    assert remaining_share(100) == 0


@pytest.mark.parametrize(
    ("since", "published", "within"),
    [
        # Brazilian first division 2012-2019: 393.5 and 502.75 goals a season by half.
        (45, 502.75 / (393.5 + 502.75), 0.005),
        # Premier League 2010/11: 55 % of 1,063 goals after the interval.
        (45, 0.55, 0.015),
        # Premier League 2023/24: 26.3 % after the 75th minute, 17.3 % from the 61st to the 75th
        # (premierleague.com/news/3871035).
        (75, 0.263, 0.015),
        (60, 0.263 + 0.173, 0.025),
    ],
)
def test_the_share_of_goals_to_come_is_that_of_real_leagues(since, published, within):
    assert remaining_share(since) == pytest.approx(published, abs=within)


def test_a_clock_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="clock is NaN"):
        outcome_probabilities(GoalRates(1, 1), (0, 0), nan)


def test_whole_lines_refund_and_quarter_lines_halve():
    home, away = 1.5, 1.1
    goals = poisson(home + away)
    rates = GoalRates(home, away)
    won, lost = goals.sf(2), goals.cdf(1)
    assert over_probability(rates, 2.0) == pytest.approx(won / (won + lost))
    won, lost = goals.sf(2), goals.cdf(1) / 2 + goals.cdf(2) / 2
    assert over_probability(rates, 2.25) == pytest.approx(won / (won + lost))
    won, lost = goals.sf(2) / 2 + goals.sf(3) / 2, goals.cdf(2)
    assert over_probability(rates, 2.75) == pytest.approx(won / (won + lost))


@given(rates, scores, clocks)
def test_a_higher_line_is_never_likelier(rates, score, clock):
    chances = [over_probability(rates, quarter / 4, score, clock) for quarter in range(41)]
    assert all(higher <= lower + 1e-9 for lower, higher in pairwise(chances))
    assert all(-1e-12 <= p <= 1 for p in chances)


def test_over_decays_while_nobody_scores():
    chances = [over_probability(GoalRates(1.5, 1.2), 2.5, (1, 0), c) for c in range(101)]
    assert all(later < earlier for earlier, later in pairwise(chances))


@pytest.mark.parametrize("line", [2.3, -0.5, nan])
def test_a_line_between_the_quarters_is_refused(line):
    with pytest.raises(ValueError, match=r"multiple of 0\.25"):
        over_probability(GoalRates(1, 1), line)
