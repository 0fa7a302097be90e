"""How alike two names of a team are, written by two sources.

Where both lead to clubs of the register, these decide. Else words are compared as sets, shortened
and spelt differently, and a name that no register has is never surely that of a known club.
"""

from difflib import SequenceMatcher
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from streams.feeds.club_register import Club, clubs_of, names_of
from streams.feeds.known_names import BRANDS, CITIES, COMMON, COUNTRIES, OF_A_CLUB
from streams.feeds.team_kinds import may_be_one
from streams.feeds.team_names import Team, taken_apart, telling_words

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


def alike(one: Team, other: Team) -> Alike:
    """Say how alike two teams are.

    >>> from streams.feeds.team_names import team
    >>> alike(team("Man Utd"), team("Manchester United")).name
    'EXACT'
    >>> alike(team("Brinsk"), team("Brinsk Rovers")).name
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
    if one.clubs and other.clubs:
        return _known_alike(one, other)
    if bool(one.clubs) != bool(other.clubs):
        known, unknown = (one, other) if one.clubs else (other, one)
        return max(_like_club(unknown, club) for club in known.clubs)
    return _words_alike(one, other)


def _words_alike(one: Team, other: Team) -> Alike:
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


def _like_club(unknown: Team, club: Club) -> Alike:
    """Compare a name that is in no register with all that a club goes by.

    It is never surely the club's, and not nearly so where it is as much like another's there.
    """
    best = _best_name(unknown, club)
    rivals = (_best_name(unknown, other) for other in clubs_of(club.country) if other != club)
    if best.alike <= Alike.MAYBE:
        return best.alike
    return Alike.MAYBE if any(rival >= best for rival in rivals) else Alike.NEAR


class _Best(NamedTuple):
    """How alike a name is to the nearest of a club's, and how many words the two share."""

    alike: Alike
    shared: int


@lru_cache(maxsize=200_000)
def _best_name(unknown: Team, club: Club) -> _Best:
    names = [taken_apart(name, frozenset()) for name in names_of(club)]
    own = frozenset[str]().union(*(name.words for name in names))
    return max(
        _Best(
            Alike.MAYBE if _goes_on(unknown, name, own) else _words_alike(unknown, name),
            len(unknown.words & name.words),
        )
        for name in names
    )


def _goes_on(unknown: Team, name: Team, own: frozenset[str]) -> bool:
    """Whether a name is one word of a club's, followed by others that it is not known by.

    So is Swindon Supermarine, which is not Swindon.
    """
    return len(name.words) == 1 and name.words < unknown.words and not unknown.words <= own


def _known_alike(one: Team, other: Team) -> Alike:
    """Compare names of the register: one club, or several that share the name."""
    if not one.clubs & other.clubs:
        return Alike.NO
    sure = len(one.clubs | other.clubs) == 1 or one.words == other.words
    return Alike.EXACT if sure else Alike.NEAR


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

    >>> from streams.feeds.team_names import team
    >>> sorted(_spelt_out(team("HB Brinsk"), team("Hohen-Birk Brinsk")))
    ['birk', 'brinsk', 'hohen']
    """
    words = set(one.words)
    for word in one.words - set(other.parts) - OF_A_CLUB:
        if 2 <= len(word) <= 4 and (meant := _of_initials(word, other.parts)):
            words = (words - {word}) | set(telling_words(meant))
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
