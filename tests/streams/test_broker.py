import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from pydantic import ValidationError

from streams import broker
from streams.broker import BrokerSettings, BrokerUnavailable, embedded_broker, running_broker


def answers(address: str) -> bool:
    host, port = address.split(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def script(tmp_path: Path, text: str) -> str:
    path = tmp_path / "tansu"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_the_embedded_broker_answers_kafka_requests_and_is_then_gone():
    with embedded_broker() as address:
        assert address.startswith("127.0.0.1:")
        with KafkaAdminClient(bootstrap_servers=address) as admin:
            assert admin.list_topics() == []
    assert not answers(address)


def test_the_embedded_broker_is_stopped_when_the_block_fails():
    with suppress(ZeroDivisionError), embedded_broker() as address:
        raise ZeroDivisionError
    assert not answers(address)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_the_embedded_broker_dies_with_a_killed_process():
    program = (
        "import os, signal\n"
        "from streams.broker import embedded_broker\n"
        "with embedded_broker() as address:\n"
        "    print(address, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=False
    )
    address = done.stdout.strip()
    deadline = time.monotonic() + 10
    while answers(address) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert address
    assert not answers(address)


def test_a_broker_that_ends_at_once_is_reported_with_its_log(tmp_path, monkeypatch):
    monkeypatch.setenv("CALF_TANSU_BIN", script(tmp_path, "echo cannot bind; exit 3"))
    with pytest.raises(BrokerUnavailable) as caught, embedded_broker():
        pass
    for part in ("ended with status 3", "cannot bind", "--bootstrap HOST:PORT"):
        assert part in str(caught.value)


def test_a_broker_that_never_answers_is_given_up_and_ended(tmp_path, monkeypatch):
    pid = tmp_path / "pid"
    monkeypatch.setenv("CALF_TANSU_BIN", script(tmp_path, f"echo $$ > {pid}; exec sleep 60"))
    monkeypatch.setattr(broker, "_START_WITHIN_S", 0.5)
    with pytest.raises(BrokerUnavailable, match="does not answer"), embedded_broker():
        pass
    assert not Path(f"/proc/{pid.read_text().strip()}").exists()


def test_a_platform_without_a_binary_is_told_what_to_do(monkeypatch):
    monkeypatch.setenv("CALF_TANSU_BIN", "/nowhere/tansu")
    with pytest.raises(BrokerUnavailable, match=r"/nowhere/tansu.*--bootstrap HOST:PORT"):
        embedded_broker().__enter__()


def test_a_home_that_cannot_be_written_is_named(monkeypatch):
    monkeypatch.delenv("CALF_TANSU_BIN", raising=False)
    monkeypatch.setenv("HOME", "/dev/null")
    with pytest.raises(BrokerUnavailable, match=r"/dev/null/\.calfkit.*CALF_TANSU_BIN"):
        embedded_broker().__enter__()


def test_a_broker_that_is_named_is_used_as_it_is():
    settings = BrokerSettings(bootstrap="kafka.example:9092", replication_factor=3)
    with running_broker(settings) as used:
        assert used == settings


def test_without_a_name_a_broker_is_started():
    with running_broker(BrokerSettings(replication_factor=3)) as used:
        assert answers(used.bootstrap)
        assert used.replication_factor == 1
    assert not answers(used.bootstrap)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"bootstrap": "kafka"}, "bootstrap"),
        ({"bootstrap": "kafka://kafka:9092"}, "bootstrap"),
        ({"bootstrap": "k:1", "security_protocol": "SASL_SSL"}, "needs sasl_username"),
        ({"bootstrap": "k:1", "sasl_username": "u", "sasl_password": "p"}, "takes no sasl_user"),
        ({"bootstrap": "k:1", "ssl_cafile": __file__}, "takes no ssl_ files"),
        ({"bootstrap": "k:1", "security_protocol": "SSL", "ssl_keyfile": __file__}, "ssl_certfile"),
        ({"bootstrap": "k:1", "security_protocol": "SSL", "ssl_cafile": "/nowhere"}, "ssl_cafile"),
        ({"security_protocol": "SSL"}, "embedded broker is PLAINTEXT"),
        ({"replication_factor": 0}, "replication_factor"),
        ({"brokers": "k:1"}, "brokers"),
    ],
)
def test_settings_that_cannot_work_are_refused(given, reason):
    with pytest.raises(ValidationError, match=reason):
        BrokerSettings(**given)


def test_the_password_is_not_shown():
    settings = BrokerSettings(
        bootstrap="k:1",
        security_protocol="SASL_PLAINTEXT",
        sasl_username="u",
        sasl_password="geheim",
    )
    assert "geheim" not in repr(settings)
    assert "geheim" not in settings.model_dump_json()
