"""Markets of the Unified Odds Feed in our names: by the ids of its market descriptions."""

from typing import NamedTuple

from markets.records import Status
from streams.feeds.documents import Wrong, shown

SPORTS = {
    "sr:sport:1": "football", "sr:sport:2": "basketball", "sr:sport:3": "baseball",
    "sr:sport:4": "icehockey", "sr:sport:5": "tennis", "sr:sport:21": "cricket",
}  # fmt: skip
_MARKETS = {
    "1": "1x2", "16": "asian_handicap", "18": "total", "29": "btts", "60": "half_time",
    "139": "cards", "166": "corners", "186": "winner", "202": "set_winner",
}  # fmt: skip
_THREE = {"1": "home", "2": "draw", "3": "away"}
_TWO = {"4": "home", "5": "away"}
_OVER_UNDER = {"12": "over", "13": "under"}
_OUTCOMES = {
    "1x2": _THREE, "half_time": _THREE, "winner": _TWO, "set_winner": _TWO, "total": _OVER_UNDER,
    "cards": _OVER_UNDER, "corners": _OVER_UNDER,
    "asian_handicap": {"1714": "home", "1715": "away"}, "btts": {"74": "yes", "76": "no"},
}  # fmt: skip
_LINES = {
    "asian_handicap": "hcp", "total": "total", "cards": "total", "corners": "total",
    "set_winner": "setnr",
}  # fmt: skip
_STATUSES: dict[str, Status] = {
    "1": "open", "0": "suspended", "-1": "suspended", "-2": "suspended", "-3": "closed",
    "-4": "withdrawn",
}  # fmt: skip


class Place(NamedTuple):
    """Where a market is found in records."""

    market: str
    line: float | None


def place_of(market: str, specifiers: str | None) -> Place:
    """Name a market and its line; the handicap is the home side's.

    A market that is not in our vocabulary, or has more specifiers than its line, keeps its id and
    these.

    >>> place_of("18", "total=2.5"), place_of("1", None)
    (Place(market='total', line=2.5), Place(market='1x2', line=None))
    >>> place_of("16", "hcp=0:1").market, place_of("8", "goalnr=2").market
    ('uof-16 hcp=0:1', 'uof-8 goalnr=2')
    """
    name = _MARKETS.get(market)
    given = dict(part.partition("=")[::2] for part in (specifiers or "").split("|") if part)
    wanted = _LINES.get(name or "")
    if name is not None and set(given) == ({wanted} if wanted else set()):
        line = None if wanted is None else _line(given[wanted])
        if wanted is None or line is not None:
            return Place(name, line)
    return Place(f"uof-{market} {specifiers}" if specifiers else f"uof-{market}", None)


def _line(text: str) -> float | None:
    try:
        return float(text) + 0.0
    except ValueError:
        return None


def selection_of(market: str, outcome: str) -> str:
    """Name an outcome; one that is not in our vocabulary keeps its id."""
    return _OUTCOMES.get(market, {}).get(outcome, outcome)


def status_of(status: str | None) -> Status:
    """Read the status of a market; it is active when left out."""
    found = _STATUSES.get(status or "1")
    if found is None:
        raise Wrong(f"market.status: {shown(status)} is not a market status")
    return found
