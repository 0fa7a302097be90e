"""What a run left behind, and where two runs differ."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from alerts.alert import Alert
from forensics.store import Store, StoreSettings, open_store

# When, where and by which worker something was written is not what was found out.
OF_THE_RUN = {"arrived", "generation"}
OF_THE_ALERTS_TOPIC = {"partition", "offset", "version"}
ALERT_TABLES = {"alerts", "alert_updates"}
# Deadlines count from when an alert arrived.
OF_A_CASE = {"version", "acknowledge_by", "missed"}
# What the pipeline tells about itself differs in every run.
ABOUT_ITSELF = {
    "group_lags", "group_members", "migrations", "schema_migrations", "delivery_attempts",
}  # fmt: skip

Row = tuple[tuple[str, Any], ...]
"""Columns and their values."""
Rows = Counter[Row]


@dataclass(frozen=True)
class Outcome:
    """Alerts as they stood last on the topic, and the rows of every table, copies merged."""

    alerts: dict[str, Alert]
    tables: dict[str, Rows]


def outcome(alerts: dict[str, Alert], store: StoreSettings) -> Outcome:
    with open_store(store) as opened:
        names = [row["name"] for row in opened.rows(_TABLES)]
        return Outcome(alerts, {name: _rows(opened, name) for name in names})


_TABLES = """
SELECT name FROM system.tables
WHERE database = currentDatabase() AND engine LIKE '%_MergeTree' ORDER BY name
"""
_COLUMNS = """
SELECT name, type FROM system.columns
WHERE database = currentDatabase() AND table = {table:String} AND default_kind != 'ALIAS'
"""


def _rows(store: Store, table: str) -> Rows:
    """The rows of a table; the store merges copies for every question."""
    if table in ABOUT_ITSELF:
        return Counter()
    left_out = OF_THE_RUN | (OF_THE_ALERTS_TOPIC if table in ALERT_TABLES else set())
    left_out |= OF_A_CASE if table == "cases" else set()
    columns = ", ".join(
        f"finalizeAggregation(`{name}`) AS `{name}`"
        if kind.startswith("Aggregate")
        else f"`{name}`"
        for name, kind in ((c["name"], c["type"]) for c in store.rows(_COLUMNS, {"table": table}))
        if name not in left_out
    )
    told = store.rows(f"SELECT {columns} FROM `{table}`")
    return Counter(tuple((name, str(value)) for name, value in row.items()) for row in told)


def differences(undisturbed: Outcome, disturbed: Outcome) -> list[str]:
    """Say what was lost, doubled or changed, in one line each; nothing when all is equal."""
    return [
        *_of_alerts(undisturbed.alerts, disturbed.alerts),
        *(
            line
            for table, rows in undisturbed.tables.items()
            for line in _of_rows(table, rows, disturbed.tables[table])
        ),
    ]


def _of_alerts(before: dict[str, Alert], after: dict[str, Alert]) -> list[str]:
    told = [f"alert {i} lost: {before[i].headline}" for i in sorted(before.keys() - after.keys())]
    told += [
        f"alert {i} made up: {after[i].headline}" for i in sorted(after.keys() - before.keys())
    ]
    for known in sorted(before.keys() & after.keys()):
        was, now = before[known].model_dump(), after[known].model_dump()
        told += [
            f"alert {known}: {name} was {was[name]!r:.80}, is {now[name]!r:.80}"
            for name in was
            if was[name] != now[name]
        ]
    return told


def _of_rows(table: str, before: Rows, after: Rows) -> list[str]:
    lost, more = before - after, after - before
    doubled = Counter({row: count for row, count in more.items() if row in before})
    told = ((lost, "lost"), (doubled, "doubled"), (more - doubled, "made up"))
    return [
        f"{table}: {sum(rows.values())} of {sum(before.values())} rows {what}, such as "
        f"{_shown(min(rows), more if what == 'lost' else lost)}"
        for rows, what in told
        if rows
    ]


def _shown(row: Row, others: Rows) -> str:
    """A row, and what is different in the one that is most like it."""
    told = ", ".join(value for _, value in row)[:100]
    like = max(others, key=lambda other: len({*row} & {*other}), default=None)
    if like is None:
        return told
    was = dict(like)
    changed = [f"{n} {v[:60]} for {was[n][:60]}" for n, v in row if n in was and was[n] != v]
    return f"{told} ({'; '.join(changed)})"
