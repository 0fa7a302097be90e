"""What a book says of a whole market at one instant: one message where prices would be several.

A book that changes its mind prices a market anew, each selection of it at the same moment. Told one
by one, match, market, book and time are said, read and looked up as often as there are selections.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated

from msgspec import Meta

from markets.records import Moment, Name, Odds, Price, Record, Status, Told


class Prices(Told, frozen=True, tag="prices", kw_only=True):
    """Prices of one book for selections of one market, as `Price` would tell each of them.

    They are taken in in the order in which they stand. What has a `size` is told one by one.
    """

    at: Moment
    match: Name
    market: Name
    line: float | None = None
    book: Name
    prices: Annotated[dict[Name, Odds], Meta(min_length=1, max_length=1000)]
    status: Status = "open"
    in_play: bool = False


PRICED = (Prices, Price)


def joined(records: Iterable[Record]) -> list[Record | Prices]:
    """Join prices that follow each other and differ in nothing but selection and price.

    Good at: feeds that tell whole markets, as bookmakers and sellers of odds do (a third of the
    bytes). Of no use for exchanges, whose runners move one by one.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> noon = datetime(2026, 6, 11, 12, tzinfo=UTC)
    >>> told = [Price(at=noon, match="a-v-b", market="total", line=2.5, selection=selection,
    ...               book="betmgm", price=price)
    ...         for selection, price in (("over", 1.9), ("under", 2.0))]
    >>> [one.prices for one in joined(told)], list(singly(joined(told))) == told
    ([{'over': 1.9, 'under': 2.0}], True)
    """
    found: list[Record | Prices] = []
    last: tuple[object, ...] | None = None
    prices: dict[str, float] = {}
    for record in records:
        if not isinstance(record, Price) or record.size is not None:
            found.append(record)
            last = None
            continue
        shared = (
            record.at, record.match, record.market, record.line, record.book, record.status,
            record.in_play,
        )  # fmt: skip
        if shared != last or record.selection in prices:
            last, prices = shared, {}
            found.append(_begin(record, prices))
        prices[record.selection] = record.price
    return found


def _begin(price: Price, prices: dict[str, float]) -> Prices:
    return Prices(
        at=price.at, match=price.match, market=price.market, line=price.line, book=price.book,
        prices=prices, status=price.status, in_play=price.in_play,
    )  # fmt: skip


def how_many(told: Iterable[Record | Prices]) -> int:
    """Count the records that these are."""
    return sum([len(one.prices) if isinstance(one, Prices) else 1 for one in told])


def singly(told: Iterable[Record | Prices]) -> Iterator[Record]:
    """Yield records one by one, as they were before `joined`."""
    for one in told:
        if not isinstance(one, Prices):
            yield one
            continue
        for selection, price in one.prices.items():
            yield Price(
                at=one.at, match=one.match, market=one.market, line=one.line,
                selection=selection, book=one.book, price=price, status=one.status,
                in_play=one.in_play,
            )  # fmt: skip
