from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from streams.nab import FALSE_ALARM, normalised, reward

SINCE = datetime(2026, 7, 4, 12, tzinfo=UTC)
UNTIL = SINCE + timedelta(hours=4)


def at(share: float) -> datetime:
    """A moment of the window: 0 its beginning, 1 its end."""
    return SINCE + share * (UNTIL - SINCE)


def test_the_reward_falls_from_one_to_nothing():
    rewards = [reward(at(share), SINCE, UNTIL) for share in (0.0, 0.25, 0.5, 0.75, 0.95, 1.0)]

    assert rewards[0] == pytest.approx(1.0)
    assert rewards[-1] == pytest.approx(0.0)
    assert all(earlier > later for earlier, later in pairwise(rewards))


def test_the_shape_is_the_published_sigmoid():
    # Lavin and Ahmad: 2 / (1 + e^(5 y)) - 1 with y from -1 to 0; 0.8483 and 0.9866 at -0.5 and -1.
    assert reward(at(0.5), SINCE, UNTIL) == pytest.approx(0.848284 / 0.986614, abs=1e-5)


def test_a_miss_costs_as_much_as_the_best_find_earns():
    assert reward(None, SINCE, UNTIL) == -1.0
    assert normalised([1.0, -1.0], 0) == 50.0


def test_a_window_without_length_is_no_division_by_zero():
    assert reward(SINCE, SINCE, SINCE) == 0.0


def test_false_alarms_cost_what_the_standard_profile_says():
    assert FALSE_ALARM == 0.11
    assert normalised([1.0] * 10, 0) - normalised([1.0] * 10, 10) == pytest.approx(5.5)
    assert normalised([-1.0], 100) < 0.0, "worse than a watch that does nothing"
    assert normalised([], 3) is None
