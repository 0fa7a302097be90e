"""How alike two names of a team are, written by two sources.

Words are compared as sets, without accents, without what says only that it is a club, and with the
usual names for one another (`known_names`). Women, youth and reserves are other teams than the
first, always, and where only the competition says so it counts for both sides.
"""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import IntEnum
from functools import lru_cache

from streams.feeds.identity import slug
from streams.feeds.known_names import (
    CITIES,
    COMMON,
    COUNTRIES,
    KEPT_YEARS,
    OF_A_CLUB,
    TEAMS,
    WORDS,
)

_UMLAUTS = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "Ä": "A", "Ö": "O", "Ü": "U"})
_WOMEN = re.compile(
    r"\b(w|wfc|women|womens|woman|ladies|lfc|femeni|femenino|femenina|feminin|feminine|feminines"
    r"|frauen|femminile|vrouwen|dames|kvinner|wsl|nwsl|d1-feminine|liga-f)\b"
)
_AGE = re.compile(r"\b(?:u|under|sub)-?(1[4-9]|2[0-3])s?\b")
_YOUTH = re.compile(r"\b(primavera|youth|juniores|juvenil|academy)\b")
_RESERVES = re.compile(r"\b(ii|iii|b|reserves?|jong|castilla|premier-league-2)\b")
_SECOND_TEAM = re.compile(r"(?<=[a-z])-[23]$")  # of a team; a league of that number is no reserve
_SPELT = 0.82
_LONG_ENOUGH = 5


class Alike(IntEnum):
    """How alike two names are."""

    NO = 0
    MAYBE = 1
    NEAR = 2
    EXACT = 3


@dataclass(frozen=True, slots=True)
class Team:
    """A name taken apart: which team of the club it is, and the words that name the club."""

    kind: frozenset[str]
    words: frozenset[str]
    name: str


@lru_cache(maxsize=50_000)
def team(name: str, competition: str = "") -> Team:
    """Take a name apart; what the competition says of women and youth counts for its teams.

    >>> sorted(team("FC Bayern München Frauen").words), sorted(team("Chelsea", "WSL").kind)
    (['bayern', 'munich'], ['women'])
    """
    known = _known(slug(name.translate(_UMLAUTS)))
    plain = _known(_without(known))
    kind = _kind(known) | _kind(slug(competition))
    if _SECOND_TEAM.search(known):
        kind, plain = kind | {"reserves"}, _known(_SECOND_TEAM.sub("", plain))
    return Team(kind, frozenset(_words(plain)), plain)


def _known(text: str) -> str:
    """Find the usual name, with or without the words that say only that it is a club."""
    bare = "-".join(word for word in text.split("-") if word not in OF_A_CLUB)
    return TEAMS.get(text) or TEAMS.get(bare) or text


def _kind(text: str) -> frozenset[str]:
    kinds = {f"u{age}" for age in _AGE.findall(text)}
    kinds |= {"women"} if _WOMEN.search(text) else set()
    kinds |= {"youth"} if _YOUTH.search(text) else set()
    kinds |= {"reserves"} if _RESERVES.search(text) else set()
    return frozenset(kinds)


def _without(text: str) -> str:
    for pattern in (_AGE, _WOMEN, _YOUTH, _RESERVES):
        text = pattern.sub("", text)
    return "-".join(word for word in text.split("-") if word)


def _words(text: str) -> list[str]:
    words = [WORDS.get(word, word) for word in text.split("-")]
    telling = [word for word in words if word not in OF_A_CLUB and not _is_year(word)]
    return [word.replace("oe", "o").replace("ue", "u") for word in telling or words]


def _is_year(word: str) -> bool:
    return word.isdigit() and word not in KEPT_YEARS


def alike(one: Team, other: Team) -> Alike:
    """Say how alike two teams are.

    >>> alike(team("Man Utd"), team("Manchester United")).name
    'EXACT'
    >>> alike(team("Brighton"), team("Brighton & Hove Albion")).name
    'NEAR'
    >>> alike(team("Austria"), team("Australia")).name
    'NO'
    >>> alike(team("Dinamo"), team("Dinamo Zagreb")).name
    'MAYBE'
    """
    if one.kind != other.kind:
        return Alike.NO
    if one.words == other.words:
        return Alike.EXACT
    if one.name in COUNTRIES or other.name in COUNTRIES:
        return Alike.NO
    short, long = sorted((one.words, other.words), key=len)
    pairs = _paired(short, long)
    if pairs is None:
        return Alike.NO
    left = long - {paired for _, paired in pairs}
    if any(len(word) <= 2 or word.isdigit() for word in left):
        # A state, or the year of another club of the town.
        return Alike.MAYBE
    if left and not any(_names(word) for word, _ in pairs):
        return Alike.MAYBE
    return Alike.NEAR


def _paired(short: frozenset[str], long: frozenset[str]) -> list[tuple[str, str]] | None:
    """Find for each word of the shorter name one of the longer that could be meant."""
    free, pairs = set(long), []
    for word in sorted(short, key=lambda w: (w not in long, w)):
        found = word if word in free else next((f for f in sorted(free) if _meant(word, f)), None)
        if found is None:
            return None
        free.discard(found)
        pairs.append((word, found))
    return pairs


def _meant(one: str, other: str) -> bool:
    """Whether two words are one, shortened or spelt differently."""
    short, long = sorted((one, other), key=len)
    if short[:1] != long[:1]:
        return False
    if len(short) == 1 or (len(short) >= 3 and long.startswith(short)):
        return True
    if short in COMMON or long in COMMON or len(short) < _LONG_ENOUGH:
        return False
    return SequenceMatcher(None, short, long, autojunk=False).ratio() >= _SPELT


def _names(word: str) -> bool:
    """Whether a word alone can name a club."""
    return len(word) >= 3 and word not in COMMON and word not in CITIES
