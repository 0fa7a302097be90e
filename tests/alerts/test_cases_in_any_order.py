"""Whatever officers do and however the two topics reach a reader, the cases are the same."""

from datetime import timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.action import Action
from alerts.cases import Cases
from tests.alerts.case_scene import minute
from tests.alerts.days import STEPS, Day, interleaved, told


def at_the_end(cases):
    return cases.all(), [cases.snoozes(minute(n)) for n in (0, 60, 130)], cases.due(minute(9999))


@settings(max_examples=150, deadline=None)
@given(STEPS, st.integers(0, 2**32))
def test_any_interleaving_of_the_topics_with_repeats_makes_the_same_cases(steps, seed):
    day = Day(steps)
    cases = Cases()
    for message in interleaved(Random(seed), day.alerts, day.actions):
        if isinstance(message, Action):
            cases.take_action(Action.model_validate_json(message.to_json()))
        else:
            cases.take_alert(*message)
    assert at_the_end(cases) == at_the_end(day.now)


@settings(max_examples=50, deadline=None)
@given(STEPS, st.randoms())
def test_even_the_order_within_a_topic_does_not_matter(steps, random):
    day = Day(steps)
    random.shuffle(day.alerts)
    random.shuffle(day.actions)
    assert at_the_end(told(day.alerts, day.actions)) == at_the_end(day.now)


@settings(max_examples=50, deadline=None)
@given(STEPS)
def test_a_replay_of_both_topics_changes_nothing(steps):
    day = Day(steps)
    before = at_the_end(day.now)
    for one, arrived in day.alerts:
        assert day.now.take_alert(one, arrived + timedelta(hours=1)) is None
    for action in day.actions:
        assert day.now.take_action(action) == ()
    assert at_the_end(day.now) == before


# The rules once more, as a table that knows nothing of how they are written

FROM = {
    "acknowledge": {"open", "explained"}, "escalate": {"open", "explained", "acknowledged"},
    "assign": {"open", "explained", "acknowledged", "escalated"},
    "close": {"open", "explained", "acknowledged", "escalated"}, "reopen": {"closed"},
    "correct": {"closed"},
}  # fmt: skip
TO = {
    "acknowledge": {"acknowledged", "escalated"}, "escalate": {"escalated"}, "close": {"closed"},
    "reopen": {"open"}, "correct": {"closed", "open"},
}  # fmt: skip
SUPERVISORS = {"reopen", "correct"}


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_no_transition_is_made_that_the_table_does_not_have(steps):
    day = Day([])
    for number, step in enumerate(steps):
        day.at = minute(3 * number)
        before = {case.match: case for case in day.now.all()}
        sent = len(day.actions)
        day.happen((*step[:3], False) if isinstance(step, tuple) else step)
        for action in day.actions[sent:]:
            kind, case = action.kind.value, before.get(action.match)
            assert action.role != "viewer"
            assert (action.role == "system") == (kind == "miss_deadline")
            assert kind not in SUPERVISORS or action.role == "supervisor"
            after = day.now.find(action.match) if action.match else None
            if kind in FROM:
                late_news = case.status == "escalated" and case.news and kind == "acknowledge"
                assert case.status in FROM[kind] or late_news
            if kind in TO:
                assert after.status in TO[kind]
            elif kind != "report_miss" and case is not None:
                assert after.status == case.status
            if action.new.get("verdict"):
                assert action.comment.strip()
                assert action.new["verdict"] != "innocent" or action.new["cause"]


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_what_is_acknowledged_is_never_due_and_what_is_due_was_never_acknowledged(steps):
    day = Day(steps)
    for case in day.now.all():
        if case.status in ("acknowledged", "closed"):
            assert case.acknowledge_by is None
            assert case.news == ()
        assert case.acknowledge_by is None or case.calls is not None
    missed = day.now.due(minute(9999))
    for action in missed:
        day.send(action)
    again = day.now.due(minute(9999))
    assert not {(a.match, a.at) for a in again} & {(a.match, a.at) for a in missed}
