"""How alike two names of a team are, written by two sources.

Words are compared as sets, without accents, without what says only that it is a club, and with the
usual names for one another (`club_names`, `known_names`). Women, youth and reserves are other teams
than the first, always, and where only the competition says so it counts for both sides
(`team_kinds`).
"""

from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import IntEnum
from functools import lru_cache

from streams.feeds.identity import slug
from streams.feeds.known_names import (
    BRANDS,
    CITIES,
    CLUBS_OF,
    CLUBS_OF_OTHERS,
    COMMON,
    COUNTRIES,
    KEPT_YEARS,
    MARKS,
    OF_A_CLUB,
    STATES,
    WORDS,
)
from streams.feeds.team_kinds import kinds, may_be_one, without_kinds

_UMLAUTS = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "Ä": "A", "Ö": "O", "Ü": "U"})
_TRANSLITERATED = str.maketrans("yjw", "iiv")
_SPELT = 0.82
_LONG_ENOUGH = 5
_VOWELS = frozenset("aeiou")


class Alike(IntEnum):
    """How alike two names are."""

    NO = 0
    MAYBE = 1
    NEAR = 2
    EXACT = 3


@dataclass(frozen=True, slots=True)
class Team:
    """A name taken apart: which team of the club it is, and the words that name the club.

    `listed` is whether the club is one of those whose names are known, `marks` are the words that
    say only that it is a club, and `parts` all words in their order.
    """

    kind: frozenset[str]
    words: frozenset[str]
    name: str
    listed: bool
    marks: frozenset[str]
    parts: tuple[str, ...]


@lru_cache(maxsize=50_000)
def team(name: str, competition: str = "", sport: str = "football") -> Team:
    """Take a name apart; what the competition says of women and youth counts for its teams.

    >>> sorted(team("FC Bayern München Frauen").words), sorted(team("Chelsea", "WSL").kind)
    (['bayern', 'munich'], ['women'])
    """
    clubs = CLUBS_OF.get(sport, CLUBS_OF_OTHERS)
    written = slug(name.translate(_UMLAUTS))
    known = _known(written, clubs) or written
    kind = kinds(known, slug(competition), sport)
    plain = without_kinds(known, sport) or known
    listed = _known(plain, clubs)
    parts = tuple((listed or plain).split("-"))
    marks = frozenset() if listed else frozenset(filter(_marks, parts))
    return Team(kind, frozenset(_words(parts)), listed or plain, listed is not None, marks, parts)


def _known(text: str, clubs: dict[str, str]) -> str | None:
    """Find the usual name, with or without the words that say only that it is a club."""
    bare = "-".join(word for word in text.split("-") if word not in OF_A_CLUB)
    return clubs.get(text) or clubs.get(bare)


def _words(parts: tuple[str, ...]) -> list[str]:
    words = [WORDS.get(word, word) for word in parts]
    state = words.pop() if len(words) > 1 and words[-1] in STATES else None
    telling = [word for word in words if word not in OF_A_CLUB and not _is_year(word)] or words
    telling += [state] if state else []
    return [word.replace("oe", "o").replace("ue", "u") for word in telling]


def _marks(word: str) -> bool:
    return word in MARKS or (word.isdigit() and len(word) == 4)


def _is_year(word: str) -> bool:
    return word.isdigit() and word not in KEPT_YEARS


def alike(one: Team, other: Team) -> Alike:
    """Say how alike two teams are.

    >>> alike(team("Man Utd"), team("Manchester United")).name
    'EXACT'
    >>> alike(team("Swansea"), team("Swansea City")).name
    'NEAR'
    >>> alike(team("Austria"), team("Australia")).name
    'NO'
    >>> alike(team("Dinamo"), team("Dinamo Tbilisi")).name
    'MAYBE'
    """
    if one.kind == other.kind:
        return _clubs_alike(one, other)
    if may_be_one(one.kind, other.kind):
        return min(_clubs_alike(one, other), Alike.MAYBE)
    return Alike.NO


def _clubs_alike(one: Team, other: Team) -> Alike:
    mine, theirs = _spelt_out(one, other), _spelt_out(other, one)
    if mine == theirs:
        return Alike.EXACT
    if (one.listed and other.listed) or one.name in COUNTRIES or other.name in COUNTRIES:
        return Alike.NO
    if len(mine) > len(theirs):
        one, other, mine, theirs = other, one, theirs, mine
    pairs = _paired(mine, theirs)
    if pairs is None:
        return Alike.NO
    left = theirs - {paired for _, paired in pairs}
    sure = not left or (any(_names(word) for word, _ in pairs) and not _left_over(left, one, other))
    return Alike.NEAR if sure else Alike.MAYBE


def _left_over(left: frozenset[str], short: Team, long: Team) -> bool:
    """Whether the words that only the longer name has may tell of another club.

    They do if one is a state, or a year, or of those that several clubs of a town are told apart by
    (Dinamo, Maccabi); if all names of the shorter are known, and it is one word (Inter, Inter
    Turku); if the shorter has a year instead, or a mark at its end (Paris FC) or where the longer
    has a word (AC Ajaccio, Gazélec Ajaccio). A town behind (FK Akhmat, Akhmat Grozny) does not.
    """
    first = set(long.parts[:1])
    if left & BRANDS or any(len(word) <= 2 or word.isdigit() for word in left - first):
        return True
    if short.listed:
        return len(short.words) == 1
    own = short.marks - long.marks
    if not left <= COMMON | CITIES and own & set(short.parts[-1:]):
        return True
    return any(mark.isdigit() for mark in own) or bool(own and left & first)


def _spelt_out(one: Team, other: Team) -> frozenset[str]:
    """The words of a team, with initials that stand for words of the other written out.

    >>> sorted(_spelt_out(team("OH Leuven B"), team("Oud-Heverlee Leuven B")))
    ['heverlee', 'leuven', 'oud']
    """
    words = set(one.words)
    for word in one.words - set(other.parts) - OF_A_CLUB:
        if 2 <= len(word) <= 4 and (meant := _of_initials(word, other.parts)):
            words = (words - {word}) | set(_words(meant))
    return frozenset(words)


def _of_initials(word: str, parts: tuple[str, ...]) -> tuple[str, ...]:
    size = len(word)
    runs = (parts[at : at + size] for at in range(len(parts) - size + 1))
    return next((run for run in runs if "".join(part[0] for part in run) == word), ())


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
    if len(short) == 1 or (len(short) >= 3 and (long.startswith(short) or _clipped(short, long))):
        return True
    if short in COMMON or long in COMMON or len(short) < _LONG_ENOUGH:
        return False
    short, long = short.translate(_TRANSLITERATED), long.translate(_TRANSLITERATED)
    return SequenceMatcher(None, short, long, autojunk=False).ratio() >= _SPELT


def _clipped(short: str, long: str) -> bool:
    """Whether a word is another's consonants, the last among them: Rvs is Rovers."""
    letters = iter(long)
    return not _VOWELS & set(short) and short[-1] == long[-1] and all(c in letters for c in short)


def _names(word: str) -> bool:
    """Whether a word alone can name a club."""
    return len(word) >= 3 and word not in COMMON and word not in CITIES
