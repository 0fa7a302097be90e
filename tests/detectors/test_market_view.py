import pytest

from tests.detectors.scene import Scene


def test_the_consensus_leaves_out_a_book_that_sleeps_while_the_others_move():
    """
    minute   -60    -50              -40         -30
    book 0   2.0    2.0 (sleeps)     2.0         wakes: 1.7
    others   2.0    1.7              1.7         1.7
    """
    scene = Scene(books=6)
    scene.look(-60)
    scene.move(-50, "home", 0.85, books=range(1, 6))
    scene.look(-50)
    asleep = scene.look(-40).consensus
    assert asleep.dropped == {"book-00": "stale"}
    scene.move(-30, "home", 0.85, books=[0])
    scene.look(-30)
    assert scene.look(-29).consensus.dropped == {}


@pytest.mark.parametrize(
    ("minute", "phase"),
    [(-1441, "early"), (-1440, "day"), (-121, "day"), (-120, "late"), (5, "late")],
)
def test_phases_before_the_match_are_told_by_the_time_left(minute, phase):
    assert Scene().look(minute).phase == phase


def test_in_play_is_what_a_book_or_the_score_feed_says_not_the_announced_start():
    scene = Scene()
    assert scene.look(20).phase == "late"
    scene.event(15, "kick_off")
    scene.move(16, "home", 0.9)
    assert scene.look(20).phase == "in_play"


def test_without_a_known_start_or_an_offer_there_are_no_features():
    scene = Scene(books=2)
    asked = {"warm_since": 0.0, "spacing_s": 60.0, "frozen_before": 0.0}
    scene.book.fixture = None
    assert scene.view.features(scene.book, 0.0, **asked) is None


def test_probabilities_are_without_the_overround():
    features = Scene().look(-60)
    assert sum(features.by_selection().values()) == pytest.approx(1.0)
    assert features.by_selection()["home"] == pytest.approx(0.5 / (1 / 2 + 1 / 3.5 + 1 / 4.2))
