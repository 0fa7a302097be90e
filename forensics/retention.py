"""Retention: what has expired is deleted, unless its match is under legal hold."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from forensics.asking import Asker, NotAllowed
from forensics.columns import FLAG, MILLISECONDS, TEXT
from forensics.settings import RetentionSettings
from forensics.store import Store
from forensics.stored_feed import NotStored, run_of

_OF_MATCHES: Mapping[str, tuple[str, ...]] = {
    "feed_days": ("fixtures", "prices", "matched", "events", "price_spans"),
    "ladders_days": ("ladders",),
    "accounts_days": ("wagers", "wagers_by_account", "accounts", "pasts"),
}
_OF_SOURCES: Mapping[str, tuple[str, ...]] = {
    "sources_days": ("heartbeats", "health", "frames"),
    "dead_letters_days": ("dead_letters",),
}


def retain(store: Store, settings: RetentionSettings, now: datetime) -> dict[str, int]:
    """Delete what has expired, and return the rows deleted of each table.

    A match under hold keeps all of its own records, and what its sources told while it was watched.
    What other matches told then expires as ever; a pack made when the hold begins has it all.
    """
    names = [hold["match"] for hold in held(store)]
    deleted = {}
    for setting, tables in _OF_MATCHES.items():
        given = _given(settings, setting, now) | {"names": names}
        for table in tables:
            deleted[table] = _delete(store, table, "match NOT IN {names:Array(String)}", given)
    spared, spans = _spans(store, names)
    for setting, tables in _OF_SOURCES.items():
        given = _given(settings, setting, now) | spans
        for table in tables:
            deleted[table] = _delete(store, table, spared, given)
    return {table: count for table, count in deleted.items() if count}


def hold(store: Store, match: str, asker: Asker, *, on: bool) -> None:
    """Begin the hold of a match, or end it; both are kept with who and why.

    Raises
    ------
    NotAllowed
        When no reason is given, or there is no hold to end.
    """
    if not asker.why.strip():
        raise NotAllowed("a hold needs a reason (--why REASON)")
    if not on and match not in {row["match"] for row in held(store)}:
        raise NotAllowed(f"match {match} is not under hold")
    row = {
        "match": pa.array([match], TEXT),
        "at": pa.array([asker.now()], MILLISECONDS),
        "held": pa.array([on], FLAG),
        "who": pa.array([asker.who], TEXT),
        "why": pa.array([asker.why], TEXT),
    }
    store.insert("holds", pa.table(row))


def held(store: Store) -> list[dict[str, Any]]:
    """Matches under hold, with since when, who and why."""
    return store.rows(
        "SELECT match, max(holds.at) AS since, argMax(who, holds.at) AS who, "
        "argMax(why, holds.at) AS why FROM holds GROUP BY match "
        "HAVING argMax(held, holds.at) ORDER BY match"
    )


def _given(settings: RetentionSettings, setting: str, now: datetime) -> dict[str, Any]:
    return {"cut": now - timedelta(days=getattr(settings, setting))}


def _delete(store: Store, table: str, spared: str, given: Mapping[str, Any]) -> int:
    where = f"arrived < {{cut:DateTime64(3, 'UTC')}} AND {spared}"
    [row] = store.rows(f"SELECT count() AS n FROM {table} WHERE {where}", given)
    if row["n"]:
        store.command(
            f"ALTER TABLE {table} DELETE WHERE {where} SETTINGS mutations_sync = 2", given
        )
    return int(row["n"])


def _spans(store: Store, names: list[str]) -> tuple[str, dict[str, Any]]:
    """What spares the records of sources while matches under hold were watched."""
    spared = ["1"]
    given: dict[str, Any] = {}
    for number, name in enumerate(names):
        try:
            run = run_of(store, name)
        except NotStored:
            continue
        given |= {f"p{number}": run.partition, f"s{number}": run.since, f"u{number}": run.until}
        spared.append(
            f"NOT (partition = {{p{number}:UInt16}} "
            f"AND arrived >= {{s{number}:DateTime64(3, 'UTC')}} "
            f"AND arrived < {{u{number}:DateTime64(3, 'UTC')}})"
        )
    return " AND ".join(spared), given
