"""How far prices usually move: the base rates to hold an alert against, from season files.

BuzzFeed News and BBC (2016, "The Tennis Racket") flagged a match when a book's implied probability
moved by more than 10 percentage points from its opening to its closing price, as it did in 10.76 %
of 25,993 tennis matches. Such a figure means little without the same count for one's own sport,
book and kind of price; these four numbers are that count.
"""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from statistics import median

from pydantic import BaseModel

from alerts.complaint import Complaint
from markets.implied import Method, implied
from streams.feeds.feed import Refusal
from streams.feeds.football_data import Season, SeasonRow, WrongPrice, both_prices

OVER_PP = (5, 10, 15)


class LeftOut(StrEnum):
    """Why a match was not counted."""

    UNREADABLE = "unreadable row"
    MISSING = "price missing"
    WRONG = "wrong value"
    NO_COLUMNS = "book not in the file"


class Moves(BaseModel):
    """The four numbers of one file, or of all files together.

    Shares are of the matches counted, over 5, 10 and 15 percentage points; they and the median
    are None where no match was counted.
    """

    name: str
    divisions: list[str]
    counted: int
    share_over_pp: dict[int, float | None]
    median_pp: float | None
    left_out: dict[LeftOut, int]


class BaseRates(BaseModel):
    """The moves of each file and of all together, for one book and one way to de-vig."""

    book: str
    devig: Method
    files: list[Moves]
    together: Moves


class NothingCounted(Complaint, ValueError):
    """No file has the prices that were asked for; the message says what there is."""


def largest_move(
    earlier: Sequence[float], closing: Sequence[float], method: Method = "multiplicative"
) -> float:
    """Return the largest change of any selection's probability, in percentage points.

    Good for comparing sports, books and seasons with published figures. Bad at extremes: a point
    means more for an outsider than for an even chance, and a change of margin alone moves
    probabilities a little where the method does not fit the book.

    Raises
    ------
    ValueError
        As `markets.implied.implied` does, on prices that are none.

    Examples
    --------
    >>> round(largest_move([2.0, 4.0, 4.0], [1.6, 5.0, 5.714]), 2)
    12.5
    """
    before, after = implied(earlier, method), implied(closing, method)
    return 100.0 * max(abs(b - a) for b, a in zip(before, after, strict=True))


def base_rates(
    seasons: Sequence[Season], book: str, method: Method = "multiplicative"
) -> tuple[BaseRates, list[Refusal]]:
    """Count the moves of one book in each season file and in all together.

    Parameters
    ----------
    seasons
        The files. One without this book adds its matches to those left out.
    book
        Prefix of its columns: PS, B365, Avg.
    method
        How the overround is taken out. BuzzFeed's is multiplicative.

    Returns
    -------
    BaseRates
        The numbers.
    list of Refusal
        Rows and prices that could not be used, in file order, each with line and reason. Blank
        prices are only counted.

    Raises
    ------
    NothingCounted
        When no file has the book's earlier and closing prices, or no match has them all.
    """
    if not any(book in season.books() for season in seasons):
        raise NothingCounted(_no_such(book, seasons))
    counts = [_Count(season, book, method) for season in seasons]
    together = _summary(
        "all files",
        sorted({row.division for season in seasons for row in season.rows}),
        [move for count in counts for move in count.moves],
        sum((count.left_out for count in counts), Counter()),
    )
    if not together.counted:
        why = ", ".join(f"{n} {reason}" for reason, n in together.left_out.items())
        raise NothingCounted(f"no match has all prices of {book}: {why or 'there are none'}")
    found = BaseRates(
        book=book, devig=method, files=[count.summary() for count in counts], together=together
    )
    return found, [refusal for count in counts for refusal in count.refused]


class _Count:
    """The matches of one file: how far each moved, or why it was left out."""

    def __init__(self, season: Season, book: str, method: Method) -> None:
        self.season = season
        self.moves: list[float] = []
        self.left_out: Counter[LeftOut] = Counter()
        self.refused = list(season.refused)
        if season.refused:
            self.left_out[LeftOut.UNREADABLE] = len(season.refused)
        if book not in season.books():
            self.left_out[LeftOut.NO_COLUMNS] += len(season.rows)
            return
        columns = both_prices(book)
        for row in season.rows:
            self._count(row, columns, method)

    def _count(self, row: SeasonRow, columns: Sequence[str], method: Method) -> None:
        try:
            prices = [price for column in columns if (price := row.price(column)) is not None]
        except WrongPrice as error:
            self.left_out[LeftOut.WRONG] += 1
            place = f"{self.season.name}:{row.line}"
            self.refused.append(Refusal("football-data", place, str(error), b""))
            return
        if len(prices) < len(columns):
            self.left_out[LeftOut.MISSING] += 1
            return
        half = len(columns) // 2
        self.moves.append(largest_move(prices[:half], prices[half:], method))

    def summary(self) -> Moves:
        divisions = sorted({row.division for row in self.season.rows})
        return _summary(self.season.name, divisions, self.moves, self.left_out)


def _summary(
    name: str, divisions: list[str], moves: Sequence[float], left_out: Counter[LeftOut]
) -> Moves:
    return Moves(
        name=name,
        divisions=divisions,
        counted=len(moves),
        share_over_pp={pp: _share_over(moves, pp) for pp in OVER_PP},
        median_pp=median(moves) if moves else None,
        left_out={reason: left_out[reason] for reason in LeftOut if left_out[reason]},
    )


def _share_over(moves: Sequence[float], pp: float) -> float | None:
    return sum(move > pp for move in moves) / len(moves) if moves else None


def _no_such(book: str, seasons: Sequence[Season]) -> str:
    there = dict.fromkeys(name for season in seasons for name in season.books())
    missing = f"no file has earlier and closing 1X2 prices of {book!r}"
    return f"{missing}; they have {', '.join(there)}" if there else f"{missing}, or of any book"
