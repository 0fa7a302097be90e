"""The body of a webhook: the alert as it is published, with a version; or briefs of many."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import msgspec

from alerts.delivery.holding import Held
from alerts.delivery.outbox import Entry
from alerts.delivery.parcel import Parcel

VERSION = 1
_MOST_BRIEFS = 10_000
_TYPES = {Held.DIGEST: "alerts.digest", Held.RATE: "alerts.held", Held.QUIET: "alerts.quiet_hours"}


class Brief(msgspec.Struct):
    """What must be known of an alert to list it."""

    alert_id: str
    match: str
    typology: str
    level: str
    headline: str
    opened_at: datetime


_brief = msgspec.json.Decoder(Brief).decode


def body(parcel: Parcel) -> bytes:
    """The JSON of a parcel. It says nothing of the subscription: equal alerts give equal bytes."""
    return msgspec.json.encode(_many(parcel) if parcel.bundled else _one(parcel.entries[0]))


def _one(entry: Entry) -> dict[str, Any]:
    notice = entry.notice
    return {
        "version": VERSION,
        "type": "test" if notice.alert is None else f"alert.{notice.what}",
        "timestamp": notice.at,
        "transition": notice.transition,
        "alert": notice.alert,
    }


def _many(parcel: Parcel) -> dict[str, Any]:
    latest = max(entry.standing.since for entry in parcel.entries)
    told = [_listed(entry) for entry in parcel.entries[:_MOST_BRIEFS]]
    return {
        "version": VERSION,
        "type": _TYPES[parcel.why or Held.DIGEST],
        "timestamp": datetime.fromtimestamp(latest, UTC),
        "counts": Counter(entry.notice.level for entry in parcel.entries),
        "alerts": told,
        "more": len(parcel.entries) - len(told),
    }


def _listed(entry: Entry) -> dict[str, Any]:
    found = {"id": entry.id, "transition": entry.notice.transition}
    return found | (msgspec.to_builtins(brief(entry)) if entry.notice.alert else {})


def brief(entry: Entry) -> Brief:
    """The brief of an entry's alert."""
    return _brief(entry.notice.alert or b"")
