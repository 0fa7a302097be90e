"""The names of teams, taken apart: which club, which of its teams, which words are left.

What says only that it is a club is left out, accents too, and usual names stand for one another
(`club_register`, `known_names`). Women, youth and reserves are other teams than the first, always,
and where only the competition says so it counts for both sides (`team_kinds`).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from streams.feeds.club_register import Club, clubs_named, is_whole_name, is_year, written
from streams.feeds.countries import countries, with_neighbours, without_letters
from streams.feeds.identity import slug
from streams.feeds.known_names import (
    MARKS,
    OF_A_CLUB,
    STATES,
    USUAL_NAMES,
    USUAL_NAMES_ELSEWHERE,
    WORDS,
)
from streams.feeds.team_kinds import kinds, without_kinds

_WOMEN = re.compile(r"\s*\(F\)\s*$")  # as Spanish and French feeds write


@dataclass(frozen=True, slots=True)
class Team:
    """A name taken apart: which team of the club it is, and the words that name the club.

    `clubs` are those of the register that go by the name where it is played, `listed` is whether
    it is one of the usual names of a nation, `marks` are the words that say only that it is a
    club, and `parts` all words in their order.
    """

    kind: frozenset[str]
    words: frozenset[str]
    name: str
    listed: bool
    clubs: frozenset[Club]
    marks: frozenset[str]
    parts: tuple[str, ...]


@lru_cache(maxsize=50_000)
def team(name: str, competition: str = "", sport: str = "football") -> Team:
    """Take a name apart; what the competition says of women and youth counts for its teams.

    >>> sorted(team("FC Bayern München Frauen").words), sorted(team("Chelsea", "WSL").kind)
    (['bayern', 'munich'], ['women'])
    """
    plain_name, told = without_letters(_WOMEN.sub(" women", name))
    told = told or countries(competition)
    usual = USUAL_NAMES.get(sport, USUAL_NAMES_ELSEWHERE)
    text = _usual(written(plain_name), usual) or written(plain_name)
    has_clubs = sport in USUAL_NAMES
    # A club that is called so is no second team, for all the II or Youth in its name.
    whole = has_clubs and is_whole_name(text)
    kind = kinds("" if whole else text, slug(competition), sport)
    plain = text if whole else without_kinds(text, sport) or text
    listed = _usual(plain, usual)
    clubs = _clubs(plain, told) if has_clubs and listed is None else frozenset()
    named = listed or (next(iter(clubs)).name if len(clubs) == 1 else plain)
    return taken_apart(named, kind, clubs, listed=listed is not None)


@lru_cache(maxsize=50_000)
def sides(home: str, away: str, competition: str, sport: str) -> tuple[Team, Team]:
    """Take the names of a fixture apart; clubs of one country are likelier than of two.

    >>> [sorted(one.clubs) for one in sides("Racing Club", "Lanus", "Primera", "football")]
    [[Club(country='argentina', name='racing-club')], [Club(country='argentina', name='lanus')]]
    """
    one, other = team(home, competition, sport), team(away, competition, sport)
    both = {club.country for club in one.clubs} & {club.country for club in other.clubs}
    return (_of_countries(one, both), _of_countries(other, both)) if both else (one, other)


def _of_countries(one: Team, countries: set[str]) -> Team:
    clubs = frozenset(club for club in one.clubs if club.country in countries)
    name = next(iter(clubs)).name if len(clubs) == 1 else one.name
    return one if clubs == one.clubs else taken_apart(name, one.kind, clubs)


def taken_apart(
    name: str, kind: frozenset[str], clubs: frozenset[Club] = frozenset(), *, listed: bool = False
) -> Team:
    """Take a name apart that is a slug already, of a team whose kind and clubs are known."""
    parts = tuple(name.split("-"))
    marks = frozenset() if listed or clubs else frozenset(filter(_marks, parts))
    return Team(kind, frozenset(telling_words(parts)), name, listed, clubs, marks, parts)


def _usual(text: str, usual: dict[str, str]) -> str | None:
    """Find the usual name, with or without the words that say only that it is a club."""
    bare = "-".join(word for word in text.split("-") if word not in OF_A_CLUB)
    return usual.get(text) or usual.get(bare)


def _clubs(text: str, told: frozenset[str]) -> frozenset[Club]:
    """Clubs that go by a name, of the countries that are told of if any are."""
    found = clubs_named(text)
    at_home = frozenset(club for club in found if club.country in told)
    near = with_neighbours(told)
    return at_home or frozenset(club for club in found if not told or club.country in near)


def telling_words(parts: tuple[str, ...]) -> list[str]:
    """Leave the words that name the club, each in its usual spelling.

    >>> telling_words(("1", "fc", "koln")), telling_words(("botafogo", "fc", "sp"))
    (['cologne'], ['botafogo', 'sp'])
    """
    words = [WORDS.get(word, word) for word in parts]
    state = words.pop() if len(words) > 1 and words[-1] in STATES else None
    telling = [word for word in words if word not in OF_A_CLUB and not is_year(word)] or words
    telling += [state] if state else []
    return [word.replace("oe", "o").replace("ue", "u") for word in telling]


def _marks(word: str) -> bool:
    return word in MARKS or (word.isdigit() and len(word) == 4)
