"""Serving the board on a thread of its own."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import uvicorn

from dashboards.board.app import Board
from dashboards.board.live import LiveCases
from dashboards.board.settings import BoardRefused, BoardSettings
from dashboards.board.visit import Sources

_STOP_WITHIN_S = 5.0


@contextmanager
def served(settings: BoardSettings, sources: Sources) -> Iterator[str]:
    """Serve the board on a thread of its own for as long as the block lasts; yields its address.

    Raises
    ------
    BoardRefused
        When it would not be safe, or the port is taken.
    """
    board = Board(settings, sources)
    with ExitStack() as stack:
        listening = stack.enter_context(listen(settings))
        server = uvicorn.Server(_configuration(board))
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listening]}, name="board", daemon=True
        )
        thread.start()
        stack.callback(_stop, server, thread, board, sources.live)
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield address_at(settings.host, listening.getsockname()[1])


def _configuration(board: Board) -> uvicorn.Config:
    return uvicorn.Config(
        board.app(),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=500,
        timeout_graceful_shutdown=3,
    )


def _stop(server: uvicorn.Server, thread: threading.Thread, board: Board, live: LiveCases) -> None:
    board.ending.ending = True
    live.wake()
    server.should_exit = True
    thread.join(_STOP_WITHIN_S)


def listen(settings: BoardSettings) -> socket.socket:
    """Take the board's port before anything else starts, so that a taken one is told at once."""
    host = settings.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, settings.port), family=family)
    except OSError as error:
        raise BoardRefused(
            f"the board cannot listen on {settings.host}:{settings.port}: {error.strerror}; "
            "give another with --port or board.port"
        ) from None


def choose_port(settings: BoardSettings) -> int:
    """The port of the settings, or a free one where it is taken."""
    for port in (settings.port, 0):
        try:
            with listen(settings.model_copy(update={"port": port})) as probe:
                return int(probe.getsockname()[1])
        except BoardRefused:
            continue
    raise BoardRefused(f"the board cannot listen on {settings.host}")


def address_at(host: str, port: int) -> str:
    """Where a browser finds a board that listens there.

    >>> address_at("127.0.0.1", 8420), address_at("::1", 8420), address_at("0.0.0.0", 8420)
    ('http://127.0.0.1:8420', 'http://[::1]:8420', 'http://127.0.0.1:8420')
    """
    bare = host.strip("[]")
    bare = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bare, bare)
    return f"http://[{bare}]:{port}" if ":" in bare else f"http://{bare}:{port}"
