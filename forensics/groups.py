"""Consumer groups as rows: how far each has come on each partition, and who its members are."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa

from forensics.columns import TEXT

_SECONDS = pa.timestamp("s", "UTC")


class Lag(NamedTuple):
    """A group on a partition: the offset it goes on from, and the one that comes next there."""

    at: datetime
    reader: str
    topic: str
    partition: int
    committed: int
    ended: int


class Member(NamedTuple):
    """A worker in a group, and how many partitions it reads."""

    at: datetime
    reader: str
    member: str
    host: str
    partitions: int


_LAG: dict[str, pa.DataType] = {
    "at": _SECONDS, "reader": TEXT, "topic": TEXT, "partition": pa.uint16(),
    "committed": pa.uint64(), "ended": pa.uint64(),
}  # fmt: skip
_MEMBER: dict[str, pa.DataType] = {
    "at": _SECONDS, "reader": TEXT, "member": TEXT, "host": TEXT, "partitions": pa.uint16(),
}  # fmt: skip


def lag_rows(lags: Sequence[Lag]) -> pa.Table:
    """Rows of `group_lags`."""
    return _rows(_LAG, lags)


def member_rows(members: Sequence[Member]) -> pa.Table:
    """Rows of `group_members`."""
    return _rows(_MEMBER, members)


def _rows(kinds: dict[str, pa.DataType], told: Sequence[tuple[object, ...]]) -> pa.Table:
    return pa.table(
        {
            name: pa.array((row[place] for row in told), kind)
            for place, (name, kind) in enumerate(kinds.items())
        }
    )
