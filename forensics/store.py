"""The store: one way to ClickHouse, whether a server or the engine inside this process."""

import fcntl
import logging
import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from forensics.statements import statements

# The driver warns about each lost connection on its own; we raise with the reason instead.
logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())

# Since ClickHouse 26.3 inserts return before they are durable unless this is off.
_WRITING = {"async_insert": 0}
# 2 and not 1: the driver sets output formats, which 1 forbids. `final` lets no question count a
# batch twice that was written twice.
_READING = {"readonly": 2, "final": 1}

_UNKNOWN_TABLE, _UNKNOWN_DATABASE = 60, 81
_WRONG_LOGIN = {192, 193, 194, 516}
# Codes of the engine that pass without anybody changing the statement: timeouts, network, limits
# of memory and parts, a full disk, a replica or keeper that is away, shutting down.
_PASSING = {
    75, 76, 159, 160, 173, 201, 202, 209, 210, 225, 236, 241, 242, 243, 252, 279, 285, 319, 394,
    425, 439, 999, 1001,
}  # fmt: skip


class StoreUnavailable(Exception):
    """The store cannot be reached or opened now; the same call may succeed later."""


class StoreRefused(Exception):
    """The store understood and refused: the statement, the table or the value is at fault."""


class StoreSettings(BaseModel):
    """Where the store is: a server when `host` is set, else the engine inside this process."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    directory: Path = Field(
        default=Path("sogawatch-data/store"),
        description="Directory of the embedded engine; one process at a time may hold it.",
    )
    host: str | None = Field(
        default=None, description="Host of a ClickHouse server; leave out for the embedded engine."
    )
    port: int | None = Field(
        default=None, ge=1, le=65535, description="HTTP port; 8123, or 8443 when secure."
    )
    username: str = Field(default="default", description="User of the ClickHouse server.")
    password: SecretStr = Field(default=SecretStr(""), description="Password of that user.")
    database: str = Field(
        default="sogawatch",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="Database of the tables; created when missing.",
    )
    secure: bool = Field(default=False, description="Speak TLS with the server.")
    ca_cert: Path | None = Field(
        default=None, description="PEM file of the authority that signed the server's certificate."
    )


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

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """Answer a question; times come back in UTC, copies of one row as one row.

        Read-only means the tables: with the embedded engine `INTO OUTFILE` still writes a file of
        the user who asks. Values belong in `parameters` (`{name:Type}` in the SQL), never in the
        text.

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
                return reading.query_arrow(asked[0], dict(parameters or {}))
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
            if _passes(error):
                raise StoreUnavailable(f"{self._place}: {_reason(error)}") from error
            hint = "; run `sogawatch migrate` first" if _code(error) == _UNKNOWN_TABLE else ""
            raise StoreRefused(f"{self._place}: {_reason(error)}{hint}") from error


@contextmanager
def open_store(settings: StoreSettings) -> Iterator[Store]:
    """Open the store for as long as the context lasts; the database is created when missing.

    Raises
    ------
    StoreUnavailable
        Naming what is in the way: the directory cannot be written or is held by another process,
        the server does not answer, the user or password is wrong.
    """
    if settings.host is None:
        _require_directory(settings.directory)
    with ExitStack() as stack:
        try:
            writing = _connect_creating(settings)
            stack.callback(writing.close)
            reading = _connect(settings, _READING)
            stack.callback(reading.close)
        except (ClickHouseError, OSError) as error:
            raise StoreUnavailable(_why_closed(settings, error)) from error
        yield Store(writing, reading, settings)


def place(settings: StoreSettings) -> str:
    """Name the store for messages.

    >>> place(StoreSettings(host="ch.example", secure=True))
    'ClickHouse at https://ch.example:8443'
    """
    if settings.host is None:
        return f"store {settings.directory}"
    port = settings.port or (8443 if settings.secure else 8123)
    return f"ClickHouse at http{'s' * settings.secure}://{settings.host}:{port}"


