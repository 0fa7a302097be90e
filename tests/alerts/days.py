"""Days that make themselves up: what officers do about alerts, as the two topics hold it."""

from hypothesis import event
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
