"""Life of a case; each timeline is minutes after noon."""

import pytest

from alerts.case import case_id
from alerts.cases import Cases
from tests.alerts.case_scene import NOON, Scene, alert, minute

INNOCENT = {"verdict": "innocent", "cause": "team news", "comment": "keeper is ill"}


def test_alerts_of_one_match_are_one_case():
    scene = Scene().arrives(0).arrives(3, "red", typology="late-drift").arrives(4, match="other")
    assert [case.match for case in scene.cases.all()] == ["m", "other"]
    case = scene.case()
    assert case.typologies == ("late-drift", "steam-move")
    assert (case.status, case.level, len(case.alerts)) == ("open", "red", 2)


def test_a_case_is_found_by_match_by_its_own_id_and_by_an_alert():
    scene = Scene().arrives(0)
    named = ["m", case_id("m"), "a-m-steam-move"]
    assert [scene.cases.find(name).match for name in named] == ["m"] * 3
    assert scene.cases.find("n") is None


def test_what_only_news_explain_is_explained_and_calls_nobody():
    case = Scene().arrives(0, "green", status="explained").case()
    assert (case.status, case.level, case.acknowledge_by) == ("explained", "green", None)


def test_green_is_open_and_calls_nobody():
    case = Scene().arrives(0, "green").case()
    assert (case.status, case.calls, case.acknowledge_by) == ("open", None, None)


#   0 amber ─ 5 acknowledged by ana ─ 9 assigned to bo ─ 12 escalated ─ 20 closed
def test_a_case_from_opening_to_verdict():
    scene = Scene().arrives(0).does(5, "acknowledge")
    assert (scene.status, scene.case().assignee) == ("acknowledged", "ana")
    scene.does(9, "assign", to="bo").does(12, "escalate", who="bo", comment="third in a week")
    assert (scene.status, scene.case().assignee) == ("escalated", "bo")
    scene.closes(20, "manipulation_suspected", who="bo")
    verdict = scene.case().verdict
    assert (scene.status, verdict.finding, verdict.by) == (
        "closed", "manipulation_suspected", "bo",
    )  # fmt: skip
    kinds = [entry.action.kind.value for entry in scene.case().history]
    assert kinds == ["acknowledge", "assign", "escalate", "close"]


def test_every_action_says_the_old_and_the_new_value():
    scene = Scene().arrives(0).does(5, "acknowledge")
    action = scene.asks(9, "assign", to="bo")
    assert (action.actor, action.at, action.match) == ("ana", minute(9), "m")
    assert action.old == {"status": "acknowledged", "level": "amber", "assignee": "ana"}
    assert action.new == {"assignee": "bo"}
    assert action.seen["a-m-steam-move"].level == "amber"


def test_an_escalated_case_goes_to_whom_it_is_given():
    scene = Scene().arrives(0).does(1, "escalate", to="chief")
    assert scene.case().assignee == "chief"


def test_a_correction_is_another_action_and_both_verdicts_stay():
    scene = Scene().arrives(0).does(5, "close", **INNOCENT)
    scene.does(9, "correct", role="supervisor", verdict="undecided", comment="he was not ill")
    assert scene.case().verdict.finding == "undecided"
    verdicts = [entry.action.new["verdict"] for entry in scene.case().history]
    assert verdicts == ["innocent", "undecided"]
    assert scene.case().history[1].action.old["verdict"] == "innocent"
    assert scene.case().closings == 1


# Who may do what


OPEN = {
    "acknowledge": {}, "assign": {"to": "bo"}, "escalate": {}, "close": INNOCENT,
    "comment": {"comment": "hm"}, "view_accounts": {}, "hand_over": {"to": "bo", "comment": "bye"},
    "snooze": {"scope": "match", "value": "m", "until": minute(99), "comment": "known"},
    "report_miss": {"typology": "spot-fix", "when": NOON, "comment": "a call"},
}  # fmt: skip
CLOSED = {"reopen": {"comment": "new facts"}, "correct": INNOCENT}
WIDE = [("competition", "Cup"), ("typology", "steam-move")]


def assigned():
    return Scene().arrives(0).does(1, "assign", to="ana")


@pytest.mark.parametrize("role", ["viewer", "officer", "supervisor", "system"])
@pytest.mark.parametrize("kind", OPEN)
def test_who_may_act_on_an_open_case(role, kind):
    may = role in ("officer", "supervisor")
    assert assigned().refused(5, kind, role=role, **OPEN[kind]) == (None if may else "role")


