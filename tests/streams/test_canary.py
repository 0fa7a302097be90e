"""`sogawatch canary` through watch and archive, against both brokers."""

import re
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from forensics.store import StoreSettings, open_store
from streams.broker import BrokerSettings
from streams.topics import MATCH_FEED, create_topics
from tests.streams.command_line import command, environment, run, working

METRICS = "19109"
THROUGH = re.compile(
    r"ok    canary: through on all 12 partitions; answered in ([\d.]+) s, stored in ([\d.]+) s\n"
)


@pytest.fixture
def place(settings, prefix) -> tuple[str, ...]:
    create_topics(settings, prefix)
    return "--bootstrap", settings.bootstrap, "--prefix", prefix


def rows(folder: Path) -> list[dict[str, object]]:
    with open_store(StoreSettings(directory=folder)) as store:
        letters = store.rows("SELECT reason FROM dead_letters")
        assert letters == []
        return store.rows(
            "SELECT id, partition, offset, fed >= sent - INTERVAL 1 SECOND AS fed_after, "
            "arrived >= fed AS answered_after, reached FROM canaries FINAL ORDER BY partition"
        )


def test_a_round_goes_from_feed_to_store(place, embedded, tmp_path):
    workers, once = [*place, *["--embedded"] * embedded], ("canary", "--once", *place)
    store = tmp_path / "store"
    with working(tmp_path, "archive", "--store", str(store), *workers) as archive:
        done = run(tmp_path, *once, "--within", "3")
        assert done.returncode == 1
        assert "not through in 3 s: not answered by the watch on" in done.stdout
        with working(tmp_path, "watch", *workers) as watch:
            done = run(tmp_path, *once)
            assert done.returncode == 0, done
            assert THROUGH.fullmatch(done.stdout), done.stdout
            done = run(tmp_path, "doctor", "--canary", "--group", "watch", *place)
            assert done.returncode == 0, done
            assert THROUGH.search(done.stdout), done.stdout
            archive.send_signal(signal.SIGSTOP)
            done = run(tmp_path, *once, "--within", "3")
            assert done.returncode == 1
            assert re.search(r"in 3 s: not stored by the archive on \S*match-feed/0,", done.stdout)
            archive.send_signal(signal.SIGCONT)
            for worker in (watch, archive):
                worker.terminate()
                assert worker.wait(60) == 0
    found = rows(store)
    assert {(row["partition"], row["id"]) for row in found} >= {
        (number, found[0]["id"]) for number in range(12)
    }
    assert all(row["fed_after"] and row["answered_after"] for row in found)
    assert {row["reached"] for row in found} == {None}  # nothing was told of any match


def test_a_topic_that_is_not_there_is_told(settings, prefix, tmp_path):
    create_topics(settings, prefix, [MATCH_FEED])
    done = run(tmp_path, "canary", "--once", "--bootstrap", settings.bootstrap, "--prefix", prefix)
    assert done.returncode == 1
    assert done.stderr == f"sogawatch: {prefix}canaries: not there; run `sogawatch topics`\n"


def test_a_broker_out_of_reach_is_told(tmp_path):
    done = run(tmp_path, "canary", "--bootstrap", "127.0.0.1:1")
    assert done.returncode == 1
    assert done.stderr.startswith("sogawatch: Kafka at 127.0.0.1:1: ")
    assert "Traceback" not in done.stderr


@pytest.mark.services
def test_it_says_what_changes_and_serves_metrics(apache, prefix, tmp_path):
    settings = BrokerSettings(bootstrap=apache.plain)
    create_topics(settings, prefix)
    place = "--bootstrap", apache.plain, "--prefix", prefix
    with (
        working(tmp_path, "archive", "--store", str(tmp_path / "store"), *place) as archive,
        working(tmp_path, "watch", *place),
        flying(tmp_path, *place, "--every", "0.5", "--within", "4") as canary,
    ):
        assert THROUGH.fullmatch(canary.stdout.readline())
        archive.send_signal(signal.SIGSTOP)
        assert "FAIL  canary: not through in 4 s: not stored" in canary.stdout.readline()
        metrics = read(f"http://127.0.0.1:{METRICS}/metrics")
        assert re.search(r'missing_partitions\{stage="stored"\} [1-9]', metrics)
        assert 'sogawatch_canary_seconds{partition="3",stage="answered"} ' in metrics
        archive.send_signal(signal.SIGCONT)
        while "FAIL" in (line := canary.stdout.readline()):
            pass  # partitions come back one by one
        assert THROUGH.fullmatch(line), line


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read().decode()


@contextmanager
def flying(cwd: Path, *args: str) -> Iterator["subprocess.Popen[str]"]:
    """A canary that flies round after round, until it is told to stop."""
    process = subprocess.Popen(
        command("canary", *args),
        cwd=cwd,
        env=environment() | {"SOGAWATCH_CANARY__METRICS_PORT": METRICS},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        assert process.wait(30) == 0
        process.stdout.close()
