"""Clean matches must look like the real ones measured in the World Cup 2026 and the leagues.

Each test prints what is simulated beside what was measured; run with -s to see it.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import mean, median, quantiles

import pytest

from markets.consensus import consensus
from markets.implied import implied, overround
from markets.records import Event, Price
from streams.simulator.match import SimulatedMatch
from streams.simulator.match_day import match_day
from streams.simulator.prices import rating_at, value

DAY, HOUR = 24 * 3600.0, 3600.0
# Relative to kick-off; at the first every book has opened.
MOMENTS = [-DAY + 1900, -HOUR, -60.0]
OUTCOMES = ("home", "draw", "away")


@pytest.fixture(scope="module")
def matches(start: datetime) -> tuple[SimulatedMatch, ...]:
    return match_day(11, matches=900, fixes=(), start=start).matches


@pytest.fixture(scope="module")
def top(matches: Sequence[SimulatedMatch]) -> list[SimulatedMatch]:
    return [m for m in matches if m.fixture.tier == 1][:104]


@pytest.fixture(scope="module")
def moves(
    top: Sequence[SimulatedMatch], consensus_at: Callable[..., list[dict[str, float]]]
) -> list[tuple[float, float]]:
    """Largest move of the consensus in percentage points in the last day and the last hour."""
    found = []
    for match in top:
        first, hour, last = consensus_at(match, MOMENTS)
        found.append((_largest(first, last), _largest(hour, last)))
    return found


@pytest.fixture(scope="module")
def by_tier(matches: Sequence[SimulatedMatch]) -> dict[int, list[float]]:
    """Largest move of the true price from opening to close, in percentage points."""
    found: dict[int, list[float]] = {}
    for match in matches:
        first, _, last = (_true(match, second) for second in MOMENTS)
        found.setdefault(match.fixture.tier, []).append(_largest(first, last))
    return found


def _true(match: SimulatedMatch, second: float) -> dict[str, float]:
    rating = rating_at(match.course.opening, match.course.steps, second)
    return dict(zip(OUTCOMES, value(rating, 2.5, second, 0.0).outcome, strict=True))


def _largest(before: dict[str, float], after: dict[str, float]) -> float:
    return 100 * max(abs(after[s] - before[s]) for s in before)


def _above(moves: Sequence[float], points: float) -> float:
    return 100 * sum(move > points for move in moves) / len(moves)


def test_top_matches_move_as_at_the_world_cup(moves: list[tuple[float, float]]) -> None:
    day, hour = [d for d, _ in moves], [h for _, h in moves]
    day95, hour95 = quantiles(day, n=20)[-1], quantiles(hour, n=20)[-1]
    print(f"\n{len(day)} matches of tier 1    simulated  measured (World Cup 2026)")
    print(f"last 24 h    median {median(day):6.2f}     1.6")
    print(f"             p95    {day95:6.2f}     5.6")
    print(f"             max    {max(day):6.2f}    11.4")
    print(f"last 60 min  median {median(hour):6.2f}     0.6")
    print(f"             p95    {hour95:6.2f}     3.7")
    print(f"             max    {max(hour):6.2f}     5.8")
    assert len(day) == 104
    assert 1.2 < median(day) < 2.3
    assert 4.2 < day95 < 8
    assert 6 < max(day) < 18
    assert 0.45 < median(hour) < 1.0
    assert 2.4 < hour95 < 5.2
    assert 4 < max(hour) < 11


def test_large_moves_are_as_frequent_as_in_the_leagues(by_tier: dict[int, list[float]]) -> None:
    print("\ntier  matches  >5 pp  >10 pp  >15 pp   open to close, % of matches")
    for tier, found in sorted(by_tier.items()):
        shares = "  ".join(f"{_above(found, points):6.2f}" for points in (5, 10, 15))
        print(f"{tier}     {len(found):6}  {shares}")
    print("measured, top:  10.6     0.63    0.04   (20,608 matches of one sharp book)")
    print("measured, all: 21-30  2.3-5.3           (40,961 matches, average of the books)")
    upper = [*by_tier[1], *by_tier[2]]
    lower = [*by_tier[3], *by_tier[4], *by_tier[5]]
    assert 6 < _above(upper, 5) < 17
    assert _above(upper, 10) < 2
    assert 15 < _above(lower, 5) < 30
    assert 1 < _above(lower, 10) < 5.5
    assert median(lower) > 1.2 * median(by_tier[1])


def test_margins_are_those_of_the_books(matches: Sequence[SimulatedMatch]) -> None:
    found: dict[int, list[float]] = {}
    for match in [m for m in matches if m.competition.kind == "league"][:90]:
        found.setdefault(match.fixture.tier, []).extend(_margins(match))
    print("\ntier  p5  median  p95 of the books' margins, %   measured, medians of books")
    measured = {1: "3.5-7.0, half below 5.3 (World Cup 2026)", 2: "3.7-8.0 (second leagues)"}
    measured[3] = "5.1-8.1 (a Greek first league)"
    for tier, margins in sorted(found.items()):
        cut = quantiles(margins, n=20)
        print(
            f"{tier}  {cut[0]:5.1f} {median(margins):5.1f} {cut[-1]:5.1f}  {measured.get(tier, '')}"
        )
    assert 4.2 < median(found[1]) < 6.3
    assert 5.2 < median(found[2]) < 7.5
    assert 6.2 < median(found[3]) < 8.8
    assert all(1.5 < margin < 20 for margins in found.values() for margin in margins)


def _margins(match: SimulatedMatch) -> Iterator[float]:
    """Margin of every book but the exchange on its first 1x2, in percent."""
    first: dict[str, dict[str, float]] = {}
    for record in match.records():
        if record.at > match.fixture.at + timedelta(minutes=35):
            break
        if isinstance(record, Price) and record.market == "1x2":
            first.setdefault(record.book, {}).setdefault(record.selection, record.price)
    for book, prices in sorted(first.items()):
        if book != "exchange" and len(prices) == 3:
            yield 100 * overround(list(prices.values()))


def test_in_play_jumps_between_slow_polls_are_those_of_the_world_cup(
    top: Sequence[SimulatedMatch],
) -> None:
    """Polls each 15 min; a jump is a selection 10 pp away from where it was one poll before."""
    jumps, with_goal = 0, 0
    watched = top[:60]
    for match in watched:
        goals = [r.at for r in match.records() if isinstance(r, Event) and r.event == "goal"]
        for (then, before), (now, after) in pairwise(_polls(match)):
            if _largest(before, after) > 10:
                jumps += 1
                with_goal += any(then - timedelta(minutes=2) < goal <= now for goal in goals)
    rate, share = jumps / len(watched), with_goal / max(jumps, 1)
    print("\n                        simulated  measured (World Cup 2026)")
    print(f"jumps > 10 pp a match    {rate:6.2f}     2.1")
    print(f"share with a goal        {share:6.2f}     0.73")
    assert 1.4 < rate < 3.4
    assert 0.6 < share < 0.95


def _polls(match: SimulatedMatch) -> list[tuple[datetime, dict[str, float]]]:
    """Consensus of what stands at eight books at each quarter of an hour in play."""
    standing: dict[str, dict[str, float]] = {}
    start = match.fixture.start
    due, found = start + timedelta(minutes=5), []
    for record in match.records():
        while record.at > due and due < start + timedelta(seconds=match.course.times.full_time):
            found.append((due, _agreed(standing)))
            due += timedelta(minutes=15)
        if isinstance(record, Price) and record.market == "1x2" and record.status == "open":
            standing.setdefault(record.book, {})[record.selection] = record.price
    return found


def _agreed(standing: dict[str, dict[str, float]]) -> dict[str, float]:
    books = sorted(book for book, row in standing.items() if len(row) == 3)[:8]
    quotes = {book: implied([standing[book][s] for s in OUTCOMES]) for book in books}
    return dict(zip(OUTCOMES, consensus(quotes).probabilities, strict=True))


def test_some_line_ups_surprise_and_some_news_is_never_told(
    matches: Sequence[SimulatedMatch],
) -> None:
    news = [a for match in matches for a in match.course.announcements]
    line_ups = [a for a in news if a.cause == "line-ups"]
    # Supremacy of 0.033 is about a percentage point.
    strong = [a for a in line_ups if abs(sum(s.supremacy for s in a.steps)) > 0.095]
    untold = mean(a.told is None for a in news if a.cause != "line-ups")
    causes = {a.cause for a in news}
    print(f"\nline-ups beyond 3 pp {100 * len(strong) / len(line_ups):.1f} %", end=", ")
    print(f"news never told {100 * untold:.0f} %, causes {sorted(causes)}")
    assert 0.03 < len(strong) / len(line_ups) < 0.11
    assert 0.3 < untold < 0.6
    assert causes == {
        "line-ups", "injury", "rotation", "motivation", "weather", "wrong opening",
    }  # fmt: skip


def test_goals_red_cards_and_results_are_those_of_football(
    matches: tuple[SimulatedMatch, ...],
) -> None:
    incidents = [m.course.incidents for m in matches]
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
