"""Workers as child processes: started, known to be ready, stopped in good order."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from alerts.complaint import Complaint
from streams.broker import dying_with_parent

READY = "ready"
_STOP_WITHIN_S = 30.0


class WorkerFailed(Complaint):
    """A worker ended or did not get ready; the message ends with what it wrote last."""


@dataclass(slots=True)
class Worker:
    """A running worker process."""

    name: str
    process: "subprocess.Popen[str]"
    log: IO[bytes]

    def check(self) -> None:
        """Raise when the worker has ended."""
        if (status := self.process.poll()) is not None:
            raise WorkerFailed(f"worker {self.name} ended with status {status}:\n{self._tail()}")

    def stop(self) -> None:
        """Ask the worker to finish, and make it after a while."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def _tail(self) -> str:
        size = os.fstat(self.log.fileno()).st_size
        end = os.pread(self.log.fileno(), 16_384, max(0, size - 16_384))
        lines = end.decode(errors="replace").splitlines()
        return "\n".join(line for line in lines[-15:] if line != READY)


@contextmanager
def running(
    commands: Mapping[str, Sequence[str]], environment: dict[str, str]
) -> Iterator[list[Worker]]:
    """Run `sogawatch worker …` commands for as long as the block lasts."""
    with ExitStack() as stack:
        workers = [_start(name, args, environment, stack) for name, args in commands.items()]
        stack.callback(_tell_all, workers)
        yield workers


def _tell_all(workers: list[Worker]) -> None:
    """Tell all before any is waited for."""
    for worker in workers:
        if worker.process.poll() is None:
            worker.process.terminate()


def _start(
    name: str, arguments: Sequence[str], environment: dict[str, str], stack: ExitStack
) -> Worker:
    log = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 (the stack closes it)
    process = subprocess.Popen(
        # -P: a file alerts.py in the folder we run in must not stand for our package.
        [sys.executable, "-P", "-m", "streams.cli", "worker", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=os.environ | environment,
        cwd=Path.cwd(),
        text=True,
        start_new_session=True,  # Ctrl-C is for us; workers are stopped in order
        preexec_fn=dying_with_parent(),  # or they would hold the store for ever
    )
    worker = Worker(name, process, log)
    stack.callback(worker.stop)
    return worker
