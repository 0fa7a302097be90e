"""Bars: what the books together said of each market, minute by minute, and what was to be expected.

The archive makes them while it writes, from the same frames and in the same order.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pyarrow as pa

from forensics.columns import NUMBER, TEXT, Frame
from forensics.desk import Bar, Desk
from forensics.reopening import reopened
from forensics.store import Store
from markets.joined_prices import PRICED, Prices
from markets.records import Event, Fixture, Record

_MOST_DESKS = 2000
_PUT_AWAY_AFTER = timedelta(hours=12)
_AT_ONCE = 1000
_SHOWN = (*PRICED, Event, Fixture)
_COLUMNS: dict[str, pa.DataType] = {
    "match": TEXT, "market": TEXT, "line": TEXT, "selection": TEXT,
    "minute": pa.timestamp("s", "UTC"), "consensus": NUMBER, "expected": NUMBER,
    "in_play": pa.bool_(), "books": pa.list_(TEXT), "chances": pa.list_(NUMBER),
    "dropped": pa.list_(TEXT), "partition": pa.uint16(), "offset": pa.uint64(),
}  # fmt: skip


class Bars:
    """Turns frames into rows of `bars`, the same ones however the frames are cut into batches.

    Good at: pictures of a match, which read a row for each minute instead of each price. Bad at:
    what happened within a minute, and at books that have frozen in play: they count here as long as
    the others are not far from them, while the watch leaves them out.

    Of each match the newest quotes are kept, till nothing was told of it for twelve hours. When a
    partition does not go on where it was left (a worker that begins, a batch that is written
    again), they are read from the store instead, as they stood before the frame in hand.

    Parameters
    ----------
    store
        An open store that has the rows of all frames before those handed in.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._desks: OrderedDict[tuple[int, str], Desk] = OrderedDict()
        self._told_at: dict[tuple[int, str], datetime] = {}
        self._next: dict[int, int] = {}

    def take(self, frames: Sequence[Frame]) -> pa.Table:
        """Take frames in; return the minutes that are over, and those that the batch ends in."""
        found: list[tuple[Bar, int, int]] = []
        touched: dict[tuple[int, str], None] = {}
        for partition, offset, _, records in frames:
            self._go_on(partition, offset)
            told = list(_of_matches(records))
            self._open(partition, offset, {match for match, _ in told})
            for match, record in told:
                desk = self._desks[partition, match]
                if bars := desk.take(record, offset):
                    found += [(bar, partition, at) for bar, at in bars]
                touched[partition, match] = None
                self._told_at[partition, match] = record.at
        for partition, match in touched:
            made = self._desks[partition, match].bars()
            found += [(bar, partition, at) for bar, at in made]
        self._put_away(max((self._told_at[key] for key in touched), default=None))
        return _table(found)

    def _go_on(self, partition: int, offset: int) -> None:
        if self._next.get(partition) != offset:
            for key in [key for key in self._desks if key[0] == partition]:
                self._close(key)
        self._next[partition] = offset + 1

    def _open(self, partition: int, offset: int, matches: set[str]) -> None:
        """Have a desk for each match, new ones as they stood before the frame in hand."""
        new = sorted(match for match in matches if (partition, match) not in self._desks)
        for first in range(0, len(new), _AT_ONCE):
            some = new[first : first + _AT_ONCE]
            for desk in reopened(self._store, some, partition, offset):
                self._desks[partition, desk.match] = desk
        for match in matches:
            self._desks.move_to_end((partition, match))

    def _put_away(self, now: datetime | None) -> None:
        """Close desks that nothing was told to for long, and the oldest where there are many."""
        while self._desks:
            oldest = next(iter(self._desks))
            idle = now is not None and now - self._told_at[oldest] > _PUT_AWAY_AFTER
            if not idle and len(self._desks) <= _MOST_DESKS:
                return
            self._close(oldest)

    def _close(self, key: tuple[int, str]) -> None:
        del self._desks[key]
        self._told_at.pop(key, None)


def _of_matches(records: Sequence[Record | Prices]) -> Iterator[tuple[str, Record | Prices]]:
    for record in records:
        if isinstance(record, _SHOWN):
            yield record.match, record


def _table(found: Sequence[tuple[Bar, int, int]]) -> pa.Table:
    rows = [(*bar, partition, offset) for bar, partition, offset in found]
    return pa.table(
        {
            name: pa.array((row[number] for row in rows), kind)
            for number, (name, kind) in enumerate(_COLUMNS.items())
        }
    )
