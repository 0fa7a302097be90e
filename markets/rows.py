"""What one book offers on a whole market, and how that is kept while nobody looks."""

from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, overload

from markets.implied import logits
from markets.offers import Offer, Quote


class Row(NamedTuple):
    """What one book offers on a whole market, in selection order, and when any of it last moved.

    `offers` and `columns` say where each selection stands. `fair` are its probabilities with the
    overround divided out, `log_odds` the same in log-odds.
    """

    book: str
    offers: tuple[Offer, ...]
    columns: tuple[int, ...]
    moved_at: float
    fair: tuple[float, ...]
    log_odds: tuple[float, ...]

    def quote(self, index: int) -> Quote:
        """Quote of one selection."""
        return Quote(self.offers[index], self.columns[index])

    @property
    def quotes(self) -> tuple[Quote, ...]:
        """Quotes of all selections."""
        return tuple(map(Quote, self.offers, self.columns))


class KeptRows(Sequence[Row]):
    """Rows in a tenth of their room, each made anew when it is asked for.

    Good at a market that lies still: most do most of the time. Bad at one that is looked at, where
    a row is asked for ten times.

    Examples
    --------
    >>> offer = Offer(("over", "under"))
    >>> offer.set({"over": 2.0, "under": 2.0}, 0.0, "open")
    True
    >>> row = Row("betmgm", (offer, offer), (0, 1), 0.0, (0.5, 0.5), (0.0, 0.0))
    >>> list(KeptRows([row])) == [row]
    True
    """

    __slots__ = ("_books", "_columns", "_numbers", "_offers")

    def __init__(self, rows: Sequence[Row]) -> None:
        self._books = _shared(tuple([row.book for row in rows]))
        self._offers = tuple([_folded(row.offers) for row in rows])
        self._columns = _shared(tuple([row.columns for row in rows]))
        self._numbers = array("d", [x for row in rows for x in (row.moved_at, *row.fair)])

    def __len__(self) -> int:
        return len(self._books)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        return list(self)[index]

    def __iter__(self) -> Iterator[Row]:
        begin = 0
        for book, offers, columns in zip(self._books, self._offers, self._columns, strict=True):
            end = begin + 1 + len(columns)
            moved_at, *fair = self._numbers[begin:end]
            unfolded = offers if isinstance(offers, tuple) else (offers,) * len(columns)
            yield Row(book, unfolded, columns, moved_at, tuple(fair), logits(fair))
            begin = end


def _folded(offers: tuple[Offer, ...]) -> Offer | tuple[Offer, ...]:
    """One offer where all selections stand in the same."""
    return offers[0] if all(offer is offers[0] for offer in offers) else offers


# Markets have the same books and as many selections.
_shared = lru_cache(maxsize=4096)(tuple)
