"""Prices of a made-up ticker, live: one JSON price a line over TCP, resumed by its number."""

import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Any

from markets.records import Gap, Heartbeat
from streams.feeds.documents import Document, decoded
from streams.feeds.feed import admitted
from streams.feeds.live import PAUSE, Backoff, Checkpoint, LiveFeed, Start, Telling

SOURCE = "ticker"


def run(start: Start) -> Telling:
    """Tell the prices, and go on after the last number when the line drops."""
    backoff, number = Backoff(start.wait), int(start.resume.get("number", 0))
    latest: datetime | None = None
    while True:
        try:
            for line in _lines(start.settings, number):
                if line is None:
                    yield PAUSE
                    continue
                document = decoded(line, f"ticker:{number + 1}", SOURCE)
                if not isinstance(document, Document):
                    yield document
                    continue
                number, raws = document.value["n"], list(_raws(document.value))
                for told in admitted(raws, SOURCE, f"ticker:{number}"):
                    latest = getattr(told, "at", latest)
                    yield told
                if latest is not None:
                    yield Heartbeat(at=latest, source=SOURCE)
                yield Checkpoint({"number": number})
                backoff.reset()
        except OSError as error:
            yield Gap(at=latest or start.now(), source=SOURCE, reason=str(error) or "lost")
        yield PAUSE
        backoff.wait()


def _lines(address: Any, number: int) -> Iterator[bytes | None]:
    with (
        closing(socket.create_connection(address, timeout=10)) as line,
        line.makefile("rb") as read,
    ):
        line.sendall(b"%d\n" % number)
        yield None
        while whole := read.readline(65536):
            if not whole.endswith(b"\n"):
                raise ConnectionError("cut within a line")
            yield whole
            yield None
    raise ConnectionError("closed")


def _raws(value: dict[str, Any]) -> Iterator[dict[str, object]]:
    yield {"kind": "price", "book": SOURCE, **{k: v for k, v in value.items() if k != "n"}}


LIVE = LiveFeed(SOURCE, "wagers", run)
