"""Matches of a period with what was raised on them, and a table for what would have been."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import pyarrow as pa

from alerts.alert import Alert
from forensics.columns import MICROSECONDS, MILLISECONDS, TEXT
from forensics.store import Store

_KICK_OFFS = """
SELECT match FROM last_fixtures
WHERE start >= {since:DateTime64(6, 'UTC')} AND start < {until:DateTime64(6, 'UTC')}
UNION DISTINCT
SELECT match FROM price_spans
WHERE match NOT IN (SELECT match FROM fixtures)
GROUP BY match
HAVING min(first_at) >= {since:DateTime64(6, 'UTC')}
   AND min(first_at) < {until:DateTime64(6, 'UTC')}
"""


class Row(NamedTuple):
    """One line of a back-test."""

    match: str
    change: str
    alert: Alert | None
    was: Alert | None


def matches_of(store: Store, since: datetime, until: datetime) -> list[str]:
    """Matches that kick off in [since, until); without a fixture, those first told of then."""
    rows = store.rows(_KICK_OFFS, {"since": since, "until": until})
    return sorted(row["match"] for row in rows)


def raised_on(store: Store, match: str) -> list[Alert]:
    """Alerts that were raised on a match, as they stood last."""
    rows = store.rows(
        "SELECT body FROM alerts WHERE match = {m:String} ORDER BY opened_at, alert_id",
        {"m": match},
    )
    return [Alert.model_validate_json(row["body"]) for row in rows]


def keep(store: Store, label: str, at: datetime, config_hash: str, rows: Sequence[Row]) -> None:
    """Keep a back-test under its label, apart from the alerts that were raised."""
    columns: dict[str, tuple[pa.DataType, list[Any]]] = {
        "label": (TEXT, [label] * len(rows)),
        "ran_at": (MILLISECONDS, [at] * len(rows)),
        "config_hash": (TEXT, [config_hash] * len(rows)),
        "match": (TEXT, [row.match for row in rows]),
        "change": (TEXT, [row.change for row in rows]),
        "alert_id": (TEXT, [row.alert.alert_id if row.alert else "" for row in rows]),
        "was_alert_id": (TEXT, [row.was.alert_id if row.was else "" for row in rows]),
        "typology": (TEXT, [_one(row).typology for row in rows]),
        "level": (TEXT, [row.alert.level if row.alert else "" for row in rows]),
        "was_level": (TEXT, [row.was.level if row.was else "" for row in rows]),
        "opened_at": (MICROSECONDS, [row.alert and row.alert.opened_at for row in rows]),
        "was_opened_at": (MICROSECONDS, [row.was and row.was.opened_at for row in rows]),
        "body": (TEXT, [row.alert.to_json().decode() if row.alert else "" for row in rows]),
    }
    store.insert(
        "backtest_alerts",
        pa.table({name: pa.array(values, kind) for name, (kind, values) in columns.items()}),
    )


def _one(row: Row) -> Alert:
    """The alert of a row that has one at least."""
    alert = row.alert or row.was
    if alert is None:
        raise ValueError(f"a row of {row.match} without an alert")
    return alert
