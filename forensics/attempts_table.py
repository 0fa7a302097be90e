"""Attempts to deliver as columns, and the questions about them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa

from alerts.delivery.parcel import Attempt
from forensics.columns import MICROSECONDS, NUMBER, TEXT, provenance
from forensics.store import Store

AttemptFrame = tuple[int, int, datetime, bytes]
_TYPES: dict[str, pa.DataType] = {
    "at": MICROSECONDS, "delivery": TEXT, "subscription": TEXT, "channel": TEXT, "host": TEXT,
    "told": pa.list_(TEXT), "attempt": pa.uint32(), "outcome": TEXT, "reason": TEXT,
    "status": pa.uint16(), "latency_ms": NUMBER, "next_at": MICROSECONDS,
}  # fmt: skip
_decode = msgspec.json.Decoder(list[Attempt]).decode


def attempts(body: bytes) -> list[Attempt] | str:
    """Read a frame of attempts, or say why it cannot be read.

    >>> attempts(b"{}")
    'Expected `array`, got `object`'
    """
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return str(error)


def attempt_columns(frames: Sequence[tuple[Sequence[Attempt], AttemptFrame]]) -> pa.Table:
    """Turn frames of attempts into rows, each with its place in Kafka."""
    rows = [attempt for read, _ in frames for attempt in read]
    places = [frame[:3] for read, frame in frames for _ in read]
    indexes = [index for read, _ in frames for index in range(len(read))]
    columns = {
        name: pa.array((_plain(getattr(row, name)) for row in rows), kind)
        for name, kind in _TYPES.items()
    }
    return pa.table(columns | provenance(places) | {"idx": pa.array(indexes, pa.uint32())})


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def attempts_of(
    store: Store,
    *,
    subscription: str | None = None,
    about: str | None = None,
    reason: str | None = None,
    most: int = 50,
) -> list[dict[str, Any]]:
    """The latest attempts, newest first.

    Parameters
    ----------
    subscription
        Those for this one alone.
    about
        Those that told of this alert, or of this delivery.
    reason
        Those with this reason.
    most
        How many.
    """
    asked = {"subscription": subscription, "about": about, "reason": reason}
    wanted = [_CONDITIONS[name] for name, value in asked.items() if value is not None]
    where = f"WHERE {' AND '.join(wanted)}" if wanted else ""
    given = {name: value for name, value in asked.items() if value is not None}
    return store.rows(
        f"SELECT {', '.join(_TYPES)} FROM delivery_attempts {where} "
        "ORDER BY at DESC LIMIT {most:UInt32}",
        given | {"most": most},
    )


_CONDITIONS = {
    "subscription": "subscription = {subscription:String}",
    "about": "(delivery = {about:String} OR "
    "arrayExists(t -> splitByChar('/', t)[1] = {about:String}, told))",
    "reason": "reason = {reason:String}",
}
