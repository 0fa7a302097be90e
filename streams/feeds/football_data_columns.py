"""What the columns of football-data.co.uk hold, in every season from 1993 on.

A column of odds is a book's prefix, `C` where it is the closing price, and what is bet on: `H D A`,
`>2.5 <2.5`, or `AHH AHA` with the handicap in a column of its own. Written by
https://www.football-data.co.uk/notes.txt
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

BOOKS = {
    "1XB": "1xbet", "B365": "bet365", "BF": "betfair-sportsbook", "BFD": "betfred",
    "BFE": "betfair-exchange", "BMGM": "betmgm", "BS": "blue-square", "BV": "betvictor",
    "BW": "bwin", "CL": "coral", "GB": "gamebookers", "IW": "interwetten", "LB": "ladbrokes",
    "P": "pinnacle", "PS": "pinnacle", "SB": "sportingbet", "SJ": "stan-james",
    "SO": "sporting-odds", "SY": "stanleybet", "VC": "betvictor", "WH": "william-hill",
}  # fmt: skip
DIVISIONS = {
    "E0": "EPL", "E1": "Championship", "E2": "League One", "E3": "League Two", "EC": "Conference",
    "SC0": "Scottish Premiership", "SC1": "Scottish Championship", "SC2": "Scottish League One",
    "SC3": "Scottish League Two", "D1": "Bundesliga - Germany", "D2": "2. Bundesliga - Germany",
    "I1": "Serie A - Italy", "I2": "Serie B - Italy", "SP1": "La Liga - Spain",
    "SP2": "La Liga 2 - Spain", "F1": "Ligue 1 - France", "F2": "Ligue 2 - France",
    "N1": "Eredivisie", "B1": "Pro League - Belgium", "P1": "Primeira Liga - Portugal",
    "T1": "Super Lig - Turkey", "G1": "Super League - Greece",
}  # fmt: skip
_PREFIX = "|".join(sorted(map(re.escape, BOOKS), key=len, reverse=True))
_RESULT = re.compile(rf"({_PREFIX})(C?)([HDA])")
_TOTAL = re.compile(rf"({_PREFIX})(C?)([<>])(\d\.\d)")
_HANDICAP = re.compile(rf"({_PREFIX})(C?)AH([HA])")
_SELECTIONS = {"H": "home", "D": "draw", "A": "away", ">": "over", "<": "under"}
_LINES = {"": ("{}AH", "AHh", "BbAHh"), "C": ("{}CAH", "AHCh")}


class Column(NamedTuple):
    """A column of odds: whose, whether closing, and on what."""

    name: str
    book: str
    closing: bool
    market: str
    selection: str
    line: float | None
    lines: tuple[str, ...] = ()


def odds_column(name: str) -> Column | None:
    """Read the name of a column; None where it holds no odds of a book.

    >>> odds_column("PSCH")[1:6]
    ('pinnacle', True, '1x2', 'home', None)
    >>> odds_column("B365<2.5").line, odds_column("HTHG"), odds_column("AvgH")
    (2.5, None, None)
    """
    if found := _RESULT.fullmatch(name):
        prefix, closing, outcome = found.groups()
        return _column(name, prefix, closing, "1x2", outcome)
    if found := _TOTAL.fullmatch(name):
        prefix, closing, outcome, line = found.groups()
        return _column(name, prefix, closing, "total", outcome)._replace(line=float(line))
    if found := _HANDICAP.fullmatch(name):
        prefix, closing, outcome = found.groups()
        lines = tuple(line.format(prefix) for line in _LINES[closing])
        return _column(name, prefix, closing, "asian_handicap", outcome)._replace(lines=lines)
    return None


def _column(name: str, prefix: str, closing: str, market: str, outcome: str) -> Column:
    return Column(name, BOOKS[prefix], bool(closing), market, _SELECTIONS[outcome], None)


def line_of(column: Column, cells: Mapping[str, str]) -> str | None:
    """Find the cell with the handicap of a column, the home side's: the book's own comes first."""
    return next((cells[name] for name in column.lines if name in cells), None)
