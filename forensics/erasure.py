"""Erasure of an account: its pseudonym leaves the store, and what it did stays countable."""

import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from forensics.asking import Asker, record
from forensics.erased_actions import seal_again
from forensics.store import Store

_TOMB = "concat('erased-', lower(substring(hex(SHA256(concat({salt:String}, match))), 1, 16)))"
_OLD_PARTS = "old_parts_lifetime = 1, finished_mutations_to_keep = 1"
_AS_EVER = "old_parts_lifetime, finished_mutations_to_keep"
_NOW = " SETTINGS mutations_sync = 2"
_EVERYWHERE = """
SELECT columns.table AS table, columns.name AS name, startsWith(columns.type, 'Array') AS many,
       is_in_sorting_key OR columns.table IN (
           SELECT table FROM system.columns
           WHERE database = currentDatabase() AND is_in_sorting_key
             AND default_kind = 'MATERIALIZED'
       ) AS key
FROM system.columns
JOIN system.tables ON tables.database = columns.database AND tables.name = columns.table
WHERE columns.database = currentDatabase() AND engine LIKE '%MergeTree%'
  AND match(columns.type, '^(Array\\\\()?(LowCardinality\\\\()?(Nullable\\\\()?String')
  AND columns.default_kind NOT IN ('ALIAS', 'MATERIALIZED')
"""


class NotErased(Exception):
    """The engine did not let go of old files in time; what is left to do is said."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of texts, or of lists of texts; part of the sort key or not."""

    name: str
    key: bool
    many: bool

    @property
    def names(self) -> str:
        """The condition that it names the account."""
        if self.many:
            return f"arrayExists(x -> match(x, {{word:String}}), `{self.name}`)"
        return f"match(ifNull(`{self.name}`, ''), {{word:String}})"

    def without(self, tomb: str) -> str:
        """The change that puts a tombstone there."""
        text = "x" if self.many else f"`{self.name}`"
        put = text
        for _ in range(2):  # of two with one sign between them a pass takes the first
            put = f"replaceRegexpAll({put}, {{word:String}}, concat('\\\\1', {tomb}, '\\\\2'))"
        return f"`{self.name}` = " + (f"arrayMap(x -> {put}, `{self.name}`)" if self.many else put)


@dataclass(frozen=True, slots=True)
class Erased:
    """Rows that named the account, by table, and matches about which packs were made."""

    rows: dict[str, int]
    packs: tuple[str, ...]


def forget(
    store: Store,
    account: str,
    asker: Asker,
    *,
    patience_s: float = 180.0,
    wait: Callable[[float], None] = time.sleep,
) -> Erased:
    """Erase an account everywhere in the store, to the last file.

    In its wagers, and in those of its counterparties, a tombstone stands in its place, one for each
    match: wagers, money and accounts of a market are counted as before, and nothing joins one match
    to another. Device, country and day of opening go. Texts that name it (alerts, actions, the
    record of questions) name a tombstone. The salt of tombstones is thrown away.

    Good at: leaving nothing to find. Bad at: what is elsewhere. Topics keep what they have for
    their retention, backups and packs that were handed out keep it until they are destroyed, and
    the log of a ClickHouse server holds the statements of this erasure for its own time.

    Raises
    ------
    NotAllowed
        Without a reason.
    NotErased
        When old files are still there after `patience_s`; the erasure itself is done.
    """
    record(store, asker, "forget", {"rows": "of an account that is erased"}, "")
    packs = tuple(_packs(store, account))
    salt = secrets.token_hex(16)
    given = {"a": account, "salt": salt, "word": _as_word(account)}
    rows = _rows_of_account(store, given)
    if sealed := seal_again(store, account):
        rows["actions"] = sealed
    rows |= _texts(store, given)
    _let_go(store, sorted(rows), account, patience_s, wait)
    return Erased(rows, packs)


def _rows_of_account(store: Store, given: dict[str, str]) -> dict[str, int]:
    """Put tombstones where the account is a value of its own."""
    rows = {
        "wagers": _count(
            store, "wagers", "account = {a:String} OR counterparty = {a:String}", given
        ),
        "wagers_by_account": _count(store, "wagers_by_account", "account = {a:String}", given),
        "accounts": _count(store, "accounts", "account = {a:String}", given),
    }
    if rows["wagers"]:
        store.command(
            f"ALTER TABLE wagers UPDATE account = {_TOMB}, device = NULL, opened = NULL, "
            "country = NULL, wager = concat('erased-', toString(partition), '-', toString(offset), "
            "'-', toString(idx)) WHERE account = {a:String}" + _NOW,
            given,
        )
        store.command(
            f"ALTER TABLE wagers UPDATE counterparty = {_TOMB} WHERE counterparty = {{a:String}}"
            + _NOW,
            given,
        )
    if rows["wagers_by_account"]:
        _replace_keys(store, "wagers_by_account", f"{_TOMB} AS account", given)
    if rows["accounts"]:
        changed = (
            f"{_TOMB} AS account, NULL AS opened, 0 AS wagers, NULL AS median_stake, NULL AS last, "
            "NULL AS limit, NULL AS country"
        )
        _replace_keys(store, "accounts", changed, given)
    return {name: count for name, count in rows.items() if count}


