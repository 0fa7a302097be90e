from datetime import datetime

import pytest

from streams.simulator.match_day import match_day
from streams.simulator.scheme import Fix
from tests.streams.simulator.sides import sides_at


@pytest.mark.parametrize("seed", range(6))
def test_one_prop_is_bought_and_all_else_stays(seed: int, start: datetime):
    day = match_day(seed, matches=1, fixes=(Fix(0, "spot-fix"),), start=start)
    fixed, label = day.matches[0], day.truth[0]
    twin = match_day(seed, matches=1, fixes=(), start=start).matches[0]
    ours, theirs = sides_at(fixed, -30.0), sides_at(twin, -30.0)
    moved = ours[label.market][label.selection] - theirs[label.market][label.selection]
    assert moved == pytest.approx(label.strength, abs=0.045)
    assert all(ours[market] == theirs[market] for market in ours if market != label.market)


def test_drawn_fixes_are_of_the_size_and_time_told(start: datetime):
    fixes = tuple(Fix(i, "spot-fix") for i in range(40))
    day = match_day(3, matches=40, fixes=fixes, start=start)
    for match, label in zip(day.matches, day.truth, strict=True):
        assert 0.09 <= label.strength <= 0.251
        assert (match.fixture.start - label.end).total_seconds() >= 1200
        assert (label.end - label.start).total_seconds() <= 4 * 3600
    assert {label.market for label in day.truth} == {"cards", "corners"}
