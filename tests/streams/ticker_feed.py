"""Prices of a made-up ticker, live: one JSON price a line over TCP, resumed by its number."""

import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from markets.records import Gap, Heartbeat
from streams.feeds.documents import Document, decoded, instant
from streams.feeds.feed import admitted
from streams.feeds.live import PAUSE, Backoff, Checkpoint, LiveFeed, Start, Telling

SOURCE = "ticker"


def run(start: Start) -> Telling:
    """Tell the prices, and go on after the last number when the line drops."""
    backoff, number, at = Backoff(start.wait), int(start.resume.get("number", 0)), start.now()
    while True:
        try:
            for line in _lines(start.settings, number):
                if line is None:
                    yield PAUSE
                    continue
                document = decoded(line, f"ticker:{number + 1}", SOURCE)
                number += 1
                if isinstance(document, Document):
                    yield from admitted([_price(document.value)], SOURCE, document.place)
                    at = instant(document.value.get("at"), "at")
                    yield Heartbeat(at=at, source=SOURCE)
                else:
                    yield document
                yield Checkpoint({"number": number})
                backoff.reset()
        except OSError as error:
            yield Gap(at=at, source=SOURCE, reason=str(error) or "lost")
        yield PAUSE
        backoff.wait()


def _lines(address: Any, number: int) -> Iterator[bytes | None]:
    with closing(socket.create_connection(address, timeout=10)) as line, line.makefile("rb") as f:
        line.sendall(b"%d\n" % number)
        yield None
        while whole := f.readline(65536):
            if not whole.endswith(b"\n"):
                raise ConnectionError("cut within a line")
            yield whole
            yield None
    raise ConnectionError("closed")


def _price(value: dict[str, Any]) -> dict[str, object]:
    return {"kind": "price", "book": SOURCE, **value}


LIVE = LiveFeed(SOURCE, "wagers", run)
