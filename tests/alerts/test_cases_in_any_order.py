"""Whatever officers do and however the two topics reach a reader, the cases are the same."""

from datetime import timedelta
from random import Random

from hypothesis import event, given, settings
from hypothesis import strategies as st

from alerts.action import Action, Kind
from alerts.case import Finding
from alerts.cases import Cases
from alerts.request import Request
from tests.alerts.case_scene import NOON, alert, minute

MATCHES = st.sampled_from(["m", "n"])
OFFICERS = st.sampled_from(["ana", "bo", "cy"])
ROLES = st.sampled_from(["officer", "officer", "supervisor", "viewer", "system"])
ALERTS = st.builds(
    alert,
    st.sampled_from(["green", "amber", "amber", "red"]),
    match=MATCHES,
    typology=st.sampled_from(["steam-move", "spot-fix"]),
    status=st.sampled_from(["open", "open", "open", "explained"]),
    score=st.sampled_from([0.97, 0.98, 0.99]),
)
REQUESTS = st.builds(
    Request,
    kind=st.sampled_from([kind for kind in Kind for _ in range(1 + (kind in ("close", "snooze")))]),
    case=MATCHES,
    to=OFFICERS,
    giver=st.sampled_from(["", "ana"]),
    verdict=st.sampled_from([*Finding.__args__, None]),
    cause=st.sampled_from(["news", ""]),
    comment=st.sampled_from(["a comment", "a comment", ""]),
    scope=st.sampled_from(["match", "team", "competition", "typology", None]),
    value=st.sampled_from(["m", "n home", "Cup", "spot-fix"]),
    until=st.integers(0, 200).map(minute),
    typology=st.just("late-drift"),
    when=st.just(NOON),
)
STEPS = st.lists(
    st.one_of(ALERTS, st.tuples(REQUESTS, OFFICERS, ROLES, st.booleans()), st.just("deadlines")),
    max_size=40,
)


class Day:
    """A day as it happens: what the two topics hold at the end of it.

    A hasty officer looks at a screen that has stood still for a while, so that what two of them do
    may contradict.
    """

    def __init__(self, steps):
        self.alerts, self.actions = [], []
        self.now, self.stale = Cases(), Cases()
        for number, step in enumerate(steps):
            self.at = minute(3 * number)
            if number % 5 == 0:
                self.stale = told(self.alerts, self.actions)
            self.happen(step)

    def happen(self, step):
        if step == "deadlines":
            for action in self.now.due(self.at):
                self.send(action)
        elif isinstance(step, tuple):
            self.ask(*step)
        else:
            self.alerts.append((step, self.at))
            self.now.take_alert(step, self.at)

    def ask(self, request, who, role, hasty):
        if request.kind is Kind.UNSNOOZE and (snoozes := self.now.snoozes(self.at)):
            request = request.model_copy(update={"snooze_id": snoozes[0].snooze_id})
        cases = self.stale if hasty else self.now
        answer = cases.decide(request, at=self.at, actor=who, role=role)
        if isinstance(answer, Action):
            event(f"{answer.kind.value} decided")
            self.send(answer)
            if not hasty:
                self.stands(answer)

    def send(self, action):
        self.actions.append(action)
        self.now.take_action(action)

    def stands(self, action):
        """Who knew all that there was is never told that it could not be."""
        for case in self.now.all():
            for entry in case.history:
                assert entry.action != action or entry.refused is None


def told(alerts, actions):
    cases = Cases()
    for one, arrived in alerts:
        cases.take_alert(one, arrived)
    for action in actions:
        cases.take_action(action)
    return cases


def interleaved(random, *topics):
    """Messages of topics, each in its order, with some told again as after a crash."""
    waiting = [list(topic) for topic in topics]
    while any(waiting):
        topic = random.choice([topic for topic in waiting if topic])
        message = topic.pop(0)
        yield message
        if random.random() < 0.2:
            topic.insert(random.randint(0, len(topic)), message)


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
