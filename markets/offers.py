"""What one book offers on one market, with as much of its past as the detectors look back."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from sys import intern
from typing import NamedTuple

from markets.records import Status

LOOK_BACK_S = 6 * 3600.0
_PRUNE_AT = 64
_FEW = 3
"""Selections of which all prices are written down anew when one of them moves."""


class Offer:
    """Prices of one book for the selections of one market, their status and their changes.

    A book prices a market as a whole, so its prices stand in rows, one for each moment at which any
    of them changed: a quiet market of three selections costs five numbers. A book that moves few
    of many selections, tells of one late or closes one alone is kept `apart` from then on, an offer
    for each; what is known of each for `LOOK_BACK_S` is the same either way.

    Times are epoch seconds. `prices` are the rows of decimal prices, one after the other, `names`
    the selections in the order of a row, empty once they are kept apart. `left_at` is since when
    the offer cannot be had any more: None while it can, and when it never could. `touched` is how
    the book of a market knows which offers it has to read again.

    Examples
    --------
    >>> offer = Offer(("over", "under"))
    >>> offer.set({"over": 2.0, "under": 1.8}, 0.0, "open")
    True
    >>> offer.set({"over": 1.6, "under": 1.8}, 60.0, "open")
    True
    >>> over = offer.quote("over")
    >>> over.as_of(59.0), over.as_of(60.0), over.as_of(-1.0), offer.quote("under").moved_at
    (0.5, 0.625, None, 0.0)
    """

    __slots__ = (
        "_ats", "apart", "at", "left_at", "names", "prices", "status", "times", "touched",
    )  # fmt: skip

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = _shared(names)
        self.status: Status = "closed"
        self.left_at: float | None = None
        self.at = float("-inf")
        self.times: list[float] = []
        self.prices: list[float] = []
        self.apart: dict[str, Offer] | None = None
        self.touched = False
        self._ats: list[float] | None = None  # of the selections, while they differ

    def set(self, prices: Mapping[str, float], at: float, status: Status) -> bool | None:
        """Take in prices that were told together.

        Of a selection, one that is older than the present price is passed over: False when that
        was so of all of them. None, and nothing is done, when a selection is not known: `add` it.
        """
        if (*prices,) == self.names and at >= self.at:
            row = [*prices.values()]
            if len(row) > _FEW and self._hardly_moves(row):
                self._part()
                return self.set(prices, at, status)
            self.at = at
            self._ats = None
            if status != self.status:
                self._turn(at, status)
            rows = self.prices
            # A book that prices a market anew moves the last selection with the others.
            if not rows or rows[-1] != row[-1] or rows[-len(row) :] != row:
                self._move(row, at)
            return True
        if not self.knows(prices):
            return None
        if at >= self.at and len(prices) == len(self.names):
            return self.set({name: prices[name] for name in self.names}, at, status)
        return any([self.set_one(*one, at, status) for one in prices.items()])  # noqa: C419 (all)

    def set_one(self, name: str, price: float, at: float, status: Status) -> bool | None:
        """Do what `set` does for the price of one selection."""
        if self.apart is not None:
            part = self.apart.get(name)
            return part.set_one(name, price, at, status) if part is not None else None
        if name not in self.names:
            return None
        column, width = self.names.index(name), len(self.names)
        ats = self._ats
        if at < (self.at if ats is None else ats[column]):
            return False
        if width > 1:
            if at < self.at or status != self.status or width > _FEW:
                return self._part()[name].set_one(name, price, at, status)
            ats = ats or [self.at] * width
            ats[column] = at
            self._ats = ats if ats.count(at) < width else None
        elif status != self.status:
            self._turn(at, status)
        self.at = at
        row = self.prices[-width:] or [0.0]
        if row[column] != price:
            row[column] = price
            self._move(row, at)
        return True

    def knows(self, names: Iterable[str]) -> bool:
        """Whether all of some selections were told before."""
        return (*names,) == self.names or set(self.selections).issuperset(names)

    def add(self, names: Sequence[str], at: float, status: Status) -> None:
        """Make room for selections, so far as they are not known, that are to be `set` next."""
        new = tuple([name for name in names if name not in self.selections])
        if not new:
            return
        if self._begins(at, status):
            # A book's first prices, though told one by one, are one row.
            self.names = _shared(self.names + new)
            self.prices += [0.0] * len(new)
            return
        apart = self._part() if self.apart is None else self.apart
        apart |= {name: type(self)((name,)) for name in _shared(new)}

    def _begins(self, at: float, status: Status) -> bool:
        """Whether all that was ever told is of this instant and this status."""
        alike = self.times == [at] == [self.at] and status == self.status
        return alike and self.apart is None and self._ats is None and self.left_at is None

    @property
    def open(self) -> int:
        """Number of selections that can be had."""
        return sum([len(part.names) for part in self.parts if part.status == "open"])

    @property
    def selections(self) -> Sequence[str]:
        """Selections that were ever told."""
        return self.names if self.apart is None else tuple(self.apart)

    @property
    def parts(self) -> Sequence["Offer"]:
        """Offers with one status each that this one consists of."""
        return (self,) if self.apart is None else tuple(self.apart.values())

    def quote(self, selection: str) -> "Quote | None":
        """Price of one selection, None when none was ever told."""
        if self.apart is None:
            found = selection in self.names
            return Quote(self, self.names.index(selection)) if found else None
        part = self.apart.get(selection)
        return Quote(part, 0) if part else None

    def as_of(self, column: int, at: float) -> float | None:
        """Raw implied probability of a selection at a moment, None before the first known."""
        if self.apart is not None:
            return self.parts[column].as_of(0, at)
        row = bisect_right(self.times, at) - 1
        return 1.0 / self.prices[row * len(self.names) + column] if row >= 0 else None

    def moved(self, column: int, since: float) -> tuple[float, float, float] | None:
        """When a selection changed last, and its raw implied probability at a moment and now.

        None where none was known at that moment.
        """
        if self.apart is not None:
            return self.parts[column].moved(0, since)
        times, prices, width = self.times, self.prices, len(self.names)
        if times[0] > since:
            return None
        row = last = len(times) - 1
        now = prices[row * width + column]
        while row and prices[(row - 1) * width + column] == now:
            row -= 1
        before = last if times[last] <= since else bisect_right(times, since) - 1
        return times[row], 1.0 / prices[before * width + column], 1.0 / now

    def _hardly_moves(self, row: list[float]) -> bool:
        """Whether a row repeats more than half of the prices of the last."""
        last = self.prices[-len(row) :]
        return 0 < 2 * sum([a != b for a, b in zip(last, row, strict=False)]) < len(row)

    def _move(self, row: list[float], at: float) -> None:
        """Go on with a row that differs from the last."""
        rows, times, width = self.prices, self.times, len(row)
        if times and times[-1] == at:
            del rows[-width:], times[-1]
            if rows[-width:] == row:  # there and back within an instant is no move
                return
        times.append(at)
        rows += row
        if len(times) > _PRUNE_AT and times[1] <= at - LOOK_BACK_S:
            self._prune(at - LOOK_BACK_S, width)

    def _turn(self, at: float, status: Status) -> None:
        if status == "open":
            self.left_at = None
        elif self.status == "open":
            self.left_at = at
        self.status = status

    def _prune(self, horizon: float, width: int) -> None:
        # The newest row before the horizon stays: it is the price as of the horizon.
        keep = bisect_right(self.times, horizon) - 1
        del self.times[:keep]
        del self.prices[: keep * width]

    def _part(self) -> dict[str, "Offer"]:
        """Keep the selections apart from now on."""
        ats = self._ats or [self.at] * len(self.names)
        self.apart = {name: self._column(i, ats[i]) for i, name in enumerate(self.names)}
        self.names, self.times, self.prices, self._ats = (), [], [], None
        return self.apart

    def _column(self, column: int, at: float) -> "Offer":
        one = type(self)((self.names[column],))
        one.at, one.status, one.left_at = at, self.status, self.left_at
        for when, price in zip(self.times, self.prices[column :: len(self.names)], strict=True):
            if one.prices[-1:] != [price]:
                one.times.append(when)
                one.prices.append(price)
        return one


class Quote(NamedTuple):
    """One selection of an offer: a column of its rows, and still that when it is kept apart.

    Values are raw implied probabilities.
    """

    offer: Offer
    column: int

    @property
    def price(self) -> float:
        """Decimal price as it stands."""
        part, column = self._place()
        return part.prices[column - len(part.names)]

    @property
    def value(self) -> float:
        """Raw implied probability (1 / price) as it stands."""
        return 1.0 / self.price

    @property
    def first(self) -> float:
        """Raw implied probability that is the first still kept, of longer ago than is asked for."""
        part, column = self._place()
        return 1.0 / part.prices[column]

    @property
    def status(self) -> Status:
        """Whether it can be had."""
        return self._place()[0].status

    @property
    def left_at(self) -> float | None:
        """Moment since when it cannot be had any more."""
        return self._place()[0].left_at

    @property
    def moved_at(self) -> float:
        """Moment of its last change."""
        return max([at for at, _ in self.changes()])

    def as_of(self, at: float) -> float | None:
        """Raw implied probability at a moment, None before the first price known."""
        return self.offer.as_of(self.column, at)

    def changes(self) -> Iterator[tuple[float, float]]:
        """Yield moments, oldest first, with the raw implied probability from each on."""
        (part, column), last = self._place(), None
        for at, price in zip(part.times, part.prices[column :: len(part.names)], strict=True):
            if price != last:
                yield at, 1.0 / price
            last = price

    def _place(self) -> tuple[Offer, int]:
        offer = self.offer
        return (offer, self.column) if offer.apart is None else (offer.parts[self.column], 0)


@lru_cache(maxsize=4096)
def _shared(names: tuple[str, ...]) -> tuple[str, ...]:
    # Each record brings names of its own, which every offer would keep.
    return tuple(map(intern, names))
