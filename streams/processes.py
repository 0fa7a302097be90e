"""Processes that share the work of one command."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread

from streams.sweeping import sweep_rarely

CORES = os.cpu_count() or 1


@contextmanager
def processes(count: int = CORES) -> Iterator[ProcessPoolExecutor]:
    """Have so many processes until the block ends; what a failing one leaves is never begun."""
    # Spawned, for a fork would copy the threads of a progress bar in whatever state they are.
    pool = ProcessPoolExecutor(count, get_context("spawn"), _begin)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def _begin() -> None:
    """Let Ctrl-C end a process without a traceback, and nothing outlive the command."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    Thread(target=_end_with_parent, daemon=True).start()
    sweep_rarely()


def _end_with_parent() -> None:
    if (parent := parent_process()) is not None:  # killed, it could not tell us
        wait([parent.sentinel])
        os._exit(1)
