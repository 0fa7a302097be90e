"""When a fix in play can be seen, and that there is room for what is drawn."""

from datetime import datetime

import pytest

from streams.simulator.match_day import Label, match_day
from streams.simulator.prices import Step
from streams.simulator.scheme import Fix, Scene
from streams.simulator.visibility import noise, visible_at

IN_PLAY = ["unexplained-in-play", "wrong-way-decay"]


@pytest.fixture
def scene(start: datetime) -> Scene:
    match = match_day(5, matches=1, fixes=(), start=start).matches[0]
    course = match.course
    return Scene(
        course.opening, (), course.line, course.times, (), course.announcements, match.books
    )


def label_of(seed: int, typology: str, start: datetime) -> Label:
    return match_day(seed, matches=1, fixes=(Fix(0, typology),), start=start).truth[0]


@pytest.mark.parametrize("typology", IN_PLAY)
@pytest.mark.parametrize("seed", range(6))
def test_a_fix_shows_after_it_began_and_before_it_is_through(
    typology: str, seed: int, start: datetime
) -> None:
    label = label_of(seed, typology, start)
    assert label.visible_at is not None
    assert label.start <= label.visible_at <= label.end
    assert label.strength >= 0.06


@pytest.mark.parametrize("seed", range(6))
def test_wrong_way_decay_buys_over_in_the_second_half(seed: int, start: datetime) -> None:
    match = match_day(seed, matches=1, fixes=(Fix(0, "wrong-way-decay"),), start=start).matches[0]
    scheme = match.course.scheme
    assert scheme is not None
    assert (scheme.market, scheme.selection) == ("total", "over")
    assert match.course.times.clock(scheme.since) >= 50
    assert 4 * 60 <= scheme.until - scheme.since <= 12 * 60
    quiet = [i for i in match.course.incidents if scheme.since <= i.second <= scheme.until]
    assert not quiet


@pytest.mark.parametrize("seed", range(6))
def test_unexplained_moves_are_of_the_result(seed: int, start: datetime) -> None:
    assert label_of(seed, "unexplained-in-play", start).market == "1x2"


def test_noise_is_that_of_the_measured_sway(scene: Scene) -> None:
    """Measured: 2.4 pp before the interval, 1.0 after minute 75."""
    early, late = (scene.times.restart - 2400, scene.times.restart + 2500)
    assert 0.015 < noise(scene, early, "home") < 0.04
    assert noise(scene, late, "home") < noise(scene, early, "home")
    assert noise(scene, late, "home") >= 0.01


def test_steps_too_small_never_show_and_large_ones_at_once(scene: Scene) -> None:
    at = scene.times.kick_off + 1200
    steps = [Step(at + 60 * n, 0.02, 0.0) for n in range(5)]
    assert visible_at(scene, steps, "home") is None
    assert visible_at(scene, [*steps, Step(at + 400, 0.5, 0.0)], "home") == at + 400
    assert visible_at(scene, [Step(at, -0.6, 0.0)], "home") is None