def _replace_keys(store: Store, table: str, changed: str, given: dict[str, str]) -> None:
    """Write rows again under their tombstone and delete them, for a key cannot be changed."""
    store.command(
        f"INSERT INTO {table} SELECT * REPLACE ({changed}) FROM {table} FINAL "
        "WHERE account = {a:String}",
        given,
    )
    store.command(f"ALTER TABLE {table} DELETE WHERE account = {{a:String}}" + _NOW, given)


def _texts(store: Store, given: dict[str, str]) -> dict[str, int]:
    """Put tombstones into every text that names the account, in every table there is.

    Where a sort key is made of texts, which cannot be changed then, the row is deleted.
    """
    rows: dict[str, int] = {}
    by_table: dict[str, list[_Column]] = {}
    for row in store.rows(_EVERYWHERE):
        column = _Column(row["name"], bool(row["key"]), bool(row["many"]))
        by_table.setdefault(row["table"], []).append(column)
    for table, columns in sorted(by_table.items()):
        named = [column for column in columns if _count(store, table, column.names, given)]
        if not named:
            continue
        where = " OR ".join(column.names for column in named)
        rows[table] = _count(store, table, where, given)
        if any(column.key for column in named):
            store.command(f"ALTER TABLE {table} DELETE WHERE {where}" + _NOW, given)
            continue
        tomb = _TOMB if any(column.name == "match" for column in columns) else "'erased'"
        changes = ", ".join(column.without(tomb) for column in named)
        store.command(f"ALTER TABLE {table} UPDATE {changes} WHERE {where}" + _NOW, given)
    return rows


def _as_word(account: str) -> str:
    """A pattern of the account where no longer name holds it.

    >>> bool(re.search(_as_word("a1"), 'by "a1",')), bool(re.search(_as_word("a1"), "by a12"))
    (True, False)
    """
    return f"(^|[^A-Za-z0-9_-]){re.escape(account)}($|[^A-Za-z0-9_-])"


def _packs(store: Store, account: str) -> Iterator[str]:
    """Matches with this account about which packs were made."""
    rows = store.rows(
        "SELECT DISTINCT JSONExtractString(parameters, 'match') AS match FROM questions_asked "
        "WHERE question = 'evidence' AND match IN "
        "(SELECT match FROM wagers WHERE account = {a:String} OR counterparty = {a:String}) "
        "ORDER BY match",
        {"a": account},
    )
    return (row["match"] for row in rows)


def _let_go(
    store: Store,
    tables: list[str],
    account: str,
    patience_s: float,
    wait: Callable[[float], None],
) -> None:
    """Have the engine delete the files that the rows were in before, and see that it did.

    It keeps the text of the last change to a table, so one that says nothing comes after.
    """
    for table in tables:
        store.command(f"ALTER TABLE {table} MODIFY SETTING {_OLD_PARTS}")
        store.command(f"ALTER TABLE {table} DELETE WHERE 1 = 0{_NOW}")
    try:
        waited = 0.0
        while left := _left(store, tables, account):
            if waited >= patience_s:
                raise NotErased(
                    f"erased, but old files of {', '.join(left)} are still on disk; the engine "
                    "deletes them by itself while the store is open: look again later"
                )
            wait(1.0)
            waited += 1.0
    finally:
        for table in tables:
            store.command(f"ALTER TABLE {table} RESET SETTING {_AS_EVER}")


def _left(store: Store, tables: list[str], account: str) -> list[str]:
    """Tables with old parts, or with the text of a change that names the account."""
    rows = store.rows(
        "SELECT table FROM system.parts WHERE database = currentDatabase() AND NOT active "
        "AND table IN {t:Array(String)} "
        "UNION DISTINCT SELECT table FROM system.mutations WHERE database = currentDatabase() "
        "AND table IN {t:Array(String)} AND position(command, {a:String}) > 0",
        {"t": tables, "a": account},
    )
    return sorted({row["table"] for row in rows})


def _count(store: Store, table: str, where: str, given: dict[str, str]) -> int:
    [row] = store.rows(f"SELECT count() AS n FROM {table} WHERE {where}", given)
    return int(row["n"])
