"""Actions and cases in the store: the same as the fold of the two topics."""

import json
from datetime import UTC, datetime
from random import Random

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from alerts.action import Action, Kind
from alerts.case import Case
from alerts.deadlines import LifecycleSettings
from forensics.archive import Archive
from tests.alerts.case_scene import NOON, Scene, alert, minute
from tests.alerts.days import STEPS, Day, interleaved, told


def places(messages):
    """Messages with the offsets they have in a topic of one partition."""
    return list(enumerate(messages))


def write(archive, *messages):
    """Write messages, (offset, alert and arrival) or (offset, action), in one batch each."""
    actions = [(0, n, NOON, m.to_json()) for n, m in messages if isinstance(m, Action)]
    alerts = [(0, n, m[1], m[0].to_json()) for n, m in messages if not isinstance(m, Action)]
    return archive.write_alerts(alerts) | archive.write_actions(actions)


def cases(store):
    return {row["match"]: row for row in store.rows("SELECT * FROM cases")}


def as_row(case: Case):
    """What the table must say of a case, taken from the fold by hand."""
    verdict = case.verdict
    return {
        "case_id": case.case_id, "status": case.status, "level": case.level,
        "home": case.fixture.home if case.fixture else "",
        "typologies": list(case.typologies), "alert_ids": [a.alert_id for a in case.alerts],
        "assignee": case.assignee, "opened_at": case.opened_at, "last_at": case.last_at,
        "calls": case.calls, "acknowledge_by": case.acknowledge_by, "missed": list(case.missed),
        "news": list(case.news), "held": len(case.held), "misses": len(case.misses),
        "closings": case.closings, "actions": len(case.history),
        "verdict": verdict and verdict.finding, "cause": verdict and verdict.cause,
        "verdict_comment": verdict and verdict.comment, "verdict_by": verdict and verdict.by,
        "verdict_at": verdict and verdict.at,
    }  # fmt: skip


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],
)  # fmt: skip
@given(STEPS, st.integers(0, 2**32))
def test_rows_equal_the_fold_however_the_topics_are_read(store, steps, seed):
    for table in ("alert_updates", "alerts", "actions", "cases"):
        store.command(f"TRUNCATE TABLE {table}")
    day = Day(steps)
    random = Random(seed)
    messages = list(interleaved(random, places(day.alerts), places(day.actions)))
    while messages:
        batch = [messages.pop(0) for _ in range(min(random.randint(1, 12), len(messages)))]
        write(Archive(store), *batch)
    fold = told(day.alerts, day.actions)
    found = cases(store)
    wanted = {case.match: as_row(case) for case in fold.all()}
    assert {m: {name: found[m][name] for name in row} for m, row in wanted.items()} == wanted
    assert set(found) == set(wanted)
    kept = store.rows("SELECT body FROM actions ORDER BY at, action_id")
    sent = {action.order: action.to_json().decode() for action in day.actions}
    assert [row["body"] for row in kept] == [sent[order] for order in sorted(sent)]


def test_an_action_is_flat_where_asked_and_whole_beside_it(store):
    scene = Scene().arrives(0)
    action = scene.asks(
        5, "close", verdict="innocent", cause="team news", comment="the keeper is ill"
    )
    counts = Archive(store).write_actions([(1, 7, minute(6), action.to_json())])
    assert counts == {"actions": 1}
    [row] = store.rows("SELECT *, status, verdict, cause, assignee FROM actions")
    flat = {name: row[name] for name in ("action_id", "at", "actor", "match", "comment", "role")}
    assert flat == {name: getattr(action, name) for name in flat}
    assert (row["kind"], row["matches"], row["case_id"]) == ("close", ["m"], action.case_id)
    assert (row["status"], row["verdict"], row["cause"]) == ("closed", "innocent", "team news")
    assert json.loads(row["old"]) == action.old
    assert json.loads(row["seen"]) == {"a-m-steam-move": {"level": "amber", "score": 0.97}}
    assert (row["partition"], row["offset"], row["arrived"]) == (1, 7, minute(6))
    assert row["body"].encode() == action.to_json()


