"""Fills: what was matched of one bet in several parts is one wager."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from markets.records import Record, Wager

_MOST_REMEMBERED = 500_000


@dataclass(slots=True)
class _Bet:
    first: Wager
    stake: float
    returns: float
    fills: set[str] = field(default_factory=set)

    def joined(self, name: str) -> Wager:
        price = self.returns / self.stake if self.stake else self.first.price
        return msgspec.structs.replace(
            self.first, wager=name, stake=round(self.stake, 6), price=round(price, 6)
        )


class Fills:
    """Holds accepted wagers for a while of event time, and joins those of one bet.

    The stake is the sum, the price what the whole bet stands at: the mean weighted by stake. A
    fill that comes later than that is a wager of its own, named after the bet with a number behind
    it, so that no stake is lost. A part that is told twice under one name counts once; parts
    without names cannot be told apart, and all count.

    Examples
    --------
    >>> noon = datetime.fromisoformat("2026-06-11T12:00:00+00:00")
    >>> def part(stake: float, price: float) -> Wager:
    ...     return Wager(at=noon, match="m", market="1x2", selection="home", book="b", wager="w",
    ...                  account="a", price=price, stake=stake)
    >>> fills = Fills(10.0)
    >>> list(fills.take(part(30.0, 2.0), None)), list(fills.take(part(10.0, 2.4), None))
    ([], [])
    >>> [(wager.stake, wager.price) for wager in fills.rest()]
    [(40.0, 2.1)]
    """

    def __init__(self, within_s: float) -> None:
        self._within = timedelta(seconds=within_s)
        self._open: dict[tuple[str, str], _Bet] = {}
        self._told: dict[tuple[str, str], int] = {}
        self._at: datetime | None = None

    @property
    def waiting(self) -> bool:
        """Whether bets are held."""
        return bool(self._open)

    def take(self, record: Record, fill: str | None) -> Iterator[Record]:
        """Take a record in; tell what is complete now, and at once all that is no wager."""
        yield from self._complete(record.at)
        if not isinstance(record, Wager):
            yield record
        elif record.status != "accepted":
            yield from self._end(record)
        else:
            self._add(record, fill)

    def rest(self) -> Iterator[Wager]:
        """Tell what is still held."""
        for key in list(self._open):
            yield self._close(key)

    def _add(self, wager: Wager, fill: str | None) -> None:
        key = wager.book, wager.wager
        bet = self._open.get(key)
        if bet is None:
            bet = self._open[key] = _Bet(wager, 0.0, 0.0)
        if fill is not None and fill in bet.fills:
            return
        if fill is not None:
            bet.fills.add(fill)
        bet.stake += wager.stake
        bet.returns += wager.stake * wager.price

    def _end(self, wager: Wager) -> Iterator[Record]:
        """Tell a bet that was cancelled, settled or refused under each name that it was told by."""
        key = wager.book, wager.wager
        if key in self._open:
            yield self._close(key)
        yield wager
        for number in range(2, self._told.get(key, 0) + 1):
            yield msgspec.structs.replace(wager, wager=f"{wager.wager}-{number}")

    def _complete(self, at: datetime) -> Iterator[Wager]:
        if self._at is not None and at <= self._at:
            return
        self._at = at
        for key, bet in list(self._open.items()):
            if at - bet.first.at <= self._within:
                break
            yield self._close(key)

    def _close(self, key: tuple[str, str]) -> Wager:
        bet = self._open.pop(key)
        number = self._told[key] = self._told.get(key, 0) + 1
        if len(self._told) > _MOST_REMEMBERED:
            for old in list(self._told)[: _MOST_REMEMBERED // 2]:
                del self._told[old]
        name = bet.first.wager if number == 1 else f"{bet.first.wager}-{number}"
        return bet.joined(name)
