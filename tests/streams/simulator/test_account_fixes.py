"""Fixes that show in wagers alone: structuring, two-sided transfer, courtsiding."""

from datetime import datetime
from itertools import pairwise
from statistics import mean

import pytest

from markets.records import Price, Wager
from streams.simulator import prices
from streams.simulator.books import EXCHANGE
from streams.simulator.fixes import structuring, two_sided_transfer
from streams.simulator.match import SimulatedMatch
from streams.simulator.match_day import Label, match_day
from streams.simulator.scheme import Fix

SEEDS = range(20, 26)


def fixed(
    seed: int, typology: str, start: datetime, **more: object
) -> tuple[SimulatedMatch, Label]:
    day = match_day(seed, matches=1, fixes=(Fix(0, typology, **more),), start=start)
    return day.matches[0], day.truth[0]


def wagers_of(match: SimulatedMatch) -> list[Wager]:
    return [r for r in match.records() if isinstance(r, Wager) and r.status == "accepted"]


def added(seed: int, typology: str, start: datetime) -> tuple[SimulatedMatch, list[Wager]]:
    """The match, and those of its wagers that its twin without the fix does not have."""
    match, _ = fixed(seed, typology, start)
    bets = match.course.scheme.bets
    names = {(int(b.second), b.selection, b.stake) for b in bets}
    found = [
        w for w in wagers_of(match)
        if (round((w.at - match.fixture.start).total_seconds()), w.selection, w.stake) in names
    ]  # fmt: skip
    return match, found


@pytest.mark.parametrize("seed", SEEDS)
def test_structuring_splits_a_sum_under_one_threshold(seed: int, start: datetime) -> None:
    match, label = fixed(seed, "structuring", start)
    bets = match.course.scheme.bets
    least, most = structuring.STRENGTHS
    assert least <= len(bets) <= most
    assert len({b.account for b in bets}) >= 2
    over = [
        t for t in (500, 1000, 2000, 2500, 3000, 5000, 10_000) if t > max(b.stake for b in bets)
    ]
    assert all(0.89 * over[0] <= b.stake < over[0] for b in bets)
    assert label.start <= label.end < match.fixture.start


@pytest.mark.parametrize("typology", ["structuring", "two-sided-transfer"])
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_planned_is_told(seed: int, typology: str, start: datetime) -> None:
    match, found = added(seed, typology, start)
    planned = [b for b in match.course.scheme.bets if b.book != EXCHANGE or b.counterparty]
    assert len(found) >= len(planned)


@pytest.mark.parametrize("seed", SEEDS)
def test_transfers_are_off_the_market_and_one_way(seed: int, start: datetime) -> None:
    match, label = fixed(seed, "two-sided-transfer", start)
    least, most = two_sided_transfer.STRENGTHS
    assert least <= label.strength <= most
    gaining: dict[frozenset[str], set[str]] = {}
    for bet in match.course.scheme.bets:
        truth = _truth(match, bet.second)
        edge = bet.price * truth[("home", "draw", "away").index(bet.selection)] - 1.0
        assert abs(edge) > 0.8 * label.strength / (1 + 1.3 * label.strength) - 0.03
        gains = bet.account if (edge > 0) == (bet.side == "back") else bet.counterparty
        gaining.setdefault(frozenset((bet.account, bet.counterparty)), set()).add(gains)
        assert 200 <= bet.stake <= 5000
    assert 1 <= len(gaining) <= 3
    assert all(len(accounts) == 1 for accounts in gaining.values())


def _truth(match: SimulatedMatch, second: float) -> tuple[float, float, float]:
    course = match.course
    if second < course.times.kick_off:
        truths = prices.before(course.opening, course.steps, course.line)
    else:
        closing = prices.rating_at(course.opening, course.steps, course.times.kick_off)
        truths = prices.during(
            closing, course.pressure, course.line, course.times, course.incidents
        )
    return prices.truth_at(truths, second).outcome


@pytest.mark.parametrize("seed", SEEDS)
def test_courtsiders_bet_after_it_happened_and_before_their_book_knows(
    seed: int, start: datetime
) -> None:
    """incident  |
    bet           x
    book stops     |---"""
    match, label = fixed(seed, "courtsiding", start)
    incidents = [i.second for i in match.course.incidents]
    stops: dict[str, list[float]] = {}
    for r in match.records():
        if isinstance(r, Price) and r.status == "suspended" and r.market == "1x2":
            stops.setdefault(r.book, []).append((r.at - match.fixture.start).total_seconds())
    hits: dict[str, set[float]] = {}
    known: list[bool] = []
    for bet in match.course.scheme.bets:
        behind = [i for i in incidents if 0 <= bet.second - i < 5]
        if behind:
            hits.setdefault(bet.account, set()).update(behind)
        # A book that is withdrawn or not in play just then has nothing to suspend.
        if behind and bet.book in stops:
            known.append(any(-1 <= stop - bet.second < 25 for stop in stops[bet.book]))
    assert not known or mean(known) > 0.6
    assert hits.keys() == {b.account for b in match.course.scheme.bets}
    assert all(len(own) >= 3 for own in hits.values())
    assert label.start >= match.fixture.start


def test_strengths_can_be_asked_for(start: datetime) -> None:
    match, _ = fixed(3, "structuring", start, strength=30.0)
    assert len(match.course.scheme.bets) == 30
    match, label = fixed(3, "two-sided-transfer", start, strength=0.2)
    assert label.strength == 0.2


def test_clean_matches_have_what_looks_alike(start: datetime) -> None:
    """Stakes just under thresholds, and bets seconds before a goal, by the public."""
    under = eager = 0
    for seed in range(6):
        match = match_day(seed, matches=1, fixes=(), start=start).matches[0]
        told = wagers_of(match)
        under += sum(450 <= w.stake < 500 or 900 <= w.stake < 1000 for w in told)
        goals = [i.second for i in match.course.incidents]
        seconds = [(w.at - match.fixture.start).total_seconds() for w in told]
        eager += sum(any(-15 <= s - g <= 2 for g in goals) for s in seconds)
        assert all(a <= b for a, b in pairwise(w.at for w in told))
    assert under > 5
    assert eager > 2
