"""Invented clubs and competitions; none of them is a real one."""

from dataclasses import dataclass
from random import Random
from typing import Literal

_FIRST = (
    "Aldmar", "Brinsk", "Corvel", "Dunvra", "Elsmor", "Fennick", "Galdor", "Harnow",
    "Istrel", "Jorvan", "Keldra", "Lorben", "Marvik", "Nelgar", "Ostwen", "Pelmor",
    "Quilden", "Rovnar", "Selvik", "Tarnow", "Ulmarn", "Vestrin", "Wexmor", "Yarvel",
    "Zelmar", "Ambrik", "Belgorn", "Calvess", "Dorvint", "Embrel", "Falgarn", "Grelmo",
)  # fmt: skip
_SECOND = ("Rovers", "Athletic", "United", "Wanderers", "Town", "City", "Albion", "Olympic")

CompetitionKind = Literal["league", "tournament", "friendly"]


@dataclass(frozen=True, slots=True)
class Competition:
    """What a match is part of.

    Its tier says how liquid and how closely watched it is (1 is the top). A tournament is covered
    better than a league of its tier, a friendly worse; its teams are picked for other reasons
    than to win, so that its prices are less certain too.
    """

    name: str
    tier: int
    kind: CompetitionKind = "league"


# How many of a hundred matches that are watched are of each.
_SHARES = {
    Competition("Continental Cup", 1, "tournament"): 6,
    Competition("Federations Championship", 1, "tournament"): 3,
    Competition("Meridian Premier League", 1): 11,
    Competition("Meridian Second League", 2): 11,
    Competition("Lakeland Premier League", 2): 7,
    Competition("Meridian Shield", 2, "tournament"): 4,
    Competition("Highland Division", 3): 12,
    Competition("Islands Championship", 3): 10,
    Competition("Coastal Regional League", 4): 14,
    Competition("Valley District League", 5): 9,
    Competition("Ambassadors Series", 2, "friendly"): 4,
    Competition("Winter Friendlies", 4, "friendly"): 5,
    Competition("Reserve Friendlies", 5, "friendly"): 4,
}
COMPETITIONS = tuple(_SHARES)


def clubs(match: int) -> tuple[str, str]:
    """Name the two clubs of a match; no club plays twice within 128 matches.

    >>> clubs(0), clubs(16)
    (('Aldmar Rovers', 'Brinsk Athletic'), ('Aldmar Athletic', 'Brinsk United'))
    """
    return _club(2 * match), _club(2 * match + 1)


def competition(rng: Random) -> Competition:
    """Draw the competition of a match."""
    return rng.choices(COMPETITIONS, weights=list(_SHARES.values()))[0]


def _club(number: int) -> str:
    first, turn = number % len(_FIRST), number // len(_FIRST)
    return f"{_FIRST[first]} {_SECOND[(first + turn) % len(_SECOND)]}"
