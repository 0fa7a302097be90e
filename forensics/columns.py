"""Records as columns: which table takes a kind of record, and how a field becomes a column."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np
import pyarrow as pa

from markets.joined_prices import Prices, how_many
from markets.records import (
    Account,
    Event,
    Fixture,
    Gap,
    Heartbeat,
    Ladder,
    Matched,
    Past,
    Price,
    Record,
    Wager,
)

MICROSECONDS = pa.timestamp("us", "UTC")
MILLISECONDS = pa.timestamp("ms", "UTC")
TEXT, NUMBER, FLAG = pa.string(), pa.float64(), pa.bool_()

Frame = tuple[int, int, datetime, Sequence[Record | Prices]]
_SELECTION = {"at": MICROSECONDS, "match": TEXT, "market": TEXT, "line": NUMBER, "selection": TEXT,
              "book": TEXT}  # fmt: skip
_OF_EACH = "selection", "price", "size"
"""What prices that are told together do not share."""


@dataclass(frozen=True, slots=True)
class FeedTable:
    """A table of one kind of record; a column is the field of its name unless `derived` says."""

    name: str
    types: Mapping[str, pa.DataType]
    derived: Mapping[str, Callable[[Any], object]] = field(default_factory=dict)

    def columns(self, records: Sequence[Record | Prices]) -> dict[str, pa.Array]:
        """Turn records of this kind into columns."""
        return {
            name: pa.array(map(self.derived.get(name) or attrgetter(name), records), kind)
            for name, kind in self.types.items()
        }


_PLAYED = {"start": MICROSECONDS, "opened": NUMBER, "closed": NUMBER, "happened": FLAG}


def _each_played(name: str) -> Callable[[Past], list[object]]:
    """Take one field of every match of a past."""
    return lambda past: [getattr(played, name) for played in past.played]


FEED_TABLES: dict[type[Record], FeedTable] = {
    Fixture: FeedTable(
        "fixtures",
        {"at": MICROSECONDS, "match": TEXT, "source": TEXT, "sport": TEXT, "competition": TEXT,
         "tier": pa.uint8(), "home": TEXT, "away": TEXT, "start": MICROSECONDS},
    ),
    Price: FeedTable(
        "prices",
        {**_SELECTION, "price": NUMBER, "size": NUMBER, "status": TEXT, "in_play": FLAG},
    ),
    Matched: FeedTable(
        "matched", {**_SELECTION, "amount": NUMBER, "currency": TEXT, "last": NUMBER}
    ),
    Ladder: FeedTable("ladders", {**_SELECTION, "side": TEXT, "price": NUMBER, "size": NUMBER}),
    Wager: FeedTable(
        "wagers",
        {**_SELECTION, "wager": TEXT, "account": TEXT, "side": TEXT, "price": NUMBER,
         "stake": NUMBER, "currency": TEXT, "status": TEXT, "country": TEXT, "opened": TEXT,
         "device": TEXT, "counterparty": TEXT},
    ),
    Account: FeedTable(
        "accounts",
        {"at": MICROSECONDS, "match": TEXT, "book": TEXT, "account": TEXT, "opened": TEXT,
         "wagers": pa.uint32(), "median_stake": NUMBER, "last": MICROSECONDS, "limit": NUMBER,
         "currency": TEXT, "country": TEXT},
    ),
    Past: FeedTable(
        "pasts",
        {"at": MICROSECONDS, "match": TEXT, "source": TEXT, "subject": TEXT, "role": TEXT,
         **{f"played.{name}": pa.list_(kind) for name, kind in _PLAYED.items()}},
        derived={f"played.{name}": _each_played(name) for name in _PLAYED},
    ),
    Event: FeedTable(
        "events",
        {"at": MICROSECONDS, "match": TEXT, "event": TEXT, "team": TEXT,
         "home_score": pa.uint16(), "away_score": pa.uint16(), "clock": NUMBER},
        derived={
            "home_score": lambda event: event.score and event.score[0],
            "away_score": lambda event: event.score and event.score[1],
        },
    ),
    Gap: FeedTable("health", {"at": MICROSECONDS, "source": TEXT, "reason": TEXT}),
    Heartbeat: FeedTable(
        "heartbeats", {"at": MICROSECONDS, "source": TEXT, "covers": pa.list_(TEXT)}
    ),
}  # fmt: skip


@dataclass(slots=True)
class _Gathered:
    """Records of one kind; `frames` and `indexes` say where each came from, or began."""

    records: list[Record | Prices] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    indexes: list[int] = field(default_factory=list)


def by_table(frames: Sequence[Frame]) -> dict[str, pa.Table]:
    """Sort the records of frames into tables, each row with its provenance.

    The table `frames` says how many records each frame held.

    >>> from datetime import UTC
    >>> at = datetime(2026, 6, 11, 19, tzinfo=UTC)
    >>> by_table([(3, 71, at, [Gap(at=at, source="s", reason="conflated")])])["health"].to_pylist()
    ... # doctest: +ELLIPSIS
    [{'at': datetime..., 'source': 's', 'reason': 'conflated', 'partition': 3, 'offset': 71, ...}]
    """
    origin, found = _origins(frames), _gather(frames)
    joined = found.pop(Prices)
    tables = {
        FEED_TABLES[kind].name: _table(FEED_TABLES[kind], gathered, origin)
        for kind, gathered in found.items()
        if gathered.records
    }
    if joined.records:
        prices = _prices(joined, origin)
        told = tables.get("prices")
        tables["prices"] = pa.concat_tables([told, prices]) if told else prices
    counts = pa.array((how_many(frame[3]) for frame in frames), pa.uint32())
    return tables | ({"frames": origin.append_column("records", counts)} if frames else {})


def provenance(places: Sequence[tuple[int, int, datetime]]) -> dict[str, pa.Array]:
    """Columns of where something lies in Kafka: (partition, offset, arrived)."""
    return {
        "partition": pa.array((place[0] for place in places), pa.uint16()),
        "offset": pa.array((place[1] for place in places), pa.uint64()),
        "arrived": pa.array((place[2] for place in places), MILLISECONDS),
    }


def _gather(frames: Sequence[Frame]) -> dict[type[Any], _Gathered]:
    kinds: dict[type[Any], _Gathered] = {kind: _Gathered() for kind in (*FEED_TABLES, Prices)}
    for number, (_, _, _, records) in enumerate(frames):
        index = 0
        for record in records:
            gathered = kinds[type(record)]
            gathered.records.append(record)
            gathered.frames.append(number)
            gathered.indexes.append(index)
            index += len(record.prices) if isinstance(record, Prices) else 1
    return kinds


def _origins(frames: Sequence[Frame]) -> pa.Table:
    return pa.table(provenance([frame[:3] for frame in frames]))


def _prices(gathered: _Gathered, origins: pa.Table) -> pa.Table:
    """Rows of prices that were told together: what they share is turned into columns once."""
    each = [told.prices for told in gathered.records if isinstance(told, Prices)]
    types = FEED_TABLES[Price].types
    shared = FeedTable("prices", {n: kind for n, kind in types.items() if n not in _OF_EACH})
    rows = np.repeat(np.arange(len(each)), [len(prices) for prices in each])
    table = _table(shared, gathered, origins).take(pa.array(rows))
    within = np.arange(len(rows)) - np.searchsorted(rows, rows)
    own = {
        "selection": pa.array(chain.from_iterable(each), TEXT),
        "price": pa.array(chain.from_iterable(prices.values() for prices in each), NUMBER),
        "size": pa.nulls(len(rows), NUMBER),
        "idx": pa.array(table["idx"].to_numpy() + within, pa.uint32()),
    }
    names = [*types, *origins.column_names, "idx"]
    return pa.table({name: own[name] if name in own else table[name] for name in names})


def _table(table: FeedTable, gathered: _Gathered, origins: pa.Table) -> pa.Table:
    origin = origins.take(pa.array(gathered.frames, pa.int64()))
    columns = table.columns(gathered.records)
    columns |= {name: origin[name] for name in origin.column_names}
    return pa.table(columns | {"idx": pa.array(gathered.indexes, pa.uint32())})
