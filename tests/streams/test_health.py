"""The health endpoints of a worker, over HTTP."""

import signal
import socket
import time
import urllib.error
import urllib.request

from streams.health import Standing, serving
from streams.topics import create_topics
from tests.streams.command_line import run, working
from tests.streams.test_doctor import feed


def asked(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_it_says_how_things_stand_when_it_is_asked():
    stands = [Standing()]
    with serving(0, lambda: stands[0]) as port:
        assert asked(port, "/ready") == (503, "not caught up: no partitions yet\n")
        stands[0] = Standing(ready=True, told="12 partitions, 0 records wait")
        assert asked(port, "/ready") == (200, "12 partitions, 0 records wait\n")
        assert asked(port, "/live")[0] == 200
        assert asked(port, "/")[0] == 404


def test_a_port_that_is_taken_is_told(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run(tmp_path, "worker", "watch", "--health", port, "--bootstrap", "127.0.0.1:1")
    assert done.returncode == 1
    assert f"sogawatch: --health {port}: cannot be served: Address already in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_watch_is_ready_once_it_has_caught_up_and_stays_so(settings, embedded, prefix, tmp_path):
    create_topics(settings, prefix)
    feed(settings, prefix)
    port = free_port()
    place = ["--bootstrap", settings.bootstrap, "--prefix", prefix, *["--embedded"] * embedded]
    with working(tmp_path, "watch", "--health", str(port), *place) as worker:
        deadline = time.monotonic() + 60
        while asked(port, "/ready")[0] != 200:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert asked(port, "/ready") == (200, "12 partitions, 0 records wait\n")
        assert asked(port, "/live")[0] == 200
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
