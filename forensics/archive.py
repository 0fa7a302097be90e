"""The archive: feed, alerts and dead letters become rows, each once however often it is written."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa

from forensics.alerts_table import AlertMessage, PublishedAlert, alert_columns, published
from forensics.columns import TEXT, Frame, by_table, provenance
from forensics.store import Store


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

    def __init__(self, store: Store, *, generation: int = 0) -> None:
        self._store = store
        self._generation = generation

    def write(self, batch: Sequence[Frame]) -> dict[str, int]:
        """Write decoded frames: (partition, offset, arrived, records)."""
        return self._insert(by_table(batch))

    def write_alerts(
        self, batch: Sequence[AlertMessage], *, topic: str = "alerts"
    ) -> dict[str, int]:
        """Write published alerts: (partition, offset, arrived, JSON).

        One that cannot be read becomes a dead letter instead of holding up the rest.
        """
        alerts: list[tuple[PublishedAlert, AlertMessage]] = []
        letters: list[DeadLetter] = []
        for message in batch:
            alert = published(message[3])
            if isinstance(alert, str):
                letters.append(_letter(message, topic, alert))
            else:
                alerts.append((alert, message))
        counts = self.write_dead_letters(letters)
        if alerts:
            rows = alert_columns(alerts, self._generation)
            counts |= self._insert({"alert_updates": rows, "alerts": rows})
        return counts

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

    def _insert(self, tables: dict[str, pa.Table]) -> dict[str, int]:
        return {name: self._store.insert(name, rows) for name, rows in tables.items()}


def _letter(message: AlertMessage, topic: str, reason: str) -> DeadLetter:
    partition, offset, arrived, body = message
    place = f"{topic}/{partition}/{offset}"
    return DeadLetter(topic, place, reason, body, topic, partition, offset, arrived)
