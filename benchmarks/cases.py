"""The steps of a record's way, and the peers, over one simulated feed."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from tempfile import TemporaryDirectory

from benchmarks import peers
from benchmarks.measure import Case
from forensics.archive import Archive
from forensics.migrate import migrate
from forensics.store import StoreSettings, open_store
from markets.book import MatchBook
from markets.door import admit_json
from markets.records import Gap, Heartbeat, Record
from streams.configuration import config_hash
from streams.frames import Frame, decode_joined, encode, encode_one, framed
from streams.partition_watch import WatchSettings
from streams.simulator.match_day import match_day
from streams.watches import Watches

ROUNDS = 9
MATCHES = 4
_START = datetime(2026, 7, 4, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Feed:
    """A simulated feed, in all the forms in which a step wants it; all of one partition."""

    records: list[Record]
    frames: list[Frame]
    encoded: list[bytes]
    lines: list[bytes]
    arrays: list[bytes]
    """Frames of records one by one."""

    @classmethod
    def simulated(cls) -> "Feed":
        records = list(match_day(7, matches=MATCHES, start=_START).records)
        frames = list(framed(records, partitions=1))
        encoded = [encode(frame) for _, _, frame in frames]
        lines = [encode_one(r) for r in records]
        arrays = [b"[" + b",".join(map(encode_one, frame)) + b"]" for _, _, frame in frames]
        return cls(records, frames, encoded, lines, arrays)

    @property
    def kinds(self) -> Counter[str]:
        return Counter(str(record.__struct_config__.tag) for record in self.records)


@contextmanager
def cases(feed: Feed) -> Iterator[list[Case]]:
    """All cases; the store of the archive is there while the block lasts."""
    with TemporaryDirectory() as home, open_store(StoreSettings(directory=home)) as store:
        migrate(store)
        yield [
            Case("frame encode", "record", lambda: _encode(feed), repeats=10),
            Case("frame decode", "record", lambda: _decode(feed), repeats=10),
            Case("door", "record", lambda: _admit(feed)),
            Case("book", "record", lambda: _book(feed), repeats=5),
            Case("watch", "record", lambda: _watch(feed)),
            Case("archive", "row", _archive(feed, Archive(store)), clock=time.process_time),
            Case("pydantic", "record", lambda: peers.validate_lines(feed.lines)),
            Case("pydantic frame", "record", lambda: peers.validate_frames(feed.arrays)),
            Case("river", "price", lambda: peers.score_prices(feed.records)),
        ]


def _encode(feed: Feed) -> int:
    for _, _, frame in feed.frames:
        encode(frame)
    return len(feed.records)


def _decode(feed: Feed) -> int:
    for frame in feed.encoded:
        decode_joined(frame)
    return len(feed.records)


def _admit(feed: Feed) -> int:
    for line in feed.lines:
        admit_json(line)
    return len(feed.lines)


def _book(feed: Feed) -> int:
    books: dict[str, MatchBook] = {}
    applied = 0
    for record in feed.records:
        if isinstance(record, Heartbeat | Gap):
            continue
        book = books.get(record.match)
        if book is None:
            book = books[record.match] = MatchBook(record.match)
        book.apply(record)
        applied += 1
    return applied


def _watch(feed: Feed) -> int:
    settings = WatchSettings()
    watches = Watches(settings, config_hash(settings))
    for frame in feed.frames:
        watches.apply(*frame)
    return len(feed.records)


def _archive(feed: Feed, archive: Archive) -> Callable[[], int]:
    """Write the feed as if it came anew each time; the same offsets would be dropped as known."""
    passes = count()
    arrived = datetime.now(UTC)

    def run() -> int:
        begin = next(passes) * len(feed.frames)
        batch = [(p, begin + offset, arrived, records) for p, offset, records in feed.frames]
        return sum(archive.write(batch).values())

    return run
