import sys

import pytest

from detectors.calibration import Calibration, shipped_priors
from detectors.catalogue import catalogue
from streams.cost import costs, held, timed_watch
from streams.evaluate import Job
from streams.peaks import peaks
from streams.simulator.match_day import MatchDay


@pytest.fixture(scope="module")
def day() -> MatchDay:
    return Job(90_001, None).simulated()


@pytest.fixture(scope="module")
def found(day):
    return {cost.detector: cost for cost in costs([day])}


def test_every_detector_that_looks_is_measured(found):
    assert {"late-drift", "book-divergence", "unexplained-in-play"} <= found.keys()
    assert found.keys() <= {detector.name for detector in catalogue()}
    assert list(found) == sorted(found)
    assert all(cost.microseconds_per_update > 0.0 for cost in found.values())
    assert all(cost.looks >= 1.0 for cost in found.values())
    assert all(0 < cost.bytes_per_match < 10**6 for cost in found.values())


def test_costs_of_several_days_are_means(day, found):
    twice = {cost.detector: cost for cost in costs([day, day])}

    assert {n: c.looks for n, c in twice.items()} == {n: c.looks for n, c in found.items()}
    # Interned strings and cached floats may be shared between two runs, not much else.
    for name, cost in twice.items():
        assert cost.bytes_per_match == pytest.approx(found[name].bytes_per_match, rel=0.05, abs=64)


def test_looks_are_those_of_the_watch(day):
    records, match = list(day.records), day.matches[0].fixture.match
    timed = timed_watch(match, records)

    assert {cell[0] for cell in peaks(records, match)} <= timed.looks.keys()
    assert timed.seconds.keys() == timed.looks.keys()
    assert isinstance(timed.calibration, Calibration)
    assert timed.calibration.priors == shipped_priors()


def test_without_matches_there_are_no_costs():
    assert costs([]) == ()


class Slotted:
    __slots__ = ("rows", "unset")

    def __init__(self, rows: list[float]) -> None:
        self.rows = rows


class Both(Slotted):
    def __init__(self, rows: list[float], name: str) -> None:
        super().__init__(rows)
        self.name = name


def test_all_that_a_thing_leads_to_is_counted_once():
    row = [0.5, 1.5]
    size = sys.getsizeof(row) + sum(map(sys.getsizeof, row))

    assert held(row) == size
    assert held([row, row]) == sys.getsizeof([row, row]) + size
    assert held({"a": row}) == sys.getsizeof({"a": row}) + sys.getsizeof("a") + size
    slotted = Slotted(row)
    assert held(slotted) == sys.getsizeof(slotted) + size
    both = Both(row, "x" * 1000)
    assert held(both) >= sys.getsizeof(both) + size + sys.getsizeof("x" * 1000)


def test_a_thing_that_leads_to_itself_ends():
    circle: list[object] = [1.5]
    circle.append(circle)

    assert held(circle) == sys.getsizeof(circle) + sys.getsizeof(1.5)


def test_what_is_everybodys_is_not_counted():
    things = [Slotted, held, sys.getsizeof]

    assert held(things) == sys.getsizeof(things)
