import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.alert import Alert, AlertFixture, Provenance, alert_id

NOON = datetime(2026, 6, 11, 12, tzinfo=UTC)
OPENED = {
    "match": "m", "typology": "steam-move", "detector": "steam-move", "version": 1,
    "opened_at": NOON,
}  # fmt: skip


KNOWN = Alert(
    alert_id="a-1", match="m", typology="steam-move", level="amber", score=0.97,
    fixture=AlertFixture(sport="football", competition="c", tier=1, home="h", away="a", start=None),
    opened_at=NOON, peak_at=NOON, last_at=NOON, status="open", market="1x2", line=None,
    selection="home", headline="a move", evidence=(),
    provenance=Provenance(
        topic="match-feed", partition=0, first_offset=1, last_offset=2, config_hash="h"
    ),
)  # fmt: skip


def alert(**more):
    return Alert(**(dict(KNOWN) | more))


def test_an_alert_comes_back_from_its_json_and_is_one_line():
    line = alert(headline="two\nlines").to_json()
    assert Alert.model_validate_json(line) == alert(headline="two\nlines")
    assert b"\n" not in line


def test_the_fields_of_the_contract_stand():
    """Subscribers and tables build on these names; adding is allowed, renaming is not."""
    assert set(json.loads(alert().to_json())) >= {
        "alert_id", "match", "fixture", "typology", "level", "score", "opened_at", "peak_at",
        "last_at", "status", "market", "line", "selection", "headline", "evidence", "context",
        "feed_health", "innocent_explanations", "provenance", "marking",
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [{"level": "yellow"}, {"status": "ajar"}, {"marking": "TLP:WHITE"}, {"verdict": "guilty"}],
)
def test_what_is_not_in_the_contract_is_refused(wrong):
    with pytest.raises(ValidationError):
        alert(**wrong)


def test_alerts_are_frozen():
    with pytest.raises(ValidationError):
        alert().level = "red"


@pytest.mark.parametrize(
    "other",
    [
        {"match": "n"}, {"typology": "late-drift"}, {"detector": "late-drift"}, {"version": 2},
        {"opened_at": NOON + timedelta(microseconds=1)},
    ],
)  # fmt: skip
def test_what_tells_alerts_apart_changes_their_id(other):
    assert alert_id(**(OPENED | other)) != alert_id(**OPENED)


@given(st.text(), st.text())
def test_an_id_says_nothing_but_is_the_same_each_time(match, typology):
    named = OPENED | {"match": match, "typology": typology}
    assert alert_id(**named) == alert_id(**named)
    assert alert_id(**named).startswith("a-")
    assert len(alert_id(**named)) == 18
