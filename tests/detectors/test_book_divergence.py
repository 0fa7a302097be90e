import pytest

from detectors.book_divergence import FLOOR, BookDivergence
from tests.detectors.scene import Scene, level


def watched(scene, *minutes):
    """Finding of the last of some looks, and its level."""
    detector = BookDivergence()
    found = scene.watch(detector, *minutes)
    return found, level(detector, scene.look(minutes[-1]), found)


TO_THE_START = range(-40, -1)


def test_a_quiet_market_says_nothing():
    assert watched(Scene(), *TO_THE_START) == (None, None)


def test_one_book_that_leaves_the_others_diverges():
    scene = Scene(books=8)
    scene.move(-40, "home", 0.80, books=[3])
    detector = BookDivergence()
    levels = set()
    for minute in TO_THE_START:
        found = scene.watch(detector, minute)
        levels.add(level(detector, scene.look(minute), found))
    assert "red" in levels
    assert found.books == ("book-03",)
    assert found.observed > found.expected
    assert "book-03 left the consensus of 7 books on Mexico" in found.sentence


def test_a_stale_book_left_behind_has_not_diverged():
    """Seven books move away from the one that sleeps."""
    scene = Scene(books=8)
    scene.move(-40, "home", 0.75, books=range(1, 8))
    found, _ = watched(scene, *TO_THE_START)
    assert found is None or "book-00" not in found.books
    assert found is None or found.raw < 1.0


def test_all_books_together_do_not_diverge():
    scene = Scene(books=8)
    scene.move(-40, "home", 0.75)
    assert watched(scene, *TO_THE_START) == (None, None)


def test_an_error_corrected_within_twenty_minutes_does_not_count():
    scene = Scene(books=8)
    scene.move(-40, "home", 0.6, books=[3])
    assert watched(scene, *range(-40, -21)) == (None, None)
    scene.move(-21, "home", 1 / 0.6, books=[3])
    assert watched(scene, *TO_THE_START) == (None, None)


@pytest.mark.parametrize("every_s", [1, 5, 60])
def test_however_often_it_looks_twenty_minutes_are_twenty_minutes(every_s):
    scene = Scene(books=8)
    scene.move(-40, "home", 0.8, books=[3])
    detector = BookDivergence()
    assert scene.watch(detector, *[-40 + n * every_s / 60 for n in range(1170 // every_s)]) is None
    later = scene.watch(detector, *[-20.5 + n * every_s / 60 for n in range(120 // every_s)])
    assert later.books == ("book-03",)


def test_a_book_that_is_always_apart_gets_used_to():
    """Its usual distance is learned, so the same distance scores less than at a new stray."""
    scene = Scene(books=8)
    scene.move(-600, "home", 0.85, books=[3])
    detector = BookDivergence()
    scene.watch(detector, *range(-600, -60, 10))
    assert detector.state()["usual"]["book-03"] ** 0.5 > 2 * FLOOR
    scene.move(-50, "home", 1 / 0.85, books=[3])
    scene.move(-49, "home", 0.85, books=[3, 4])
    scene.watch(detector, *range(-49, -20))
    assert scene.watch(detector, -19).books == ("book-04",)


def test_four_books_are_too_few():
    scene = Scene(books=4)
    scene.move(-40, "home", 0.6, books=[3])
    assert watched(scene, *TO_THE_START) == (None, None)
