"""The feed as it was told, read back from the store: same records, same order, same frames."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from forensics.columns import FEED_TABLES
from forensics.store import Store
from markets.elsewhere import Elsewhere
from markets.records import Event, Past, Played, Record

EPOCH, FOREVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
BEFORE, AFTER = timedelta(days=7), timedelta(days=1)
ELSEWHERE = "elsewhere"
OF_A_SOURCE = ("health", "heartbeats")
OF_A_MATCH = tuple(t.name for t in FEED_TABLES.values() if t.name not in OF_A_SOURCE)
_KINDS = {table.name: kind for kind, table in FEED_TABLES.items()}
_PLACE = ("offset", "idx")

Told = tuple[int, int, Record | Elsewhere]
"""Offset of the frame, place in it, record."""
Tables = Mapping[str, pa.Table]


class NotStored(Exception):
    """The store has no record of what was asked for."""


class Run(NamedTuple):
    """One partition of `match-feed` while its offsets grew: what arrived in [since, until)."""

    partition: int
    since: datetime
    until: datetime


def run_of(store: Store, match: str) -> Run:
    """Find where and when a match was told; the newest run when it was told twice.

    Reaches from a week before its first record, for the health of its sources, to a day after its
    last, when nothing is judged any more.

    Raises
    ------
    NotStored
        When no table has a record of it.
    """
    each = " UNION ALL ".join(
        f"SELECT partition, min(arrived) AS low, max(arrived) AS high FROM {name} "
        "WHERE match = {match:String} AND arrived >= {since:DateTime64(3, 'UTC')} "
        "GROUP BY partition"
        for name in OF_A_MATCH
    )
    sql = (
        f"SELECT partition, min(low) AS first, max(high) AS last FROM ({each}) "
        "GROUP BY partition ORDER BY last"
    )
    rows = store.rows(sql, {"match": match, "since": EPOCH})
    if not rows:
        raise NotStored(f"the store has no record of match {match}")
    found = rows[-1]["partition"], rows[-1]["last"]
    whole = next(
        run for run in reversed(runs(store, found[0])) if run.since <= found[1] < run.until
    )
    [told_] = [
        row
        for row in store.rows(sql, {"match": match, "since": whole.since})
        if row["partition"] == whole.partition
    ]
    since, until = told_["first"] - BEFORE, told_["last"] + AFTER
    return Run(whole.partition, max(whole.since, since), min(whole.until, until))


def runs(store: Store, partition: int) -> list[Run]:
    """Split a partition where its topic began anew, which is where offset 0 arrived again."""
    rows = store.rows(
        "SELECT DISTINCT arrived FROM frames WHERE partition = {p:UInt16} AND offset = 0 "
        "ORDER BY arrived",
        {"p": partition},
    )
    starts = [EPOCH, *(row["arrived"] for row in rows[1:])]
    return [Run(partition, *pair) for pair in zip(starts, [*starts[1:], FOREVER], strict=True)]


def partitions(store: Store) -> list[int]:
    """Partitions of which anything is stored."""
    rows = store.rows("SELECT DISTINCT partition FROM frames ORDER BY partition")
    return [row["partition"] for row in rows]


def tables_of(store: Store, run: Run, matches: Sequence[str] | None = None) -> dict[str, pa.Table]:
    """Read all records of some matches (all when None) and of the sources, by table.

    What other matches told between is kept as `elsewhere`, without its content: time moves on with
    it.
    """
    within = (
        "partition = {p:UInt16} AND arrived >= {since:DateTime64(3, 'UTC')} "
        "AND arrived < {until:DateTime64(3, 'UTC')}"
    )
    names = list(matches or ())
    given = {"p": run.partition, "since": run.since, "until": run.until, "names": names}
    ours = "" if matches is None else " AND match IN {names:Array(String)}"
    tables = {}
    for name in OF_A_MATCH:
        tables[name] = _read(store, f"SELECT * FROM {name} WHERE {within}{ours}", given)
    for name in OF_A_SOURCE:
        tables[name] = _read(store, f"SELECT * FROM {name} WHERE {within}", given)
    if matches is not None:
        others = " UNION ALL ".join(
            f"SELECT at, offset, idx FROM {name} WHERE {within} "
            "AND match NOT IN {names:Array(String)}"
            for name in OF_A_MATCH
        )
        tables[ELSEWHERE] = _read(store, others, given)
    return tables


def _read(store: Store, sql: str, given: Mapping[str, Any]) -> pa.Table:
    return store.query(f"SELECT * FROM ({sql}) ORDER BY offset, idx", given)


def told(tables: Tables) -> Iterator[Told]:
    """Tell the records of some tables again, in the order of the partition.

    Good at: telling exactly what was told, to the microsecond and the last bit of a number. Bad
    at: what was never archived; a row that is missing is simply not told (see `holes`).
    """
    names = [name for name, table in tables.items() if name in _MAKERS and table.num_rows]
    if not names:
        return
    places = [_places(tables[name]) for name in names]
    kinds = np.concatenate([np.full(len(p), n) for n, p in enumerate(places)])
    stacked = np.concatenate(places)
    makers = [_MAKERS[name](tables[name]) for name in names]
    for row in np.lexsort((stacked[:, 1], stacked[:, 0])):
        offset, idx = stacked[row]
        yield int(offset), int(idx), next(makers[kinds[row]])


def holes(tables: Tables, frames: pa.Table) -> list[tuple[int, int]]:
    """Frames of which records are missing: (offset, how many); `frames` is the table of that name.

    Only for tables that hold the run whole, `elsewhere` included.
    """
    places = [_places(table)[:, 0] for table in tables.values() if table.num_rows]
    offsets, counts = np.unique(np.concatenate(places), return_counts=True)
    have = dict(zip(offsets.tolist(), counts.tolist(), strict=True))
    wanted = zip(frames["offset"].to_pylist(), frames["records"].to_pylist(), strict=True)
    return [(offset, n - have.get(offset, 0)) for offset, n in wanted if n != have.get(offset, 0)]


def _places(table: pa.Table) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.column_stack([table[name].cast(pa.int64()).to_numpy() for name in _PLACE])


def _rows(table: pa.Table, fields: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Rows in the order of the partition, some thousands at a time."""
    order = pc.sort_indices(table, [(name, "ascending") for name in _PLACE])
    ordered = table.select(list(fields)).take(order)
    for batch in ordered.to_batches(max_chunksize=10_000):
        yield from batch.to_pylist()


