"""Processes that share the work of a command do not outlive it."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

BUSY = """
import multiprocessing, time
from streams.processes import processes

if __name__ == "__main__":
    with processes(2) as pool:
        pool.submit(time.sleep, 0.0).result()
        pool.submit(time.sleep, 600.0)
        print(*(child.pid for child in multiprocessing.active_children()), flush=True)
        time.sleep(600.0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_command_that_is_killed_leaves_no_process_behind(tmp_path: Path) -> None:
    script = tmp_path / "busy.py"
    script.write_text(BUSY, encoding="utf-8")
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as busy:
        assert busy.stdout is not None
        children = [Path("/proc") / pid for pid in busy.stdout.readline().split()]
        assert children
        assert all(child.exists() for child in children)
        busy.kill()
    until = time.monotonic() + 30
    while any(_lives(child) for child in children):
        assert time.monotonic() < until, "a process outlived the command"
        time.sleep(0.1)


def _lives(process: Path) -> bool:
    try:
        return ") Z " not in (process / "stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
