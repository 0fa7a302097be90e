"""Scorecards: verdicts and reported misses, counted by hand."""

import json
from datetime import timedelta

import pytest
from scipy import stats

from alerts.action import Action
from alerts.alert import AlertEvidence
from detectors.levels import AlertBudget
from forensics.archive import Archive
from forensics.question import question
from markets.records import Fixture
from tests.alerts.case_scene import NOON, Scene, alert, minute

CUPS = ("Cup", "League")


def fixture(match, competition):
    return Fixture(
        at=NOON - timedelta(days=1), match=match, source="register", sport="football",
        competition=competition, home=f"{match} home", away=f"{match} away", start=NOON,
    )  # fmt: skip


def evidence(detector):
    return AlertEvidence(
        detector=detector, version=1, score=0.99, observed=1.0, expected=0.0, unit="pp", raw=1.0,
        raw_unit="pp", at=NOON, window_s=60.0, market="1x2", line=None, selection="home",
        phase="before", books=(), values={}, sentence="moved",
    )  # fmt: skip


class Season:
    """Matches m-0, m-1, ... of two competitions in turn, and what officers made of their alerts."""

    def __init__(self, store, matches):
        self.archive, self.offset = Archive(store), 0
        told = [fixture(f"m-{n}", CUPS[n % 2]) for n in range(matches)]
        self.archive.write([(0, 0, NOON, told)])

    def happens(self, match, *deeds, level="amber", typology="steam-move", beside=()):
        """An alert arrives at noon; then deeds, each (minute, kind, fields)."""
        scene = Scene().arrives(0, level, match=match, typology=typology)
        raised = alert(level, match=match, typology=typology)
        seen = tuple(evidence(name) for name in (typology, *beside))
        self.writes_alert(raised.model_copy(update={"evidence": seen}))
        for at, kind, fields in deeds:
            action = scene.asks(at, kind, case=match, **fields)
            assert isinstance(action, Action), action
            scene.cases.take_action(action)
            self.writes(action)

    def misses(self, match, typology):
        self.writes(Scene().asks(
            2, "report_miss", case=match, typology=typology, when=minute(30), comment="a call"
        ))  # fmt: skip

    def writes_alert(self, raised):
        self.offset += 1
        self.archive.write_alerts([(0, self.offset, NOON, raised.to_json())])

    def writes(self, action):
        self.offset += 1
        self.archive.write_actions([(0, self.offset, NOON, action.to_json())])


def closes(at, verdict):
    return at, "close", {"verdict": verdict, "cause": "news", "comment": "looked at it"}


def cards(store, **values):
    asked = question("scorecards")
    rows = store.query(asked.sql, asked.values(values)).to_pylist()
    return {(row["kind"], row["name"]): row for row in rows}


@pytest.fixture
def judged(store):
    """Forty matches: three held for manipulation, two harmless, one waiting, two of four misses."""
    season = Season(store, 40)
    for n in (0, 1, 2):
        season.happens(f"m-{n}", (4 + n, "acknowledge", {}), closes(60, "manipulation_suspected"),
                       level="red", beside=("late-drift",))  # fmt: skip
    season.happens("m-3", closes(30, "innocent"))
    season.happens("m-4", closes(30, "data_fault"), typology="late-drift")
    season.happens("m-5")
    season.happens("m-6", level="green")
    season.misses("m-7", "late-drift")
    season.misses("unheard-of", "steam-move")
    season.misses("m-0", "steam-move")
    season.misses("m-8", "late-drift")
    scene = Scene()
    scene.does(2, "report_miss", case="m-8", typology="late-drift", when=minute(30), comment="it")
    season.writes(scene.asks(95, "close", case="m-8", verdict="innocent", cause="x", comment="y"))
    return store


def test_verdicts_and_misses_are_counted_by_match(judged):
    card = cards(judged)["all", "all"]
    names = ("watched", "alerted", "red", "right", "wrong", "waiting", "missed")
    assert [card[name] for name in names] == [40, 6, 3, 3, 2, 1, 2]


