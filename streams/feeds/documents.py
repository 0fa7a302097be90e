"""Files of JSON documents: one on each line, or a single one printed over many lines."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO, NamedTuple

import msgspec

from streams.feeds.feed import Broken, Refusal, lines

LARGEST_PRINTED = 64 * 1024 * 1024
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SHOWN = 2000


class Document(NamedTuple):
    """A decoded JSON document and where it begins (`file:line`)."""

    place: str
    value: Any


class Wrong(ValueError):
    """A part of a document that cannot be used; the message says which field and why."""


def documents(stream: BinaryIO, place: str, source: str) -> Iterator[Document | Refusal]:
    r"""Decode a stream document by document; what is not JSON becomes a refusal.

    Whether the file is one printed document is decided at its first line: it is, when that line
    is not JSON by itself and the whole file is. A file in which no line at all is a document of
    its own is refused as a whole, once.

    >>> import io
    >>> list(documents(io.BytesIO(b'{\n"a": 1\n}\n'), "f", "s"))
    [Document(place='f:1', value={'a': 1})]
    >>> [d.place for d in documents(io.BytesIO(b'{"a": 1}\n[2\n[3]\n'), "f", "s")]
    ['f:1', 'f:2', 'f:3']
    """
    numbered = lines(stream, place)
    for where, first in numbered:
        line = first.removeprefix(BYTE_ORDER_MARK)
        document = decoded(line, where, source)
        if isinstance(document, Document):
            yield document
        else:
            yield from _unless_printed(where, line, numbered, source)
        break
    for where, line in numbered:
        yield decoded(line, where, source)


def decoded(text: bytes, place: str, source: str) -> Document | Refusal:
    """Decode one document, or say why it is not JSON."""
    try:
        return Document(place, msgspec.json.decode(text))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        return Refusal(source, place, f"not JSON: {error}", text[:_SHOWN])


def _unless_printed(
    where: str, line: bytes, numbered: Iterator[tuple[str, bytes]], source: str
) -> Iterator[Document | Refusal]:
    ahead, broken = _look_ahead(numbered)
    whole = decoded(b"\n".join([line, *(text for _, text in ahead)]), where, source)
    each = [decoded(line, where, source)]
    if isinstance(whole, Refusal):
        each += [decoded(text, place, source) for place, text in ahead]
    yield from each if any(map(_stands_alone, each)) else [whole]
    if broken is not None:
        raise broken


def _look_ahead(
    numbered: Iterator[tuple[str, bytes]],
) -> tuple[list[tuple[str, bytes]], Broken | None]:
    ahead: list[tuple[str, bytes]] = []
    size = 0
    try:
        for where, line in numbered:
            ahead.append((where, line))
            size += len(line)
            if size > LARGEST_PRINTED:
                break
    except Broken as error:
        return ahead, error
    return ahead, None


def _stands_alone(document: Document | Refusal) -> bool:
    return isinstance(document, Document) and isinstance(document.value, dict | list)


def opening_bracket(head: bytes) -> bytes:
    """Get the first byte of a file that could be JSON, for recognising it."""
    return head.removeprefix(BYTE_ORDER_MARK).lstrip()[:1]


def instant(value: object, field: str) -> datetime:
    """Read a time with its UTC offset, as UTC.

    >>> instant("2026-06-11T21:00:00+02:00", "start")
    datetime.datetime(2026, 6, 11, 19, 0, tzinfo=datetime.timezone.utc)
    >>> instant("2026-06-11T21:00:00", "start")
    Traceback (most recent call last):
    ...
    streams.feeds.documents.Wrong: start: '2026-06-11T21:00:00' has no UTC offset
    """
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        if at is not None and at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        at = None
    if at is None:
        raise Wrong(f"{field}: {shown(value)} is not an ISO 8601 time")
    raise Wrong(f"{field}: {shown(value)} has no UTC offset")


def text(holder: dict[str, Any], field: str) -> str:
    """Get a text that is not empty."""
    value = holder.get(field)
    if not isinstance(value, str) or not value.strip():
        raise Wrong(f"{field}: {shown(value)} is not a text" if field in holder else missing(field))
    return value


def rows(holder: dict[str, Any], field: str) -> list[Any]:
    """Get a list."""
    value = holder.get(field)
    if not isinstance(value, list):
        raise Wrong(f"{field}: {shown(value)} is not a list" if field in holder else missing(field))
    return value


def mapping(value: object) -> dict[str, Any]:
    """Make sure of a JSON object."""
    if not isinstance(value, dict):
        raise Wrong(f"{shown(value)} is not an object")
    return value


def missing(field: str) -> str:
    """Say that a field is missing."""
    return f"{field}: missing"


def shown(value: object) -> str:
    """Show a value in a reason, the beginning of it if it is long."""
    return repr(value)[:80]


def refused(source: str, place: str, reason: str, part: object) -> Refusal:
    """Refuse a part of a document."""
    return Refusal(source, place, reason, msgspec.json.encode(part)[:_SHOWN])
