import pytest

from detectors.features import arc
from detectors.steam_move import SteamMove
from tests.detectors.scene import Scene, level, moment


def raised(scene, minute):
    features = scene.look(minute)
    return level(SteamMove(), features, SteamMove().find(features))


def test_a_quiet_market_says_nothing():
    assert SteamMove().find(Scene().look(-30)) is None


def test_many_books_that_shorten_the_same_selection_are_steam():
    scene = Scene(books=8)
    for book in range(8):
        scene.move(-40 + book, "home", 0.80, books=[book])
    found = SteamMove().find(scene.look(-25))
    assert found.raw == pytest.approx(arc(1 / 1.6) - arc(1 / 2.0))
    assert (found.selection, len(found.books)) == ("home", 8)
    assert (found.expected, found.observed) == pytest.approx((1 / 2.0, 1 / 1.6))
    assert "8 of 8 books shortened Mexico within 45 min" in found.sentence
    assert found.sentence.endswith("25 min before kick-off")
    assert raised(scene, -25) == "red"


def test_half_of_the_books_are_enough():
    scene = Scene(books=8)
    scene.move(-40, "home", 0.80, books=range(4))
    assert raised(scene, -25) == "red"


@pytest.mark.parametrize("books", [4, 8, 11])
def test_two_books_alone_are_no_steam_however_far_they_go(books):
    scene = Scene(books)
    scene.move(-40, "home", 0.6, books=[0, 1])
    assert SteamMove().find(scene.look(-25)) is None


def test_fewer_than_four_books_are_too_few():
    scene = Scene(books=3)
    scene.move(-40, "home", 0.6)
    assert SteamMove().find(scene.look(-25)) is None


def test_the_same_move_over_hours_is_no_steam():
    """
    minute   -380  ...  -20     45 min at a time hold an eighth of it
    """
    scene = Scene()
    for step in range(37):
        scene.move(-380 + 10 * step, "home", 0.80 ** (1 / 36))
        assert raised(scene, -380 + 10 * step) in (None, "green")


def test_a_move_that_was_taken_back_is_no_steam():
    scene = Scene()
    scene.move(-40, "home", 0.8)
    scene.move(-30, "home", 1 / 0.8)
    assert SteamMove().score_one(scene.look(-25)) == pytest.approx(0.0)


def test_lengthening_is_no_steam():
    scene = Scene()
    scene.move(-40, "home", 1.3)
    assert SteamMove().find(scene.look(-25)) is None


def test_books_that_only_come_in_have_not_moved():
    scene = Scene(books=4)
    late = Scene(books=10, opening={"home": 1.5, "draw": 4.0, "away": 6.5})
    scene.tell(*[r for r in late.told[1:] if r.book > "book-03"])
    assert SteamMove().find(scene.look(-25)) is None


def test_a_move_across_a_gap_in_the_feed_is_no_steam():
    """
    minute   -60       -40          -30     -25
    feed     live      gap . . . .  again   look
    price    2.0                    1.6
    """
    scene = Scene()
    scene.move(-30, "home", 0.8)
    assert raised(scene, -25) == "red"
    scene.warm_since = moment(-30).timestamp()
    assert SteamMove().find(scene.look(-25)) is None


def test_the_strongest_selection_is_named():
    scene = Scene(market="total", opening={"over": 1.9, "under": 2.0})
    scene.move(-40, "under", 0.9)
    found = SteamMove().find(scene.look(-25))
    assert found.selection == "under"
    assert "shortened under 2.5 within" in found.sentence


@pytest.mark.parametrize(
    ("minute", "told"), [(-30, "line-ups"), (-26 * 60, "results of other matches")]
)
def test_innocent_explanations_fit_the_phase(minute, told):
    features = Scene().look(minute)
    assert any(told in reason for reason in SteamMove().innocent(features))
    assert not any(told in reason for reason in SteamMove().innocent(Scene().look(-18 * 60)))
