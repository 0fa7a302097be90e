import pytest

from detectors.late_drift import LateDrift
from tests.detectors.scene import Scene, level

HOURS = tuple(range(-360, 0, 15))


def drift(scene, factor, minutes=HOURS, selection="home"):
    """Shorten a selection at all books in even steps."""
    for minute in minutes:
        scene.move(minute, selection, factor ** (1 / len(minutes)))


def test_a_quiet_market_says_nothing():
    assert LateDrift().find(Scene().look(-30)) is None


def test_a_sustained_move_is_a_drift():
    scene = Scene()
    drift(scene, 0.70)
    found = LateDrift().find(scene.look(-5))
    assert level(LateDrift(), scene.look(-5), found) == "red"
    assert found.selection == "home"
    assert found.values["sustained"] > 0.9
    assert "8 of 8 books shortened Mexico step by step over 6.0 h" in found.sentence


def test_a_small_drift_is_not_raised():
    scene = Scene()
    drift(scene, 0.96)
    features = scene.look(-5)
    assert level(LateDrift(), features, LateDrift().find(features)) is None


def test_one_single_step_is_no_drift():
    scene = Scene()
    scene.move(-180, "home", 0.70)
    assert LateDrift().score_one(scene.look(-5)) == pytest.approx(0.0)


def test_one_step_and_its_echo_count_for_little():
    stepped, drifted = Scene(), Scene()
    stepped.move(-180, "home", 0.75)
    drift(stepped, 0.70 / 0.75)
    drift(drifted, 0.70)
    scores = [LateDrift().score_one(scene.look(-5)) for scene in (stepped, drifted)]
    assert scores[0] < 0.6 * scores[1]


def test_up_and_down_is_no_drift():
    scene = Scene()
    for index, minute in enumerate(HOURS):
        scene.move(minute, "home", 0.93 if index % 2 else 1 / 0.93)
    assert LateDrift().score_one(scene.look(-5)) == pytest.approx(0.0)


def test_three_of_eight_books_are_no_drift():
    scene = Scene()
    for minute in HOURS:
        scene.move(minute, "home", 0.985, books=range(3))
    assert LateDrift().find(scene.look(-5)) is None


def test_a_market_that_has_always_been_restless_counts_for_less():
    """The same drift, after a day of quiet and after a day of jumps of 8 % there and back."""
    quiet, restless = Scene(), Scene()
    detectors = LateDrift(), LateDrift()
    day = range(-1190, -370, 20)
    for index, minute in enumerate(day):
        restless.move(minute, "home", 0.92 if index % 2 else 1 / 0.92)
        restless.watch(detectors[1], minute + 1)
        quiet.watch(detectors[0], minute + 1)
    for scene in (quiet, restless):
        drift(scene, 0.70)
    scores = [d.score_one(s.look(-5)) for d, s in zip(detectors, (quiet, restless), strict=True)]
    assert 0.0 < scores[1] < 0.8 * scores[0]
