"""Processes that share the work of one command."""

import os
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread

from streams.sweeping import sweep_rarely
from streams.workers import WorkerFailed

# Those that we may use: a container or `taskset` may give fewer than the machine has.
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def processes(count: int = CORES) -> Iterator[ProcessPoolExecutor]:
    """Have so many processes until the block ends; what a failing one leaves is never begun.

    Raises
    ------
    WorkerFailed
        When one of them does not begin, or is killed.
    """
    # Spawned, for a fork would copy the threads of a progress bar in whatever state they are.
    pool = ProcessPoolExecutor(count, get_context("spawn"), _begin)
    begun = []
    try:
        with _spawning():
            begun += [pool.submit(int) for _ in range(count)]
        yield pool
    except BaseException as error:
        pool.shutdown(wait=False, cancel_futures=True)
        if isinstance(error, BrokenProcessPool):
            raise WorkerFailed(_what_ended(begun)) from None
        raise
    pool.shutdown()


@contextmanager
def _spawning() -> Iterator[None]:
    """Let processes begin that a Ctrl-C does not reach before they can deal with it.

    Nor is a file of the folder we are called in taken for a module that has its name.
    """
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        del os.environ["PYTHONSAFEPATH"]
        if before is not None:
            os.environ["PYTHONSAFEPATH"] = before
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)  # a Ctrl-C may have waited for this


def _what_ended(begun: Iterable[Future[int]]) -> str:
    if all(one.done() and one.exception() is None for one in begun):
        return "a process of ours was killed, perhaps for want of memory; try again"
    return "a process of ours could not begin; what is above, if anything, says why"


def _begin() -> None:
    """Let Ctrl-C end a process without a traceback, and nothing outlive the command."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    Thread(target=_end_with_parent, daemon=True).start()
    sweep_rarely()


def _end_with_parent() -> None:
    if (parent := parent_process()) is not None:  # killed, it could not tell us
        wait([parent.sentinel])
        os._exit(1)
