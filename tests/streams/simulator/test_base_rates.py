"""Clean matches must look like the real ones measured in the World Cup 2026 and the leagues."""

from collections.abc import Callable
from datetime import datetime
from statistics import median, quantiles

import pytest

from streams.simulator.match import SimulatedMatch
from streams.simulator.match_day import match_day

DAY, HOUR = 24 * 3600.0, 3600.0
# Relative to kick-off; at the first every book has opened.
MOMENTS = [-DAY + 1900, -HOUR, -60.0]


@pytest.fixture(scope="module")
def matches(start: datetime) -> tuple[SimulatedMatch, ...]:
    return match_day(11, matches=240, fixes=(), start=start).matches


@pytest.fixture(scope="module")
def moves(
    matches: tuple[SimulatedMatch, ...], consensus_at: Callable[..., list[dict[str, float]]]
) -> list[tuple[int, float, float]]:
    """Tier, and the largest move in percentage points in the last day and the last hour."""
    found = []
    for match in matches:
        first, hour, last = consensus_at(match, MOMENTS)
        found.append((match.fixture.tier, _largest(first, last), _largest(hour, last)))
    return found


def _largest(before: dict[str, float], after: dict[str, float]) -> float:
    return 100 * max(abs(after[s] - before[s]) for s in before)


def test_top_matches_move_as_at_the_world_cup(moves: list[tuple[int, float, float]]) -> None:
    day = [d for tier, d, _ in moves if tier == 1]
    hour = [h for tier, _, h in moves if tier == 1]
    day95, hour95 = quantiles(day, n=20)[-1], quantiles(hour, n=20)[-1]
    print(f"\n{len(day)} matches of tier 1    simulated  measured (World Cup 2026)")
    print(f"last 24 h    median {median(day):6.2f}     1.6")
    print(f"             p95    {day95:6.2f}     5.6")
    print(f"             max    {max(day):6.2f}    11.4")
    print(f"last 60 min  median {median(hour):6.2f}     0.6")
    print(f"             p95    {hour95:6.2f}     3.7")
    print(f"             max    {max(hour):6.2f}     5.8")
    assert len(day) > 80
    assert 1.1 < median(day) < 2.2
    assert 3.8 < day95 < 7.5
    assert max(day) < 18
    assert 0.4 < median(hour) < 1.0
    assert 2.0 < hour95 < 5.0
    assert max(hour) < 12


def test_lower_tiers_move_more(moves: list[tuple[int, float, float]]) -> None:
    top = median(d for tier, d, _ in moves if tier == 1)
    assert median(d for tier, d, _ in moves if tier == 4) > 1.2 * top


def test_moves_over_ten_points_are_rare_as_in_the_leagues(
    moves: list[tuple[int, float, float]],
) -> None:
    assert sum(d > 10 for _, d, _ in moves) / len(moves) < 0.05


def test_goals_red_cards_and_results_are_those_of_football(
    matches: tuple[SimulatedMatch, ...], start: datetime
) -> None:
    more = match_day(12, matches=600, fixes=(), start=start).matches
    incidents = [m.course.incidents for m in (*matches, *more)]
    goals = sum(i.what == "goal" for match in incidents for i in match) / len(incidents)
    reds = sum(i.what == "red_card" for match in incidents for i in match) / len(incidents)
    final = [match[-1].score if match else (0, 0) for match in incidents]
    home = sum(h > a for h, a in final) / len(final)
    draw = sum(h == a for h, a in final) / len(final)
    print(f"\ngoals {goals:.2f}, red cards {reds:.2f}, home {home:.2f}, draw {draw:.2f}")
    assert 2.4 < goals < 2.8
    assert 0.1 < reds < 0.2
    assert 0.38 < home < 0.50
    assert 0.19 < draw < 0.30
