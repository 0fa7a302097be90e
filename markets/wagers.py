"""Wagers of one match as they stand, in order of event time."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from operator import attrgetter

from markets.records import Account, Wager

LOOK_BACK_S = 6 * 3600.0
_PRUNE_AT = 256
_NOT_STANDING = frozenset({"rejected", "cancelled", "void"})

Bought = tuple[str, float | None, str]
"""Market, line, selection."""


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

    __slots__ = ("_by_selection", "_known", "accounts", "changed_at")

    def __init__(self) -> None:
        self._by_selection: dict[Bought, list[Wager]] = {}
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
        kept = self._by_selection.setdefault(_bought(told), [])
        insort(kept, told, key=_order)
        self.changed_at = max(self.changed_at, told.at.timestamp())
        if len(kept) % _PRUNE_AT == 0:
            self._prune(kept)

    def selections(self) -> tuple[Bought, ...]:
        """Selections that anybody has bet on, in order."""
        return tuple(sorted(self._by_selection, key=lambda b: (b[0], b[1] or 0.0, b[2])))

    def on(self, bought: Bought, since: float, until: float) -> list[Wager]:
        """Wagers on a selection with `since` < time <= `until`, oldest first."""
        kept = self._by_selection.get(bought, [])
        first = bisect_right(kept, since, key=_seconds)
        return kept[first : bisect_right(kept, until, key=_seconds)]

    def between(self, since: float, until: float) -> Iterator[Wager]:
        """All wagers with `since` < time <= `until`, selection by selection."""
        for bought in self.selections():
            yield from self.on(bought, since, until)

    def _take_out(self, wager: Wager, name: str) -> None:
        kept = self._by_selection[_bought(wager)]
        index = bisect_left(kept, _order(wager), key=_order)
        if index < len(kept) and kept[index] == wager:
            del kept[index]
        self._known[name] = wager

    def _prune(self, kept: list[Wager]) -> None:
        """Drop what no detector looks back to."""
        first = bisect_right(kept, _seconds(kept[-1]) - LOOK_BACK_S, key=_seconds)
        for wager in kept[:first]:
            self._known.pop(f"{wager.book}/{wager.wager}", None)
        del kept[:first]


def _bought(wager: Wager) -> Bought:
    return wager.market, wager.line, wager.selection


def _seconds(wager: Wager) -> float:
    return wager.at.timestamp()


_order = attrgetter("at", "book", "wager")
