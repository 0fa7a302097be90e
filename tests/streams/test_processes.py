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


FOREIGN = "raise SystemExit('the wrong module')"
SHARED = """
from streams.processes import processes

if __name__ == "__main__":
    with processes(2) as pool:
        print(sum(pool.map(abs, [-1, -2])))
"""
UNGUARDED = """
from streams.processes import processes
from streams.workers import WorkerFailed

try:
    with processes(1) as pool:
        pool.submit(abs, -1).result()
except WorkerFailed as failed:
    print(failed)
"""
INTERRUPTED = """
import os, signal
from streams.processes import processes
from streams.workers import WorkerFailed

if __name__ == "__main__":
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        with processes(2) as pool:
            os.killpg(0, signal.SIGINT)
            pool.submit(abs, -1).result()
    except WorkerFailed as failed:
        print(failed)
"""


def ran(script: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    (folder / "script.py").write_text(script, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "script.py"], capture_output=True, text=True, check=False,
        cwd=folder, timeout=60, start_new_session=True,
    )  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="cores are given to a process on Linux")
def test_cores_are_those_that_may_be_used() -> None:
    program = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from streams.processes import CORES; print(CORES)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert told.stdout == b"1\n"


def test_a_file_that_has_the_name_of_a_module_is_not_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "socket.py").write_text(FOREIGN, encoding="utf-8")
    (tmp_path / "script.py").write_text(SHARED, encoding="utf-8")
    told = subprocess.run(
        [sys.executable, "-c", "import sys; sys.path.remove(''); import runpy;"
         " runpy.run_path('script.py', run_name='__main__')"],
        capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60,
    )  # fmt: skip
    assert told.stdout == "3\n", told.stderr


def test_processes_that_cannot_begin_are_told_in_plain_words(tmp_path: Path) -> None:
    """A script without a guard would begin itself again in each process."""
    assert "could not begin" in ran(UNGUARDED, tmp_path).stdout


def test_ctrl_c_before_they_have_begun_ends_them_without_a_traceback(tmp_path: Path) -> None:
    told = ran(INTERRUPTED, tmp_path)
    assert "a process of ours" in told.stdout
    assert "Traceback" not in told.stderr


def _lives(process: Path) -> bool:
    try:
        return ") Z " not in (process / "stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
