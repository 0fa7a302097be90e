"""An archive whose store is away for longer than its patience waits for it, and does not end."""

import subprocess
import time
from collections.abc import Callable

import pytest

from forensics.store import StoreSettings, open_store
from streams.topics import create_topics
from tests.clickhouse_server import clickhouse_server
from tests.proxy import Mode, proxy
from tests.streams.command_line import working
from tests.streams.test_doctor import feed

AWAY_S, PATIENCE_S = 14, 4


@pytest.mark.parametrize("how", ["refuse", "stall"])
def test_a_store_that_is_away_does_not_end_the_archive(
    settings, embedded, prefix, tmp_path, how: Mode
):
    create_topics(settings, prefix)
    place = ["--bootstrap", settings.bootstrap, "--prefix", prefix, *["--embedded"] * embedded]
    with clickhouse_server(tmp_path / "store") as store, proxy(store.port or 0) as between:
        variables = {
            "SOGAWATCH_STORE__HOST": "127.0.0.1",
            "SOGAWATCH_STORE__PORT": str(between.port),
            "SOGAWATCH_LIVENESS__WITHIN_S": str(PATIENCE_S),
        }
        with working(tmp_path, "archive", *place, variables=variables) as archive:
            feed(settings, prefix)
            until(lambda: events(store) == 1, archive)
            between.set(how)
            feed(settings, prefix)
            time.sleep(AWAY_S)
            assert archive.poll() is None
            between.set("pass")
            until(lambda: events(store) == 2, archive)


def events(store: StoreSettings) -> int:
    with open_store(store) as opened:
        return int(opened.rows("SELECT count() AS n FROM events FINAL")[0]["n"])


def until(holds: Callable[[], bool], archive: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert archive.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.3)
