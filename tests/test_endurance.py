"""Days on end in one process: what is held after each is what was held before."""

from pathlib import Path

import pytest

from benchmarks.endurance import run


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells resident sizes")
def test_three_days_hold_no_more_than_two() -> None:
    _, second, third = run(3, 3, 4, archived=False)
    assert third.records > 1.2 * second.records
    assert third.alerts >= second.alerts > 0
    assert third.matches <= 6
    assert third.objects < 1.10 * second.objects
    assert third.megabytes < second.megabytes + 20  # caches are still filling with days so small
