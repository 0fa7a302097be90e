from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.alert import RANKS, Alert, AlertEvidence, AlertFixture, Provenance
from alerts.lifecycle import OpenAlerts

NOON = datetime(2026, 6, 11, 12, tzinfo=UTC)
LEVEL_OF = [(0.99, "red"), (0.95, "amber"), (0.0, "green")]


def judged(score, minute=0, *, detector="steam-move", selection="home", status="open"):
    """An alert as it is just judged; its level follows from the score; explained is green."""
    at = NOON + timedelta(minutes=minute)
    level = next(level for least, level in LEVEL_OF if score >= least)
    evidence = AlertEvidence(
        detector=detector, version=1, score=score, observed=0.5, expected=0.4, unit="probability",
        raw=0.1, raw_unit="x", at=at, window_s=60.0, market="1x2", line=None, selection=selection,
        phase="late", books=(), values={}, sentence=f"seen at {minute}",
    )  # fmt: skip
    return Alert(
        alert_id=f"a-{minute}", match="m", typology=detector, score=score, status=status,
        level="green" if status == "explained" else level, opened_at=at, peak_at=at, last_at=at,
        fixture=AlertFixture(sport="s", competition="c", tier=1, home="h", away="a", start=None),
        market="1x2", line=None, selection=selection, headline=f"seen at {minute}",
        evidence=(evidence,),
        provenance=Provenance(
            topic="match-feed", partition=0, first_offset=minute, last_offset=minute + 1,
            config_hash="h",
        ),
    )  # fmt: skip


def lived(*alerts, family="move"):
    """What became of each of some judgements, one after another."""
    opened = OpenAlerts()
    return [opened.take(family, alert) for alert in alerts]


def test_the_first_judgement_opens():
    assert lived(judged(0.9)) == [judged(0.9)]


def test_the_same_again_changes_nothing():
    assert lived(judged(0.9), judged(0.9, 1), judged(0.91, 2))[1:] == [None, None]


@pytest.mark.parametrize(
    ("before", "after", "grows"),
    [
        (0.90, 0.943, False),
        (0.90, 0.944, True),   # a quarter of a decade: the tail from 0.1 to 0.056
        (0.949, 0.951, True),  # a higher level, however little is new
        (0.95, 0.90, False),
        (1.0, 1.0, False),
    ],
)  # fmt: skip
def test_it_grows_by_a_higher_level_or_a_quarter_of_a_decade(before, after, grows):
    assert (lived(judged(before), judged(after, 1))[1] is not None) == grows


def test_what_grows_keeps_its_name_its_beginning_and_its_evidence():
    grown = lived(judged(0.9), judged(0.97, 7, detector="late-drift", selection="away"))[1]
    assert (grown.alert_id, grown.typology, grown.opened_at) == ("a-0", "steam-move", NOON)
    assert (grown.level, grown.score, grown.selection) == ("amber", 0.97, "away")
    assert grown.peak_at == grown.last_at == NOON + timedelta(minutes=7)
    assert grown.headline == "seen at 7"
    assert [e.detector for e in grown.evidence] == ["steam-move", "late-drift"]
    assert (grown.provenance.first_offset, grown.provenance.last_offset) == (0, 8)


def test_of_one_detector_in_one_market_the_strongest_sighting_is_kept():
    grown = lived(judged(0.9), judged(0.95, 1), judged(0.99, 2))[-1]
    assert [e.sentence for e in grown.evidence] == ["seen at 2"]


def test_families_live_apart():
    opened = OpenAlerts()
    assert opened.take("move", judged(0.9)) is not None
    assert opened.take("divergence", judged(0.9, 1, detector="book-split")).alert_id == "a-1"


def test_what_was_explained_opens_when_something_unexplained_follows():
    explained, opened = lived(judged(0.96, status="explained"), judged(0.96, 30))
    assert explained.status == "explained"
    assert (opened.alert_id, opened.status, opened.level) == ("a-30", "open", "amber")


def test_what_is_open_is_not_explained_away_by_later_news():
    opened = lived(judged(0.96), judged(0.985, 5, status="explained"))[1]
    assert (opened.status, opened.level) == ("open", "amber")


@pytest.mark.parametrize(
    ("alerts", "serious"),
    [
        ([], False),
        ([judged(0.9)], False),
        ([judged(0.96)], True),
        ([judged(0.96, status="explained")], False),
        ([judged(0.9), judged(0.995, 1)], True),
    ],
)
def test_serious_is_what_is_open_above_green(alerts, serious):
    opened = OpenAlerts()
    for alert in alerts:
        opened.take("move", alert)
    assert opened.serious(NOON.timestamp()) is serious


def test_what_is_serious_stays_so_until_it_was_not_seen_for_an_hour():
    """12:00 amber      12:30 green again                  13:30 an hour without"""
    opened = OpenAlerts()
    opened.take("move", judged(0.96))
    opened.take("move", judged(0.9, 30))
    told = [opened.serious((NOON + timedelta(minutes=m)).timestamp()) for m in (31, 89, 90)]
    assert told == [True, True, False]
    opened.take("move", judged(0.9, 100))
    assert opened.serious((NOON + timedelta(minutes=101)).timestamp())


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0.85, 1.0), st.booleans()), min_size=1, max_size=30))
def test_an_alert_never_sinks(scores):
    opened, latest = OpenAlerts(), {}
    for minute, (score, explained) in enumerate(scores):
        status = "explained" if explained and score < 0.99 else "open"
        changed = opened.take("move", judged(score, minute, status=status))
        if changed is None:
            continue
        before = latest.get(changed.alert_id)
        if before is not None:
            assert RANKS[changed.level] >= RANKS[before.level]
            assert changed.score >= before.score
            assert changed.last_at > before.last_at
            assert changed.status == before.status
        latest[changed.alert_id] = changed
    assert sum(alert.status == "open" for alert in latest.values()) <= 1
