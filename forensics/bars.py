"""Bars: what the books together said of each market, minute by minute, and what was to be expected.

The archive makes them while it writes, from the same frames and in the same order.
"""

from collections import OrderedDict
from collections.abc import Sequence

import pyarrow as pa

from forensics.columns import NUMBER, TEXT, Frame
from forensics.desk import Bar, Desk
from forensics.reopening import reopened
from forensics.store import Store
from markets.joined_prices import PRICED
from markets.records import Event, Fixture

_MOST_DESKS = 10_000
_PUT_AWAY_AFTER_S = 12 * 3600.0
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
    again), they are read from the store instead, as they stood before the frame in hand. Within a
    batch offsets may have gaps: nothing lies there, as after a transaction.

    Parameters
    ----------
    store
        An open store that has the rows of all batches before the one handed in.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._desks: OrderedDict[tuple[int, str], Desk] = OrderedDict()
        self._next: dict[int, int] = {}

    def take(self, frames: Sequence[Frame]) -> pa.Table:
        """Take frames in; return the minutes that are over, and those that the batch ends in."""
        found: list[tuple[Bar, int, int]] = []
        touched: dict[tuple[int, str], Desk] = {}
        begun: set[int] = set()
        for partition, offset, _, records in frames:
            if partition not in begun and self._next.get(partition) != offset:
                self._leave(partition)
            begun.add(partition)
            self._next[partition] = offset + 1
            told = [record for record in records if isinstance(record, _SHOWN)]
            desks = self._open(partition, offset, {record.match for record in told})
            for record in told:
                if bars := desks[record.match].take(record, offset):
                    found += [(bar, partition, at) for bar, at in bars]
            touched |= {(partition, match): desk for match, desk in desks.items()}
        for (partition, _), desk in touched.items():
            found += [(bar, partition, at) for bar, at in desk.bars()]
        self._put_away(max((desk.told_at for desk in touched.values()), default=None))
        return _table(found)

    def _leave(self, partition: int) -> None:
        for key in [key for key in self._desks if key[0] == partition]:
            del self._desks[key]

    def _open(self, partition: int, offset: int, matches: set[str]) -> dict[str, Desk]:
        """Return the desk of each match, new ones as they stood before the frame in hand."""
        new = sorted(match for match in matches if (partition, match) not in self._desks)
        for first in range(0, len(new), _AT_ONCE):
            some = new[first : first + _AT_ONCE]
            for desk in reopened(self._store, some, partition, offset):
                self._desks[partition, desk.match] = desk
        for match in matches:
            self._desks.move_to_end((partition, match))
        return {match: self._desks[partition, match] for match in sorted(matches)}

    def _put_away(self, now: float | None) -> None:
        """Close desks that nothing was told to for long, and the oldest where there are many."""
        while self._desks:
            oldest, desk = next(iter(self._desks.items()))
            idle = now is not None and now - desk.told_at > _PUT_AWAY_AFTER_S
            if not idle and len(self._desks) <= _MOST_DESKS:
                return
            del self._desks[oldest]


def _table(found: Sequence[tuple[Bar, int, int]]) -> pa.Table:
    rows = [(*bar, partition, offset) for bar, partition, offset in found]
    return pa.table(
        {
            name: pa.array((row[number] for row in rows), kind)
            for number, (name, kind) in enumerate(_COLUMNS.items())
        }
    )
