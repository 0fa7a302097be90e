"""One message of a Betfair recording: its time, and how parts of it are told or refused."""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from markets.door import admit
from markets.records import Record
from streams.feeds.documents import Wrong, mapping, missing, shown, text
from streams.feeds.feed import Refusal

SOURCE = "betfair"
CHANGES = ("mcm", "ccm")
PASSED_OVER = ("connection", "status")
# Wrong values and all that Python raises on numbers out of range or on nesting beyond its stack.
FAULTS = (ValueError, OverflowError, RecursionError)
_SHOWN = 2000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARK = b"\xef\xbb\xbf"

Told = Iterator[Record | Refusal]


class Message:
    """A message with the moment it was published (`pt`), and where it stands."""

    __slots__ = ("at", "body", "line", "op", "place")

    def __init__(self, line: bytes, place: str) -> None:
        self.line = line
        self.place = place
        self.body = _decoded(line.removeprefix(_MARK))
        self.op = text(self.body, "op")
        if self.op not in (*CHANGES, *PASSED_OVER):
            raise Wrong(f"op: {shown(self.op)} is not one of {', '.join(CHANGES)}")
        self.at = moment(self.body.get("pt"), "pt") if self.op in CHANGES else _EPOCH

    def told(self, kind: str, fields: Mapping[str, object], path: str) -> Record | Refusal:
        """Make a record of this moment, if the door admits it."""
        try:
            return admit({"kind": kind, "at": self.at, **fields})
        except FAULTS as error:
            return self.refuse(path, error, fields)

    def refuse(self, path: str, reason: object, part: object) -> Refusal:
        """Refuse a part of the message, with the path to it in the reason."""
        return refuse(self.place, f"{path}: {reason}", part, self.line)


def refuse(place: str, reason: str, part: object, line: bytes) -> Refusal:
    """Refuse a part of a line, or the line itself when the part cannot be shown."""
    try:
        raw = line if part is None else msgspec.json.encode(part)
    except FAULTS:
        raw = line
    return Refusal(SOURCE, place, reason, raw[:_SHOWN])


def moment(value: object, field: str) -> datetime:
    """Read milliseconds since 1970.

    >>> moment(1657018212979, "pt")
    datetime.datetime(2022, 7, 5, 10, 50, 12, 979000, tzinfo=datetime.timezone.utc)
    """
    if value is None:
        raise Wrong(missing(field))
    if type(value) is not int or value < 0:
        raise Wrong(f"{field}: {shown(value)} is not a time in ms")
    return _EPOCH + timedelta(milliseconds=value)


def number(value: object, field: str) -> float:
    """Read a finite number; text that looks like one is refused.

    >>> number(3, "price")
    3.0
    """
    if type(value) not in (int, float) or not math.isfinite(value):  # type: ignore[arg-type]
        raise Wrong(f"{field}: {shown(value)} is not a number")
    return float(value)  # type: ignore[arg-type]


def parts(holder: Mapping[str, Any], name: str, path: str = "") -> Iterator[tuple[str, object]]:
    """Go through a list with the path to each part.

    What is not a list is passed on as the one part of itself, and refused as such.

    >>> list(parts({"mc": ["a"], "cc": 5}, "mc")), list(parts({"mc": ["a"], "cc": 5}, "cc"))
    ([('mc[0]', 'a')], [('cc', 5)])
    """
    found = holder.get(name)
    if found is not None and not isinstance(found, list):
        yield f"{path}{name}", found
        return
    for index, part in enumerate(found or ()):
        yield f"{path}{name}[{index}]", part


def identifier(holder: Mapping[str, Any], field: str) -> str:
    """Read an id, which is a text or, in some recordings, an integer."""
    value = holder.get(field)
    if type(value) is int or (isinstance(value, str) and value):
        return str(value)
    raise Wrong(f"{field}: {shown(value)} is not an id" if field in holder else missing(field))


def _decoded(line: bytes) -> dict[str, Any]:
    try:
        return mapping(msgspec.json.decode(line))
    except msgspec.DecodeError as error:
        try:
            # Recorders written in Python put NaN where a number is missing, which is not JSON;
            # only the part with the NaN is refused for it.
            return mapping(json.loads(line))
        except FAULTS:
            raise Wrong(f"not JSON: {error}; a line must hold one message as sent") from None
