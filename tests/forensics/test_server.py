"""The store over HTTP, and what outages of a server look like to the archive.

The server is the embedded engine behind the HTTP interface (tests/clickhouse_server.py).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.archive import Archive
from forensics.migrate import migrate
from forensics.store import Store, StoreRefused, StoreUnavailable, open_store
from tests.clickhouse_server import clickhouse_server
from tests.forensics.test_bars import ARRIVED, BARS, feed, moment
from tests.proxy import Proxy, proxy

FRAMES = [(0, number, ARRIVED, records) for number, records in enumerate(feed())]


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Proxy]]:
    """A migrated store on a server, and the proxy before it."""
    folder = tmp_path_factory.mktemp("server")
    with clickhouse_server(folder / "store") as settings, proxy(settings.port or 0) as between:
        through = settings.model_copy(update={"port": between.port})
        with open_store(through) as store:
            migrate(store)
            yield store, between


@pytest.fixture
def server(reached: tuple[Store, Proxy]) -> Iterator[tuple[Store, Proxy]]:
    store, between = reached
    yield store, between
    between.set("pass")
    for table in ("bars", "prices", "events", "fixtures", "frames"):
        store.command(f"TRUNCATE TABLE {table}")


def test_a_server_keeps_the_same_rows_as_the_embedded_engine(server, store: Store, tmp_path: Path):
    on_server, _ = server
    Archive(on_server).write(FRAMES)
    Archive(store).write(FRAMES)
    for sql in (BARS, "SELECT * FROM prices FINAL ORDER BY ALL"):
        assert on_server.rows(sql) == store.rows(sql) != []


def test_values_travel_as_parameters_and_nothing_is_changed_by_a_question(server):
    store, _ = server
    Archive(store).write(FRAMES)
    asked = {"at": moment(10).replace(second=0), "match": "a-v-b"}
    sql = "SELECT count() AS n FROM bars WHERE minute = {at:DateTime} AND match = {match:String}"
    assert store.rows(sql, asked) == [{"n": 3}]
    with pytest.raises(StoreRefused):
        store.rows("TRUNCATE TABLE bars")
    with pytest.raises(StoreRefused, match="sogawatch migrate"):
        store.rows("SELECT * FROM nowhere")


@pytest.mark.parametrize("mode", ["refuse", "drop", "truncate"])
def test_an_outage_passes_and_what_is_written_again_is_there_once(server, mode):
    store, between = server
    archive = Archive(store)
    for number, frame in enumerate(FRAMES):
        if number % 2:
            between.set(mode)
            with pytest.raises(StoreUnavailable, match=f"http://127.0.0.1:{between.port}"):
                archive.write([frame])
            between.set("pass")
        archive.write([frame])
    disturbed = store.rows(BARS)
    assert store.rows("SELECT count() AS n FROM prices") == [{"n": 19}]
    store.command("TRUNCATE TABLE bars")
    Archive(store).write(FRAMES)
    assert store.rows(BARS) == disturbed != []


def test_a_slow_server_is_waited_for(server):
    store, between = server
    between.set("delay")
    assert Archive(store).write(FRAMES[:1])["prices"] == 6
