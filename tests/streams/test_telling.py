"""Telling: whom an alert is for, what a missed deadline leads to. Times in minutes."""

import asyncio
from datetime import timedelta

import pytest

from alerts.action import Kind
from alerts.cases import Cases
from alerts.deadlines import LifecycleSettings
from alerts.delivery.outbox import decode_notice
from alerts.request import Request
from alerts.routing import Passed
from alerts.subscribing.subscription import Filter
from streams.subscribers import Subscribers
from streams.telling import Telling
from tests.alerts.delivery.scene import NOON, HandClock, reader
from tests.streams.alerts_made import made

FIRST, NEXT = reader(1), reader(2, step=1)


class Floor:
    """Alerts come in, officers act, time passes."""

    def __init__(self, *readers):
        self.clock = HandClock()
        self.passed: list[Passed] = []
        subscribers = Subscribers()
        for one in readers:
            subscribers.put(one)
        self.cases = Cases(LifecycleSettings())
        self.telling = Telling(self.cases, subscribers, self.clock, 3, self.passed.append)
        self.officers = 0

    def alert(self, alert):
        records = self.telling.alert(alert.to_json(), self.clock.now())
        self.telling.told(records)
        return notices(records)

    def act(self, kind, **more):
        request = Request(kind=kind, case=more.pop("case", "wc26-mex-rsa"), **more)
        action = self.cases.decide(request, at=self.clock.now(), actor="ana", role="supervisor")
        assert hasattr(action, "action_id"), action
        return self.took(action)

    def took(self, action):
        return notices(asyncio.run(self.telling.action(action.to_json())))

    def late(self):
        """What is told of deadlines that have passed by now."""
        return [
            told
            for action in self.telling.missed_deadlines(lambda _: True)
            for told in self.took(action)
        ]


def notices(records):
    return [
        (one.what, one.transition, name)
        for _, _, value in records
        for one in [decode_notice(value)]
        for name in one.subscriptions
    ]


def test_an_alert_is_told_once_at_each_level():
    floor = Floor(FIRST)
    amber = made(level="amber")
    assert [t[:2] for t in floor.alert(amber)] == [("opened", "amber")]
    assert floor.alert(amber.model_copy(update={"score": 0.9995})) == []
    red = amber.model_copy(
        update={"level": "red", "score": 0.9999, "peak_at": amber.peak_at + timedelta(minutes=2)}
    )
    assert [t[:2] for t in floor.alert(red)] == [("raised", "red")]
    assert floor.alert(red) == []


@pytest.mark.parametrize("more", [{"status": "explained", "level": "green"}, {"level": "green"}])
def test_what_is_explained_or_green_is_not_told(more):
    assert Floor(FIRST).alert(made(**more)) == []


def test_a_deadline_that_is_missed_escalates_once():
    """0 red, told first ---- 15 missed: told next ---- 30 nothing more"""
    floor = Floor(FIRST, NEXT)
    assert [t[2] for t in floor.alert(made())] == [FIRST.subscription]
    floor.clock.move(14 * 60)
    assert floor.late() == []
    floor.clock.move(2 * 60)
    assert [(t[0], t[2]) for t in floor.late()] == [("deadline_missed", NEXT.subscription)]
    floor.clock.move(3600)
    assert floor.late() == []


def test_a_deadline_that_was_kept_does_not_escalate():
    floor = Floor(FIRST, NEXT)
    floor.alert(made())
    floor.clock.move(10 * 60)
    floor.act(Kind.ACKNOWLEDGE)
    floor.clock.move(3600)
    assert floor.late() == []


def test_two_workers_that_see_it_missed_tell_the_same():
    """Both make the action; it has one id, and so has what is told of it."""
    told = []
    for _ in range(2):
        floor = Floor(FIRST, NEXT)
        floor.alert(made())
        floor.clock.move(16 * 60 + len(told))
        told.append([t[1:] for t in floor.late()])
    assert told[0] == told[1] != []


def test_where_nobody_is_next_the_first_are_told_again():
    floor = Floor(FIRST)
    floor.alert(made())
    floor.clock.move(16 * 60)
    assert [t[2] for t in floor.late()] == [FIRST.subscription]


def test_a_match_of_another_worker_is_left_to_it():
    floor = Floor(FIRST, NEXT)
    floor.alert(made())
    floor.clock.move(16 * 60)
    assert floor.telling.missed_deadlines(lambda _: False) == []


def test_a_closed_case_that_fires_again_is_told_again():
    """By the rule of cases: more of the same is covered by the verdict, a new alert is not."""
    floor = Floor(FIRST)
    floor.alert(made())
    floor.clock.move(60)
    floor.act(Kind.CLOSE, verdict="innocent", cause="line-up", comment="the keeper is hurt")
    floor.clock.move(60)
    assert floor.alert(made()) == []
    again = floor.alert(made("a-2", typology="late-drift"))
    assert [t[:2] for t in again] == [("reopened", "red-again1")]


def test_what_is_snoozed_is_not_told_and_says_why():
    floor = Floor(FIRST)
    until = NOON + timedelta(hours=2)
    floor.act(
        Kind.SNOOZE, case="", scope="team", value="Mexico", until=until, comment="a known cup tie"
    )
    floor.clock.move(60)
    assert floor.alert(made(level="amber")) == []
    assert floor.passed == [Passed.SNOOZED]
    assert floor.alert(made(level="red")) != []  # a red breaks through


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"filter": Filter(levels=("amber",))}, Passed.FILTER),
        ({"filter": Filter(sports=("Tennis",))}, Passed.FILTER),
        ({"filter": Filter(teams=("Brazil",))}, Passed.FILTER),
        ({"filter": Filter(books=("betfair",))}, Passed.FILTER),
        ({"filter": Filter(markets=("total",))}, Passed.FILTER),
        ({"filter": Filter(tiers=(2,))}, Passed.FILTER),
        ({"filter": Filter(countries=("Africa South",))}, Passed.FILTER),
        ({"filter": Filter(typologies=("late-drift",))}, Passed.FILTER),
        ({"filter": Filter(competitions=("Serie A",))}, Passed.FILTER),
        ({"cleared_for": "TLP:GREEN"}, Passed.MARKING),
        ({"ended_at": NOON}, Passed.ENDED),
        ({"confirmed_at": None}, Passed.UNCONFIRMED),
        ({"step": 1}, Passed.OTHER_STEP),
    ],
)
def test_one_who_is_passed_over_is_so_for_a_reason(more, why):
    floor = Floor(reader(1, **more))
    assert floor.alert(made()) == []
    assert floor.passed == [why]


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(), Filter(sports=("FOOTBALL",)), Filter(teams=("mexico",)), Filter(tiers=(1, 2)),
        Filter(books=("Pinnacle",)), Filter(markets=("1X2",)), Filter(countries=("Mexico",)),
        Filter(typologies=("steam-move", "x")), Filter(competitions=("fifa world cup",)),
    ],
)  # fmt: skip
def test_one_who_asks_for_it_is_told(wanted):
    assert len(Floor(reader(1, filter=wanted)).alert(made())) == 1


@pytest.mark.parametrize("value", [b"", b"{}", b"\xff", b'{"alert_id": 1}'])
def test_what_cannot_be_read_is_passed_over(value):
    floor = Floor(FIRST)
    assert floor.telling.alert(value, NOON) == []
    assert asyncio.run(floor.telling.action(value)) == []
