"""Deadlines and snoozes; each timeline is minutes after noon. Red may wait 15, amber 60."""

import pytest
from pydantic import ValidationError

from alerts.deadlines import LifecycleSettings
from tests.alerts.case_scene import Scene, alert, minute


#   0 red ─────────── 15 due: missed, once
def test_a_missed_deadline_is_found_once():
    scene = Scene().arrives(0, "red")
    assert scene.misses(14.9) == []
    assert scene.misses(15) == [(15, "red")]
    assert scene.misses(16) == scene.misses(600) == []
    assert (scene.status, scene.case().missed) == ("open", (minute(15),))
    assert scene.case().overdue(minute(16))


def test_the_same_deadline_has_the_same_id_till_it_is_taken_in():
    scene = Scene().arrives(0, "red")
    assert scene.cases.due(minute(20)) == scene.cases.due(minute(500))


#   0 red ─ 14 acknowledged ─ 15 would have been due
def test_what_was_acknowledged_in_time_does_not_fire():
    scene = Scene().arrives(0, "red").does(14, "acknowledge")
    assert scene.misses(600) == []
    assert not scene.case().overdue(minute(600))


@pytest.mark.parametrize("how", ["escalate", "close"])
def test_who_does_more_than_acknowledge_has_seen_it_too(how):
    more = {"verdict": "undecided", "comment": "?"} if how == "close" else {}
    assert Scene().arrives(0, "red").does(14, how, **more).misses(600) == []


@pytest.mark.parametrize("how", [("assign", {"to": "bo"}), ("comment", {"comment": "busy"})])
def test_passing_it_on_or_talking_is_not_acknowledging(how):
    kind, more = how
    assert Scene().arrives(0, "red").does(14, kind, **more).misses(15) == [(15, "red")]


#   0 amber ── 50 red ── 60 amber's deadline ── 65 red's
def test_amber_that_turns_red_may_miss_both():
    scene = Scene().arrives(0).arrives(50, "red")
    assert scene.case().acknowledge_by == minute(60)
    assert scene.misses(61) == [(60, "amber")]
    assert scene.misses(66) == [(65, "red")]
    assert scene.misses(600) == []


#   0 amber ── 1 red ── 16 red's deadline ── 60 amber's, which says nothing new
def test_after_red_was_missed_amber_is_not_missed_as_well():
    scene = Scene().arrives(0).arrives(1, "red")
    assert scene.misses(600) == [(16, "red")]
    assert scene.misses(600) == []


#   0 amber ─ 5 acknowledged ─ 20 red ─ 35 due
def test_what_gets_worse_after_acknowledging_has_a_new_deadline():
    scene = Scene().arrives(0).does(5, "acknowledge").arrives(20, "red")
    assert scene.misses(600) == [(35, "red")]


#   0 red ─ 15 missed ─ 20 closed ─ 30 another red ─ 45 due
def test_each_round_has_its_own_deadline():
    scene = Scene().arrives(0, "red")
    assert scene.misses(15) == [(15, "red")]
    scene.closes(20, "undecided").arrives(30, "red", typology="spot-fix")
    assert scene.case().missed == ()
    assert scene.misses(600) == [(45, "red")]


#   14 ana acknowledges        20 the system, which has not heard, finds 15 missed
def test_a_deadline_that_was_kept_after_all_does_not_count():
    scene = Scene().arrives(0, "red")
    action = scene.asks(14, "acknowledge")
    assert scene.misses(20) == [(15, "red")]
    scene.cases.take_action(action)
    assert (scene.status, scene.case().missed) == ("acknowledged", ())
    assert [entry.refused for entry in scene.case().history] == [None, "not_due"]


def test_a_deadline_counts_from_the_first_arrival():
    scene = Scene()
    for arrived in (3, 1, 2):
        scene.cases.take_alert(alert("red"), minute(arrived))
    assert scene.case().acknowledge_by == minute(16)


#   0 red      1 another red      15 a worker that knows the first, 16 one that knows the second
def test_two_who_miss_the_same_deadline_miss_it_once():
    scene, one, other = Scene(), Scene().arrives(0, "red"), Scene()
    other.arrives(1, "red", typology="spot-fix")
    for known in (one, other):
        for action in known.cases.due(minute(20)):
            scene.cases.take_action(action)
    scene.arrives(0, "red").arrives(1, "red", typology="spot-fix")
    assert scene.case().missed == (minute(15),)
    assert [entry.refused for entry in scene.case().history] == [None, "already"]


def test_green_and_explained_wait_for_ever():
    scene = Scene().arrives(0, "green").arrives(0, "green", match="n", status="explained")
    assert scene.misses(10_000) == []


def test_deadlines_are_settings():
    scene = Scene(LifecycleSettings(acknowledge_red_min=3)).arrives(0, "red")
    assert scene.misses(3) == [(3, "red")]
    with pytest.raises(ValidationError):
        LifecycleSettings(acknowledge_amber_min=0)


# Snoozes


def snoozed(scope, value, *, at=10, until=100, **more):
    scene = Scene()
    more = {"role": "supervisor", "comment": "known friendly"} | more
    return scene.does(at, "snooze", scope=scope, value=value, until=minute(until), **more)


