"""Migrations: numbered SQL files that bring a store to the schema of this program, forward only.

ClickHouse has no transactions for tables, so each statement must bear being run again
(`IF NOT EXISTS`, `OR REPLACE`): a file that failed half-way is simply applied again.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from alerts.complaint import Complaint
from forensics.statements import statements
from forensics.store import Store

_APPLIED = """
CREATE TABLE IF NOT EXISTS migrations (
    name String,
    checksum String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
) ENGINE = ReplacingMergeTree ORDER BY name
"""
_RECORDED = """
SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'migrations'
"""
_NAME = re.compile(r"\d{4}_[a-z0-9_]+\.sql")


class MigrationRefused(Complaint):
    """The store and the migrations of this program do not fit; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file of SQL statements."""

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text; line endings do not count."""
        return hashlib.sha256("\n".join(self.sql.splitlines()).encode()).hexdigest()


def migrate(store: Store, migrations: Sequence[Migration] | None = None) -> list[str]:
    """Apply what the store does not have yet, in order, and return the names.

    Parameters
    ----------
    store
        An open store; its user must be allowed to create tables and views.
    migrations
        Those of this program when left out.

    Raises
    ------
    MigrationRefused
        When an applied migration was edited since, when the store has one this program does not
        know (it is newer), or when a new one is numbered before an applied one.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from forensics.store import StoreSettings, open_store
    >>> with TemporaryDirectory() as home, open_store(StoreSettings(directory=home)) as store:
    ...     migrate(store)[0], migrate(store)
    ('0001_feed_tables.sql', [])
    """
    store.command(_APPLIED)
    waiting = pending(store, migrations)
    for migration in waiting:
        for statement in statements(migration.sql):
            store.command(statement)
        store.command(
            "INSERT INTO migrations (name, checksum) SELECT {name:String}, {checksum:String}",
            {"name": migration.name, "checksum": migration.checksum},
        )
    return [migration.name for migration in waiting]


def pending(store: Store, migrations: Sequence[Migration] | None = None) -> list[Migration]:
    """Migrations that the store does not have yet; raises as `migrate` does, changes nothing."""
    known = shipped() if migrations is None else list(migrations)
    applied = _applied(store)
    _require_known(applied, {migration.name for migration in known})
    for migration in known:
        if applied.get(migration.name, migration.checksum) != migration.checksum:
            raise MigrationRefused(
                f"{migration.name} was edited after it was applied; restore it, and put the "
                "change into a new migration"
            )
    waiting = [migration for migration in known if migration.name not in applied]
    if waiting and applied and waiting[0].name < max(applied):
        raise MigrationRefused(
            f"{waiting[0].name} is numbered before {max(applied)}, which is applied; give it the "
            "next number"
        )
    return waiting


def shipped() -> list[Migration]:
    """Read the migrations of this program, in order.

    >>> [migration.name for migration in shipped()][:2]
    ['0001_feed_tables.sql', '0002_feed_views.sql']
    """
    folder = files("forensics") / "migrations"
    found = [entry for entry in folder.iterdir() if _NAME.fullmatch(entry.name)]
    return [
        Migration(entry.name, entry.read_text(encoding="utf-8"))
        for entry in sorted(found, key=lambda entry: entry.name)
    ]


def _applied(store: Store) -> dict[str, str]:
    if not store.rows(_RECORDED):
        return {}
    rows = store.rows("SELECT name, checksum FROM migrations ORDER BY name")
    return {row["name"]: row["checksum"] for row in rows}


def _require_known(applied: dict[str, str], known: set[str]) -> None:
    if unknown := sorted(applied.keys() - known):
        raise MigrationRefused(
            f"the store has {', '.join(unknown)}, which this program does not know: the store was "
            "migrated by a newer version; use that one"
        )
