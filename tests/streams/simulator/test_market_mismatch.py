from datetime import datetime

import pytest

from streams.simulator.match_day import match_day
from streams.simulator.scheme import Fix, NoRoom
from tests.streams.simulator.sides import sides_at


@pytest.mark.parametrize("market", ["asian_handicap", "total"])
def test_the_market_is_bought_and_the_1x2_stays(market: str, start: datetime):
    """1x2     ---------------
    market  ------/```````  strength told"""
    for seed in range(6):
        fix = Fix(0, "market-mismatch", market)
        day = match_day(seed, matches=1, fixes=(fix,), start=start)
        fixed, label = day.matches[0], day.truth[0]
        twin = match_day(seed, matches=1, fixes=(), start=start).matches[0]
        ours, theirs = sides_at(fixed, -60.0), sides_at(twin, -60.0)
        moved = ours[market][label.selection] - theirs[market][label.selection]
        assert moved == pytest.approx(label.strength, abs=0.035)
        assert ours["1x2"] == pytest.approx(theirs["1x2"], abs=0.006)
        assert label.market == market
        assert label.line is not None


def test_drawn_fixes_are_of_the_size_and_time_told(start: datetime):
    fixes = tuple(Fix(i, "market-mismatch") for i in range(40))
    truth = match_day(3, matches=40, fixes=fixes, start=start).truth
    assert all(0.03 <= label.strength <= 0.151 for label in truth)
    assert sum(label.strength >= 0.06 for label in truth) >= 38
    assert {label.market for label in truth} == {"asian_handicap", "total"}
    assert all(1800 <= (label.end - label.start).total_seconds() <= 6 * 3600 for label in truth)


def test_no_room_for_more_than_there_is(start: datetime):
    with pytest.raises(NoRoom, match="leaves no room for market-mismatch"):
        match_day(1, matches=1, fixes=(Fix(0, "market-mismatch", strength=0.95),), start=start)
