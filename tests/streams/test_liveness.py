"""A worker that is stuck ends by itself; one that is slow, excused or without a broker does not."""

import re
import time

import pytest

from tests.streams.test_app import produce, start  # noqa: F401 (a fixture)

STUCK = re.compile(
    r"^this worker ends, to be started anew: no progress in 4 s on \S*match-feed/5, "
    r"3 records wait$",
    re.MULTILINE,
)


@pytest.mark.parametrize("how", ["--block-on", "--forget-on"])
def test_a_worker_that_hangs_ends_with_a_reason_and_the_next_has_its_records(
    start, settings, prefix, how  # noqa: F811
):  # fmt: skip
    worker = start("first", "--alive-s", "4", how, "5")
    worker.until_ready()
    produce(settings, prefix, [5, 17, 29])
    begun = time.monotonic()
    assert worker.ended(within=40) == 1
    took = time.monotonic() - begun
    print(f"ended after {took:.1f} s")
    assert took < 30
    assert STUCK.search(worker.errors()), worker.errors()
    after = start("second", "--alive-s", "4")
    after.until_seen(3)
    assert sorted(after.records()) == [b"17", b"29", b"5"]


def test_a_healthy_worker_that_is_slow_goes_on(start, settings, prefix):  # noqa: F811
    """Each batch takes most of the time there is, and there is more to do than that."""
    worker = start("slow", "--alive-s", "4", "--slow-s", "2.5")
    worker.until_ready()
    for number in range(6):
        produce(settings, prefix, [5 + 12 * number])
        time.sleep(2)
    worker.until_seen(6)
    worker.terminate()
    assert worker.ended() == 0
    assert "ends" not in worker.errors()


def test_one_that_has_an_excuse_goes_on_until_it_is_over(start, settings, prefix):  # noqa: F811
    worker = start("excused", "--alive-s", "3", "--forget-on", "5", "--excused-s", "12")
    worker.until_ready()
    begun = time.monotonic()
    produce(settings, prefix, [5])
    assert worker.ended(within=60) == 1
    assert time.monotonic() - begun > 12


def test_while_the_broker_cannot_be_asked_it_says_so_once_and_judges_nothing(
    start, settings, prefix  # noqa: F811
):  # fmt: skip
    worker = start("alone", "--alive-s", "1", "--asks", "127.0.0.1:1", "--forget-on", "5")
    worker.until_ready()
    produce(settings, prefix, [5])
    worker.until(lambda: "cannot be asked" in worker.errors())
    time.sleep(12)  # it has asked again, and waited for an answer
    assert worker.is_running()
    assert worker.errors().count("cannot be asked") == 1, worker.errors()