def test_a_shift_handed_over_names_its_cases_and_changes_them(store):
    scene, archive = Scene(), Archive(store)
    for offset, match in enumerate("mn"):
        scene.arrives(0, match=match).does(1, "acknowledge", case=match)
        write(archive, (offset, (alert(match=match), NOON)))
    for offset, match in enumerate("mn"):
        write(archive, (offset, scene.case(match).history[0].action))
    action = scene.asks(9, "hand_over", to="bo", comment="bye")
    assert write(archive, (2, action)) == {"actions": 1, "cases": 2}
    [row] = store.rows("SELECT match, matches FROM actions WHERE kind = 'hand_over'")
    assert row == {"match": "", "matches": ["m", "n"]}
    assert {match: row["assignee"] for match, row in cases(store).items()} == {"m": "bo", "n": "bo"}


def test_a_snooze_puts_off_the_deadline_of_each_case_it_holds(store):
    scene, archive = Scene().arrives(0).arrives(0, match="n"), Archive(store)
    for offset, match in enumerate("mn"):
        write(archive, (offset, (alert(match=match), NOON)))
    snooze = scene.asks(5, "snooze", scope="team", value="n home", until=minute(99), comment="?")
    write(archive, (0, snooze))
    due = {match: row["acknowledge_by"] for match, row in cases(store).items()}
    assert due == {"m": minute(60), "n": minute(99)}


def test_a_snooze_finds_the_case_that_another_thread_is_about_to_write(store):
    """
    alerts   written, actions read ............................. case written, without the snooze
    actions                         snooze written, case with it
    """
    scene, alerts, actions = Scene().arrives(0), Archive(store), Archive(store)
    snooze = scene.asks(5, "snooze", scope="team", value="m home", until=minute(99), comment="?")

    def interrupted(matches):
        begun = list(alerts._cases._rows(sorted(matches)))
        write(actions, (0, snooze))
        return alerts._cases._write(begun)

    alerts._cases.update = interrupted
    write(alerts, (0, (alert(), NOON)))
    assert cases(store)["m"]["acknowledge_by"] == minute(99)


def test_deadlines_follow_the_settings(store):
    archive = Archive(store, lifecycle=LifecycleSettings(acknowledge_amber_min=7))
    write(archive, (0, (alert(), NOON)))
    assert cases(store)["m"]["acknowledge_by"] == minute(7)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ((b'"ana"', b'"bo"'), "altered"),
        ((b'"acknowledge"', b'"whitewash"'), "kind"),
        ((b'"comment":""', b'"comment":"\xff"'), "JSON"),
        ((b"{", b"[{"), "JSON"),
    ],
)
def test_an_action_that_cannot_be_read_becomes_a_dead_letter(store, spoil, reason):
    good = Scene().arrives(0).asks(1, "acknowledge").to_json()
    spoilt, now = good.replace(*spoil), datetime.now(UTC)
    batch = [(2, 3, now, spoilt), (2, 4, now, good)]
    assert Archive(store).write_actions(batch) == {"dead_letters": 1, "actions": 1}
    [letter] = store.rows("SELECT place, source, reason, hex(raw) AS bytes FROM dead_letters")
    assert (letter["place"], letter["source"]) == ("actions/2/3", "actions")
    assert reason in letter["reason"]
    assert bytes.fromhex(letter["bytes"]) == spoilt


def test_alerts_from_before_there_were_cases_get_theirs(store):
    archive = Archive(store)
    write(archive, (0, (alert("red"), NOON)))
    store.command("TRUNCATE TABLE cases")
    assert archive.catch_up() == {"cases": 1}
    assert archive.catch_up() == {}
    assert cases(store)["m"]["level"] == "red"


def test_an_alert_of_a_later_version_does_not_stop_the_archive(store):
    body = json.loads(alert().to_json()) | {"level": "violet"}
    counts = Archive(store).write_alerts([(0, 0, NOON, json.dumps(body).encode())])
    assert counts == {"alert_updates": 1, "alerts": 1}


def test_the_row_that_knew_more_stays_whichever_is_written_last(store):
    archive = Archive(store)
    write(archive, (0, (alert(), NOON)))
    [early] = store.query("SELECT * FROM cases").to_batches()
    write(archive, (0, Scene().arrives(0).asks(1, "acknowledge")))
    store.insert("cases", pa.Table.from_batches([early]))
    assert cases(store)["m"]["status"] == "acknowledged"


def test_every_kind_of_action_is_archived(store):
    batch = [
        (0, n, NOON, Action.of(kind, at=NOON, actor="ana", role="officer").to_json())
        for n, kind in enumerate(Kind)
    ]
    assert Archive(store).write_actions(batch)["actions"] == len(Kind)
