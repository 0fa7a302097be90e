"""`sogawatch topics` and `sogawatch doctor`, against both brokers, as a user runs them."""

import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forensics.migrate import migrate, shipped
from forensics.store import StoreSettings, open_store
from markets.records import Event
from streams.broker import BrokerSettings
from streams.publish import publisher
from streams.topics import MATCH_FEED, TOPICS, create_topics
from tests.streams.command_line import run, working

AT = datetime(2026, 6, 11, 19, tzinfo=UTC)


def test_topics_are_created_and_named_and_again(settings, prefix, tmp_path):
    for _ in range(2):
        done = run(tmp_path, "topics", "--bootstrap", settings.bootstrap, "--prefix", prefix)
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert f"{prefix}match-feed: 12 partitions, 30 days when new" in lines
        assert f"{prefix}deliveries: 3 partitions, compacted when new" in lines
        assert len(lines) == len(TOPICS)


def test_topics_with_other_partitions_fail(settings, prefix, tmp_path):
    create_topics(settings.model_copy(update={"partitions": 5}), prefix, [MATCH_FEED])
    done = run(tmp_path, "topics", "--bootstrap", settings.bootstrap, "--prefix", prefix)
    assert done.returncode == 1
    assert f"{prefix}match-feed has 5 partitions, wanted are 12" in done.stderr


@pytest.mark.parametrize("name", ["topics", "doctor"])
def test_without_a_broker_to_look_at_the_usage_is_wrong(name, tmp_path):
    done = run(tmp_path, name)
    assert done.returncode == 2
    assert "--bootstrap HOST:PORT" in " ".join(done.stderr.split())


def test_a_broker_out_of_reach_is_told(tmp_path):
    done = run(tmp_path, "doctor", "--group", "watch", "--bootstrap", "127.0.0.1:1")
    assert done.returncode == 1
    assert done.stdout.startswith("FAIL  broker 127.0.0.1:1: cannot be used")
    assert "Traceback" not in done.stderr


def test_missing_topics_are_told(settings, prefix, tmp_path):
    create_topics(settings, prefix, [MATCH_FEED])
    args = "doctor", "--group", "watch", "--bootstrap", settings.bootstrap, "--prefix", prefix
    done = run(tmp_path, *args)
    assert done.returncode == 1
    assert f"FAIL  topics: {prefix}account-wagers is missing, run `sogawatch topics`" in done.stdout
    assert f"{prefix}match-feed" not in done.stdout
    assert "group" not in done.stdout


def test_a_watch_is_well_then_frozen_then_well(settings, embedded, prefix, tmp_path):
    create_topics(settings, prefix)
    place = "--bootstrap", settings.bootstrap, "--prefix", prefix
    look = "doctor", "--group", "watch", "--within", "4", *place
    with working(tmp_path, "watch", *place, *(["--embedded"] if embedded else [])) as worker:
        done = run(tmp_path, *look)
        assert (done.returncode, "read to the end" in done.stdout) == (0, True), done
        worker.send_signal(signal.SIGSTOP)  # alive, and its partitions are its own for a while
        feed(settings, prefix)
        done = run(tmp_path, *look)
        assert done.returncode == 1
        assert f"FAIL  group {prefix}watch: no" in done.stdout
        assert "1 records wait" in done.stdout
        worker.send_signal(signal.SIGCONT)
        wait_until_well(tmp_path, look)


def feed(settings: BrokerSettings, prefix: str) -> None:
    with publisher(settings, prefix) as sending:
        sending.add(Event(at=AT, match="a-v-b", event="kick_off"))


def wait_until_well(cwd: Path, look: tuple[str, ...]) -> None:
    deadline = time.monotonic() + 60
    while (done := run(cwd, *look)).returncode != 0:
        assert time.monotonic() < deadline, done
    assert "read to the end" in done.stdout or "advances" in done.stdout


@pytest.mark.services
def test_a_group_without_a_worker_is_told(apache, prefix, tmp_path):
    settings = BrokerSettings(bootstrap=apache.plain)
    create_topics(settings, prefix)
    args = "doctor", "--group", "watch", "--within", "1", "--bootstrap", apache.plain
    done = run(tmp_path, *args, "--prefix", prefix)
    assert done.returncode == 1
    assert f"nobody reads {prefix}match-feed/0" in done.stdout
    assert "and 9 more; 0 records wait" in done.stdout


def look_at_store(broker: str, prefix: str, store: Path) -> str:
    args = "doctor", "--group", "archive", "--within", "0", "--bootstrap", broker
    done = run(store.parent, *args, "--prefix", prefix, "--store", str(store))
    return done.stdout.splitlines()[-1]


def test_a_store_is_missing_then_empty_then_migrated_then_in_use(settings, prefix, tmp_path):
    create_topics(settings, prefix)
    where = StoreSettings(directory=tmp_path / "store")
    look = settings.bootstrap, prefix, where.directory
    assert look_at_store(*look).endswith("is not there; run `sogawatch migrate`")
    assert not where.directory.exists()
    with open_store(where):
        pass
    assert f"{len(shipped())} migrations are pending" in look_at_store(*look)
    with open_store(where) as opened:
        migrate(opened)
        assert look_at_store(*look).startswith("ok")
        assert look_at_store(*look).endswith("not looked into")
    assert look_at_store(*look).endswith("has the schema of this version")
