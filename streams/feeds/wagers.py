"""Account wagers from files: CSV, JSON lines or Parquet, read by a mapping, pseudonymised.

There is no public standard, so a mapping says what the columns mean (`mapping`). A file is read to
its end; run again, the feed goes on after the last row that it had read, so a file may grow. What
is in a row and not in the mapping never passes the door, and no refusal repeats any of it.
"""

from collections.abc import Iterator
from hashlib import blake2s
from pathlib import Path
from typing import Any

from markets.records import Gap, Heartbeat, Record
from streams.feeds.feed import Broken, Refusal
from streams.feeds.fills import Fills
from streams.feeds.live import (
    PAUSE,
    Checkpoint,
    FeedMisused,
    FeedRefused,
    LiveFeed,
    Start,
    Telling,
    Told,
)
from streams.feeds.mapped_rows import MappedRows
from streams.feeds.mapping import Mapping, load_mapping
from streams.feeds.pseudonyms import read_key
from streams.feeds.rows import Row, read_rows

KEPT_EVERY = 5_000
_HEAD = 4096


def run(start: Start) -> Telling:
    """Tell the wagers of the files named on the command line."""
    if not start.paths or start.mapping is None:
        raise FeedMisused("wagers: name the files, and how they are read with --mapping FILE")
    mapping = load_mapping(start.mapping)
    if mapping.kind != "wagers":
        raise FeedMisused(f"{start.mapping}: is a mapping of {mapping.kind}, not of wagers")
    files = _Files(mapping, start)
    for path in start.paths:
        yield from files.told(path)
    if files.broken:
        raise FeedRefused(f"wagers: not read to the end: {', '.join(files.broken)}")


class _Files:
    """Reads files one after the other and notes how far it came in each."""

    def __init__(self, mapping: Mapping, start: Start) -> None:
        self._mapping = mapping
        self._rows = MappedRows(mapping, read_key(start.settings.key_file))
        self._done: dict[str, dict[str, Any]] = dict(start.resume)
        self._latest: Record | None = None
        self.broken: list[str] = []

    def told(self, path: Path) -> Iterator[Told]:
        name, head = str(path.absolute()), _fingerprint(path)
        before = self._done.get(name, {})
        read = int(before.get("rows", 0)) if before.get("head") == head else 0
        fills = Fills(self._mapping.join_fills_s)
        count = 0
        try:
            for row in read_rows(path, self._mapping):
                count += 1
                if count <= read:
                    continue
                yield from self._row(row, fills)
                if count % KEPT_EVERY == 0:
                    yield from self._keep(fills, name, head, count)
        except Broken as error:
            self.broken.append(path.name)
            yield Refusal(self._mapping.source, path.name, str(error), b"")
        yield from self._keep(fills, name, head, count)

    def _row(self, row: Row, fills: Fills) -> Iterator[Told]:
        if row.fault is not None:
            yield Refusal(self._mapping.source, row.place, row.fault, b"")
            return
        for told in self._rows.told(row.cells, row.place):
            if isinstance(told, Refusal):
                yield told
            else:
                self._latest = told
                yield from fills.take(told, self._rows.fill(row.cells))

    def _keep(self, fills: Fills, name: str, head: str, count: int) -> Iterator[Told]:
        yield from fills.rest()
        if self._latest is not None and not isinstance(self._latest, Gap | Heartbeat):
            yield Heartbeat(at=self._latest.at, source=self._mapping.source)
        yield PAUSE
        self._done[name] = {"rows": count, "head": head}
        yield Checkpoint(dict(self._done))


def _fingerprint(path: Path) -> str:
    """Tell a file that has grown from another one of the same name, by its first line."""
    try:
        with path.open("rb") as file:
            return blake2s(file.read(_HEAD).split(b"\n", 1)[0]).hexdigest()
    except OSError:
        return ""


LIVE = LiveFeed("wagers", "wagers", run)
