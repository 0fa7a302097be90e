"""Who announces a match: an official register, a second odds source, and how late they are."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from msgspec.structs import replace

from markets.records import Fixture, Heartbeat
from streams.simulator.teams import COMPETITIONS, Competition

REGISTER = "register"
SECOND = "odds-scan"
EVERY = timedelta(minutes=10)
# Nobody keeps a register of the friendlies that clubs arrange among themselves.
COVERED = tuple(c for c in COMPETITIONS if c.kind != "friendly" or c.tier <= 2)
# Made-up matches are put where few look: a register covers these, and few books do.
OBSCURE = tuple(c for c in COVERED if c.tier >= 3 or c.kind == "friendly")
_LATE, _CORRECTED, _SECOND_KNOWS = 0.04, 0.03, 0.6
_DAY_S = 24 * 3600


def announcements(rng: Random, fixture: Fixture, *, ghost: bool = False) -> list[Fixture]:
    """Give what others than the first odds source tell of a fixture.

    The register repeats at the start of the day what it announced weeks before. Of 4 % of matches
    it tells later in the day, of few in the last hours; of 3 % it has the wrong kick-off first and
    corrects it. Nothing but the odds sources tells of a ghost.
    """
    told = []
    if rng.random() < _SECOND_KNOWS:
        told.append(replace(fixture, source=SECOND, at=_later(fixture, rng.uniform(0, 6 * 3600))))
    if ghost or not any(fixture.competition == c.name for c in COVERED):
        return told
    late = _DAY_S * (1 - rng.random() ** 0.5) if rng.random() < _LATE else 0.0
    known = replace(fixture, source=REGISTER, at=_later(fixture, late))
    if rng.random() < _CORRECTED:
        wrong = timedelta(minutes=15 * rng.choice((-8, -4, -2, -1, 1, 2, 4, 8)))
        told.append(replace(known, at=fixture.at, start=fixture.start + wrong))
        known = replace(known, at=_later(fixture, max(late, rng.uniform(600, 16 * 3600))))
    return sorted([*told, known], key=lambda one: one.at)


def obscure(rng: Random) -> Competition:
    """Draw where a made-up match is put."""
    return rng.choice(OBSCURE)


def heartbeats(since: datetime, until: datetime) -> Iterator[Heartbeat]:
    """Let the register say every ten minutes that it has told all it knew, and what it covers.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 9, 12, 12, tzinfo=UTC)
    >>> told = list(heartbeats(noon, noon + timedelta(hours=1)))
    >>> len(told), "Highland Division" in told[0].covers, "Reserve Friendlies" in told[0].covers
    (7, True, False)
    """
    covers = tuple(competition.name for competition in COVERED)
    while since <= until:
        yield Heartbeat(at=since, source=REGISTER, covers=covers)
        since += EVERY


def _later(fixture: Fixture, seconds: float) -> datetime:
    return fixture.at + timedelta(seconds=int(seconds))
