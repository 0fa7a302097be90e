"""Bars: what the books together said of each market, minute by minute, and what was to be expected.

The archive makes them while it writes, from the same frames and in the same order.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from forensics.columns import NUMBER, TEXT, Frame
from forensics.desk import Bar, Closing, Desk
from forensics.store import Store
from markets.records import Event, Fixture, Price, Record

_MOST_DESKS = 2000
_PUT_AWAY_AFTER = timedelta(hours=12)
_AT_ONCE = 1000
_QUOTES = """
SELECT match, market, line, selection, book,
       argMax((at, price, status, in_play), (at, offset, idx)) AS latest
FROM prices
WHERE match IN {matches:Array(String)}
  AND partition = {partition:UInt16} AND offset < {offset:UInt64}
GROUP BY match, market, line, selection, book
"""
_EVENTS = """
SELECT match, at, event, team, home_score, away_score, clock
FROM events
WHERE match IN {matches:Array(String)}
  AND partition = {partition:UInt16} AND offset < {offset:UInt64}
ORDER BY at, offset, idx
"""
_FIXTURES = """
SELECT match, at, source, sport, competition, tier, home, away, start
FROM fixtures
WHERE match IN {matches:Array(String)}
  AND partition = {partition:UInt16} AND offset < {offset:UInt64}
"""
_CLOSING = """
SELECT match, market, line, selection, argMax(consensus, minute) AS consensus
FROM bars
WHERE match IN {matches:Array(String)}
  AND partition = {partition:UInt16} AND offset < {offset:UInt64}
  AND NOT in_play
GROUP BY match, market, line, selection
"""
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
        touched: dict[tuple[int, str], int] = {}
        for partition, offset, _, records in frames:
            self._go_on(partition, offset)
            told = list(_of_matches(records))
            self._open(partition, offset, {match for match, _ in told})
            for match, record in told:
                desk = self._desks[partition, match]
                found += [(bar, partition, offset) for bar in desk.take(record)]
                touched[partition, match] = offset
                self._told_at[partition, match] = record.at
        for (partition, match), offset in touched.items():
            bars = self._desks[partition, match].bars()
            found += [(bar, partition, offset) for bar in bars]
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
            place = {"matches": some, "partition": partition, "offset": offset}
            past, closing = self._past(place), self._closing(place)
            for match in some:
                desk = Desk(match, past.get(match, ()), closing.get(match))
                self._desks[partition, match] = desk
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

    def _past(self, place: Mapping[str, object]) -> dict[str, list[Record]]:
        past: dict[str, list[Record]] = {}
        for row in self._store.rows(_FIXTURES, place):
            past.setdefault(row["match"], []).append(Fixture(**_aware(row)))
        for row in self._store.rows(_EVENTS, place):
            past.setdefault(row["match"], []).append(_event(row))
        for row in self._store.rows(_QUOTES, place):
            at, price, status, in_play = row.pop("latest").values()
            told = {"at": at, "price": price, "status": status, "in_play": in_play}
            past.setdefault(row["match"], []).append(Price(**_aware(told), **row))
        return past

    def _closing(self, place: Mapping[str, object]) -> dict[str, Closing]:
        closing: dict[str, Closing] = {}
        for row in self._store.rows(_CLOSING, place):
            of_match = closing.setdefault(row["match"], {})
            market = of_match.setdefault((row["market"], row["line"]), {})
            market[row["selection"]] = row["consensus"]
        return closing


def _of_matches(records: Sequence[Record]) -> Iterator[tuple[str, Fixture | Event | Price]]:
    for record in records:
        if isinstance(record, Price | Event | Fixture):
            yield record.match, record


def _aware(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def _event(row: Mapping[str, Any]) -> Event:
    told = _aware(row)
    home, away = told.pop("home_score"), told.pop("away_score")
    score = None if home is None or away is None else (home, away)
    return Event(**told, score=score)


def _table(found: Sequence[tuple[Bar, int, int]]) -> pa.Table:
    rows = [(*bar, partition, offset) for bar, partition, offset in found]
    return pa.table(
        {
            name: pa.array((row[number] for row in rows), kind)
            for number, (name, kind) in enumerate(_COLUMNS.items())
        }
    )
