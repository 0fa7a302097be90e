import math
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from statistics import mean, median

import pytest

from markets.records import Event, Matched, Price
from streams.simulator.fixes import (
    book_divergence,
    late_drift,
    steam_move,
    unexplained_in_play,
)
from streams.simulator.match import SimulatedMatch
from streams.simulator.match_day import Label, MatchDay, match_day
from streams.simulator.play import Timetable
from streams.simulator.prices import Rating
from streams.simulator.scheme import Fix, NoRoom, Scene
from streams.simulator.typologies import work_out

At = Callable[..., list[dict[str, float]]]
SEEDS = range(8)
# What the slowest half of the books needs to follow, before the match and in play.
FOLLOWED = {"steam-move": 420, "late-drift": 100, "unexplained-in-play": 90}


def fixed(seed: int, fix: Fix, start: datetime) -> tuple[SimulatedMatch, SimulatedMatch, Label]:
    """Give a match with the fix, its twin without, and the label.

    One that had to be played anew for want of room has no twin; the next seed is taken then.
    """
    for turn in range(20):
        day = match_day(seed + 100 * turn, matches=1, books=11, fixes=(fix,), start=start)
        twin = match_day(seed + 100 * turn, matches=1, books=11, fixes=(), start=start)
        match, label = day.matches[0], day.truth[0]
        if _until(match, label) == _until(twin.matches[0], label):
            return match, twin.matches[0], label
    raise AssertionError("no match of these seeds has room")


def _until(match: SimulatedMatch, label: Label) -> list[float]:
    begun = second(match, label.start)
    return [i.second for i in match.course.incidents if i.second < begun]


def second(match: SimulatedMatch, at: datetime) -> float:
    return (at - match.fixture.start).total_seconds()


@pytest.mark.parametrize("typology", ["steam-move", "late-drift", "unexplained-in-play"])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_consensus_moves_by_the_strength_told(
    seed: int, typology: str, start: datetime, consensus_at: At
) -> None:
    """The twin at the end of the fix ---o        strength = x - o
    The fixed match               ------/x"""
    match, twin, label = fixed(seed, Fix(0, typology), start)  # type: ignore[arg-type]
    when = [second(match, label.end) + FOLLOWED[typology]]
    (after,) = consensus_at(match, when, label.market)
    (without,) = consensus_at(twin, when, label.market)
    assert label.strength > 0.05
    assert after[label.selection] - without[label.selection] == pytest.approx(
        label.strength, abs=0.02 + 0.1 * label.strength
    )


@pytest.mark.parametrize("typology", ["steam-move", "late-drift", "unexplained-in-play"])
def test_twins_agree_until_the_fix_begins(typology: str, start: datetime, consensus_at: At) -> None:
    match, twin, label = fixed(4, Fix(0, typology), start)  # type: ignore[arg-type]
    when = [second(match, label.start) - 1]
    (before,) = consensus_at(match, when, label.market)
    (without,) = consensus_at(twin, when, label.market)
    assert before == pytest.approx(without, abs=0.01)


def test_strength_and_selection_can_be_asked_for(start: datetime) -> None:
    for seed in SEEDS:
        wish = Fix(0, "steam-move", selection="over", strength=0.09)
        label = match_day(seed, matches=1, fixes=(wish,), start=start).truth[0]
        assert (label.market, label.selection) == ("total", "over")
        assert label.line in (1.5, 2.5, 3.5)
        assert label.strength == pytest.approx(0.09, abs=0.001)


def test_sharp_books_follow_a_steam_move_first(start: datetime) -> None:
    lags: dict[str, list[float]] = {"exchange": [], "alder": [], "ironwood": [], "juniper": []}
    for seed in SEEDS:
        match, _, label = fixed(seed, Fix(0, "steam-move", "1x2", strength=0.15), start)
        for book, found in lags.items():
            found.append(_half_way(match, label, book))
    exchange, alder, ironwood, juniper = (mean(found) for found in lags.values())
    assert exchange < alder < min(ironwood, juniper)
    assert max(ironwood, juniper) - exchange < 600


