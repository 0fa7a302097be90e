"""Processes that share the work of one command."""

import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from os import cpu_count

from streams.sweeping import sweep_rarely

CORES = cpu_count() or 1


@contextmanager
def processes(count: int = CORES) -> Iterator[ProcessPoolExecutor]:
    """Have so many processes until the block ends; what a failing one leaves is never begun."""
    # Spawned, for a fork would copy the threads of a progress bar in whatever state they are.
    pool = ProcessPoolExecutor(count, get_context("spawn"), _begin_quietly)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def _begin_quietly() -> None:
    """Let Ctrl-C end a process without a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sweep_rarely()
