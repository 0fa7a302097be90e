"""Clubs and the names they go by: one file of `clubs/` for each country, one line for each club.

A name leads to every club that goes by it. Clubs of two countries may share one (Nacional, Everton
of Chile); which is meant then follows from the competition, or stays open.
"""

from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from streams.feeds.identity import slug
from streams.feeds.known_names import ALONE_NO_NAME, KEPT_YEARS, OF_A_CLUB, WORDS

_UMLAUTS = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "Ä": "A", "Ö": "O", "Ü": "U"})


class Club(NamedTuple):
    """A club, known by its country and the first of its names."""

    country: str
    name: str


class _Index(NamedTuple):
    """Clubs by a name as it is written, and by what is left of it without FC, SC and the like."""

    written: dict[str, frozenset[Club]]
    bare: dict[str, frozenset[Club]]


def written(name: str) -> str:
    """Write a name as slug, an umlaut as one letter.

    >>> written("1. FC Köln"), written("Bodø/Glimt")
    ('1-fc-koln', 'bodo-glimt')
    """
    return slug(name.translate(_UMLAUTS))


def clubs_named(text: str) -> frozenset[Club]:
    """Find the clubs that go by a name, which is given as slug.

    >>> sorted(club.country for club in clubs_named("arsenal-de-sarandi"))
    ['argentina']
    >>> clubs_named("no-such-club")
    frozenset()
    """
    index = _index()
    spelt = _spelt(text)
    bare = _bare(spelt)
    without_years = "-".join(word for word in bare.split("-") if not is_year(word))
    for name in (spelt, bare, without_years):
        if found := index.written.get(name):
            return found
    return index.bare.get(bare, frozenset())


def is_whole_name(text: str) -> bool:
    """Whether a club goes by a name as it is written, nothing left out.

    >>> is_whole_name("willem-ii"), is_whole_name("zenit-2")
    (True, False)
    """
    return _spelt(text) in _index().written


def clubs_of(country: str) -> tuple[Club, ...]:
    """All clubs of a country."""
    return _by_country().get(country, ())


def names_of(club: Club) -> tuple[str, ...]:
    """Every name of a club, as slug."""
    return _by_club()[club]


@lru_cache(maxsize=1)
def _by_country() -> dict[str, tuple[Club, ...]]:
    found: dict[str, list[Club]] = {}
    for club in _by_club():
        found.setdefault(club.country, []).append(club)
    return {country: tuple(clubs) for country, clubs in found.items()}


@lru_cache(maxsize=1)
def _index() -> _Index:
    by_written: dict[str, set[Club]] = {}
    by_bare: dict[str, set[Club]] = {}
    for club, name in ((club, name) for club, names in _by_club().items() for name in names):
        spelt = _spelt(name)
        by_written.setdefault(spelt, set()).add(club)
        bare = _bare(spelt)
        if bare and bare not in ALONE_NO_NAME:
            by_bare.setdefault(bare, set()).add(club)
    return _Index(_frozen(by_written), _frozen(by_bare))


@lru_cache(maxsize=1)
def _by_club() -> dict[Club, tuple[str, ...]]:
    found = {}
    for file in sorted((files("streams.feeds") / "clubs").iterdir(), key=lambda file: file.name):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                names = tuple(written(name) for name in line.split(" | "))
                found[Club(file.name.removesuffix(".txt"), names[0])] = names
    return found


def _frozen(index: dict[str, set[Club]]) -> dict[str, frozenset[Club]]:
    return {name: frozenset(clubs) for name, clubs in index.items()}


def _spelt(text: str) -> str:
    """Bring words that are written in several ways to one: Utd, St., Kiev, oe for ö."""
    words = (WORDS.get(word, word) for word in text.split("-"))
    return "-".join(word.replace("oe", "o").replace("ue", "u") for word in words)


def _bare(spelt: str) -> str:
    words = spelt.split("-")
    return "-".join(w for w in words if w not in OF_A_CLUB and not (len(w) == 4 and is_year(w)))


def is_year(word: str) -> bool:
    """Whether a word is a year of foundation, or a number that tells no club from another."""
    return word.isdigit() and word not in KEPT_YEARS
