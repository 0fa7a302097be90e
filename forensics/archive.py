"""The archive: what the topics hold becomes rows, each once however often it is written."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import NamedTuple, TypeVar

import pyarrow as pa

from alerts.action import Action, Kind
from alerts.cases import matches_of
from alerts.deadlines import LifecycleSettings
from forensics.actions_table import ActionMessage, action_columns, published_action
from forensics.alerts_table import AlertMessage, alert_columns, not_kept, published
from forensics.attempts_table import AttemptFrame, attempt_columns, attempts
from forensics.bars import Bars
from forensics.canaries_table import AnswerMessage, answered, canary_columns
from forensics.cases_table import CasesTable
from forensics.columns import TEXT, Frame, by_table, provenance
from forensics.groups import Lag, Member, lag_rows, member_rows
from forensics.store import Store

_Told = TypeVar("_Told")


class DeadLetter(NamedTuple):
    """Bytes that could not be read: why, and where they lie (file and line, topic and offset)."""

    source: str
    place: str
    reason: str
    raw: bytes
    topic: str
    partition: int
    offset: int
    arrived: datetime


class Archive:
    """Writes batches to a store that has been migrated.

    Each method returns the rows written per table once they are in the store. It raises when any
    insert fails; some tables may have their rows then, and the whole batch is to be written again.
    Repeating a batch, or cutting it differently, leaves each row once, for a row is known by the
    partition and offset of its frame and its place inside. That asks that `arrived` is the
    timestamp of the Kafka record, the same at each attempt; time to live counts from it.

    A batch is one insert per kind of record in it. Tens of thousands of records a batch are well;
    many batches of a few records make the store merge more than it stores.

    Parameters
    ----------
    store
        An open store.
    generation
        Grows when offsets of the alerts topic start anew (topic created again, partitions added);
        seconds since the epoch will do. Alerts of a higher generation replace those of a lower.
    lifecycle
        By which the deadlines of cases are counted.

    Examples
    --------
    >>> from datetime import UTC
    >>> from tempfile import TemporaryDirectory
    >>> from forensics.migrate import migrate
    >>> from forensics.store import StoreSettings, open_store
    >>> from markets.records import Gap
    >>> at = datetime.now(UTC)
    >>> frame = (0, 17, at, [Gap(at=at, source="betfair", reason="conflated")])
    >>> with TemporaryDirectory() as home, open_store(StoreSettings(directory=home)) as store:
    ...     _ = migrate(store)
    ...     archive = Archive(store)
    ...     archive.write([frame]), archive.write([frame])
    ...     store.rows("SELECT source, reason FROM health")
    ({'health': 1, 'frames': 1}, {'health': 1, 'frames': 1})
    [{'source': 'betfair', 'reason': 'conflated'}]
    """

    def __init__(
        self, store: Store, *, generation: int = 0, lifecycle: LifecycleSettings | None = None
    ) -> None:
        self._store = store
        self._generation = generation
        self._bars = Bars(store)
        self._unwritten: tuple[Sequence[Frame], pa.Table] | None = None
        self._cases = CasesTable(store, lifecycle or LifecycleSettings())

    def write(self, batch: Sequence[Frame]) -> dict[str, int]:
        """Write decoded frames: (partition, offset, arrived, records).

        The bars that they make are written as well; they follow from them and are not counted.
        """
        tables = by_table(batch)
        with ThreadPoolExecutor(1) as beside:
            inserting = beside.submit(self._insert, tables)  # bars need earlier batches alone
            bars = self._bars_of(batch)
        counts = inserting.result()
        self._insert({"bars": bars})
        self._unwritten = None
        return counts

    def _bars_of(self, batch: Sequence[Frame]) -> pa.Table:
        """Make the bars of a batch; one that comes again as its insert failed has them already."""
        if self._unwritten is None or self._unwritten[0] is not batch:
            self._unwritten = None
            self._unwritten = batch, self._bars.take(batch)
        return self._unwritten[1]

    def write_alerts(
        self, batch: Sequence[AlertMessage], *, topic: str = "alerts"
    ) -> dict[str, int]:
        """Write published alerts: (partition, offset, arrived, JSON).

        One that cannot be read becomes a dead letter instead of holding up the rest. An update
        that was published again, to another offset, is in `alert_updates` once.
        """
        alerts, letters = _read(batch, published, topic)
        counts = self.write_dead_letters(letters)
        if alerts:
            new = alert_columns(not_kept(self._store, alerts), self._generation)
            rows = alert_columns(alerts, self._generation)
            counts |= self._insert({"alert_updates": new, "alerts": rows})
            counts |= self._update_cases({alert.match for alert, _ in alerts})
        return counts

    def write_actions(
        self, batch: Sequence[ActionMessage], *, topic: str = "actions"
    ) -> dict[str, int]:
        """Write published actions, (partition, offset, arrived, JSON), and what follows from them.

        One that cannot be read, or was altered, becomes a dead letter.
        """
        actions, letters = _read(batch, published_action, topic)
        counts = self.write_dead_letters(letters)
        if actions:
            counts |= self._insert({"actions": action_columns(actions)})
            counts |= self._update_cases(self._concerned([action for action, _ in actions]))
        return counts

    def catch_up(self) -> dict[str, int]:
        """Compute the cases of alerts that were archived before there were cases."""
        return self._update_cases(set(self._cases.missing()))

    def _concerned(self, actions: Sequence[Action]) -> set[str]:
        """Matches whose cases may have changed; a snooze can concern any that is not closed.

        Also those of alerts that another thread has written and not yet made a case of: it may have
        read the actions before these came.
        """
        matches = {match for action in actions for match in matches_of(action)}
        if any(action.kind in (Kind.SNOOZE, Kind.UNSNOOZE) for action in actions):
            matches.update(self._cases.missing(), self._cases.unclosed())
        return matches

    def _update_cases(self, matches: set[str]) -> dict[str, int]:
        cases = self._cases.update(matches)
        return {"cases": cases} if cases else {}

    def write_attempts(
        self, batch: Sequence[AttemptFrame], *, topic: str = "delivery-attempts"
    ) -> dict[str, int]:
        """Write frames of attempts to deliver: (partition, offset, arrived, JSON)."""
        frames, letters = _read(batch, attempts, topic)
        counts = self.write_dead_letters(letters)
        if frames:
            counts |= self._insert({"delivery_attempts": attempt_columns(frames)})
        return counts

    def write_canaries(
        self, batch: Sequence[AnswerMessage], *, topic: str = "canaries"
    ) -> dict[str, int]:
        """Write answers to canaries: (partition, offset, arrived, JSON)."""
        told, letters = _read(batch, answered, topic)
        counts = self.write_dead_letters(letters)
        return counts | (self._insert({"canaries": canary_columns(told)}) if told else {})

    def write_dead_letters(self, letters: Sequence[DeadLetter]) -> dict[str, int]:
        """Write what could not be read, byte for byte."""
        if not letters:
            return {}
        columns = {
            name: pa.array((getattr(letter, name) for letter in letters), TEXT)
            for name in ("source", "place", "reason", "topic")
        }
        columns["raw"] = pa.array((letter.raw for letter in letters), pa.binary())
        columns |= provenance([(each.partition, each.offset, each.arrived) for each in letters])
        return self._insert({"dead_letters": pa.table(columns)})

    def write_lags(self, lags: Sequence[Lag], members: Sequence[Member]) -> dict[str, int]:
        """Write how far the groups have come, and who reads."""
        return self._insert({"group_lags": lag_rows(lags), "group_members": member_rows(members)})

    def _insert(self, tables: dict[str, pa.Table]) -> dict[str, int]:
        return {name: self._store.insert(name, rows) for name, rows in tables.items()}


def _read(
    batch: Sequence[AlertMessage], read: Callable[[bytes], _Told | str], topic: str
) -> tuple[list[tuple[_Told, AlertMessage]], list[DeadLetter]]:
    """Read messages; where the reader gives a reason instead, that makes a dead letter."""
    told: list[tuple[_Told, AlertMessage]] = []
    letters: list[DeadLetter] = []
    for message in batch:
        found = read(message[3])
        if isinstance(found, str):
            letters.append(_letter(message, topic, found))
        else:
            told.append((found, message))
    return told, letters


def _letter(message: AlertMessage, topic: str, reason: str) -> DeadLetter:
    partition, offset, arrived, body = message
    place = f"{topic}/{partition}/{offset}"
    return DeadLetter(topic, place, reason, body, topic, partition, offset, arrived)
