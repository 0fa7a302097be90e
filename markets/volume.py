"""Money matched on the selections of one match, over time."""

from bisect import bisect_right

from markets.records import Matched

LOOK_BACK_S = 26 * 3600.0
_APART_S = 60.0
_PRUNE_AT = 512

Traded = tuple[str, float | None, str, str]
"""Market, line, book, selection."""
Exchange = tuple[str, float | None, str]
"""Market, line, book."""


class Amounts:
    """Cumulative amount matched on one selection, as it stood at the end of each minute.

    `squares` are the sums of the squares of what each minute brought, which tell how large the
    bets are.
    """

    __slots__ = ("amounts", "squares", "times")

    def __init__(self) -> None:
        self.times: list[float] = []
        self.amounts: list[float] = []
        self.squares: list[float] = []

    def set(self, at: float, amount: float) -> None:
        """Take an amount in; one older than the newest is passed over. It may fall (voids)."""
        if self.times and at < self.times[-1]:
            return
        if len(self.times) > 1 and at - self.times[-2] < _APART_S:
            self.times.pop(), self.amounts.pop(), self.squares.pop()
        before, squares = (self.amounts[-1], self.squares[-1]) if self.times else (0.0, 0.0)
        self.times.append(at)
        self.amounts.append(amount)
        self.squares.append(squares + (amount - before) ** 2)
        if len(self.times) > _PRUNE_AT:
            keep = max(0, bisect_right(self.times, at - LOOK_BACK_S) - 1)
            del self.times[:keep]
            del self.amounts[:keep]
            del self.squares[:keep]

    def as_of(self, at: float) -> float:
        """Amount at a moment, to the minute; 0 before the first that is known."""
        index = bisect_right(self.times, at) - 1
        return self.amounts[index] if index >= 0 else 0.0

    def squares_as_of(self, at: float) -> float:
        """Sum of the squares of what each minute had brought by then."""
        index = bisect_right(self.times, at) - 1
        return self.squares[index] if index >= 0 else 0.0

    def since(self, at: float) -> list[float]:
        """Moments at which an amount was told after `at`."""
        return self.times[bisect_right(self.times, at) :]

    @property
    def newest(self) -> float:
        """Amount as told last."""
        return self.amounts[-1] if self.amounts else 0.0


class VolumeBook:
    """What has been matched on each selection of a match, by exchange.

    Examples
    --------
    >>> from datetime import datetime, timedelta, UTC
    >>> noon = datetime(2026, 6, 11, 12, tzinfo=UTC)
    >>> book = VolumeBook()
    >>> for minute, amount in enumerate([100.0, 250.0]):
    ...     book.apply(Matched(at=noon + timedelta(minutes=5 * minute), match="a-v-b",
    ...                        market="1x2", selection="home", book="betfair", amount=amount))
    >>> book.within("1x2", None, "betfair", noon.timestamp(), noon.timestamp() + 300.0)
    {'home': 150.0}
    """

    __slots__ = ("_by_exchange", "_markets", "changed_at", "series")

    def __init__(self) -> None:
        self.series: dict[Traded, Amounts] = {}
        self._by_exchange: dict[Exchange, dict[str, Amounts]] = {}
        self._markets: tuple[Exchange, ...] = ()
        self.changed_at = float("-inf")

    def apply(self, matched: Matched, at: float | None = None) -> None:
        """Take one cumulative amount in; `at` is its time in epoch seconds, where it is known."""
        key = (matched.market, matched.line, matched.book, matched.selection)
        at, amounts = matched.at.timestamp() if at is None else at, self.series.get(key)
        (amounts or self._begin(*key)).set(at, matched.amount)
        self.changed_at = max(self.changed_at, at)

    def markets(self) -> tuple[Exchange, ...]:
        """Market, line and exchange of all that was traded, in order."""
        return self._markets

    def within(
        self, market: str, line: float | None, book: str, since: float, until: float
    ) -> dict[str, float]:
        """Money matched on each selection between two moments, at least 0."""
        return {
            selection: max(0.0, amounts.as_of(until) - amounts.as_of(since))
            for selection, amounts in self._by_exchange.get((market, line, book), {}).items()
        }

    def usual_bet(
        self, market: str, line: float | None, book: str, since: float, until: float
    ) -> float:
        """Size of the bet that the average pound was part of, between two moments; 0 without any.

        Bets within a minute on one selection count as one. It is the sum of their squares over
        their sum, so one large bet among many small ones tells.
        """
        series = self._by_exchange.get((market, line, book), {}).values()
        money = sum(max(0.0, a.as_of(until) - a.as_of(since)) for a in series)
        squares = sum(a.squares_as_of(until) - a.squares_as_of(since) for a in series)
        return squares / money if money > 0.0 else 0.0

    def _begin(self, market: str, line: float | None, book: str, selection: str) -> Amounts:
        """Make room for a selection; selections and markets are put in order just then."""
        begun = self.series[market, line, book, selection] = Amounts()
        known = {**self._by_exchange.get((market, line, book), {}), selection: begun}
        self._by_exchange[market, line, book] = dict(sorted(known.items(), key=_selection))
        self._markets = tuple(sorted(self._by_exchange, key=_in_order))
        return begun


def _selection(item: tuple[str, Amounts]) -> str:
    return item[0]


def _in_order(exchange: Exchange) -> tuple[str, float, str]:
    return exchange[0], exchange[1] or 0.0, exchange[2]
