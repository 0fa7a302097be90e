"""A TCP proxy that misbehaves when told to, for outages of brokers and stores."""

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

Mode = Literal["pass", "refuse", "drop", "stall", "delay", "truncate"]
DELAY_S = 0.3
TRUNCATE_AT = 60


class Proxy:
    """Passes connections on to a port of this machine, until its mode is changed.

    ======== ====================================================================
    pass     as if it were not there
    refuse   open connections are reset, new ones refused, as by a host that is up
    drop     open connections are reset, new ones reset once they are made
    stall    connections stay open and nothing comes through, either way
    delay    everything comes `DELAY_S` late
    truncate answers end after `TRUNCATE_AT` bytes, with an orderly end
    ======== ====================================================================
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._mode: Mode = "pass"
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._flowing = asyncio.Event()

    @property
    def mode(self) -> Mode:
        return self._mode

    def set(self, mode: Mode) -> None:
        """Change the mode; when this returns it holds."""
        asyncio.run_coroutine_threadsafe(self._change(mode), self._loop).result(10)

    def run(self) -> None:
        self._loop.run_until_complete(self._listen())
        self._loop.run_forever()

    async def end(self) -> None:
        """Reset what is open, and let `run` return once its tasks are over."""
        await self._change("refuse")
        self._flowing.set()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.wait(others, timeout=5) if others else None
        self._loop.call_soon(self._loop.stop)

    async def _change(self, mode: Mode) -> None:
        self._mode = mode
        self._flowing.clear() if mode == "stall" else self._flowing.set()
        if mode in ("refuse", "drop"):
            for writer in list(self._open):
                _reset(writer)
        if mode == "refuse" and self._server is not None:
            self._server.close()
            self._server = None
        elif mode != "refuse" and self._server is None:
            await self._listen()

    async def _listen(self) -> None:
        if self._listening.fileno() == -1:
            self._listening = socket.create_server(("127.0.0.1", self.port))
        if self._mode != "stall":
            self._flowing.set()
        self._server = await asyncio.start_server(self._pass_on, sock=self._listening)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._mode == "drop":
            _reset(writer)
            return
        try:
            there = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            _reset(writer)
            return
        self._open |= {writer, there[1]}
        try:
            await asyncio.gather(self._pump(reader, there[1]), self._pump(there[0], writer, True))
        except asyncio.CancelledError:  # asyncio would tell of it as if it were a failure
            return
        finally:
            self._open -= {writer, there[1]}
            writer.close()
            there[1].close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: bool = False
    ) -> None:
        with suppress(OSError):
            while chunk := await reader.read(65_536):
                await self._flowing.wait()
                if self._mode == "delay":
                    await asyncio.sleep(DELAY_S)
                cut = answer and self._mode == "truncate"
                writer.write(chunk[:TRUNCATE_AT] if cut else chunk)
                await writer.drain()
                if cut:
                    break
            await self._flowing.wait()
            writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as a host does that does not know it."""
    raw = writer.get_extra_info("socket")
    with suppress(OSError):
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextmanager
def proxy(target: int) -> Iterator[Proxy]:
    """Run a proxy before a port of this machine."""
    between = Proxy(target)
    thread = threading.Thread(target=between.run, name="proxy", daemon=True)
    thread.start()
    try:
        yield between
    finally:
        asyncio.run_coroutine_threadsafe(between.end(), between._loop)
        thread.join(10)
        between._loop.close()