def test_each_kind_of_card_counts_its_own(judged):
    found = cards(judged)
    counts = {key: (card["alerted"], card["right"], card["missed"]) for key, card in found.items()}
    assert counts == {
        ("all", "all"): (6, 3, 2),
        ("detector", "late-drift"): (4, 3, 1), ("detector", "steam-move"): (5, 3, 1),
        ("typology", "late-drift"): (1, 0, 1), ("typology", "steam-move"): (5, 3, 1),
        ("competition", "Cup"): (3, 2, 0), ("competition", "League"): (3, 1, 1),
        ("competition", "unknown"): (0, 0, 1), ("month", "2026-06"): (6, 3, 2),
    }  # fmt: skip
    assert found["competition", "Cup"]["watched"] == 20


def test_intervals_are_wilsons_and_poissons(judged):
    card = cards(judged)["all", "all"]
    for name, right, of in (("precision", 3, 5), ("recall", 3, 5)):
        wilson = stats.binomtest(right, of).proportion_ci(method="wilson")
        assert card[name] == pytest.approx(right / of)
        assert card[f"{name}_low"] == pytest.approx(wilson.low, abs=1e-4)
        assert card[f"{name}_high"] == pytest.approx(wilson.high, abs=1e-4)
    assert card["per_100"] == pytest.approx(3 / 40 * 100)
    exact = (stats.chi2.ppf(0.025, 6) / 2, stats.chi2.ppf(0.975, 8) / 2)
    assert card["per_100_low"] == pytest.approx(exact[0] / 40 * 100, rel=0.05)
    assert card["per_100_high"] == pytest.approx(exact[1] / 40 * 100, rel=0.05)


def test_times_count_from_the_arrival_of_the_alert(judged):
    """Taken up after 4, 5, 6, 30 and 30 minutes; closed after 60, 60, 60, 30 and 30."""
    card = cards(judged)["all", "all"]
    assert (card["acknowledged_min"], card["closed_min"]) == (6.0, 60.0)
    assert cards(judged)["typology", "late-drift"]["acknowledged_min"] == 30.0


def test_a_window_leaves_the_others_out(judged):
    later = (NOON + timedelta(days=1)).isoformat()
    assert cards(judged, since=later) == {}
    assert cards(judged, until=later).keys() == cards(judged).keys()


def test_with_few_verdicts_nothing_is_proposed(judged):
    assert cards(judged)["all", "all"]["proposal"] == "too few verdicts to say"


def test_a_detector_above_the_whole_budget_is_to_be_revisited(store):
    """Fifteen of a hundred matches alerted and none held, where five are allowed."""
    season = Season(store, 100)
    for n in range(15):
        season.happens(f"m-{n}", closes(20, "innocent"))
    for n in range(15, 27):
        season.happens(f"m-{n}", closes(20, "manipulation_confirmed"), typology="late-drift")
    found = cards(store)
    assert found["detector", "steam-move"]["drift"] == "above"
    assert "less of it" in found["detector", "steam-move"]["proposal"]
    assert found["detector", "late-drift"]["drift"] == "below"
    assert found["detector", "late-drift"]["proposal"] == "nothing"
    quiet = cards(store, amber_per_100="60", red_per_100="50")
    assert quiet["detector", "steam-move"]["proposal"].startswith("right less often than the rest")
    late = cards(store, amber_per_100="60", acknowledge_min="10")
    assert late["detector", "late-drift"]["proposal"].startswith("acknowledged late")


def test_a_typology_of_which_more_is_missed_than_found_is_to_be_revisited(store):
    season = Season(store, 300)
    for n in range(12):
        season.misses(f"m-{n}", "courtsiding")
    card = cards(store)["typology", "courtsiding"]
    assert (card["missed"], card["recall"]) == (12, 0.0)
    assert card["proposal"].startswith("more was reported missed than found")


def test_the_budget_of_the_question_is_that_of_the_watch():
    asked, budget = question("scorecards").values({}), AlertBudget()
    assert asked["red_per_100"] == budget.red_per_100
    assert asked["amber_per_100"] == budget.amber_per_100
    assert json.dumps(asked["acknowledge_min"]) == "60.0"
