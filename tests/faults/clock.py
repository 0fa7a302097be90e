"""A wall clock for worker processes that can be made to jump, where there is a C compiler.

Debian's libfaketime 0.9.10 cannot be used: `time.sleep` of Python 3.11 fails under it.
"""

import os
import shutil
import subprocess
from pathlib import Path


class Clock:
    """The wall clock of processes that were started with its `environment`."""

    def __init__(self, folder: Path) -> None:
        self._shift, self._library = folder / "clock", folder / "clock.so"
        self.jump(0)
        self.there = (compiler := shutil.which("cc")) is not None
        if compiler is not None:
            source = Path(__file__).with_name("clock.c")
            subprocess.run(
                [compiler, "-shared", "-fPIC", "-O2", "-o", self._library, source, "-ldl"],
                check=True,
            )

    def environment(self) -> dict[str, str]:
        if not self.there:
            return {}
        return {"LD_PRELOAD": str(self._library), "SHIFTED_CLOCK": str(self._shift)}

    def jump(self, seconds: int) -> None:
        """Let it be so many seconds later, or earlier, than it is."""
        # In place, for the processes have the file mapped.
        file = os.open(self._shift, os.O_RDWR | os.O_CREAT, 0o600)
        os.pwrite(file, seconds.to_bytes(8, "little", signed=True), 0)
        os.close(file)
