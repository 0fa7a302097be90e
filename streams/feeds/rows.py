"""Rows of a file of foreign data: CSV, JSON lines or Parquet, told apart by their first bytes."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
from pyarrow import parquet

from streams.feeds.documents import BYTE_ORDER_MARK, opening_bracket
from streams.feeds.feed import Broken, lines
from streams.feeds.mapping import Encoding, Mapping
from streams.feeds.opening import Opened, open_feed

LONGEST_CELL = 100_000
MOST_COLUMNS = 2_000
_PARQUET = b"PAR1"
_DELIMITERS = ",;\t|"
_AT_ONCE = 10_000
_NO_CSV = "is no CSV: quotes that do not close, a cell that is too long, or another encoding"


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
        bracket = opening_bracket(opened.head)
        if bracket == b"{":
            yield from _json(opened)
        elif bracket == b"[":
            raise Broken(f"{opened.name}: is one list of JSON; write one object on each line")
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


def encoding_of(head: bytes) -> Encoding:
    """Guess how the text of a file is encoded: by its mark, or by what cannot be UTF-8.

    >>> encoding_of("Cádiz".encode("utf-16")), encoding_of("Cádiz".encode("cp1252"))
    ('utf-16', 'cp1252')
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith(_PARQUET) or opening_bracket(head) == b"{":
        return "utf-8"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _csv(opened: Opened, mapping: Mapping | None) -> Iterator[Row]:
    encoding = _encoding(opened, mapping)
    text = io.TextIOWrapper(opened.stream, encoding, errors="surrogateescape", newline="")
    delimiter = mapping.delimiter if mapping else None
    delimiter = delimiter or _sniffed(opened.head)
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        columns = _header(reader, opened.name)
        _check(columns, mapping, opened.name)
        yield from _cells(reader, columns, opened.name)
    finally:
        text.detach()


def _encoding(opened: Opened, mapping: Mapping | None) -> str:
    found = encoding_of(opened.head)
    declared = found if mapping is None else mapping.encoding
    if "utf-16" in (found, declared) and found != declared:
        wanted = "take encoding: utf-16 out of" if declared == "utf-16" else "put it into"
        what = "is no UTF-16" if declared == "utf-16" else "is UTF-16 (encoding: utf-16)"
        raise Broken(f"{opened.name}: {what}; {wanted} the mapping")
    return "utf-8-sig" if declared == "utf-8" else declared


def _header(reader: Any, name: str) -> list[str]:
    try:
        return [column.strip() for column in next(reader, [])]
    except (csv.Error, UnicodeError):
        raise Broken(f"{name}: its first row is no CSV that can be read") from None


def _check(columns: list[str], mapping: Mapping | None, name: str) -> None:
    """Make sure that each column that matters is there, and there once."""
    if len(columns) > MOST_COLUMNS:
        raise Broken(f"{name}: has more than {MOST_COLUMNS} columns")
    twice = {column for column, count in Counter(filter(None, columns)).items() if count > 1}
    wanted = twice if mapping is None else mapping.columns()
    if both := sorted(twice & wanted):
        raise Broken(f"{name}: has more than one column {', '.join(both)}; rename all but one")
    if mapping is not None and (missing := sorted(mapping.needed_columns() - {*columns})):
        raise Broken(f"{name}: has no column {', '.join(missing)}, which the mapping needs")


def _cells(reader: Any, columns: list[str], name: str) -> Iterator[Row]:
    while True:
        place = f"{name}:{reader.line_num + 1}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except UnicodeError:
            # The decoder stands where it failed, and would fail there for ever.
            raise Broken(f"{place}: is not in the encoding of the mapping from here on") from None
        except csv.Error:
            yield Row(place, {}, f"{_NO_CSV}, up to line {reader.line_num}")
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
