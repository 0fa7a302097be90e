"""Prices of a made-up ticker, live: one JSON price a line over TCP, resumed by its number."""

import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from markets.records import Gap, Heartbeat, Record
from streams.feeds.documents import Document, Wrong, decoded, instant, mapping, refused
from streams.feeds.feed import Refusal, admitted
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
                number += 1
                for told in _told(decoded(line, f"ticker:{number}", SOURCE)):
                    at = at if isinstance(told, Refusal) else told.at
                    yield told
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


def _told(document: Document | Refusal) -> Iterator[Record | Refusal]:
    if isinstance(document, Refusal):
        return (yield document)
    try:
        price = {"kind": "price", "book": SOURCE, **mapping(document.value)}
        yield from admitted([price], SOURCE, document.place)
        yield Heartbeat(at=instant(price.get("at"), "at"), source=SOURCE)
    except Wrong as error:
        yield refused(SOURCE, document.place, str(error), document.value)


LIVE = LiveFeed(SOURCE, "wagers", run)
