import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.action import Action, Kind, SeenAlert

NOON = datetime(2026, 6, 11, 12, tzinfo=UTC)


def closing(**more):
    fields = {
        "at": NOON, "actor": "ana", "role": "officer", "match": "m", "case_id": "c-1",
        "old": {"status": "open"}, "new": {"status": "closed", "verdict": "undecided"},
        "seen": {"a-1": SeenAlert(level="amber", score=0.97)}, "comment": "two\nlines",
    }  # fmt: skip
    return Action.of(Kind.CLOSE, **(fields | more))


def test_an_action_comes_back_from_its_json_and_is_one_line():
    line = closing().to_json()
    assert Action.model_validate_json(line) == closing()
    assert b"\n" not in line


def test_the_fields_of_the_contract_stand():
    """Tables and the board build on these names; adding is allowed, renaming is not."""
    assert set(json.loads(closing().to_json())) >= {
        "action_id", "at", "actor", "role", "kind", "match", "case_id", "alert_id", "old", "new",
        "seen", "comment", "reason",
    }  # fmt: skip


@pytest.mark.parametrize(
    "altered",
    [
        {"actor": "bo"}, {"role": "supervisor"}, {"kind": "comment"}, {"match": "n"},
        {"at": "2026-06-11T12:00:00.000001Z"}, {"comment": ""}, {"old": {}}, {"seen": {}},
        {"new": {"status": "closed", "verdict": "innocent"}}, {"action_id": "x-0"},
    ],
)  # fmt: skip
def test_what_was_altered_is_refused(altered):
    told = json.loads(closing().to_json()) | altered
    with pytest.raises(ValidationError, match="action_id does not fit"):
        Action.model_validate(told)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "whitewash"}, {"role": "owner"}, {"actor": ""}, {"at": "2026-06-11T12:00:00"},
        {"seen": {"a-1": {"level": "blue", "score": 1.0}}}, {"more": 1},
    ],
)  # fmt: skip
def test_what_is_not_in_the_contract_is_refused(wrong):
    with pytest.raises(ValidationError):
        Action.model_validate(json.loads(closing().to_json()) | wrong)


def test_a_time_is_kept_in_utc():
    there = NOON.astimezone(timezone(timedelta(hours=2)))
    assert closing(at=there) == closing()
    assert closing(at=there).to_json() == closing().to_json()


@given(st.text(min_size=1), st.text(), st.datetimes(timezones=st.just(UTC)), st.floats(0, 1))
def test_an_id_fits_whatever_is_said(actor, comment, at, score):
    seen = {"a-1": SeenAlert(level="red", score=score)}
    action = closing(actor=actor, comment=comment, at=at, seen=seen)
    assert Action.model_validate_json(action.to_json()) == action
