"""Connections to ClickHouse: where it is, and what is in the way when it cannot be opened."""

import fcntl
import logging
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from clickhouse_connect.driver.httputil import get_pool_manager
from urllib3 import PoolManager

from forensics.failures import UNKNOWN_DATABASE, WRONG_LOGIN, StoreUnavailable, code_of, reason_of
from forensics.settings import StoreSettings

# The driver warns about each lost connection on its own; we raise with the reason instead.
logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())

_LEAST_ROOM = 1 << 20  # what the engine sets aside for any insert
_INSTEAD = "put back a copy of it, or name another directory"
_SET_ASIDE = """
SELECT table, count() FROM system.detached_parts
WHERE database = currentDatabase() AND startsWith(ifNull(reason, ''), 'broken')
GROUP BY table ORDER BY table
"""
_SHARE = "stop it, or use a server (set host), which several processes may share"


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
        arguments["pool_mgr"] = connections(str(settings.ca_cert))
    return arguments


@lru_cache(maxsize=8)
def connections(ca_cert: str) -> PoolManager:
    """Connections to servers whose certificates an authority of their own has signed.

    The driver would make a pool for each client, and cannot close it where urllib3 is the fork that
    niquests (of grafana-client) puts in its place: a lock of its has another name there.
    """
    pool: PoolManager = get_pool_manager(ca_cert=ca_cert)
    return pool


def connect(settings: StoreSettings, session: Mapping[str, Any]) -> Client:
    """Connect to the database of the settings; `session` are settings of the engine."""
    return clickhouse_connect.get_client(
        **client_arguments(settings), database=settings.database, settings=dict(session)
    )


def connect_creating(settings: StoreSettings, session: Mapping[str, Any]) -> Client:
    """Connect, and only when the database is missing ask for it: not every user may create one."""
    try:
        return connect(settings, session)
    except ClickHouseError as error:
        if code_of(error) != UNKNOWN_DATABASE:
            raise
    bare = clickhouse_connect.get_client(**client_arguments(settings))
    try:
        bare.command(f"CREATE DATABASE IF NOT EXISTS `{settings.database}`")
    finally:
        bare.close()
    return connect(settings, session)


def require_directory(directory: Path) -> None:
    """Create the directory of the embedded engine, or say why it cannot be used."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise StoreUnavailable(f"store {directory}: is a file, not a directory") from None
    except OSError as error:
        raise StoreUnavailable(f"store {directory}: cannot be created: {error.strerror}") from None
    if not os.access(directory, os.R_OK | os.X_OK):
        raise StoreUnavailable(f"store {directory}: this user may not read there")
    try:
        with tempfile.TemporaryFile(dir=directory) as probe:
            probe.write(bytes(_LEAST_ROOM))
    except OSError as error:
        raise StoreUnavailable(f"store {directory}: cannot be written: {error.strerror}") from None
    if holder := _holder(directory / "status"):
        raise StoreUnavailable(f"store {directory}: held by another process ({holder}); {_SHARE}")


def require_store(directory: Path) -> None:
    """Refuse a directory in which nothing was ever stored, as where its name is misspelt."""
    try:
        there = directory.is_file() or (directory / "metadata").is_dir()
    except PermissionError:
        raise StoreUnavailable(f"store {directory}: this user may not read there") from None
    if not there:
        raise StoreUnavailable(
            f"store {directory}: there is none; name the directory that a demo, a replay or an "
            "archive wrote to, or begin one there with `sogawatch migrate`"
        )


def _holder(status: Path, *, even_us: bool = False) -> str | None:
    """Who holds the engine's lock; asked beforehand, for the engine itself only says nothing."""
    try:
        with status.open("rb") as lock:
            text = lock.read(200).decode(errors="replace")
            if not even_us and text.startswith(f"PID: {os.getpid()}\n"):
                return None
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return text.partition("\n")[0]
    except OSError:
        return None
    return None


@contextmanager
def overhearing() -> Iterator[Callable[[], str]]:
    """Keep to us what is written to standard error, for the engine writes there why it fails."""
    before = os.dup(2)
    with tempfile.TemporaryFile() as heard:
        os.dup2(heard.fileno(), 2)
        try:
            yield lambda: os.pread(heard.fileno(), 2000, 0).decode(errors="replace").strip()
        finally:
            os.dup2(before, 2)
            os.close(before)


def damaged(client: Client) -> str:
    """Name the tables of which the engine found parts that it cannot read, and set aside.

    It goes on without the rows in them, and says nothing.
    """
    found = client.query(_SET_ASIDE).result_rows
    return ", ".join(f"{count} of {table}" for table, count in found)


def why_closed(settings: StoreSettings, error: Exception, words: str = "") -> str:
    """Say what is in the way of a connection, and where there is one, the way out.

    `words` are what the engine wrote to standard error.
    """
    where, reason = place(settings), reason_of(error)
    if settings.host is None:
        if held := re.search(r"already initialized with path '([^']*)'", reason):
            return f"{where}: this process has the store {held[1]} open; close it first"
        if _holder(settings.directory / "status", even_us=True):
            return f"{where}: held by another process; {_SHARE}"
        if "EmbeddedServer: ." in reason:  # all it raises; it writes the rest to standard error
            reason = f"its files are damaged: {reason_of(Exception(words))}; {_INSTEAD}"
            return f"{where}: {reason}"
        return f"{where}: the engine cannot open it: {reason}"
    if code_of(error) in WRONG_LOGIN:
        return f"{where}: wrong password, or no such user as {settings.username!r}"
    if code_of(error) is None:
        return f"{where}: cannot be reached: {reason}"
    return f"{where}: {reason}"