def client_arguments(settings: StoreSettings) -> dict[str, Any]:
    """Arguments of the driver's client, without a database.

    >>> client_arguments(StoreSettings(directory="d"))["interface"]
    'chdb'
    """
    if settings.host is None:
        return {"interface": "chdb", "path": str(settings.directory.resolve())}
    arguments: dict[str, Any] = {
        "host": settings.host,
        "username": settings.username,
        "password": settings.password.get_secret_value(),
        "secure": settings.secure,
        "client_name": "sogawatch",
        # One session would refuse the second of two calls at a time.
        "autogenerate_session_id": False,
    }
    if settings.port is not None:
        arguments["port"] = settings.port
    if settings.ca_cert is not None:
        arguments["ca_cert"] = str(settings.ca_cert)
    return arguments


def _connect(settings: StoreSettings, session: Mapping[str, Any]) -> Client:
    return clickhouse_connect.get_client(
        **client_arguments(settings), database=settings.database, settings=dict(session)
    )


def _connect_creating(settings: StoreSettings) -> Client:
    """Connect, and only when the database is missing ask for it: not every user may create one."""
    try:
        return _connect(settings, _WRITING)
    except ClickHouseError as error:
        if _code(error) != _UNKNOWN_DATABASE:
            raise
    bare = clickhouse_connect.get_client(**client_arguments(settings))
    try:
        bare.command(f"CREATE DATABASE IF NOT EXISTS `{settings.database}`")
    finally:
        bare.close()
    return _connect(settings, _WRITING)


def _require_directory(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise StoreUnavailable(f"store {directory}: is a file, not a directory") from None
    except OSError as error:
        raise StoreUnavailable(f"store {directory}: cannot be created: {error.strerror}") from None
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        raise StoreUnavailable(f"store {directory}: this user may not write there")
    if holder := _holder(directory / "status"):
        raise StoreUnavailable(
            f"store {directory}: held by another process ({holder}); stop it, or use a server "
            "(set host) where several processes share a store"
        )


def _holder(status: Path) -> str | None:
    """Who holds the engine's lock; asked beforehand, for the engine itself only says nothing."""
    try:
        with status.open("rb") as lock:
            text = lock.read(200).decode(errors="replace")
            if text.startswith(f"PID: {os.getpid()}\n"):
                return None
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return text.partition("\n")[0]
    except OSError:
        return None
    return None


def _why_closed(settings: StoreSettings, error: Exception) -> str:
    where, reason = place(settings), _reason(error)
    if settings.host is None:
        if held := re.search(r"already initialized with path '([^']*)'", reason):
            return f"{where}: this process has the store {held[1]} open; close it first"
        return f"{where}: the engine cannot open it: {reason}"
    if _code(error) in _WRONG_LOGIN:
        return f"{where}: wrong password, or no such user as {settings.username!r}"
    if _code(error) is None:
        return f"{where}: cannot be reached: {reason}"
    return f"{where}: {reason}"


def _legible(answer: pa.Table) -> pa.Table:
    for number, column in enumerate(answer.columns):
        if pa.types.is_string(column.type):
            legible = (text.as_py() for text in column.cast(pa.binary()))
            texts = [None if text is None else text.decode(errors="replace") for text in legible]
            answer = answer.set_column(number, answer.field(number).name, pa.array(texts))
    return answer


def _code(error: Exception) -> int | None:
    return getattr(error, "code", None)


def _passes(error: Exception) -> bool:
    """Tell an outage from a refusal; an answer without a code is a proxy's or the network's."""
    if isinstance(error, OSError | OperationalError):
        return True
    code = _code(error)
    return code in _PASSING or (code is None and "HTTP status" in str(error))


def _reason(error: Exception) -> str:
    """Shorten a driver's message to its point: the stack and the request say nothing to a user."""
    text = str(error).split(", Stack trace", 1)[0]
    if lost := re.search(r"\[Errno -?\d+\] ([^'\")]+)", text):
        return lost[1]
    return re.sub(r"\s+", " ", text)[:500]
