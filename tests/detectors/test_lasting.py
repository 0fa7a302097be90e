import json

import pytest

from detectors.lasting import Lasting


def lasting(*figures, every_s=60.0):
    """Ten minutes of memory, and a figure at each look."""
    found = Lasting(seconds=600.0)
    for index, figure in enumerate(figures):
        found.add(index * every_s, {"x": figure})
    return found


def test_what_was_not_seen_so_long_has_not_lasted():
    assert lasting(*[0.5] * 10).least(540.0, "x") == 0.0
    assert lasting(*[0.5] * 11).least(600.0, "x") == 0.5


def test_the_least_of_ten_minutes_is_what_lasted():
    """
    look     0   1   2   3 ...           (a dip at minute 3 is over ten minutes ago at 14)
    figure   .5  .5  .5  .1  .5 ...
    """
    found = lasting(0.5, 0.5, 0.5, 0.1, *[0.5] * 9)
    assert found.least(720.0, "x") == 0.1
    for minute in (13, 14):
        found.add(minute * 60.0, {"x": 0.5})
    assert found.least(840.0, "x") == 0.5


def test_the_least_against_the_sign():
    found = lasting(*[-0.5] * 11)
    assert found.least(600.0, "x", sign=-1.0) == 0.5
    assert found.least(600.0, "x") == -0.5


def test_a_name_that_was_absent_counts_as_nothing():
    assert lasting(*[0.5] * 11).least(600.0, "y") == 0.0


@pytest.mark.parametrize("every_s", [0.05, 1.0, 60.0, 900.0])
def test_memory_is_bounded_and_reaches_back_far_enough_at_any_pace(every_s):
    looks = int(3000 / every_s)
    found = lasting(*[0.5] * looks, every_s=every_s)
    now = (looks - 1) * every_s
    assert found.least(now, "x") == 0.5
    assert found.before(now) == {"x": 0.5}
    assert len(found.state()["looks"]) <= 62


def test_state_as_plain_numbers():
    old, new = lasting(0.5, 0.2, 0.4), Lasting(600.0)
    new.restore(json.loads(json.dumps(old.state())))
    for found in (old, new):
        found.add(600.0, {"x": 0.3})
    assert new.state() == old.state()
    assert new.least(600.0, "x") == 0.2
