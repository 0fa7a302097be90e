"""sogawatch as a user runs it: commands and workers as processes of this working tree."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


def command(*args: str) -> list[str]:
    return [sys.executable, "-P", "-m", "streams.cli", *args]


def environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SOGAWATCH_")}
    return kept | {"PYTHONPATH": str(ROOT)}


def run(cwd: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*args),
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


@contextmanager
def working(
    cwd: Path, *args: str, variables: Mapping[str, str] | None = None
) -> Iterator["subprocess.Popen[str]"]:
    """A worker that has its partitions."""
    process = subprocess.Popen(
        command("worker", *args),
        cwd=cwd,
        env=environment() | dict(variables or {}),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
