import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import ValidationError

from forensics.connection import client_arguments, connections, place
from forensics.store import (
    Store,
    StoreRefused,
    StoreSettings,
    StoreUnavailable,
    open_existing,
    open_store,
)
from tests.certificate import make_certificate

HOLD = """
import sys
from pathlib import Path
from forensics.store import StoreSettings, open_store
with open_store(StoreSettings(directory=Path(sys.argv[1]))) as store:
    store.command("CREATE TABLE t (a Int32) ENGINE = MergeTree ORDER BY a")
    store.command("INSERT INTO t SELECT number FROM numbers(1000)")
    print("open", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_by_another_process(directory: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        try:
            yield holder
        finally:
            holder.kill()


def embedded(directory: Path) -> StoreSettings:
    return StoreSettings(directory=directory)


def test_rows_survive_in_another_process(tmp_path):
    with held_by_another_process(tmp_path) as other:
        other.communicate("", timeout=30)
        assert other.returncode == 0
    with open_store(embedded(tmp_path)) as store:
        assert store.rows("SELECT count() AS n FROM t") == [{"n": 1000}]


def test_rows_survive_a_kill(tmp_path):
    with held_by_another_process(tmp_path) as other:
        other.kill()
        other.wait(timeout=30)
    with open_store(embedded(tmp_path)) as store:
        assert store.rows("SELECT count() AS n FROM t") == [{"n": 1000}]


def test_a_directory_held_by_another_process_is_named_with_its_holder(tmp_path, capfd):
    with (
        held_by_another_process(tmp_path) as other,
        pytest.raises(StoreUnavailable, match=rf"held by another process \(PID: {other.pid}\)"),
        open_store(embedded(tmp_path)),
    ):
        pass
    assert capfd.readouterr().err == ""


def test_a_holder_with_our_own_number_is_another_process_too(tmp_path, monkeypatch):
    """Two containers on one volume are both process 1."""
    with held_by_another_process(tmp_path) as other:
        monkeypatch.setattr(os, "getpid", lambda: other.pid)
        with (
            pytest.raises(StoreUnavailable, match="held by another process; stop it"),
            open_store(embedded(tmp_path)),
        ):
            pass


def test_a_second_directory_in_one_process_is_refused_until_the_first_is_closed(tmp_path):
    with open_store(embedded(tmp_path / "a")):
        with (
            pytest.raises(StoreUnavailable, match=r"this process has the store .*/a open"),
            open_store(embedded(tmp_path / "b")),
        ):
            pass
        with open_store(embedded(tmp_path / "a")) as again:
            assert again.rows("SELECT 1 AS one") == [{"one": 1}]
    with open_store(embedded(tmp_path / "b")) as other:
        assert other.rows("SELECT 1 AS one") == [{"one": 1}]


def test_a_file_is_not_a_store(tmp_path):
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(StoreUnavailable, match="is a file, not a directory"),
        open_store(embedded(tmp_path / "file")),
    ):
        pass
    with (
        pytest.raises(StoreUnavailable, match="cannot be created: Not a directory"),
        open_store(embedded(tmp_path / "file" / "store")),
    ):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_may_not_be_written_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with (
        pytest.raises(StoreUnavailable, match="may not write there"),
        open_store(embedded(tmp_path)),
    ):
        pass
    with (
        pytest.raises(StoreUnavailable, match="cannot be created: Permission denied"),
        open_store(embedded(tmp_path / "store")),
    ):
        pass


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO prices (match) VALUES ('x')",
        "TRUNCATE TABLE prices",
        "DROP TABLE prices",
        "ALTER TABLE prices DELETE WHERE 1",
        "CREATE TABLE t (a Int32) ENGINE = MergeTree ORDER BY a",
        "SELECT 1; DROP TABLE prices",
        "SELECT 1 FORMAT CSV",
        "SELECT 1 SETTINGS readonly = 0",
        "SET readonly = 0",
        "SELEC 1",
        "",
    ],
)
def test_reading_changes_nothing(store, statement):
    before = tables(store)
    with pytest.raises(StoreRefused):
        store.query(statement)
    assert tables(store) == before
    assert store.rows("SELECT count() AS n FROM prices") == [{"n": 0}]


def tables(store: Store) -> list[dict[str, object]]:
    return store.rows("SELECT name FROM system.tables WHERE database = 'sogawatch' ORDER BY name")


def test_rows_of_a_question_that_failed_are_not_in_the_next_answer(store):
    for _ in range(3):
        with pytest.raises(StoreRefused, match="throwIf"):
            store.query(
                "SELECT number, throwIf(number = 900000) AS n FROM numbers(1000000) "
                "SETTINGS max_block_size = 1000"
            )
        assert store.rows("SELECT 5 AS n") == [{"n": 5}]


def test_values_travel_as_parameters_and_times_in_utc(store):
    at = datetime(2026, 6, 11, 19, 0, 0, 123456, tzinfo=UTC)
    [row] = store.rows(
        "SELECT {name:String} AS name, {at:DateTime64(6, 'UTC')} AS at;",
        {"name": "Côte d'Ivoire'; DROP TABLE x --", "at": at},
    )
    assert row == {"name": "Côte d'Ivoire'; DROP TABLE x --", "at": at}
    assert row["at"].utcoffset().total_seconds() == 0


def test_answers_are_tables_even_when_empty(store):
    answer = store.query("SELECT at, price FROM prices")
    assert answer.num_rows == 0
    assert answer.schema.field("at").type == pa.timestamp("us", "UTC")


def test_a_store_that_was_not_migrated_says_so(tmp_path):
    with (
        open_store(embedded(tmp_path)) as store,
        pytest.raises(StoreRefused, match="run `sogawatch migrate` first"),
    ):
        store.insert("prices", pa.table({"match": ["x"]}))


@pytest.mark.parametrize("name", ["misspelt", "of-others"])
def test_a_directory_without_a_store_is_refused_by_those_who_ask_and_left_as_it_is(tmp_path, name):
    (tmp_path / "of-others").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with (
        pytest.raises(StoreUnavailable, match=rf"{name}: there is none; name the directory"),
        open_existing(embedded(tmp_path / name)),
    ):
        pass
    assert sorted(tmp_path.rglob("*")) == before


def test_a_store_that_is_there_is_opened_by_those_who_ask(tmp_path):
    with open_store(embedded(tmp_path)):
        pass
    with open_existing(embedded(tmp_path)) as store:
        assert store.rows("SELECT 1 AS one") == [{"one": 1}]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everywhere")
def test_a_store_that_may_not_be_read_is_not_called_absent(tmp_path):
    tmp_path.chmod(0)
    with (
        pytest.raises(StoreUnavailable, match="may not read there"),
        open_existing(embedded(tmp_path)),
    ):
        pass
    tmp_path.chmod(0o700)


def test_several_threads_may_ask_at_once(store):
    answers: list[int] = []

    def ask(number: int) -> None:
        answers.extend(store.rows(f"SELECT {number} AS n")[0]["n"] for _ in range(20))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == sorted([0, 1, 2, 3] * 20)


def test_settings_become_the_arguments_of_the_client(tmp_path):
    ca, _ = make_certificate(tmp_path)
    settings = StoreSettings(
        host="ch.example", port=9440, username="officer", password="s3cret", secure=True, ca_cert=ca
    )
    assert client_arguments(settings) == {
        "host": "ch.example",
        "port": 9440,
        "username": "officer",
        "password": "s3cret",
        "secure": True,
        "pool_mgr": connections(str(ca)),
        "client_name": "sogawatch",
        "autogenerate_session_id": False,
    }
    assert "port" not in client_arguments(StoreSettings(host="ch.example"))
    assert place(StoreSettings(host="h")) == "ClickHouse at http://h:8123"
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize("wrong", [{"database": "a`; DROP"}, {"port": 0}, {"hots": "h"}])
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(ValidationError):
        StoreSettings(**wrong)


def test_an_unreachable_server_is_named_with_the_reason(caplog):
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as free:
        port = free.server_port
    with (
        pytest.raises(StoreUnavailable, match=rf"http://127.0.0.1:{port}: cannot be .* refused"),
        open_store(StoreSettings(host="127.0.0.1", port=port, password="s3cret")),
    ):
        pass


@contextmanager
def server_that_answers(status: int, code: int | None, text: str) -> Iterator[StoreSettings]:
    """Speaks as much HTTP as a server that turns a caller away."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            if code is not None:
                self.send_header("X-ClickHouse-Exception-Code", str(code))
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield StoreSettings(
                host="127.0.0.1", port=server.server_port, username="officer", password="s3cret"
            )
        finally:
            server.shutdown()


@pytest.mark.parametrize(
    ("status", "code", "text", "reason"),
    [
        (403, 516, "Code: 516. DB::Exception: officer: Authentication failed", "wrong password"),
        (502, None, "<html>Bad Gateway</html>", "HTTP status 502"),
        (500, 202, "Code: 202. DB::Exception: Too many simultaneous queries", "simultaneous"),
    ],
)
def test_a_server_that_turns_us_away_is_named_with_the_reason(status, code, text, reason):
    with (
        server_that_answers(status, code, text) as settings,
        pytest.raises(StoreUnavailable, match=reason) as raised,
        open_store(settings),
    ):
        pass
    assert "s3cret" not in str(raised.value)
