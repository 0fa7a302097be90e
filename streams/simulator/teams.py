"""Invented clubs and competitions; none of them is a real one."""

from dataclasses import dataclass
from random import Random

_FIRST = (
    "Aldmar", "Brinsk", "Corvel", "Dunvra", "Elsmor", "Fennick", "Galdor", "Harnow",
    "Istrel", "Jorvan", "Keldra", "Lorben", "Marvik", "Nelgar", "Ostwen", "Pelmor",
    "Quilden", "Rovnar", "Selvik", "Tarnow", "Ulmarn", "Vestrin", "Wexmor", "Yarvel",
    "Zelmar", "Ambrik", "Belgorn", "Calvess", "Dorvint", "Embrel", "Falgarn", "Grelmo",
)  # fmt: skip
_SECOND = ("Rovers", "Athletic", "United", "Wanderers", "Town", "City", "Albion", "Olympic")


@dataclass(frozen=True, slots=True)
class Competition:
    """A league; its tier says how liquid and how closely watched it is (1 is the top)."""

    name: str
    tier: int


COMPETITIONS = (
    Competition("Meridian Premier League", 1),
    Competition("Continental Cup", 1),
    Competition("Meridian Second League", 2),
    Competition("Highland Division", 3),
    Competition("Coastal Regional League", 4),
)


def clubs(match: int) -> tuple[str, str]:
    """Name the two clubs of a match; no club plays twice within 128 matches.

    >>> clubs(0), clubs(16)
    (('Aldmar Rovers', 'Brinsk Athletic'), ('Aldmar Athletic', 'Brinsk United'))
    """
    return _club(2 * match), _club(2 * match + 1)


def competition(rng: Random) -> Competition:
    """Draw the league of a match; every league is as likely as the others."""
    return rng.choice(COMPETITIONS)


def _club(number: int) -> str:
    first, turn = number % len(_FIRST), number // len(_FIRST)
    return f"{_FIRST[first]} {_SECOND[(first + turn) % len(_SECOND)]}"
