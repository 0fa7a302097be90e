import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaProducer

from streams.app import create_app
from streams.broker import BrokerSettings, BrokerUnavailable
from streams.topics import MATCH_FEED, client_settings, create_topics

WORKER = Path(__file__).parent / "echo_worker.py"


class Worker:
    """An echo worker in a process of its own."""

    def __init__(self, settings, seen, prefix, *options, embedded=False):
        self.seen = seen
        self.told = []
        self._errors = seen.with_suffix(".errors").open("w+")
        command = [sys.executable, str(WORKER), as_json(settings), str(seen), "--prefix", prefix]
        self._process = subprocess.Popen(
            [*command, *options, *(["--embedded"] if embedded else [])],
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self._listening = threading.Thread(target=self._listen)
        self._listening.start()

    def _listen(self):
        for line in self._process.stdout:
            self.told.append(line.strip())
        self._process.stdout.close()

    def records(self):
        return self.seen.read_bytes().split() if self.seen.exists() else []

    def until(self, holds, within=40):
        deadline = time.monotonic() + within
        while not holds() and time.monotonic() < deadline and self._process.poll() is None:
            time.sleep(0.02)
        assert holds(), f"{self.told}, {len(self.records())} records; {self.errors()}"

    def until_ready(self):
        self.until(lambda: "ready" in self.told)

    def until_seen(self, count):
        self.until(lambda: len(self.records()) >= count)

    def terminate(self):
        self._process.terminate()

    def is_running(self):
        return self._process.poll() is None

    def ended(self, within=40):
        status = self._process.wait(within)
        self._listening.join()
        return status

    def errors(self):
        self._errors.seek(0)
        return self._errors.read()

    def close(self):
        self._process.kill()
        self.ended()
        self._errors.close()


both_transports = pytest.mark.parametrize("start", ["chunked", "stock"], indirect=True)
"""What holds with our transport must hold with Faust's own."""


@pytest.fixture
def start(settings, embedded, tmp_path, prefix, request):
    """Start workers that share a group; what is left of them at the end is killed."""
    create_topics(settings, prefix, [MATCH_FEED])
    own = ["--stock"] if getattr(request, "param", "") == "stock" else []
    with ExitStack() as stack:

        def start_worker(name, *options):
            options = [*options, *own]
            worker = Worker(settings, tmp_path / name, prefix, *options, embedded=embedded)
            stack.callback(worker.close)
            return worker

        yield start_worker


def as_json(settings):
    password = settings.sasl_password and settings.sasl_password.get_secret_value()
    return json.dumps(settings.model_dump(mode="json") | {"sasl_password": password})


def produce(settings, prefix, numbers):
    producer = KafkaProducer(**client_settings(settings), acks="all")
    for number in numbers:
        producer.send(prefix + MATCH_FEED.name, str(number).encode(), partition=number % 12)
    producer.flush()
    producer.close()
    return Counter(str(number).encode() for number in numbers)


def committed(settings, prefix):
    with KafkaAdminClient(**client_settings(settings)) as admin:
        offsets = admin.list_group_offsets([f"{prefix}echo"])[f"{prefix}echo"]
    return sum(max(0, at.offset) for at in offsets.values())


@both_transports
def test_a_clean_stop_and_restart_delivers_nothing_twice(start, settings, prefix):
    first = produce(settings, prefix, range(240))
    worker = start("first")
    worker.until_seen(240)
    worker.terminate()
    assert worker.ended() == 0
    assert "Traceback" not in worker.errors()
    assert Counter(worker.records()) == first
    assert committed(settings, prefix) == 240

    second = produce(settings, prefix, range(240, 300))
    again = start("second")
    again.until_seen(60)
    again.until(lambda: committed(settings, prefix) == 300)
    assert Counter(again.records()) == second


@both_transports
def test_a_crash_between_effect_and_commit_delivers_again(start, settings, prefix):
    everything = produce(settings, prefix, range(24))
    crashing = start("seen", "--die-on", "13")
    assert crashing.ended() == -9
    assert b"13" in crashing.records()
    assert committed(settings, prefix) < 24

    again = start("seen")
    again.until(lambda: committed(settings, prefix) == 24)
    assert Counter(again.records()).keys() == everything.keys()
    assert Counter(again.records())[b"13"] == 2


def test_a_stop_between_effect_and_commit_waits_for_the_commit(start, settings, prefix):
    everything = produce(settings, prefix, range(24))
    worker = start("seen", "--slow-s", "2")
    worker.until_seen(24)
    worker.terminate()
    assert worker.ended() == 0
    assert Counter(worker.records()) == everything
    assert committed(settings, prefix) == 24


@pytest.mark.parametrize(
    ("how", "told"),
    [("--raise-on", "RuntimeError: told to"), ("--cancel-on", "AgentEnded")],
)
def test_an_agent_that_ends_ends_the_process_and_loses_nothing(start, settings, prefix, how, told):
    everything = produce(settings, prefix, range(24))
    failing = start("seen", how, "13")
    assert failing.ended() == 1
    assert told in failing.errors()

    again = start("seen")
    again.until(lambda: committed(settings, prefix) == 24)
    assert Counter(again.records()) == everything


@both_transports
def test_two_workers_share_and_one_leaves(start, settings, prefix):
    staying = start("staying")
    staying.until_ready()
    assert staying.told == ["assigned 12", "ready"]
    leaving = start("leaving")
    leaving.until_ready()
    staying.until(lambda: staying.told[-1] == "assigned 6")
    assert leaving.told == ["assigned 6", "ready"]

    shared = produce(settings, prefix, range(120))
    staying.until_seen(60)
    leaving.until_seen(60)
    staying.until(lambda: committed(settings, prefix) == 120)
    leaving.terminate()
    assert leaving.ended() == 0
    staying.until(lambda: staying.told[-1] == "assigned 12")

    alone = produce(settings, prefix, range(120, 180))
    staying.until_seen(120)
    assert Counter(staying.records() + leaving.records()) == shared + alone


def test_records_are_seen_soon(start, settings, prefix):
    worker = start("seen")
    worker.until_ready()
    began = time.monotonic()
    for count in range(1, 13):
        produce(settings, prefix, [count])
        worker.until_seen(count)
    assert time.monotonic() - began < 12 * 0.5, "not after a second of waiting each"


def test_no_topic_is_made_and_no_port_is_opened(start, settings, prefix):
    worker = start("seen")
    worker.until_ready()
    with KafkaAdminClient(**client_settings(settings)) as admin:
        ours = [name for name in admin.list_topics() if prefix in name]
    assert ours == [prefix + MATCH_FEED.name]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", 6066), timeout=1)


@pytest.mark.services
def test_a_worker_reads_over_tls_with_a_password(apache, tmp_path, prefix):
    create_topics(apache.secure, prefix, [MATCH_FEED])
    expected = produce(apache.secure, prefix, range(24))
    worker = Worker(apache.secure, tmp_path / "seen", prefix)
    try:
        worker.until_seen(24)
        assert Counter(worker.records()) == expected
    finally:
        worker.close()


def test_a_worker_without_a_broker_says_so_and_ends(tmp_path):
    worker = Worker(BrokerSettings(bootstrap="127.0.0.1:1"), tmp_path / "seen", "")
    try:
        assert worker.ended() == 1
        assert "BrokerUnavailable" in worker.errors()
        assert "127.0.0.1:1" in worker.errors()
    finally:
        worker.close()


def test_a_consumer_that_ends_before_it_is_stopped_is_stopped_all_the_same(
    settings, embedded, tmp_path, prefix, caplog
):
    """A crash ends the consumer's thread, now and then before the app gets to stopping it."""
    create_topics(settings, prefix, [MATCH_FEED])
    produce(settings, prefix, range(12))

    async def crash_and_stop():
        app = create_app("a", settings, data_dir=tmp_path, prefix=prefix, embedded=embedded)
        seen = asyncio.Event()

        async def reads(stream):
            async for _ in stream:
                seen.set()

        app.agent(app.source(MATCH_FEED.name))(reads)
        await app.start()
        await asyncio.wait_for(seen.wait(), 40)
        thread = app.consumer._thread
        await app.crash(RuntimeError("told to"))
        await asyncio.to_thread(thread._thread.join, 20)
        assert thread.thread_loop.is_closed()
        assert await app.consumer._getmany(None, timeout=1.0) == {}
        await app.stop()

    asyncio.run(crash_and_stop())
    assert "told to" in caplog.text
    assert "Event loop is closed" not in caplog.text


def test_the_environment_does_not_change_the_app(monkeypatch, tmp_path):
    monkeypatch.setenv("WEB_ENABLED", "true")
    monkeypatch.setenv("PROCESSING_GUARANTEE", "exactly_once")
    monkeypatch.setenv("BROKER_URL", "kafka://elsewhere:9092")
    settings = BrokerSettings(bootstrap="one:9092,two:9092")
    conf = create_app("watch", settings, data_dir=tmp_path / "new", embedded=False).conf
    assert not conf.web_enabled
    assert conf.processing_guarantee.value == "at_least_once"
    assert [str(url) for url in conf.broker] == ["kafka://one:9092", "kafka://two:9092"]
    assert conf.broker_credentials is None


def test_a_batch_cannot_wait_for_ever(tmp_path):
    app = create_app("a", BrokerSettings(bootstrap="one:9092"), data_dir=tmp_path, embedded=True)
    with pytest.raises(ValueError, match="within is 0 seconds"):
        asyncio.run(anext(app.batches(None, most=1, within=0)))


def test_the_prefix_is_before_group_and_topic(tmp_path):
    settings = BrokerSettings(bootstrap="one:9092")
    app = create_app("watch", settings, data_dir=tmp_path, prefix="r1-", embedded=True)
    assert app.conf.id == "r1-watch"
    assert app.source("match-feed").topics == ("r1-match-feed",)


def test_a_name_is_kept_in_the_group(tmp_path):
    settings = BrokerSettings(bootstrap="one:9092")
    named = create_app(
        "watch", settings, data_dir=tmp_path, prefix="r1-", embedded=False, member="a"
    )
    assert named.conf.consumer_group_instance_id == "r1-watch-a"
    other = create_app("watch", settings, data_dir=tmp_path, embedded=False)
    assert other.conf.consumer_group_instance_id is None


def test_an_app_needs_a_broker(tmp_path):
    with pytest.raises(BrokerUnavailable, match="not been started"):
        create_app("watch", BrokerSettings(), data_dir=tmp_path, embedded=True)
