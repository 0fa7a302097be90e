import math

import pytest

from markets.goals import GoalRates, outcome_probabilities
from markets.handicaps import cover_probability


def goals(mean: float) -> list[float]:
    return [math.exp(-mean) * mean**k / math.factorial(k) for k in range(30)]


def counted(rates: GoalRates, line: float) -> float:
    """Stakes won over stakes settled, by counting scores."""
    won = lost = 0.0
    halves = (line - 0.25, line + 0.25) if (4 * line) % 2 else (line,)
    for h, p in enumerate(goals(rates.home)):
        for a, q in enumerate(goals(rates.away)):
            for half in halves:
                won += p * q * (h - a + half > 0)
                lost += p * q * (h - a + half < 0)
    return won / (won + lost)


@pytest.mark.parametrize("line", [n / 4 for n in range(-12, 13)])
def test_as_by_counting_scores(line):
    rates = GoalRates(1.7, 0.9)
    assert cover_probability(rates, line) == pytest.approx(counted(rates, line), abs=1e-9)


@pytest.mark.parametrize("line", [-1.75, -1.5, -1.0, -0.5, -0.25, 0.0])
def test_teams_change_places(line):
    """What home covers with a handicap, away does not with its mirror."""
    there = cover_probability(GoalRates(1.7, 0.9, -0.1), line)
    back = cover_probability(GoalRates(0.9, 1.7, -0.1), -line)
    assert there + back == pytest.approx(1.0)


def test_half_a_goal_is_the_1x2():
    rates = GoalRates(1.4, 1.2, -0.08)
    home, draw, _ = outcome_probabilities(rates)
    assert cover_probability(rates, -0.5) == pytest.approx(home)
    assert cover_probability(rates, 0.5) == pytest.approx(home + draw)


@pytest.mark.parametrize("line", [0.1, float("nan"), 1.3])
def test_lines_that_do_not_exist(line):
    with pytest.raises(ValueError, match=r"multiple of 0\.25"):
        cover_probability(GoalRates(1.5, 1.0), line)
