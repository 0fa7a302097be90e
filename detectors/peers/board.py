"""What the peers look at: the fair probabilities of each book, and nothing else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markets.book import SELECTIONS, MarketBook, MatchBook

MARKETS = frozenset({"1x2", "winner", "total"})

Key = tuple[str, float | None, tuple[str, ...]]
"""Market, line and selections; a market that gains a selection is another one."""


@dataclass(slots=True, frozen=True)
class Quoted:
    """One market as its books price it: probabilities in selection order, multiplicative.

    `median` is the consensus, of each selection by itself, so it need not sum to 1 exactly;
    `overround` is the mean of the books.
    """

    fair: dict[str, tuple[float, ...]]
    median: tuple[float, ...]
    overround: float


@dataclass(slots=True, frozen=True)
class Board:
    """All markets on the result and on the total of goals that any book offers at a moment."""

    markets: dict[Key, Quoted]
    in_play: bool


def board(book: MatchBook, *, in_play: bool) -> Board:
    """Read the board off the book of a match.

    Examples
    --------
    >>> from datetime import datetime, UTC
    >>> from markets.records import Price
    >>> book, noon = MatchBook("a-v-b"), datetime(2026, 6, 11, 12, tzinfo=UTC)
    >>> for selection, price in {"over": 1.8, "under": 1.8}.items():
    ...     book.apply(Price(at=noon, match="a-v-b", market="total", line=2.5,
    ...                      selection=selection, book="betmgm", price=price))
    >>> board(book, in_play=False).markets["total", 2.5, ("over", "under")].median
    (0.5, 0.5)
    """
    markets = {}
    for (market, line), prices in book.markets.items():
        if market in MARKETS and (quoted := _quoted(prices)):
            markets[market, line, tuple(prices.selections)] = quoted
    return Board(markets, in_play)


def quoted(fair: dict[str, tuple[float, ...]], overround: float = 0.0) -> Quoted:
    """Put the median to the fair probabilities of some books, at least one.

    >>> quoted({"a": (0.5, 0.5), "b": (0.6, 0.4), "c": (0.7, 0.3)}).median
    (0.6, 0.4)
    """
    return Quoted(fair, medians(fair.values()), overround)


def medians(rows: Iterable[Sequence[float]]) -> tuple[float, ...]:
    """Median of each selection over the books."""
    return tuple([_median(sorted(column)) for column in zip(*rows, strict=True)])


def _quoted(market: MarketBook) -> Quoted | None:
    if len(market.selections) < len(SELECTIONS.get(market.market, ())):
        return None
    fair, sums = {}, 0.0
    for row in market.offered():
        fair[row.book] = row.fair
        sums += sum([1.0 / quote.price for quote in row.quotes])
    return quoted(fair, sums / len(fair) - 1.0) if fair else None


def _median(ordered: Sequence[float]) -> float:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else 0.5 * (ordered[half - 1] + ordered[half])
