"""Earlier matches of both teams: what the prices said of them, and how they ended."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Literal

from msgspec.structs import replace

from markets.records import EARLIEST, Fixture, Past, Played

SOURCE = "history"
HIGH = 0.10
# Chance that the probability of one given result rises by 10 points or more. The largest move of
# any selection does so in 0.63 to 5.3 % of matches (61,569 football matches); one result in one
# direction is about a third of that, and lower tiers move more.
_HIGH_MOVES = {1: 0.007, 2: 0.010, 3: 0.014, 4: 0.018}
_TEAMS_DIFFER = 0.4
_SPREAD = 0.03
_FEWEST, _MOST = 10, 60


def pasts(
    rng: Random, fixture: Fixture, home: tuple[Played, ...] | None, home_at: float | None
) -> Iterator[Past]:
    """Tell of both teams 20 to 6 hours before kick-off; a fix tells its own of the home team."""
    sides: tuple[tuple[Literal["home", "away"], str], ...] = (
        ("home", fixture.home), ("away", fixture.away),
    )  # fmt: skip
    for role, team in sides:
        drawn, second = played(rng, fixture), rng.uniform(-20 * 3600, -6 * 3600)
        if role == "home" and home is not None and home_at is not None:
            drawn, second = _dated(home, fixture), home_at
        at = fixture.start + timedelta(seconds=int(second))
        yield Past(at=at, match=fixture.match, source=SOURCE, subject=team, role=role, played=drawn)


def played(rng: Random, fixture: Fixture) -> tuple[Played, ...]:
    """Draw the past of a team without a fix in it, newest match last."""
    usual = _HIGH_MOVES.get(fixture.tier, max(_HIGH_MOVES.values()))
    rate = usual * rng.lognormvariate(-(_TEAMS_DIFFER**2) / 2, _TEAMS_DIFFER)
    count = rng.randint(_FEWEST, _MOST)
    return _dated(tuple(innocent(rng, rate) for _ in range(count)), fixture)


def innocent(rng: Random, rate: float) -> Played:
    """Draw one match: few prices move far, and it ends as the closing price says."""
    opened = rng.uniform(0.15, 0.6)
    draw = rng.random()
    if draw < 2 * rate:
        move = rng.uniform(HIGH, 0.10 + HIGH) * (1 if draw < rate else -1)
    else:
        move = min(max(rng.gauss(0, _SPREAD), -0.099), 0.099)
    return one(opened, opened + move, happened=rng.random() < opened + move)


def one(opened: float, closed: float, *, happened: bool) -> Played:
    """Give a match of the past, its date still to be set."""
    return Played(
        start=EARLIEST, opened=round(opened, 4), closed=round(min(max(closed, 0.02), 0.98), 4),
        happened=happened,
    )  # fmt: skip


def _dated(matches: tuple[Played, ...], fixture: Fixture) -> tuple[Played, ...]:
    """Put the matches a week apart, the last of them a week ago."""
    count = len(matches)
    return tuple(
        replace(match, start=fixture.start - timedelta(weeks=count - i))
        for i, match in enumerate(matches)
    )
