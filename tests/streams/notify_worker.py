"""A worker `notify` for the tests: as in production, but for a clock that runs faster."""

import asyncio
import ctypes
import logging
import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from streams.app import run_app
from streams.configuration import Settings
from streams.notify import notify_app


class FastClock:
    """The machine's clock since a moment, so many times as fast; the same in every process."""

    def __init__(self, since: float, rate: float) -> None:
        self._since = since
        self.rate = rate

    def now(self) -> datetime:
        passed = (time.time() - self._since) * self.rate
        return datetime.fromtimestamp(self._since, UTC) + timedelta(seconds=passed)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds / self.rate))


def work(settings: str, prefix: str, folder: str, since: float, rate: float) -> None:
    """Run until told to stop, or killed, or whoever started it is gone."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    Path(folder).mkdir(parents=True, exist_ok=True)
    with Path(folder, f"{os.getpid()}.log").open("w") as told:
        os.dup2(told.fileno(), 1)
        os.dup2(told.fileno(), 2)
    logging.basicConfig(level=logging.INFO)
    app = notify_app(
        Settings.model_validate_json(settings),
        data_dir=Path(folder),
        prefix=prefix,
        embedded=True,
        clock=FastClock(since, rate),
    )
    run_app(app)