def _plain(kind: type[Record]) -> Callable[[pa.Table], Iterator[Record]]:
    fields = [field.name for field in msgspec.structs.fields(kind)]
    return lambda table: (kind(**row) for row in _utc(_rows(table, fields)))


def _utc(rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give times the UTC of the standard library, as the feed had them."""
    for row in rows:
        for name, value in row.items():
            if isinstance(value, datetime):
                row[name] = value.replace(tzinfo=UTC)
            elif isinstance(value, list):
                row[name] = tuple(value)
        yield row


def _events(table: pa.Table) -> Iterator[Event]:
    fields = ("at", "match", "event", "team", "home_score", "away_score", "clock")
    for row in _utc(_rows(table, fields)):
        home, away = row.pop("home_score"), row.pop("away_score")
        yield Event(**row, score=None if home is None else (home, away))


def _pasts(table: pa.Table) -> Iterator[Past]:
    played = ("start", "opened", "closed", "happened")
    fields = ("at", "match", "source", "subject", "role", *(f"played.{name}" for name in played))
    for row in _utc(_rows(table, fields)):
        columns = [row.pop(f"played.{name}") for name in played]
        matches = (
            Played(start=start.replace(tzinfo=UTC), opened=opened, closed=closed, happened=happened)
            for start, opened, closed, happened in zip(*columns, strict=True)
        )
        yield Past(**row, played=tuple(matches))


def _elsewhere(table: pa.Table) -> Iterator[Elsewhere]:
    return (Elsewhere(**row) for row in _utc(_rows(table, ("at",))))


_MAKERS: dict[str, Callable[[pa.Table], Iterator[Any]]] = {
    **{name: _plain(kind) for name, kind in _KINDS.items()},
    "events": _events,
    "pasts": _pasts,
    ELSEWHERE: _elsewhere,
}