def _half_way(match: SimulatedMatch, label: Label, book: str) -> float:
    """Seconds from the start of the fix until a book has gone half of its way."""
    quotes = [
        (r.at, 1 / r.price)
        for r in match.records()
        if isinstance(r, Price) and r.book == book and r.selection == label.selection
        if r.at < label.end + timedelta(minutes=10)
    ]
    before = [p for at, p in quotes if at < label.start][-1]
    half = (before + quotes[-1][1]) / 2
    return next(
        (at - label.start).total_seconds() for at, p in quotes if at >= label.start and p >= half
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_no_news_explains_a_steam_move(seed: int, start: datetime) -> None:
    match, _, label = fixed(seed, Fix(0, "steam-move"), start)
    told = [r.at for r in match.records() if isinstance(r, Event) and r.at < match.fixture.start]
    around = (label.start - timedelta(minutes=15), label.end + timedelta(minutes=15))
    assert told
    assert not [at for at in told if around[0] < at < around[1]]


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_happens_on_the_pitch_while_an_in_play_fix_is_bought(
    seed: int, start: datetime
) -> None:
    match, twin, label = fixed(seed, Fix(0, "unexplained-in-play"), start)
    window = (second(match, label.start), second(match, label.end))
    happened = [i.second for i in match.course.incidents]
    assert not [s for s in happened if window[0] <= s <= window[1]]
    before = [i for i in match.course.incidents if i.second < window[0]]
    assert before == [i for i in twin.course.incidents if i.second < window[0]]


def test_later_goals_follow_the_money(start: datetime) -> None:
    fixes = tuple(Fix(i, "unexplained-in-play", selection="away") for i in range(200))
    day = match_day(2, matches=200, fixes=fixes, start=start)
    twin = match_day(2, matches=200, fixes=(), start=start)
    ours, theirs = _wins(day), _wins(twin)
    expected = sum(label.strength for label in day.truth)
    assert ours - theirs == pytest.approx(expected, abs=18)
    assert ours > theirs


def _wins(day: MatchDay) -> int:
    final = [m.course.incidents[-1].score for m in day.matches if m.course.incidents]
    return sum(away > home for home, away in final)


@pytest.mark.parametrize("seed", SEEDS)
def test_diverging_books_leave_and_the_consensus_stays(
    seed: int, start: datetime, consensus_at: At
) -> None:
    match, twin, label = fixed(seed, Fix(0, "book-divergence"), start)
    assert match.course.scheme is not None
    middle = [second(match, label.start + (label.end - label.start) / 2)]
    all_books = consensus_at(match, middle)[0][label.selection]
    assert all_books == pytest.approx(consensus_at(twin, middle)[0][label.selection], abs=0.015)
    assert 1 <= len(match.course.scheme.leans) <= 2
    for book in match.course.scheme.leans:
        apart = consensus_at(match, middle, "1x2", book)[0][label.selection] - all_books
        assert apart == pytest.approx(label.strength, abs=0.05)


@pytest.mark.parametrize("typology", sorted(FOLLOWED))
def test_volume_on_the_fixed_selection_grows(typology: str, start: datetime) -> None:
    ratios = []
    for seed in range(20):
        wish = Fix(0, typology, "1x2")  # type: ignore[arg-type]
        match, twin, label = fixed(seed, wish, start)
        with_fix, without = _matched(match, label), _matched(twin, label)
        if without > 0:
            ratios.append(with_fix / without)
    assert len(ratios) > 6
    assert median(ratios) > 2


def _matched(match: SimulatedMatch, label: Label) -> float:
    amounts = [
        (r.at, r.amount)
        for r in match.records()
        if isinstance(r, Matched) and r.selection == label.selection
    ]
    until = [amount for at, amount in amounts if at <= label.end]
    before = [amount for at, amount in amounts if at < label.start]
    return (until[-1] if until else 0.0) - (before[-1] if before else 0.0)


def test_drawn_fixes_have_the_strength_of_reported_ones(start: datetime) -> None:
    for kind in (steam_move, late_drift, unexplained_in_play, book_divergence):
        least, most = kind.STRENGTHS
        typology = kind.__name__.rpartition(".")[2].replace("_", "-")
        fixes = tuple(Fix(i, typology) for i in range(60))
        strengths = [x.strength for x in match_day(9, matches=60, fixes=fixes, start=start).truth]
        assert sum(least - 0.006 <= s <= most + 0.006 for s in strengths) >= 50
        assert least - 0.06 < min(strengths)
        assert abs(max(strengths) - most) < 0.06


def test_what_is_certain_already_cannot_be_bought() -> None:
    certain = Rating(5.0, math.log(3.0))
    scene = Scene(certain, (), 2.5, Timetable(60, 2880, 3800, 6800), (), (), ("alder", "birch"))
    with pytest.raises(NoRoom, match="match 3 leaves no room for late-drift on home"):
        work_out(Fix(3, "late-drift", selection="home"), Random(1), scene)


def test_a_match_decided_early_is_played_anew(start: datetime) -> None:
    """Match 36 of seed 9 stands 3-0 in the eleventh minute."""
    fix = Fix(36, "unexplained-in-play", "1x2")
    day = match_day(9, matches=37, fixes=(fix,), start=start)
    assert day.truth[0].strength > 0.08