@pytest.mark.parametrize(
    ("scope", "value"),
    [
        ("match", "m"), ("team", "m home"), ("team", "M AWAY"), ("competition", "cup"),
        ("typology", "steam-move"),
    ],
)  # fmt: skip
def test_what_a_snooze_holds(scope, value):
    scene = snoozed(scope, value)
    assert scene.cases.held_by(alert(), minute(20)).scope == scope
    assert scene.cases.held_by(alert(), minute(9)) is None
    assert scene.cases.held_by(alert(), minute(100)) is None
    other = alert(match="n", typology="spot-fix").model_copy(
        update={"fixture": alert(match="n").fixture.model_copy(update={"competition": "League"})}
    )
    assert scene.cases.held_by(other, minute(20)) is None


#   10 snoozed ─ 20 amber, held ─ 30 red, told                          100 ends
@pytest.mark.parametrize("scope", ["match", "team", "competition", "typology"])
def test_a_red_breaks_through_and_the_case_says_what_was_held(scope):
    value = {"match": "m", "team": "m home", "competition": "Cup", "typology": "steam-move"}[scope]
    scene = snoozed(scope, value).arrives(20).arrives(30, "red")
    assert scene.cases.held_by(alert("red"), minute(30)) is None
    assert [(held.level, held.at) for held in scene.case().held] == [("amber", minute(20))]
    assert scene.case().acknowledge_by == minute(45)


#   0 red ─ 10 its match is snoozed by somebody who sees that ─ 20 another red, held
def test_who_snoozes_a_match_that_is_red_means_red():
    scene = Scene().arrives(0, "red")
    scene.does(10, "snooze", scope="match", value="m", until=minute(100), comment="police know")
    assert scene.cases.held_by(alert("red", typology="spot-fix"), minute(20)) is not None


@pytest.mark.parametrize("scope", ["team", "competition", "typology"])
def test_nobody_silences_red_wholesale(scope):
    fields = {"scope": scope, "value": "x", "until": minute(99), "comment": "x", "up_to": "red"}
    assert Scene().refused(10, "snooze", role="supervisor", **fields) == "incomplete"


#   0 amber ─ 50 snoozed till 100 ─ 60 would have been due ─ 100 due
def test_a_deadline_waits_for_the_end_of_a_snooze():
    scene = Scene().arrives(0)
    scene.does(50, "snooze", scope="match", value="m", until=minute(100), comment="at lunch")
    assert scene.misses(99) == []
    assert scene.misses(100) == [(100, "amber")]


#   10 snoozed till 100 ─ 20 amber, held ─ 40 lifted ─ 80 due
def test_a_lifted_snooze_holds_no_longer():
    scene = snoozed("team", "m home").arrives(20)
    [snooze] = scene.cases.snoozes(minute(30))
    scene.does(40, "unsnooze", role="supervisor", snooze_id=snooze.snooze_id)
    assert scene.cases.snoozes(minute(41)) == []
    assert scene.cases.held_by(alert(), minute(41)) is None
    assert scene.case().acknowledge_by == minute(80)
    assert scene.refused(42, "unsnooze", snooze_id=snooze.snooze_id, role="supervisor") == "over"


def test_that_a_snooze_was_lifted_may_be_heard_before_that_it_was_set():
    scene, other, lift = Scene(), Scene(), {"kind": "unsnooze", "role": "supervisor"}
    team = {"scope": "team", "value": "m home", "until": minute(100), "comment": "known friendly"}
    set_ = scene.asks(10, "snooze", **team)
    scene.cases.take_action(set_)
    other.cases.take_action(scene.asks(40, snooze_id=set_.action_id, **lift))
    assert other.cases.snoozes(minute(30)) == []
    other.cases.take_action(set_)
    assert other.cases.held_by(alert(), minute(39)) is not None
    assert other.cases.held_by(alert(), minute(41)) is None


def test_an_officer_lifts_only_what_is_hers():
    scene = snoozed("team", "m home", role="officer")
    [snooze] = scene.cases.snoozes(minute(30))
    assert scene.refused(40, "unsnooze", who="bo", snooze_id=snooze.snooze_id) == "role"
    assert scene.refused(40, "unsnooze", who="ana", snooze_id=snooze.snooze_id) is None


def test_a_snooze_ends_and_not_in_a_year():
    fields = {"scope": "match", "value": "m", "comment": "x"}
    week = 7 * 24 * 60
    assert Scene().refused(10, "snooze", until=minute(10), **fields) == "over"
    assert Scene().refused(10, "snooze", until=minute(week + 10), **fields) is None
    assert Scene().refused(10, "snooze", until=minute(week + 11), **fields) == "too_long"


def test_a_snooze_says_who_why_and_until_when():
    [snooze] = snoozed("team", "m home").cases.snoozes(minute(30))
    assert (snooze.author, snooze.reason, snooze.until) == ("ana", "known friendly", minute(100))


def test_a_snooze_of_a_match_stands_in_its_history():
    scene = snoozed("match", "m").arrives(20)
    assert [entry.action.kind.value for entry in scene.case().history] == ["snooze"]
