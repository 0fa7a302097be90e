"""An evidence pack: all that an alert rests on, in one folder that stands by itself."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from alerts.alert import RANKS, Alert
from forensics.asking import Asker, ask, record
from forensics.question import Question, questions
from forensics.store import Store
from forensics.stored_feed import NotStored, Run, run_of, tables_of

_OF_A_MATCH = (
    "match-timeline", "compare-matches", "operator-view", "bets-together", "money-flow",
)  # fmt: skip
_OF_A_SELECTION = ("price-path", "book-order", "who-bet")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that a pack holds, the values it was asked with, and the answer."""

    question: Question
    values: Mapping[str, str]
    rows: pa.Table


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a pack is made of, as read from the store."""

    match: str
    run: Run
    tables: dict[str, pa.Table]
    frames: pa.Table
    alerts: tuple[Alert, ...]
    updates: tuple[bytes, ...]
    actions: tuple[bytes, ...]
    asked: tuple[Asked, ...]

    @property
    def subject(self) -> Alert | None:
        """The alert that the pack is about: the one named, or the strongest."""
        return self.alerts[0] if self.alerts else None


def gather(store: Store, name: str, asker: Asker) -> Gathered:
    """Gather all that is stored about an alert, or about a match and all its alerts.

    It holds pseudonyms of accounts, so a reason is wanted and kept.

    Raises
    ------
    NotStored
        When no alert and no match of that name is stored.
    NotAllowed
        When no reason is given.
    """
    found = store.rows("SELECT match FROM alerts WHERE alert_id = {n:String}", {"n": name})
    match = found[0]["match"] if found else name
    try:
        run = run_of(store, match)
    except NotStored:
        raise NotStored(f"{name}: the store has no alert and no match of that name") from None
    record(store, asker, "evidence", {"subject": name, "match": match}, "")
    alerts = _alerts(store, match, name)
    return Gathered(
        match=match,
        run=run,
        tables=tables_of(store, run, [match]),
        frames=_frames(store, run),
        alerts=alerts,
        updates=tuple(_bodies(store, "alert_updates", match, "generation, partition, offset")),
        actions=tuple(_actions(store, match)),
        asked=tuple(_asked(store, match, alerts, asker)),
    )


def write(gathered: Gathered, folder: Path) -> None:
    """Write what was gathered into an empty folder: alerts, records, questions."""
    _lines(folder / "alerts.jsonl", (alert.to_json() for alert in gathered.alerts))
    _lines(folder / "alert-updates.jsonl", gathered.updates)
    _lines(folder / "actions.jsonl", gathered.actions)
    for name, table in (*gathered.tables.items(), ("frames", gathered.frames)):
        path = folder / "records" / f"{name}.parquet"
        path.parent.mkdir(exist_ok=True)
        pyarrow.parquet.write_table(table, path, compression="zstd")
    for asked in gathered.asked:
        base = folder / "questions" / asked.question.name
        base.parent.mkdir(exist_ok=True)
        base.with_suffix(".sql").write_text(asked.question.sql + "\n", encoding="utf-8")
        base.with_suffix(".json").write_text(json.dumps(asked.values, indent=1, sort_keys=True))
        pyarrow.parquet.write_table(asked.rows, base.with_suffix(".parquet"), compression="zstd")


def records_in(folder: Path) -> tuple[dict[str, pa.Table], pa.Table]:
    """Read the records of a pack by table, and its frames."""
    tables = {
        path.stem: pyarrow.parquet.read_table(path)
        for path in sorted((folder / "records").glob("*.parquet"))
    }
    return tables, tables.pop("frames")


def alerts_in(folder: Path) -> tuple[Alert, ...]:
    """Read the alerts of a pack; the first is the one that it is about."""
    lines = (folder / "alerts.jsonl").read_bytes().splitlines()
    return tuple(Alert.model_validate_json(line) for line in lines)


def _alerts(store: Store, match: str, name: str) -> tuple[Alert, ...]:
    """Alerts of a match, the one that was named first, then the strongest."""
    read = [
        Alert.model_validate_json(body)
        for body in _bodies(store, "alerts", match, "opened_at, alert_id")
    ]
    order = sorted(read, key=lambda a: (a.alert_id != name, -RANKS[a.level], -a.score))
    return tuple(order)


def _bodies(store: Store, table: str, match: str, order: str) -> Iterator[bytes]:
    rows = store.rows(
        f"SELECT body FROM {table} WHERE match = {{m:String}} ORDER BY {order}", {"m": match}
    )
    return (row["body"].encode() for row in rows)


def _actions(store: Store, match: str) -> Iterator[bytes]:
    """What officers did, where this store has a table of it."""
    there = store.rows(
        "SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'actions'"
    )
    return _bodies(store, "actions", match, "at") if there else iter(())


def _frames(store: Store, run: Run) -> pa.Table:
    return store.query(
        "SELECT offset, arrived, records FROM frames WHERE partition = {p:UInt16} "
        "AND arrived >= {since:DateTime64(3, 'UTC')} AND arrived < {until:DateTime64(3, 'UTC')} "
        "ORDER BY offset",
        {"p": run.partition, "since": run.since, "until": run.until},
    )


def _asked(store: Store, match: str, alerts: Sequence[Alert], asker: Asker) -> Iterator[Asked]:
    """Ask what a reader of the pack would ask first."""
    wanted: list[tuple[str, dict[str, str]]] = [(name, {"match": match}) for name in _OF_A_MATCH]
    if alerts:
        about = {"match": match, "market": alerts[0].market, "selection": alerts[0].selection}
        wanted += [(name, about) for name in _OF_A_SELECTION]
        wanted.append(("alert-provenance", {"alert": alerts[0].alert_id}))
        moment = _first_told(store, alerts[0])
        wanted.append(("what-was-known-when", {"match": match, "moment": moment}))
    for name, given in wanted:
        question = questions()[name]
        rows = ask(store, question, question.values(given), asker).rows
        values = {p.name: given.get(p.name, p.default or "") for p in question.parameters}
        yield Asked(question, values, rows)


def _first_told(store: Store, alert: Alert) -> str:
    """When the first update of an alert was published."""
    [row] = store.rows(
        "SELECT toString(min(arrived)) AS at FROM alert_updates WHERE alert_id = {a:String}",
        {"a": alert.alert_id},
    )
    return str(row["at"])


def _lines(path: Path, lines: Iterator[bytes] | Sequence[bytes]) -> None:
    path.write_bytes(b"".join(line + b"\n" for line in lines))
