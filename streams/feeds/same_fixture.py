"""Whether two fixtures of two sources are one match.

A wrong join is worse than a missed one: prices of two matches in one book look like a fix. So a
join wants one side that is surely the same and no other that is surely not: a team plays one match
at a time. What is neither sure nor excluded waits for an officer.
"""

from datetime import timedelta
from enum import Enum
from typing import NamedTuple

from markets.records import Fixture
from streams.feeds.countries import countries
from streams.feeds.identity import slug
from streams.feeds.likeness import Alike, alike
from streams.feeds.team_names import sides

TOLERANCE = timedelta(hours=3)
# A feed that gives local time for UTC is up to so far off; no two clubs meet twice within that.
FOOTBALL_TOLERANCE = timedelta(hours=12)
NEAR_TOLERANCE = timedelta(hours=1)
SWAPPED_TOLERANCE = timedelta(hours=2)
MOVED = timedelta(hours=36)


class Judgement(Enum):
    """What two fixtures are to each other."""

    SAME = "same"
    SWAPPED = "swapped"
    UNSURE = "unsure"
    DIFFERENT = "different"


class Competitions(Enum):
    """What two competitions say of whether a match is of both."""

    AGREE = "agree"
    OPEN = "open"
    OPPOSED = "opposed"


class Grades(NamedTuple):
    """How alike the sides are, the stronger of the two first."""

    best: Alike
    worst: Alike


def judge(one: Fixture, other: Fixture) -> Judgement:
    """Say whether two fixtures are one match.

    Parameters
    ----------
    one, other
        As two sources announce them.

    Returns
    -------
    Judgement
        SWAPPED is one match, with home and away exchanged; UNSURE waits for an officer.

    Examples
    --------
    >>> from datetime import datetime, UTC
    >>> at = datetime(2026, 8, 1, 15, tzinfo=UTC)
    >>> def told(home: str, away: str) -> Fixture:
    ...     return Fixture(at=at, match=home, source="s", sport="football", competition="EPL",
    ...                    home=home, away=away, start=at)
    >>> judge(told("Man Utd", "Spurs"), told("Manchester United", "Tottenham Hotspur")).value
    'same'
    """
    apart = abs(one.start - other.start)
    if one.sport != other.sport or apart > MOVED:
        return Judgement.DIFFERENT
    straight = _grades(one, other, swapped=False)
    if straight.worst > Alike.NO:
        tolerance = FOOTBALL_TOLERANCE if one.sport == "football" else TOLERANCE
        return _straight(straight, apart, tolerance, _competitions(one, other))
    crossed = _grades(one, other, swapped=True)
    if crossed.worst > Alike.NO and apart <= SWAPPED_TOLERANCE:
        return Judgement.SWAPPED if _sure(crossed) else Judgement.UNSURE
    return Judgement.DIFFERENT


def _straight(
    grades: Grades, apart: timedelta, tolerance: timedelta, competitions: Competitions
) -> Judgement:
    exact = grades.worst is Alike.EXACT
    opposed = competitions is Competitions.OPPOSED
    if apart > (tolerance if exact else TOLERANCE):
        return Judgement.UNSURE if exact and not opposed else Judgement.DIFFERENT
    if opposed or grades.worst is Alike.MAYBE:
        return Judgement.UNSURE
    if grades.best is Alike.NEAR and competitions is not Competitions.AGREE:
        return Judgement.UNSURE
    return Judgement.SAME if exact or apart <= NEAR_TOLERANCE else Judgement.UNSURE


def _sure(grades: Grades) -> bool:
    """Whether sides that are exchanged are those of one match: one surely, the other nearly."""
    return grades.best is Alike.EXACT and grades.worst >= Alike.NEAR


def _grades(one: Fixture, other: Fixture, *, swapped: bool) -> Grades:
    home, away = sides(one.home, one.away, one.competition, one.sport)
    theirs = sides(other.home, other.away, other.competition, one.sport)
    grades = sorted(map(alike, (home, away), reversed(theirs) if swapped else theirs))
    return Grades(grades[1], grades[0])


def _competitions(one: Fixture, other: Fixture) -> Competitions:
    """Whether their competitions are of one country, or have one name."""
    mine, theirs = countries(one.competition), countries(other.competition)
    if mine and theirs and not mine & theirs:
        return Competitions.OPPOSED
    named_alike = bool(one.competition) and slug(one.competition) == slug(other.competition)
    return Competitions.AGREE if mine & theirs or named_alike else Competitions.OPEN
