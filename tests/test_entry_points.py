"""What compose runs, run as processes against Apache Kafka: they come up, are well, and end.

The command lines and the questions about health are those of docker-compose.yml. In place of the
ClickHouse server, which cannot be had here, is the embedded engine, which one of them holds at a
time.
"""

import os
import selectors
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streams.workers import READY
from tests.apache_kafka import ApacheKafka

yaml = pytest.importorskip("yaml", reason="PyYAML is needed to read docker-compose.yml")

pytestmark = pytest.mark.services
ROOT = Path(__file__).parents[1]
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
UP_WITHIN_S = 240.0


@pytest.fixture(scope="module")
def environment(apache: ApacheKafka, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """As compose sets it, but for the store."""
    folder = tmp_path_factory.mktemp("compose")
    ours = {name: value for name, value in os.environ.items() if "SOGAWATCH" not in name}
    told = {
        "SOGAWATCH_BROKER__BOOTSTRAP": apache.plain,
        "SOGAWATCH_STORE__DIRECTORY": str(folder / "store"),
        "SOGAWATCH_NOTIFY__KEY": "k" * 32,
        "SOGAWATCH_NOTIFY__METRICS_PORT": "0",
        "SOGAWATCH_BOARD__PORT": "0",
    }
    for name in ("topics", "migrate"):
        done = run(SERVICES[name]["command"], ours | told)
        assert done.returncode == 0, done.stderr
    return ours | told


def program(words: list[str]) -> list[str]:
    return [sys.executable, "-m", "streams.cli", *words]


def run(words: list[str], environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        program(words), env=environment, capture_output=True, text=True, timeout=UP_WITHIN_S,
        check=False, cwd=ROOT,
    )  # fmt: skip


@contextmanager
def running(name: str, environment: dict[str, str], cwd: Path) -> Iterator[tuple[str, object]]:
    """Run a service until its first line, which workers and the board print when they are up."""
    log = cwd / f"{name}.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            program(SERVICES[name]["command"]),
            env=environment | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE, stderr=errors, text=True, cwd=cwd,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            with selectors.DefaultSelector() as waiting:
                waiting.register(process.stdout, selectors.EVENT_READ)
                up = waiting.select(UP_WITHIN_S)
            line = process.stdout.readline() if up else ""
            assert line, log.read_text()[-3000:]
            yield line, process
        finally:
            process.terminate()
            process.wait(timeout=UP_WITHIN_S)
            assert process.stdout is not None
            process.stdout.close()


@pytest.mark.parametrize("name", ["watch", "archive", "notify"])
def test_a_worker_comes_up_is_well_and_ends(name, environment, tmp_path):
    with running(name, environment, tmp_path) as (line, process):
        assert line.strip() == READY
        program_, *question = SERVICES[name]["healthcheck"]["test"][1:]
        assert program_ == "sogawatch"
        asked = run(question, environment)
        assert asked.returncode == 0, asked.stdout + asked.stderr
    assert process.returncode == 0, (tmp_path / f"{name}.log").read_text()[-3000:]


def test_the_board_comes_up_and_answers(environment, tmp_path):
    with running("board", environment, tmp_path) as (line, _):
        address = next(word for word in line.split() if word.startswith("http"))
        deadline = time.monotonic() + UP_WITHIN_S
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{address.rstrip('/')}/health", timeout=10) as told:
                    assert told.status == 200
                    return
            except OSError:
                time.sleep(0.5)
    pytest.fail("the board does not say that it is well")


def test_what_was_set_up_once_is_left_as_it_is(environment):
    for name in ("topics", "migrate"):
        done = run(SERVICES[name]["command"], environment)
        assert done.returncode == 0, done.stderr
    assert "0 migrations applied, 0 pending" in done.stdout
