import pytest

from detectors.book_split import BookSplit, split
from detectors.moves import Moves
from tests.detectors.scene import Scene, level, moment


def raised(scene, *minutes):
    """Level at the last of some looks."""
    detector = BookSplit()
    found = scene.watch(detector, *minutes)
    return level(detector, scene.look(minutes[-1]), found)


EVERY_MINUTE = range(-60, -19)


def test_a_quiet_market_says_nothing():
    assert raised(Scene(), *EVERY_MINUTE) is None


@pytest.mark.parametrize("group", [3, 4])
def test_a_group_that_shortens_while_the_rest_stands_still_is_a_split(group):
    scene = Scene(books=8)
    quiet = raised(scene, *range(-60, -44))
    scene.move(-44, "home", 0.88, books=range(group))
    assert quiet is None
    detector = BookSplit()
    found = scene.watch(detector, *range(-44, -19))
    assert level(detector, scene.look(-20), found) == "red"
    assert found.books == tuple(scene.names[:group])
    assert f"{group} of 8 books shortened Mexico within 45 min" in found.sentence


def test_all_books_together_are_no_split():
    scene = Scene(books=8)
    scene.move(-44, "home", 0.85)
    assert raised(scene, *range(-44, -19)) is None


def test_two_books_alone_are_no_split():
    scene = Scene(books=8)
    scene.move(-44, "home", 0.7, books=[0, 1])
    assert raised(scene, *range(-44, -19)) is None


def test_a_leader_that_the_others_follow_within_ten_minutes_is_no_split():
    """
    minute   -44         -37
    books    0 to 2 cut  3 to 7 follow
    """
    scene = Scene(books=8)
    scene.move(-44, "home", 0.88, books=range(3))
    assert raised(scene, *range(-44, -37)) is None
    scene.move(-37, "home", 0.88, books=range(3, 8))
    assert raised(scene, *range(-44, -19)) is None


def test_the_rest_that_drifts_away_counts_no_more_than_the_group_moved():
    scene = Scene(books=8)
    scene.move(-44, "home", 0.999, books=range(3))
    scene.move(-44, "home", 1.4, books=range(3, 8))
    assert raised(scene, *range(-44, -19)) is None


@pytest.mark.parametrize("every_s", [1, 5, 60])
def test_however_often_it_looks_a_split_must_last_ten_minutes_and_is_seen_then(every_s):
    scene = Scene(books=8)
    scene.move(-44, "home", 0.85, books=range(3))
    detector = BookSplit()
    looks = [-44 + n * every_s / 60 for n in range(int(9.5 * 60 / every_s))]
    assert scene.watch(detector, *looks) is None
    looks = [-34.5 + n * every_s / 60 for n in range(int(120 / every_s))]
    assert scene.watch(detector, *looks).raw > 0.1


def test_in_a_feed_slower_than_ten_minutes_one_look_must_do():
    scene = Scene(books=8, spacing_s=900.0)
    scene.move(-44, "home", 0.85, books=range(3))
    assert raised(scene, -40) == "red"


def test_four_books_are_too_few():
    scene = Scene(books=4, spacing_s=900.0)
    scene.move(-44, "home", 0.7, books=range(3))
    assert raised(scene, -40) is None


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ((0.10, 0.09, 0.08, 0.01, 0.00), (0.07 + 0.005, 3)),
        ((0.10, 0.10, 0.10, 0.10, 0.10, 0.10), (0.0, 3)),
        ((0.10, 0.10, 0.10, -0.2, -0.2, -0.2), (0.10, 3)),
        ((0.10, 0.10, 0.10, 0.10, 0.0, 0.0, 0.0), (0.10, 4)),
        ((0.1, 0.1, 0.1, 0.0), (0.0, 0)),
    ],
)
def test_split_of_some_moves(sizes, expected):
    found = split(Moves("home", sizes, tuple("abcdefg"[: len(sizes)])))
    assert found == (pytest.approx(expected[0]), expected[1])


def test_books_that_moved_across_a_gap_in_the_feed_are_no_split():
    """
    minute   -60    -40             -30     -20
    feed     live   gap . . . . . . again   look
    books                           3 cut
    """
    scene = Scene(books=8)
    found = raised(scene, *range(-60, -40))
    scene.move(-30, "home", 0.88, books=range(3))
    assert found is None
    assert raised(scene, *range(-30, -19)) == "red"
    scene.warm_since = moment(-30).timestamp()
    assert raised(scene, *range(-30, -19)) is None
