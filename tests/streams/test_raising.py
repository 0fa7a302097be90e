from datetime import UTC, datetime

import pytest

from alerts.alert import alert_id
from detectors.calibration import Calibration, shipped_priors
from detectors.evidence import Evidence, Finding
from detectors.health import FeedHealth
from detectors.levels import AlertBudget
from detectors.match_watch import MatchWatch
from detectors.verdict import Judgement, Verdict
from markets.records import Event
from streams.noted_frames import NotedFrames
from streams.raising import Origin, raised
from tests.detectors.scene import MATCH, fixture, moment

AT = moment(-30).timestamp()


def watch(*records):
    calibration = Calibration(shipped_priors())
    found = MatchWatch(MATCH, calibration, Verdict(AlertBudget()))
    for record in records:
        found.apply(record)
    return found


def judgement(level="amber", tail=0.02, phase="late", turn=-35.0, **more):
    finding = Finding(
        raw=0.1234567, selection="home", observed=0.58, expected=0.5, since=AT - 2700.0,
        turn=moment(turn).timestamp(), books=("a", "b"), values={"books": 2.0},
        sentence="2 of 2 books shortened Mexico",
    )  # fmt: skip
    known = {
        "detector": "book-split", "version": 3, "family": "divergence", "market": "1x2",
        "cell": ("book-split", "1x2", phase),
        "typology": "book-divergence", "line": None, "phase": phase, "unit": "arcsine",
        "at": datetime.fromtimestamp(AT - 60.0, UTC), "tail": 0.005,
        "tail_explained": 0.01, "share": 0.25,
        "finding": finding,
        "innocent": ("team news",),
    }  # fmt: skip
    return Judgement(Evidence(**(known | more)), level, tail)


def origin():
    frames = NotedFrames()
    for at, offset in (AT - 9000.0, 5), (AT - 3000.0, 6), (AT - 10.0, 9):
        frames.note(at, offset)
    return Origin(3, frames, "hash")


def alert(judged, *records):
    return raised(judged, watch(*records), FeedHealth(), AT, origin())


NEWS = Event(at=moment(-40), match=MATCH, event="line_up", team="home", clock=None)


def test_an_alert_says_what_was_seen_where_and_when():
    found = alert(judgement(), fixture())
    assert (found.level, found.status, found.typology) == ("amber", "open", "book-divergence")
    assert found.opened_at == found.peak_at == found.last_at == moment(-30)
    assert found.score == 0.98
    assert found.headline == (
        "Mexico v South Africa: 2 of 2 books shortened Mexico; no news in the feed"
    )
    assert (found.fixture.tier, found.fixture.start) == (1, moment(0))
    [evidence] = found.evidence
    assert (evidence.detector, evidence.version, evidence.raw) == ("book-split", 3, 0.123457)
    assert (evidence.score, evidence.window_s, evidence.books) == (0.995, 2640.0, ("a", "b"))
    assert found.innocent_explanations == ("team news",)


def test_its_id_is_that_of_what_it_is_and_when_it_opened():
    expected = alert_id(MATCH, "book-divergence", "book-split", 3, moment(-30))
    assert alert(judgement(), fixture()).alert_id == expected
    assert alert(judgement("red", 0.001), fixture(), NEWS).alert_id == expected


@pytest.mark.parametrize(
    ("level", "records", "expected"),
    [
        ("amber", [], ("amber", "open")),
        ("amber", [NEWS], ("green", "explained")),
        ("green", [NEWS], ("green", "explained")),
        ("red", [NEWS], ("red", "open")),
    ],
)
def test_news_explains_what_is_not_red(level, records, expected):
    found = alert(judgement(level), fixture(), *records)
    assert (found.level, found.status) == expected
    assert [context.event for context in found.context] == [r.event for r in records]
    assert found.headline.endswith("after line up" if records else "no news in the feed")


def test_in_play_the_goal_model_has_taken_the_events_in_and_none_explains():
    found = alert(judgement(phase="in_play"), fixture(), NEWS)
    assert (found.status, found.context) == ("open", ())


def test_without_a_fixture_it_says_that_nothing_is_known():
    found = alert(judgement())
    assert (found.fixture.sport, found.fixture.tier, found.fixture.start) == ("unknown", 9, None)
    assert found.headline.startswith(f"{MATCH}: ")


@pytest.mark.parametrize(
    ("since", "first"),
    [
        (AT - 99_999, 5),  # before anything was told
        (AT - 9000, 5),
        (AT - 3001, 5),    # the frame that was current then
        (AT - 3000, 6),
        (AT - 2000, 6),
        (AT, 9),
    ],
)  # fmt: skip
def test_provenance_reaches_from_the_frame_current_at_the_window_to_the_newest(since, first):
    found = origin().provenance(since)
    assert (found.topic, found.partition, found.config_hash) == ("match-feed", 3, "hash")
    assert (found.first_offset, found.last_offset) == (first, 9)
