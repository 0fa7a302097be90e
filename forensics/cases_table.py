"""The table of cases: each row folded anew from what the store holds of its match."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
from pydantic import ValidationError

from alerts.action import Action
from alerts.alert import Alert, AlertFixture, Provenance
from alerts.case import Case
from alerts.cases import Cases
from alerts.deadlines import LifecycleSettings
from forensics.columns import MICROSECONDS, MILLISECONDS, TEXT
from forensics.store import Store

_AT_A_TIME = 500
_UPDATES = """
SELECT alert_id, match, sport, competition, tier, home, away, start, typology, level, status, score,
       opened_at, peak_at, last_at, market, line, selection, headline, marking,
       feed_topic, feed_partition, first_offset, last_offset, config_hash, arrived
FROM alert_updates WHERE match IN {matches:Array(String)}
"""
_ACTIONS = """
SELECT body FROM actions
WHERE hasAny(matches, {matches:Array(String)}) OR kind IN ('snooze', 'unsnooze')
"""
_SNOOZES = "SELECT count() AS n FROM actions WHERE kind IN ('snooze', 'unsnooze')"
_COUNT = pa.uint32()
_COLUMNS: dict[str, pa.DataType] = {
    "case_id": TEXT, "match": TEXT, "sport": TEXT, "competition": TEXT, "tier": pa.uint8(),
    "home": TEXT, "away": TEXT, "start": MILLISECONDS, "status": TEXT, "level": TEXT,
    "typologies": pa.list_(TEXT), "alert_ids": pa.list_(TEXT), "headline": TEXT, "marking": TEXT,
    "assignee": TEXT, "opened_at": MICROSECONDS, "last_at": MICROSECONDS, "calls": TEXT,
    "acknowledge_by": MICROSECONDS, "missed": pa.list_(MICROSECONDS), "news": pa.list_(TEXT),
    "held": _COUNT, "misses": _COUNT, "verdict": TEXT, "cause": TEXT, "verdict_comment": TEXT,
    "verdict_by": TEXT, "verdict_at": MICROSECONDS, "closings": _COUNT, "actions": _COUNT,
    "last_action_at": MICROSECONDS, "version": pa.uint64(),
}  # fmt: skip


class CasesTable:
    """Keeps the rows of `cases` up to what the store holds.

    Nothing is remembered from one call to the next, so any number of archives may write, and a
    restart loses nothing: each writes its alerts and actions first and reads all of the match then,
    so whoever reads last has seen everything, and the row that knew more stays.
    """

    def __init__(self, store: Store, settings: LifecycleSettings) -> None:
        self._store = store
        self._settings = settings

    def update(self, matches: Collection[str]) -> int:
        """Compute the cases of these matches anew; return how many there are."""
        waiting, written = sorted(set(matches)), 0
        for begin in range(0, len(waiting), _AT_A_TIME):
            rows = list(self._rows(waiting[begin : begin + _AT_A_TIME]))
            written += self._write(rows)
        return written

    def unclosed(self) -> list[str]:
        """Matches whose cases a snooze may concern."""
        return self._names("SELECT match FROM cases WHERE status != 'closed'")

    def missing(self) -> list[str]:
        """Matches with alerts and no case, from before there were cases."""
        return self._names(
            "SELECT DISTINCT match FROM alerts WHERE match NOT IN (SELECT match FROM cases)"
        )

    def _names(self, question: str) -> list[str]:
        return [row["match"] for row in self._store.rows(question)]

    def _rows(self, matches: Sequence[str]) -> Iterator[dict[str, Any]]:
        told = {"matches": list(matches)}
        updates = self._store.rows(_UPDATES, told)
        actions = [row["body"] for row in self._store.rows(_ACTIONS, told)]
        cases = folded(updates, actions, self._settings)
        counts = Counter(row["match"] for row in updates)
        snoozes = self._store.rows(_SNOOZES)[0]["n"]
        for case in filter(None, map(cases.find, matches)):
            yield _row(case, version=counts[case.match] + len(case.history) + snoozes)

    def _write(self, rows: Sequence[dict[str, Any]]) -> int:
        if not rows:
            return 0
        columns = {
            name: pa.array((row[name] for row in rows), kind) for name, kind in _COLUMNS.items()
        }
        return self._store.insert("cases", pa.table(columns))


def folded(
    updates: Iterable[Mapping[str, Any]], actions: Iterable[str], settings: LifecycleSettings
) -> Cases:
    """Fold rows of `alert_updates` and bodies of actions."""
    cases = Cases(settings)
    for row in updates:
        if (alert := _alert(row)) is not None:
            cases.take_alert(alert, row["arrived"])
    for body in actions:
        cases.take_action(Action.model_validate_json(body))
    return cases


def _alert(row: Mapping[str, Any]) -> Alert | None:
    """The alert of a row, as far as a case needs it; None for one with a level of a later version.

    The body may hold what only a newer program can read; the columns can always be read.
    """
    fixture = {name: row[name] for name in AlertFixture.model_fields}
    origin = {name: row[name] for name in Provenance.model_fields if name in row} | {
        "topic": row["feed_topic"], "partition": row["feed_partition"],
    }  # fmt: skip
    plain = {name: row[name] for name in Alert.model_fields if name in row}
    missing = {"market": row["market"] or "", "selection": row["selection"] or ""}
    try:
        return Alert.model_validate(
            plain | missing | {"fixture": fixture, "provenance": origin, "evidence": ()}
        )
    except ValidationError:
        return None


def _row(case: Case, version: int) -> dict[str, Any]:
    lead, verdict, fixture = case.lead, case.verdict, case.fixture
    last = max((entry.action.at for entry in case.history), default=None)
    plain = {name: getattr(case, name) for name in _COLUMNS if name in Case.model_fields}
    return plain | {
        "sport": fixture.sport if fixture else "",
        "competition": fixture.competition if fixture else "",
        "tier": fixture.tier if fixture else 0,
        "home": fixture.home if fixture else "",
        "away": fixture.away if fixture else "",
        "start": fixture.start if fixture else None,
        "alert_ids": [alert.alert_id for alert in case.alerts],
        "headline": lead.headline if lead else case.misses[-1].why,
        "marking": case.marking,
        "held": len(case.held),
        "misses": len(case.misses),
        "verdict": verdict.finding if verdict else None,
        "cause": verdict.cause if verdict else None,
        "verdict_comment": verdict.comment if verdict else None,
        "verdict_by": verdict.by if verdict else None,
        "verdict_at": verdict.at if verdict else None,
        "actions": len(case.history),
        "last_action_at": last,
        "version": version,
    }
