"""Season files of football-data.co.uk: one CSV a division and season, one match a row.

Columns differ by season, so a row is asked for a price by the name of its column. A price stands
twice where a book has both: as collected once some days before the match (`PSH`), and at kick-off
(`PSCH`). The earlier one is a snapshot, not the first price the book made. Column names:
https://www.football-data.co.uk/notes.txt
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf
from pathlib import Path
from typing import BinaryIO

from alerts.complaint import Complaint
from streams.feeds.documents import BYTE_ORDER_MARK
from streams.feeds.feed import Broken, Refusal
from streams.feeds.opening import CannotOpen, open_feed

SELECTIONS = ("H", "D", "A")
LARGEST = 64 * 1024 * 1024
_NEEDED = ("Div", "Date", "HomeTeam", "AwayTeam")
_EXTRA = {
    "League": "Div", "Home": "HomeTeam", "Away": "AwayTeam", "HG": "FTHG", "AG": "FTAG",
    "Res": "FTR",
}  # fmt: skip
_GREEK = {"HT": "HomeTeam", "AT": "AwayTeam"}  # early seasons of G1
_DAY = re.compile(r"(\d\d?)/(\d\d?)/(\d{4}|\d\d)", re.ASCII)
_PRICE = re.compile(r"\d+(\.\d*)?", re.ASCII)


class BadSeasonFile(Complaint, ValueError):
    """A file that cannot be read, or is no season file; the message says which and why."""


class WrongPrice(ValueError):
    """A cell that should hold a price and holds something else."""


@dataclass(frozen=True, slots=True)
class SeasonRow:
    """One match: where it stands, who played when, and all its cells that are not blank."""

    line: int
    division: str
    day: date
    home: str
    away: str
    cells: Mapping[str, str]

    def price(self, column: str) -> float | None:
        """Return the decimal price in a column, None where the cell is blank or not there.

        Raises
        ------
        WrongPrice
            When it is not a plain decimal number, or not finite and above 1.
        """
        text = self.cells.get(column)
        if text is None:
            return None
        if _PRICE.fullmatch(text) and 1.0 < float(text) < inf:
            return float(text)
        raise WrongPrice(f"{column}: {text[:40]!r} is no decimal price above 1")


@dataclass(frozen=True, slots=True)
class Season:
    """A season file: its columns in their order, its matches, and the rows that are none."""

    name: str
    columns: Sequence[str]
    rows: Sequence[SeasonRow]
    refused: Sequence[Refusal]

    def books(self) -> list[str]:
        """Name the prefixes that have 1X2 prices both earlier and closing, in column order.

        `Max` and `Avg` are among them where the file has them: the best and the mean price over
        the books that football-data.co.uk looked at.
        """
        held = set(self.columns)
        starts = [name.removesuffix("H") for name in self.columns if name.endswith("H")]
        return [book for book in starts if book and held.issuperset(both_prices(book))]


def both_prices(book: str) -> list[str]:
    """Name the columns of a book's 1X2 prices, the earlier three before the closing three.

    >>> both_prices("PS")
    ['PSH', 'PSD', 'PSA', 'PSCH', 'PSCD', 'PSCA']
    """
    return [f"{book}{when}{selection}" for when in ("", "C") for selection in SELECTIONS]


def read_seasons(path: Path) -> Iterator[Season]:
    """Read a season file, plain or compressed, or all those in a zip.

    Bytes are UTF-8, else cp1252, else latin-1, with or without a mark. Blank rows, and blank
    columns at the end, are passed over; a row that cannot be read is refused with its line and
    reason.

    Raises
    ------
    BadSeasonFile
        When there is no such file, or it is empty, damaged or no CSV with the columns that every
        season has.
    """
    try:
        for opened in open_feed(path):
            yield season(opened.stream, str(path.parent / opened.name))
    except (CannotOpen, Broken) as error:
        raise BadSeasonFile(str(error)) from None


def season(stream: BinaryIO, name: str) -> Season:
    """Read one season from a stream; raises `BadSeasonFile` when it is none."""
    rows = _cells(_text(stream, name), name)
    _, header = next(rows, (1, []))
    columns = _renamed([column.strip() for column in header])
    _check(columns, name)
    matches: list[SeasonRow] = []
    refused: list[Refusal] = []
    for line, cells in rows:
        try:
            matches.append(_row(line, columns, cells))
        except ValueError as error:
            raw = ",".join(cells).encode()[:2000]
            refused.append(Refusal("football-data", f"{name}:{line}", str(error), raw))
    return Season(name, [column for column in columns if column], matches, refused)


def _renamed(columns: list[str]) -> list[str]:
    """Give the columns of the extra leagues, and of old Greek files, the names of the others."""
    if "Country" in columns:
        return [_EXTRA.get(column, column) for column in columns]
    return columns if "HomeTeam" in columns else [_GREEK.get(column, column) for column in columns]


def _text(stream: BinaryIO, name: str) -> str:
    data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise BadSeasonFile(f"{name}: is over {LARGEST >> 20} MiB, far too large for one season")
    if b"\0" in data:
        raise BadSeasonFile(f"{name}: is no CSV in UTF-8 or latin-1, it holds zero bytes")
    data = data.removeprefix(BYTE_ORDER_MARK)
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _cells(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, each with the number of the line it begins in."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadSeasonFile(f"{name}:{line}: is no CSV from here on: {error}") from None


def _check(columns: list[str], name: str) -> None:
    if missing := [column for column in _NEEDED if column not in columns]:
        begins = ",".join(columns)[:40]
        raise BadSeasonFile(
            f"{name}: is no season file of football-data.co.uk: its first row, {begins!r}, has no"
            f" {', '.join(missing)}"
        )
    twice = [column for column, count in Counter(filter(None, columns)).items() if count > 1]
    if twice:
        raise BadSeasonFile(f"{name}: has more than one column {', '.join(twice)}")


def _row(line: int, columns: list[str], cells: list[str]) -> SeasonRow:
    if any(cell.strip() for cell in cells[len(columns) :]):
        raise ValueError(f"has {len(cells)} values for {len(columns)} columns")
    told = {
        column: stripped
        for column, cell in zip(columns, cells, strict=False)
        if column and (stripped := cell.strip())
    }
    if missing := [column for column in _NEEDED if column not in told]:
        raise ValueError(f"{', '.join(missing)}: missing")
    day = _day(told["Date"])
    return SeasonRow(line, told["Div"], day, told["HomeTeam"], told["AwayTeam"], told)


def _day(text: str) -> date:
    """Read dd/mm/yy or dd/mm/yyyy; the earliest season there is began in 1993."""
    found = _DAY.fullmatch(text)
    if not found:
        raise ValueError(f"Date: {text[:40]!r} is not dd/mm/yy or dd/mm/yyyy")
    day, month, year = map(int, found.groups())
    if len(found[3]) == 2:
        year += 1900 if year >= 93 else 2000
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ValueError(f"Date: {text!r}: {error}") from None
