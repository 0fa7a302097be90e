"""Rows of a file of foreign data: CSV, JSON lines or Parquet, told apart by their first bytes."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
from pyarrow import parquet

from streams.feeds.documents import BYTE_ORDER_MARK, opening_bracket
from streams.feeds.feed import Broken, lines
from streams.feeds.mapping import Mapping
from streams.feeds.opening import Opened, open_feed

LONGEST_CELL = 100_000
MOST_COLUMNS = 2_000
_PARQUET = b"PAR1"
_DELIMITERS = ",;\t|"
_AT_ONCE = 10_000


class Row(NamedTuple):
    """A row and where it stands; `fault` says what is wrong with one that cannot be read.

    A fault never repeats what stands in the row.
    """

    place: str
    cells: dict[str, Any]
    fault: str | None = None


def read_rows(path: Path, mapping: Mapping | None = None) -> Iterator[Row]:
    """Read the rows of a file in their order; compressed files are read as they are.

    Raises
    ------
    CannotOpen
        When the file cannot be read at all.
    Broken
        When the rest of it is out of reach.
    """
    streams = open_feed(path)
    if _is_parquet(path):
        yield from _parquet(path)
        return
    for opened in streams:
        if opening_bracket(opened.head) == b"{":
            yield from _json(opened)
        else:
            yield from _csv(opened, mapping)


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == _PARQUET


def _parquet(path: Path) -> Iterator[Row]:
    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(_AT_ONCE):
                for cells in batch.to_pylist():
                    number += 1
                    yield Row(f"{path.name}:{number}", cells)
    except (pa.ArrowException, OSError):
        raise Broken(f"{path.name}: is damaged after row {number}") from None


def _json(opened: Opened) -> Iterator[Row]:
    for place, line in lines(opened.stream, opened.name):
        yield json_row(line.removeprefix(BYTE_ORDER_MARK), place)


def json_row(line: bytes, place: str) -> Row:
    """Read a row of JSON."""
    try:
        return Row(place, msgspec.json.decode(line, type=dict[str, Any]))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return Row(place, {}, "is no JSON object")


def _csv(opened: Opened, mapping: Mapping | None) -> Iterator[Row]:
    declared = "utf-8" if mapping is None else mapping.encoding
    encoding = "utf-8-sig" if declared == "utf-8" else str(declared)
    text = io.TextIOWrapper(opened.stream, encoding, errors="surrogateescape", newline="")
    delimiter = mapping.delimiter if mapping else None
    delimiter = delimiter or _sniffed(opened.head)
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        columns = [name.strip() for name in next(reader, [])]
        if len(columns) > MOST_COLUMNS:
            raise Broken(f"{opened.name}: has more than {MOST_COLUMNS} columns")
        yield from _cells(reader, columns, opened.name)
    finally:
        text.detach()


def _cells(reader: Any, columns: list[str], name: str) -> Iterator[Row]:
    while True:
        place = f"{name}:{reader.line_num + 1}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, UnicodeError):
            yield Row(place, {}, "is no CSV: quotes that do not close, or a cell that is too long")
            continue
        if not any(cells):
            continue
        if len(cells) != len(columns):
            yield Row(place, {}, f"has {len(cells)} values for {len(columns)} columns")
        else:
            yield Row(place, dict(zip(columns, cells, strict=True)))


def _sniffed(head: bytes) -> str:
    """Find the delimiter: the one that the first line has most of."""
    first = head.split(b"\n", 1)[0].decode("latin-1")
    return max(_DELIMITERS, key=first.count)