@pytest.mark.parametrize("role", ["viewer", "officer", "supervisor", "system"])
@pytest.mark.parametrize("kind", CLOSED)
def test_who_may_act_on_a_closed_case(role, kind):
    may = role == "supervisor"
    scene = Scene().arrives(0).closes(1, "undecided")
    assert scene.refused(5, kind, role=role, **CLOSED[kind]) == (None if may else "role")


@pytest.mark.parametrize("role", ["viewer", "officer", "supervisor", "system"])
def test_who_may_ask_who_a_pseudonym_is(role):
    asked = {"accounts": ("p-1",), "comment": "request 7"}
    may = role == "supervisor"
    assert assigned().refused(5, "reidentify", role=role, **asked) == (None if may else "role")


def test_asking_who_a_pseudonym_is_takes_one_and_a_reason():
    for lacking in ({"accounts": ("p-1",)}, {"comment": "request 7"}):
        assert assigned().refused(5, "reidentify", role="supervisor", **lacking) == "incomplete"


@pytest.mark.parametrize(("scope", "value"), WIDE)
def test_a_wide_snooze_is_for_supervisors(scope, value):
    wide = {"scope": scope, "value": value, "until": minute(99), "comment": "known"}
    assert Scene().refused(5, "snooze", **wide) == "role"
    assert Scene().refused(5, "snooze", role="supervisor", **wide) is None


def test_nobody_can_pass_for_the_system():
    scene = Scene().arrives(0, "red")
    for role in ("officer", "supervisor", "viewer"):
        assert scene.refused(99, "miss_deadline", role=role) == "role"


# What cannot be


