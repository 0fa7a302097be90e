"""Canaries by partition: which are through, which overdue, and when that changes."""

import pytest

from streams.flock import Flock, Stage

TOPIC = "match-feed"


@pytest.fixture
def flock() -> Flock:
    return Flock([0, 1], within=30.0)


def fly(flock: Flock, name: str, now: float) -> None:
    """Send one to both partitions, and let the broker take them."""
    for partition in flock.partitions:
        flock.send(partition, name, now).taken = True


def through(flock: Flock, partition: int, name: str, offset: int, now: float) -> None:
    flock.answered(partition, name, offset=offset, answer=offset, now=now - 1.0)
    flock.stored({partition: offset + 1}, offset + 1, now)


def test_nothing_is_said_before_all_partitions_are_known(flock):
    fly(flock, "a", 0.0)
    through(flock, 0, "a", 5, 2.0)
    assert flock.verdict(TOPIC) is None
    through(flock, 1, "a", 9, 4.0)
    found = flock.verdict(TOPIC)
    assert found.well
    assert found.text == (
        "canary: through on all 2 partitions; answered in 3.00 s, stored in 4.00 s"
    )


def test_one_is_stored_when_both_the_feed_and_the_answer_are(flock):
    fly(flock, "a", 0.0)
    flock.answered(0, "a", offset=5, answer=7, now=1.0)
    for feed, answers in ((5, 8), (6, 7)):
        flock.stored({0: feed}, answers, 2.0)
        assert flock.passed == {}
    flock.stored({0: 6}, 8, 3.0)
    assert flock.passed[0].stored_s == 3.0


def test_each_is_missing_by_the_stage_that_it_did_not_come_to(flock):
    flock.send(0, "a", 0.0)
    fly(flock, "b", 1.0)
    flock.answered(1, "b", offset=5, answer=5, now=2.0)
    flock.expire(30.5)
    assert flock.missing == {0: Stage.TAKEN}
    flock.expire(31.5)
    assert flock.missing == {0: Stage.ANSWERED, 1: Stage.STORED}
    assert flock.verdict(TOPIC).text == (
        "canary: not through in 30 s: not answered by the watch on match-feed/0; "
        "not stored by the archive on match-feed/1"
    )


def test_a_partition_is_missing_until_a_later_one_is_through_in_time(flock):
    fly(flock, "a", 0.0)
    fly(flock, "b", 10.0)
    flock.expire(35.0)
    through(flock, 0, "a", 5, 36.0)
    assert set(flock.missing) == {0, 1}
    through(flock, 0, "b", 6, 37.0)
    assert set(flock.missing) == {1}


def test_one_that_was_overtaken_is_no_fault(flock):
    fly(flock, "a", 0.0)
    fly(flock, "b", 10.0)
    through(flock, 0, "b", 6, 12.0)
    flock.expire(35.0)
    assert set(flock.missing) == {1}


def test_an_answer_that_comes_twice_counts_once_and_one_of_others_not_at_all(flock):
    fly(flock, "a", 0.0)
    flock.answered(0, "a", offset=5, answer=5, now=1.0)
    flock.answered(0, "a", offset=5, answer=90, now=9.0)
    flock.answered(0, "x", offset=6, answer=6, now=9.0)
    flock.answered(7, "a", offset=6, answer=6, now=9.0)
    flock.stored({0: 6}, 6, 10.0)
    assert (flock.passed[0].answered_s, flock.passed[0].stored_s) == (1.0, 10.0)


def test_days_of_silence_are_not_kept(flock):
    for number in range(10_000):
        fly(flock, str(number), 10.0 * number)
        flock.expire(10.0 * number)
    assert flock.flying <= 8
