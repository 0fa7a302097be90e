"""Frames: many records of one partition in one Kafka record."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from kafka.partitioner.default import murmur2

from markets.door import Refused, admit
from markets.joined_prices import Prices, joined, singly
from markets.records import EARLIEST, LATEST, Account, Fixture, Gap, Heartbeat, Past, Record
from streams.canaries import canary_of

LONGEST_FRAME = 500
LARGEST_FRAME = 16 * 1024 * 1024
"""Bytes of a frame of any producer; one of more is refused unread."""
_OF_A_SOURCE = (Heartbeat, Gap)
_WITH_OTHER_TIMES = {Fixture, Account, Past}
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(list[Record | Prices])
_decoder_of_one: msgspec.json.Decoder[Record | Prices] = msgspec.json.Decoder(Record | Prices)
_SINGLE = {"kind": "price"}
_UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


@lru_cache(maxsize=100_000)
def partition_of(match: str, partitions: int) -> int:
    """Partition of a match: Kafka's own hash of the key, so that any producer agrees on it.

    >>> partition_of("mexico-v-south-africa-2026-06-11", 12)
    11
    """
    return int(murmur2(match.encode()) & 0x7FFFFFFF) % partitions


def encode(records: Sequence[Record]) -> bytes:
    """Encode a frame: a JSON array of records, those prices joined that may be."""
    return _encoder.encode(joined(records))


def encode_one(record: Record) -> bytes:
    """Encode a record that stands for itself."""
    return _encoder.encode(record)


def decode(frame: bytes) -> tuple[list[Record], list[str]]:
    """Decode a frame into single records; see `decode_joined`."""
    told, reasons = decode_joined(frame)
    return list(singly(told)), reasons


def decode_own(frame: bytes) -> list[Record | Prices]:
    """Decode a frame that this program has encoded, of whatever size; nothing in it is refused."""
    return _decoder.decode(frame)


def decode_joined(frame: bytes) -> tuple[list[Record | Prices], list[str]]:
    """Decode a frame, or a single record, of any producer.

    Returns the records and the reasons for what was refused. Our own frames pass in one go; one
    with a fault in it goes through the door record by record, so the rest of it stands. A canary
    holds no record.

    >>> beat = b'{"kind":"heartbeat","at":"2026-06-11T19:00:00Z","source":"s"}'
    >>> decode_joined(b"[" + beat + b',{"kind":"x"}]')[1]  # doctest: +ELLIPSIS
    ["[1]: kind: 'x' is not one of fixture, price, matched, ladder, wager, ..."]
    """
    if len(frame) > LARGEST_FRAME:
        return [], [f"{len(frame):,} bytes; at most {LARGEST_FRAME:,} are read"]
    try:
        # One that stands for itself is told by its first byte.
        records = [_decoder_of_one.decode(frame)] if frame[:1] == b"{" else _decoder.decode(frame)
    except _UNREADABLE:
        return ([], []) if canary_of(frame) is not None else _decode_one_by_one(frame)
    return (records, []) if _timely(records) else _decode_one_by_one(frame)


def _timely(records: Sequence[Record | Prices]) -> bool:
    """Whether all times of records are UTC and possible, which the decoder cannot see to."""
    times = [record.at for record in records]
    if not _WITH_OTHER_TIMES.isdisjoint(map(type, records)):
        times += [other for record in records for other in _other_times(record)]
    if [at for at in times if at.tzinfo is not UTC]:
        return False
    return not times or (min(times) >= EARLIEST and max(times) <= LATEST)


def _other_times(record: Record | Prices) -> Iterable[datetime]:
    if isinstance(record, Fixture):
        return (record.start,)
    if isinstance(record, Account):
        return (record.last,) if record.last else ()
    return [played.start for played in record.played] if isinstance(record, Past) else ()


def _decode_one_by_one(frame: bytes) -> tuple[list[Record | Prices], list[str]]:
    try:
        raws = msgspec.json.decode(frame)
    except _UNREADABLE as error:
        return [], [f"not JSON: {error}"]
    records: list[Record | Prices] = []
    reasons = []
    for index, raw in enumerate(raws if isinstance(raws, list) else [raws]):
        for one in _apart(raw):
            try:
                records.append(admit(one))
            except Refused as error:
                reasons.append(f"[{index}]: {error}")
    return records, reasons


def _apart(raw: Any) -> Iterator[dict[str, Any]]:
    """Yield what the door is to see: of prices each by itself, so that the good ones stand."""
    if not isinstance(raw, dict):
        yield {"kind": raw}
    elif raw.get("kind") != "prices":
        yield raw
    else:
        shared = {name: value for name, value in raw.items() if name != "prices"} | _SINGLE
        prices = raw.get("prices")
        for selection, price in prices.items() if isinstance(prices, dict) else ():
            yield shared | {"selection": selection, "price": price}
        if not prices or not isinstance(prices, dict):  # the door will say what is missing
            yield shared


class Framer:
    """Collects records into frames by partition.

    A record of a match goes to the match's partition. A heartbeat or gap goes to every partition
    that holds a match of its source, for it tells all of them that time moves on; one that vouches
    for whole competitions goes everywhere from the first time it says so, for what it does not
    announce counts too. The cut is by
    count alone, so the same records give the same frames; whoever needs low latency flushes.
    """

    def __init__(self, partitions: int, longest: int = LONGEST_FRAME) -> None:
        self._partitions = partitions
        self._longest = longest
        self._waiting: dict[int, list[Record]] = {}
        self._homes: dict[str, set[int]] = {}
        self._everywhere: set[str] = set()

    def add(self, record: Record) -> Iterator[tuple[int, list[Record]]]:
        """Add a record; yield (partition, records) of frames that are full now."""
        for partition in self._targets(record):
            waiting = self._waiting.setdefault(partition, [])
            waiting.append(record)
            if len(waiting) >= self._longest:
                yield partition, self._waiting.pop(partition)

    def homes(self) -> dict[str, set[int]]:
        """Partitions that hold a fixture of each source."""
        return self._homes

    def remember(self, homes: Mapping[str, Iterable[int]]) -> None:
        """Take up the homes of an earlier run."""
        for source, partitions in homes.items():
            self._homes.setdefault(source, set()).update(partitions)

    def flush(self) -> Iterator[tuple[int, list[Record]]]:
        """Yield what is waiting."""
        for partition in sorted(self._waiting):
            yield partition, self._waiting[partition]
        self._waiting.clear()

    def _targets(self, record: Record) -> Sequence[int]:
        if isinstance(record, Heartbeat) and record.covers:
            self._everywhere.add(record.source)
        if isinstance(record, _OF_A_SOURCE):
            if record.source in self._everywhere:
                return range(self._partitions)
            return sorted(self._homes.get(record.source, ()))
        partition = partition_of(record.match, self._partitions)
        if isinstance(record, Fixture):
            self._homes.setdefault(record.source, set()).add(partition)
        return (partition,)


Frame = tuple[int, int, list[Record]]
"""Partition, offset, records."""


def framed(records: Iterable[Record], partitions: int) -> Iterator[Frame]:
    """Cut records into the frames that a replay into empty topics produces, offsets included."""
    framer = Framer(partitions)
    offsets = [0] * partitions
    for partition, frame in _cut(framer, records):
        yield partition, offsets[partition], frame
        offsets[partition] += 1


def _cut(framer: Framer, records: Iterable[Record]) -> Iterator[tuple[int, list[Record]]]:
    for record in records:
        yield from framer.add(record)
    yield from framer.flush()
