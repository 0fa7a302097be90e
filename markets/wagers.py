"""Wagers of one match as they stand, in order of event time."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from operator import attrgetter

from markets.records import Account, Wager

LOOK_BACK_S = 6 * 3600.0
_PRUNE_AT = 256
_NOT_STANDING = frozenset({"rejected", "cancelled", "void"})

Bought = tuple[str, float | None, str]
"""Market, line, selection."""


class _Placed:
    """Wagers on one selection in order, with the epoch seconds of each beside them."""

    __slots__ = ("times", "wagers")

    def __init__(self) -> None:
        self.times: list[float] = []
        self.wagers: list[Wager] = []

    def add(self, wager: Wager, at: float) -> None:
        """Put a wager where it belongs, which is mostly at the end."""
        if not self.times or at > self.times[-1]:
            self.times.append(at)
            self.wagers.append(wager)
            return
        index = bisect_right(self.wagers, _order(wager), key=_order)
        self.times.insert(index, at)
        self.wagers.insert(index, wager)

    def remove(self, wager: Wager) -> None:
        """Take a wager out, if it is there."""
        index = bisect_left(self.wagers, _order(wager), key=_order)
        if index < len(self.wagers) and self.wagers[index] == wager:
            del self.times[index], self.wagers[index]

    def between(self, since: float, until: float) -> slice:
        """Where the wagers with `since` < time <= `until` are."""
        return slice(bisect_right(self.times, since), bisect_right(self.times, until))


_NOTHING = _Placed()


class WagerBook:
    """Accepted wagers of the last hours by selection, and what is known of their accounts.

    A wager told twice counts once; one that is told to be cancelled or void is taken out. Their
    order is that of event time, then of their names, however they were told.

    Examples
    --------
    >>> from datetime import datetime, UTC
    >>> noon = datetime(2026, 6, 11, 12, tzinfo=UTC)
    >>> book = WagerBook()
    >>> wager = Wager(at=noon, match="a-v-b", market="1x2", selection="home", book="opr-7",
    ...               wager="w1", account="a1", price=2.1, stake=50.0)
    >>> book.apply(wager)
    >>> book.apply(wager)
    >>> [w.stake for w in book.on(("1x2", None, "home"), 0.0, noon.timestamp())]
    [50.0]
    """

    __slots__ = ("_by_selection", "_known", "_selections", "accounts", "changed_at")

    def __init__(self) -> None:
        self._by_selection: dict[Bought, _Placed] = {}
        self._selections: tuple[Bought, ...] = ()
        self._known: dict[str, Wager] = {}
        self.accounts: dict[str, Account] = {}
        self.changed_at = float("-inf")

    def apply(self, told: Wager | Account) -> None:
        """Take one wager, or what is known of an account, in."""
        if isinstance(told, Account):
            known = self.accounts.get(told.account, told)
            self.accounts[told.account] = max(told, known, key=lambda a: (a.at, a.wagers))
            return
        name = f"{told.book}/{told.wager}"
        if (before := self._known.get(name)) is not None:
            if told.status in _NOT_STANDING:
                self._take_out(before, name)
            return
        if told.status in _NOT_STANDING:
            return
        self._known[name] = told
        kept, at = self._placed_on(_bought(told)), told.at.timestamp()
        kept.add(told, at)
        self.changed_at = max(self.changed_at, at)
        if len(kept.wagers) % _PRUNE_AT == 0:
            self._prune(kept)

    def selections(self) -> tuple[Bought, ...]:
        """Selections that anybody has bet on, in order."""
        return self._selections

    def on(self, bought: Bought, since: float, until: float) -> list[Wager]:
        """Wagers on a selection with `since` < time <= `until`, oldest first."""
        kept = self._by_selection.get(bought, _NOTHING)
        return kept.wagers[kept.between(since, until)]

    def timed(self, bought: Bought, since: float, until: float) -> list[tuple[float, Wager]]:
        """Give what `on` does, each with its epoch seconds."""
        kept = self._by_selection.get(bought, _NOTHING)
        found = kept.between(since, until)
        return list(zip(kept.times[found], kept.wagers[found], strict=True))

    def count(self, bought: Bought, since: float, until: float) -> int:
        """How many there are of what `on` gives."""
        found = self._by_selection.get(bought, _NOTHING).between(since, until)
        return int(found.stop - found.start)

    def between(self, since: float, until: float) -> Iterator[Wager]:
        """All wagers with `since` < time <= `until`, selection by selection."""
        for bought in self.selections():
            yield from self.on(bought, since, until)

    def _take_out(self, wager: Wager, name: str) -> None:
        self._by_selection[_bought(wager)].remove(wager)
        self._known[name] = wager

    def _placed_on(self, bought: Bought) -> _Placed:
        kept = self._by_selection.get(bought)
        if kept is None:
            kept = self._by_selection[bought] = _Placed()
            self._selections = tuple(sorted(self._by_selection, key=_in_order))
        return kept

    def _prune(self, kept: _Placed) -> None:
        """Drop what no detector looks back to."""
        first = bisect_right(kept.times, kept.times[-1] - LOOK_BACK_S)
        for wager in kept.wagers[:first]:
            self._known.pop(f"{wager.book}/{wager.wager}", None)
        del kept.times[:first], kept.wagers[:first]


def _bought(wager: Wager) -> Bought:
    return wager.market, wager.line, wager.selection


def _in_order(bought: Bought) -> tuple[str, float, str]:
    return bought[0], bought[1] or 0.0, bought[2]


_order = attrgetter("at", "book", "wager")
