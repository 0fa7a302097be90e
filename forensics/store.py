"""The store: one way to ClickHouse, whether a server or the engine inside this process."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import pyarrow as pa
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from forensics.connection import (
    connect,
    connect_creating,
    damaged,
    overhearing,
    place,
    require_directory,
    require_store,
    why_closed,
)
from forensics.failures import (
    UNKNOWN_TABLE,
    StoreRefused,
    StoreUnavailable,
    code_of,
    passes,
    reason_of,
)
from forensics.settings import StoreSettings
from forensics.statements import statements

__all__ = [
    "Store",
    "StoreRefused",
    "StoreSettings",
    "StoreUnavailable",
    "open_existing",
    "open_store",
]

# Since ClickHouse 26.3 inserts return before they are durable unless async_insert is off. Copies
# and older versions of a row go when parts are merged, and questions do not see them: to look for
# them in every insert costs a seventh of it.
_WRITING = {"async_insert": 0, "optimize_on_insert": 0}
# 2 and not 1: the driver sets output formats, which 1 forbids. `final` lets no question count a
# batch twice that was written twice.
_READING = {"readonly": 2, "final": 1}


class Store:
    """An open store. Reading and writing have a connection each; the one for reading is read-only.

    Good at: many rows per insert, questions over one match. Bad at: single-row inserts and many
    small ones (each makes a part on disk). May be called from several threads; on the embedded
    engine their calls wait for each other.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as home, open_store(StoreSettings(directory=home)) as store:
    ...     store.rows("SELECT {match:String} AS match, 1 + 1 AS two", {"match": "a-v-b"})
    [{'match': 'a-v-b', 'two': 2}]
    """

    def __init__(self, writing: Client, reading: Client, settings: StoreSettings) -> None:
        self._writing = writing
        self._reading = reading
        self._place = place(settings)
        self._embedded = settings.host is None
        self._turn = threading.Lock()

    def query(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> pa.Table:
        """Answer a question; times come back in UTC, copies of one row as one row.

        Read-only means the tables: with the embedded engine `INTO OUTFILE` still writes a file of
        the user who asks. Values belong in `parameters` (`{name:Type}` in the SQL), never in the
        text; `settings` are limits of the engine for this one.

        Raises
        ------
        StoreRefused
            When the statement is wrong, or is not a question.
        StoreUnavailable
            When the store is out of reach; ask again later.
        """
        asked = list(statements(sql))
        if len(asked) != 1:
            raise StoreRefused(f"one question at a time, not {len(asked)} statements")
        with self._reasons(), self._turn_to_read() as reading:
            try:
                return reading.query_arrow(asked[0], dict(parameters or {}), dict(settings or {}))
            except pa.ArrowInvalid:
                raise StoreRefused("the statement gave no table: only SELECT answers") from None

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Answer a question as plain rows; text that is not UTF-8 shows replacement marks."""
        answer = self.query(sql, parameters)
        try:
            return answer.to_pylist()  # type: ignore[no-any-return]
        except UnicodeDecodeError:
            return _legible(answer).to_pylist()  # type: ignore[no-any-return]

    def insert(self, table: str, columns: pa.Table) -> int:
        """Write rows by columns and return how many; when it returns, they are in the store.

        Raises
        ------
        StoreUnavailable
            Try the same rows again: writing rows twice leaves them once.
        StoreRefused
            The table does not take such rows, or does not exist.
        """
        if columns.num_rows:
            with self._reasons():
                self._writing.insert_arrow(table, columns)
        return int(columns.num_rows)

    def command(self, statement: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run one statement that changes the store, as migrations do."""
        with self._reasons():
            self._writing.command(statement, dict(parameters or {}))

    @contextmanager
    def _turn_to_read(self) -> Iterator[Client]:
        if not self._embedded:
            yield self._reading
            return
        with self._turn:
            answered = False
            try:
                yield self._reading
                answered = True
            finally:
                if not answered:
                    self._drain()

    def _drain(self) -> None:
        """Take away what a failed statement left behind.

        chDB 4.4 puts rows that were ready when a statement failed before the next answer on the
        same connection, which is then silently wrong.
        """
        for _ in range(5):
            if self._reading.raw_query("SELECT 1") == b"1\n":
                return
        raise StoreUnavailable(f"{self._place}: the engine mixes up its answers; open it again")

    @contextmanager
    def _reasons(self) -> Iterator[None]:
        try:
            yield
        except (ClickHouseError, OSError) as error:
            if passes(error):
                raise StoreUnavailable(f"{self._place}: {reason_of(error)}") from error
            hint = "; run `sogawatch migrate` first" if code_of(error) == UNKNOWN_TABLE else ""
            raise StoreRefused(f"{self._place}: {reason_of(error)}{hint}") from error


@contextmanager
def open_store(settings: StoreSettings) -> Iterator[Store]:
    """Open the store for as long as the context lasts; the database is created when missing.

    Raises
    ------
    StoreUnavailable
        Naming what is in the way: the directory cannot be written, is full, damaged or held by
        another process; the server does not answer, the user or password is wrong.
    """
    with ExitStack() as stack:
        opening = _embedded if settings.host is None else _server
        writing, reading = opening(settings, stack)
        yield Store(writing, reading, settings)


@contextmanager
def open_existing(settings: StoreSettings) -> Iterator[Store]:
    """Do what `open_store` does for those who ask: they must not begin a store by a misspelling.

    Raises
    ------
    StoreUnavailable
        Also where the embedded engine's directory holds no store.
    """
    if settings.host is None:
        require_store(settings.directory)
    with open_store(settings) as store:
        yield store


def _server(settings: StoreSettings, stack: ExitStack) -> tuple[Client, Client]:
    try:
        return _connected(settings, stack)
    except (ClickHouseError, OSError) as error:
        raise StoreUnavailable(why_closed(settings, error)) from error


def _embedded(settings: StoreSettings, stack: ExitStack) -> tuple[Client, Client]:
    require_directory(settings.directory)
    with overhearing() as words:
        try:
            writing, reading = _connected(settings, stack)
        except (ClickHouseError, OSError) as error:
            raise StoreUnavailable(why_closed(settings, error, words())) from error
    if aside := damaged(reading):
        raise StoreUnavailable(
            f"{place(settings)}: damaged parts were set aside ({aside}), their rows are missing; "
            "put back a copy, or remove the folders detached/broken* to go on without them"
        )
    return writing, reading


def _connected(settings: StoreSettings, stack: ExitStack) -> tuple[Client, Client]:
    """Connect for writing and for reading, until the stack is closed."""
    writing = connect_creating(settings, _WRITING)
    stack.callback(writing.close)
    reading = connect(settings, _READING)
    stack.callback(reading.close)
    return writing, reading


def _legible(answer: pa.Table) -> pa.Table:
    for number, column in enumerate(answer.columns):
        if pa.types.is_string(column.type):
            legible = (text.as_py() for text in column.cast(pa.binary()))
            texts = [None if text is None else text.decode(errors="replace") for text in legible]
            answer = answer.set_column(number, answer.field(number).name, pa.array(texts))
    return answer
