"""Whether two fixtures of two sources are one match.

A wrong join is worse than a missed one: prices of two matches in one book look like a fix. So a
join wants one side that is surely the same and no other that is surely not: a team plays one match
at a time. What is neither sure nor excluded waits for an officer.
"""

import re
from datetime import timedelta
from enum import Enum
from typing import NamedTuple

from markets.records import Fixture
from streams.feeds.identity import slug
from streams.feeds.team_names import Alike, alike, team

TOLERANCE = timedelta(hours=3)
NEAR_TOLERANCE = timedelta(hours=1)
SWAPPED_TOLERANCE = timedelta(minutes=30)
MOVED = timedelta(hours=36)
_COUNTRY_OF = {
    word: line.split()[0]
    for line in """
england english epl|germany german|spain spanish laliga|italy italian|france french|usa us mls
netherlands dutch eredivisie|scotland scottish|greece greek|turkey turkish|egypt egyptian
saudi|brazil brazilian brasileirao|mexico mexican|russia russian|ukraine ukrainian|belgium belgian
portugal portuguese|switzerland swiss|czech|israel israeli|argentina argentine argentinian
ecuador|uruguay uruguayan|sudan sudanese|paraguay paraguayan|austria austrian|colombia colombian
chile chilean|peru peruvian|bolivia bolivian|venezuela venezuelan|poland polish ekstraklasa
sweden swedish allsvenskan|norway norwegian eliteserien|denmark danish|finland finnish veikkausliiga
croatia croatian|serbia serbian|romania romanian|bulgaria bulgarian|hungary hungarian|wales welsh
slovakia slovak|slovenia slovenian|cyprus cypriot|ireland irish loi|iceland icelandic|japan japanese
korea korean|china chinese|australia australian|india indian|thailand thai|iran iranian|iraq iraqi
qatar qatari|kuwait kuwaiti|uae emirates|jordan jordanian|morocco moroccan|tunisia tunisian
algeria algerian|nigeria nigerian|ghana ghanaian|kenya kenyan|lithuania lithuanian|latvia latvian
""".replace("\n", "|").split("|")
    for word in line.split()
}
_WORD = re.compile(r"[a-z]+")


class Judgement(Enum):
    """What two fixtures are to each other."""

    SAME = "same"
    SWAPPED = "swapped"
    UNSURE = "unsure"
    DIFFERENT = "different"


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
        return _straight(straight, apart, opposed=_opposed(one, other))
    crossed = _grades(one, other, swapped=True)
    if crossed.worst > Alike.NO and apart <= SWAPPED_TOLERANCE:
        return Judgement.SWAPPED if _sure(crossed) else Judgement.UNSURE
    return Judgement.DIFFERENT


def _straight(grades: Grades, apart: timedelta, *, opposed: bool) -> Judgement:
    exact = grades.worst is Alike.EXACT
    if apart > TOLERANCE:
        return Judgement.UNSURE if exact and not opposed else Judgement.DIFFERENT
    if opposed or grades.worst is Alike.MAYBE:
        return Judgement.UNSURE
    return Judgement.SAME if exact or apart <= NEAR_TOLERANCE else Judgement.UNSURE


def _sure(grades: Grades) -> bool:
    """Whether sides that are exchanged are those of one match: one surely, the other nearly."""
    return grades.best is Alike.EXACT and grades.worst >= Alike.NEAR


def _grades(one: Fixture, other: Fixture, *, swapped: bool) -> Grades:
    home, away = (other.away, other.home) if swapped else (other.home, other.away)
    sides = sorted(
        alike(team(mine, one.competition, one.sport), team(theirs, other.competition, one.sport))
        for mine, theirs in ((one.home, home), (one.away, away))
    )
    return Grades(sides[1], sides[0])


def _opposed(one: Fixture, other: Fixture) -> bool:
    """Whether their competitions are of different countries."""
    mine, theirs = _countries(one.competition), _countries(other.competition)
    return bool(mine and theirs and not mine & theirs)


def _countries(competition: str) -> set[str]:
    words = _WORD.findall(slug(competition))
    return {_COUNTRY_OF[word] for word in words if word in _COUNTRY_OF}
