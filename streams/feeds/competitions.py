"""Competitions that sources call by different names, and their tier."""

import re
from typing import NamedTuple

OTHER_TIER = 3
_SEASON = re.compile(r"\s*\b(19|20)\d\d([/-](19|20)?\d\d)?\b\s*")


class Competition(NamedTuple):
    """A competition under one name for all sources; tier 1 is the top of its sport."""

    name: str
    tier: int


_WORLD_CUP = Competition("FIFA World Cup", 1)
_EURO = Competition("UEFA Euro", 1)
_COPA_AMERICA = Competition("Copa América", 1)
_CHAMPIONS_LEAGUE = Competition("UEFA Champions League", 1)
_KNOWN = {
    "fifa world cup": _WORLD_CUP,
    "world cup": _WORLD_CUP,
    "uefa euro": _EURO,
    "euro": _EURO,
    "copa américa": _COPA_AMERICA,
    "copa america": _COPA_AMERICA,
    "uefa champions league": _CHAMPIONS_LEAGUE,
    "champions league": _CHAMPIONS_LEAGUE,
    "epl": Competition("EPL", 2),
    "english premier league": Competition("EPL", 2),
    "bundesliga - germany": Competition("Bundesliga - Germany", 2),
    "deutsche bundesliga": Competition("Bundesliga - Germany", 2),
    "la liga - spain": Competition("La Liga - Spain", 2),
    "serie a - italy": Competition("Serie A - Italy", 2),
    "italian serie a": Competition("Serie A - Italy", 2),
    "ligue 1 - france": Competition("Ligue 1 - France", 2),
    "french ligue 1": Competition("Ligue 1 - France", 2),
}


def competition(title: str) -> Competition:
    """Find a competition by the name a source gives it, season left out.

    A competition that is not in the table keeps its own name and is of tier 3.

    >>> competition("World Cup 2026") == competition("FIFA World Cup")
    True
    >>> competition("Egypt Premier League 2025/26")
    Competition(name='Egypt Premier League', tier=3)
    """
    name = _SEASON.sub(" ", title).strip() or title
    return _KNOWN.get(name.casefold(), Competition(name, OTHER_TIER))
