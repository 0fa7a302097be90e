"""Alerts as columns: the published JSON, flat where it is asked about, whole beside it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
import pyarrow as pa

from forensics.columns import MICROSECONDS, MILLISECONDS, NUMBER, TEXT, provenance
from forensics.store import Store

AlertMessage = tuple[int, int, datetime, bytes]
_Time = Annotated[datetime, msgspec.Meta(tz=True)]


class _Fixture(msgspec.Struct):
    sport: str = ""
    competition: str = ""
    tier: Annotated[int, msgspec.Meta(ge=0, le=255)] = 0
    home: str = ""
    away: str = ""
    start: _Time | None = None


class _Provenance(msgspec.Struct):
    topic: str
    partition: Annotated[int, msgspec.Meta(ge=0, le=65535)]
    first_offset: Annotated[int, msgspec.Meta(ge=0)]
    last_offset: Annotated[int, msgspec.Meta(ge=0)]
    config_hash: str


class PublishedAlert(msgspec.Struct):
    """What the tables need of an alert.

    Fields it does not know are passed over, for a newer watch may write more before this archive
    is updated; the body keeps them.
    """

    alert_id: str
    match: str
    typology: str
    level: str
    status: str
    score: float
    opened_at: _Time
    peak_at: _Time
    last_at: _Time
    headline: str
    provenance: _Provenance
    fixture: _Fixture | None = None
    market: str | None = None
    line: float | None = None
    selection: str | None = None
    evidence: msgspec.Raw = msgspec.Raw(b"[]")
    context: msgspec.Raw = msgspec.Raw(b"[]")
    feed_health: msgspec.Raw = msgspec.Raw(b"{}")
    innocent_explanations: list[str] = msgspec.field(default_factory=list)
    marking: str = ""


Update = tuple[PublishedAlert, AlertMessage]
_decode = msgspec.json.Decoder(PublishedAlert).decode
_KEPT = """
SELECT DISTINCT alert_id, body FROM alert_updates WHERE alert_id IN {alerts:Array(String)}
"""
_OF_ALERT: dict[str, pa.DataType] = {
    "alert_id": TEXT, "match": TEXT, "typology": TEXT, "level": TEXT, "status": TEXT,
    "score": NUMBER, "opened_at": MICROSECONDS, "peak_at": MICROSECONDS, "last_at": MICROSECONDS,
    "market": TEXT, "line": NUMBER, "selection": TEXT, "headline": TEXT,
    "innocent_explanations": pa.list_(TEXT), "marking": TEXT,
}  # fmt: skip
_OF_FIXTURE: dict[str, pa.DataType] = {
    "sport": TEXT, "competition": TEXT, "tier": pa.uint8(), "home": TEXT, "away": TEXT,
    "start": MILLISECONDS,
}  # fmt: skip
_OF_PROVENANCE: dict[str, tuple[str, pa.DataType]] = {
    "feed_topic": ("topic", TEXT), "feed_partition": ("partition", pa.uint16()),
    "first_offset": ("first_offset", pa.uint64()), "last_offset": ("last_offset", pa.uint64()),
    "config_hash": ("config_hash", TEXT),
}  # fmt: skip


def published(body: bytes) -> PublishedAlert | str:
    """Read one published alert, or say why it cannot be read.

    >>> published(b'{"alert_id": "a-1"}')
    'Object missing required field `match`'
    """
    try:
        alert = _decode(body)
        body.decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return str(error)
    return alert


def not_kept(store: Store, updates: Sequence[Update]) -> list[Update]:
    """Leave out those updates that the store has, or that come twice.

    A watch that is killed, and the one that goes on from what it had committed, send the same
    update twice, byte for byte, to two places of the topic. No place tells that it is one.
    """
    asked = {"alerts": sorted({alert.alert_id for alert, _ in updates})}
    kept = {(row["alert_id"], row["body"]) for row in store.rows(_KEPT, asked)}
    new: dict[tuple[str, str], Update] = {}
    for alert, message in updates:
        known = alert.alert_id, message[3].decode()
        if known not in kept:
            new.setdefault(known, (alert, message))
    return list(new.values())


def alert_columns(alerts: Sequence[Update], generation: int) -> pa.Table:
    """Turn updates of alerts into rows of `alerts` or `alert_updates`, which are alike."""
    read = [alert for alert, _ in alerts]
    messages = [message for _, message in alerts]
    fixtures = [alert.fixture or _Fixture() for alert in read]
    origins = [alert.provenance for alert in read]
    return pa.table(
        {name: _column(read, name, kind) for name, kind in _OF_ALERT.items()}
        | {name: _column(fixtures, name, kind) for name, kind in _OF_FIXTURE.items()}
        | {name: _column(origins, *source) for name, source in _OF_PROVENANCE.items()}
        | {name: _json(read, name) for name in ("evidence", "context", "feed_health")}
        | {
            "body": pa.array((message[3].decode() for message in messages), TEXT),
            "generation": pa.array([generation] * len(messages), pa.uint32()),
        }
        | provenance([message[:3] for message in messages])
    )


def _column(things: Sequence[Any], name: str, kind: pa.DataType) -> pa.Array:
    return pa.array((getattr(thing, name) for thing in things), kind)


def _json(alerts: Sequence[PublishedAlert], name: str) -> pa.Array:
    return pa.array((bytes(getattr(alert, name)).decode() for alert in alerts), TEXT)
