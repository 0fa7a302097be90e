"""How long a partition may lie still: what counts, what does not, what begins anew."""

import pytest
from kafka import TopicPartition

from streams.excuses import Excuses
from streams.patience import Patience

FEED, ALERTS = TopicPartition("match-feed", 0), TopicPartition("alerts", 2)


@pytest.fixture
def patience() -> Patience:
    return Patience(within_s=10, step_s=3)


def stuck(patience, moments, committed, *, end=9, excused=()):
    """Look at one partition at some moments, and return what the last look gave."""
    for now in moments:
        ends = dict.fromkeys(committed, end)
        found = list(patience.look(now, committed, ends, excused=lambda topic: topic in excused))
    return found


def test_one_that_lies_still_is_stuck_once_the_time_is_over(patience):
    assert stuck(patience, range(11), {FEED: 7}) == []
    assert stuck(patience, [11], {FEED: 7}) == [FEED]


def test_one_that_has_all_is_never_stuck(patience):
    assert stuck(patience, range(100), {FEED: 9}) == []


def test_any_progress_begins_anew(patience):
    stuck(patience, range(10), {FEED: 7})
    assert stuck(patience, range(10, 21), {FEED: 8}) == []
    assert stuck(patience, [21, 22], {FEED: 8}) == [FEED]


def test_one_partition_that_goes_on_does_not_hide_another(patience):
    for now in range(12):
        found = stuck(patience, [now], {FEED: now, ALERTS: 3}, end=100)
    assert found == [ALERTS]


def test_time_with_an_excuse_does_not_count_and_only_for_its_topic(patience):
    assert stuck(patience, range(30), {FEED: 7, ALERTS: 3}, excused=["match-feed"]) == [ALERTS]
    assert stuck(patience, range(30, 40), {FEED: 7}) == []
    assert stuck(patience, [40], {FEED: 7}) == [FEED]


def test_time_that_nobody_looked_at_does_not_count(patience):
    stuck(patience, range(5), {FEED: 7})
    assert stuck(patience, [1000], {FEED: 7}) == []
    assert stuck(patience, range(1001, 1006), {FEED: 7}) == [FEED]


def test_a_new_assignment_begins_anew(patience):
    stuck(patience, range(10), {FEED: 7})
    patience.begin()
    assert stuck(patience, range(10, 21), {FEED: 7}) == []


def test_an_excuse_ends_by_itself_and_others_of_the_topic_stay():
    now = [0.0]
    excuses = Excuses(lambda: now[0])
    with excuses.during("alerts", 10), excuses.during("alerts", 5):
        now[0] = 7.0
        assert excuses.holds("alerts")
        now[0] = 11.0
        assert not excuses.holds("alerts")