@pytest.mark.parametrize(
    ("kind", "fields", "reason"),
    [
        ("acknowledge", {"case": "n"}, "unknown_case"),
        ("assign", {}, "incomplete"),
        ("close", {}, "incomplete"),
        ("close", {"verdict": "undecided"}, "incomplete"),
        ("close", {"verdict": "innocent", "comment": "fine"}, "incomplete"),
        ("close", {"verdict": "innocent", "cause": "news", "comment": "  "}, "incomplete"),
        ("comment", {}, "incomplete"),
        ("report_miss", {"typology": "spot-fix", "comment": "a call"}, "incomplete"),
        ("report_miss", {"typology": "spot-fix", "when": NOON}, "incomplete"),
        ("report_miss", {"case": ""}, "unknown_case"),
        ("hand_over", {"to": "bo"}, "incomplete"),
        ("hand_over", {"comment": "bye"}, "incomplete"),
        ("hand_over", {"to": "bo", "comment": "bye"}, "not_theirs"),
        ("hand_over", {"to": "bo", "giver": "cy", "comment": "bye"}, "role"),
        ("snooze", {"scope": "team", "value": "m home", "comment": "x"}, "incomplete"),
        ("snooze", {"scope": "team", "value": "m home", "until": minute(9)}, "incomplete"),
        ("snooze", {"scope": "team", "until": minute(9), "comment": "x"}, "incomplete"),
        ("snooze", {"value": "m home", "until": minute(9), "comment": "x"}, "incomplete"),
        ("unsnooze", {"snooze_id": "x-0"}, "unknown_snooze"),
        ("reopen", {"comment": "new facts", "role": "supervisor"}, "not_closed"),
        ("correct", INNOCENT | {"role": "supervisor"}, "not_closed"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(kind, fields, reason):
    scene = Scene().arrives(0)
    assert scene.refused(5, kind, **fields) == reason
    assert len(scene.asks(5, kind, **fields).sentence) > 10


@pytest.mark.parametrize("kind", ["acknowledge", "assign", "escalate", "close"])
def test_a_closed_case_is_let_be(kind):
    scene = Scene().arrives(0).closes(1, "undecided")
    assert scene.refused(5, kind, **OPEN[kind]) == "closed"


@pytest.mark.parametrize("kind", ["comment", "view_accounts"])
def test_a_closed_case_can_be_spoken_of(kind):
    scene = Scene().arrives(0).closes(1, "undecided")
    assert scene.refused(5, kind, **OPEN[kind]) is None


@pytest.mark.parametrize(
    ("kind", "fields"), [("acknowledge", {}), ("escalate", {}), ("assign", {"to": "bo"})]
)
def test_the_same_again_is_refused(kind, fields):
    scene = Scene().arrives(0).does(1, kind, **fields)
    assert scene.refused(2, kind, **fields) == "already"


def test_nobody_is_nobody():
    assert Scene().arrives(0).refused(1, "acknowledge", who="  ") == "incomplete"


#   ana's clock   12:10 acknowledges
#   bo's clock    12:02 closes, five minutes later: his clock is slow, and hers is right
def test_a_slow_clock_does_not_put_an_action_before_what_its_author_saw():
    scene = Scene().arrives(0).does(10, "acknowledge").closes(2, "undecided", who="bo")
    first, second = (entry.action for entry in scene.case().history)
    assert (first.kind.value, second.kind.value) == ("acknowledge", "close")
    assert second.at > first.at == minute(10)


#   2 ana closes      3 bo, whose screen still shows it open, escalates
def test_an_action_that_comes_too_late_is_kept_and_changes_nothing():
    scene = Scene().arrives(0)
    late = scene.asks(3, "escalate", who="bo")
    scene.closes(2, "undecided")
    scene.cases.take_action(late)
    assert scene.status == "closed"
    assert [entry.refused for entry in scene.case().history] == [None, "closed"]


# A shift handed over


#   m: ana's ─┐
#   n: ana's ─┼─ 30 ana hands over to bo          k: closed by ana     o: cy's
def test_a_shift_is_handed_over_with_a_note():
    scene = Scene()
    for match, who in (("m", "ana"), ("n", "ana"), ("k", "ana"), ("o", "cy")):
        scene.arrives(0, match=match).does(1, "acknowledge", case=match, who=who)
    scene.closes(2, "undecided", case="k")
    scene.does(30, "hand_over", to="bo", comment="m is hot")
    now = {case.match: (case.assignee, case.status) for case in scene.cases.all()}
    assert now == {
        "m": ("bo", "acknowledged"), "n": ("bo", "acknowledged"), "k": ("ana", "closed"),
        "o": ("cy", "acknowledged"),
    }  # fmt: skip
    assert scene.case("n").history[-1].action.comment == "m is hot"
    assert scene.refused(31, "hand_over", to="bo", comment="again") == "not_theirs"


#   0 amber ─ 1 ana's ─ 2 closed ─ 5 red: open again ─ 30 handed over
def test_a_case_that_fired_again_is_handed_over_with_the_others():
    scene = Scene().arrives(0).does(1, "acknowledge").closes(2, "innocent").arrives(5, "red")
    scene.does(30, "hand_over", to="bo", comment="m fired again")
    assert (scene.case().assignee, scene.status) == ("bo", "open")


def test_a_supervisor_hands_over_for_another():
    scene = Scene().arrives(0).does(1, "acknowledge")
    scene.does(30, "hand_over", who="chief", role="supervisor", giver="ana", to="bo", comment="ill")
    assert scene.case().assignee == "bo"


#   29 cy takes m over     30 ana, who has not heard, hands m over to bo
def test_a_case_that_has_gone_to_another_is_not_handed_over():
    scene = Scene().arrives(0).does(1, "acknowledge")
    unaware = scene.asks(30, "hand_over", to="bo", comment="bye")
    scene.does(29, "assign", who="cy", to="cy")
    scene.cases.take_action(unaware)
    assert scene.case().assignee == "cy"
    assert scene.case().history[-1].refused == "not_theirs"


# A miss that is reported


def test_a_reported_miss_opens_a_case_where_no_alert_did():
    scene = Scene().does(5, "report_miss", typology="spot-fix", when=NOON, comment="a call")
    case = scene.case()
    assert (case.status, case.level, case.fixture) == ("open", "amber", None)
    assert [(m.typology, m.when, m.why, m.by) for m in case.misses] == [
        ("spot-fix", NOON, "a call", "ana")
    ]
    assert scene.closes(9, "undecided").status == "closed"


def test_a_reported_miss_reopens_a_closed_case():
    scene = Scene().arrives(0).closes(1, "innocent")
    scene.does(5, "report_miss", typology="spot-fix", when=NOON, comment="a call")
    assert scene.status == "open"


# Reopening


#   0 alert ─ 5 closed with a verdict ─ 30 it fires again
@pytest.mark.parametrize(
    ("closed", "again", "suspected", "innocent"),
    [
        ("amber", {"level": "amber"}, "closed", "closed"),  # the same once more
        ("amber", {"level": "amber", "score": 0.98}, "open", "closed"),
        ("amber", {"level": "red"}, "open", "open"),
        ("green", {"level": "green", "score": 0.94}, "closed", "closed"),
        ("green", {"level": "amber"}, "open", "open"),
        ("red", {"level": "red", "score": 0.999}, "open", "closed"),
        ("amber", {"level": "green", "typology": "spot-fix"}, "closed", "closed"),
        ("amber", {"level": "amber", "typology": "spot-fix"}, "open", "closed"),
        ("green", {"level": "amber", "typology": "spot-fix"}, "open", "open"),
        ("red", {"level": "amber", "typology": "spot-fix"}, "open", "closed"),
        ("amber", {"level": "red", "typology": "spot-fix"}, "open", "open"),
        ("red", {"level": "red", "typology": "spot-fix"}, "open", "open"),
        ("amber", {"level": "green", "typology": "x", "status": "explained"}, "closed", "closed"),
    ],
)
def test_a_closed_case_that_fires_again(closed, again, suspected, innocent):
    for verdict, wanted in {
        "manipulation_suspected": suspected, "manipulation_confirmed": suspected,
        "undecided": suspected, "innocent": innocent, "data_fault": innocent,
    }.items():  # fmt: skip
        scene = Scene().arrives(0, closed).closes(5, verdict).arrives(30, **again)
        assert scene.status == wanted, verdict


#   0 amber ─ 4 it turns red, on its way ─ 5 ana, who sees amber, closes ─ 6 the red arrives
def test_what_was_on_its_way_while_the_case_was_closed_is_not_lost():
    scene = Scene().arrives(0).closes(5, "innocent")
    scene.cases.take_alert(alert("red", at=4), minute(6))
    assert (scene.status, scene.case().news) == ("open", ("a-m-steam-move",))


#   0 amber ─ 5 closed ─ 30 red: open ─ 31 acknowledged ─ 40 closed ─ 50 the same red
def test_a_reopened_case_is_closed_again_for_what_was_seen():
    scene = Scene().arrives(0).closes(5, "innocent").arrives(30, "red")
    assert (scene.status, scene.case().verdict, scene.case().closings) == ("open", None, 1)
    scene.does(31, "acknowledge").closes(40, "innocent").arrives(50, "red")
    assert (scene.status, scene.case().closings) == ("closed", 2)


def test_a_supervisor_reopens_and_no_deadline_runs_for_what_is_known():
    scene = Scene().arrives(0, "red").closes(5, "innocent")
    scene.does(6, "reopen", role="supervisor", comment="new facts")
    assert (scene.status, scene.case().verdict, scene.case().acknowledge_by) == ("open", None, None)


#   0 amber ─ 5 innocent ─ 10 more certain, kept closed ─ 20 corrected to suspected
def test_what_a_wrong_verdict_kept_quiet_calls_once_it_is_corrected():
    scene = Scene().arrives(0).closes(5, "innocent").arrives(10, score=0.98)
    assert scene.status == "closed"
    suspected = {"verdict": "manipulation_suspected", "comment": "no news after all"}
    scene.does(20, "correct", role="supervisor", **suspected)
    assert scene.status == "open"


#   0 amber ─ 5 acknowledged ─ then
@pytest.mark.parametrize(
    ("again", "status"),
    [
        ({"level": "amber", "score": 0.98}, "acknowledged"),
        ({"level": "red"}, "open"),
        ({"level": "amber", "typology": "spot-fix"}, "open"),
        ({"level": "green", "typology": "spot-fix"}, "acknowledged"),
    ],
)
def test_an_acknowledged_case_calls_again_when_it_gets_worse(again, status):
    scene = Scene().arrives(0).does(5, "acknowledge").arrives(30, **again)
    assert (scene.status, scene.case().assignee) == (status, "ana")


def test_an_escalated_case_stays_so_and_its_news_must_be_acknowledged():
    scene = Scene().arrives(0).does(5, "escalate").arrives(30, "red")
    assert (scene.status, scene.case().acknowledge_by) == ("escalated", minute(45))
    scene.does(31, "acknowledge")
    assert (scene.status, scene.case().acknowledge_by) == ("escalated", None)


def test_taking_anything_again_changes_nothing():
    cases = Cases()
    assert cases.take_alert(alert(), minute(1)) is not None
    assert cases.take_alert(alert(), minute(1)) is None
    assert cases.take_alert(alert(), minute(2)) is None
    scene = Scene().arrives(0)
    action = scene.asks(1, "acknowledge")
    assert len(scene.cases.take_action(action)) == 1
    assert scene.cases.take_action(action) == ()
