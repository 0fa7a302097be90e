"""One message of Sportradar's Unified Odds Feed: XML without entities, its time and its event."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from markets.door import Refused, admit
from markets.records import Record
from streams.feeds.documents import Wrong, instant, missing, shown
from streams.feeds.feed import Refusal

SOURCE = "uof"
BOOK = "sportradar"
LONGEST = 8 * 1024 * 1024
DEEPEST = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN = 2000

Told = Iterator[Record | Refusal]


class Message:
    """A message, parsed; raises `Wrong` when it is none."""

    def __init__(self, data: bytes, place: str) -> None:
        self.place = place
        self.data = data
        self.root = _parsed(data)
        self.kind = self.root.tag

    @property
    def at(self) -> datetime:
        """When it was made."""
        return moment(self.root.get("timestamp"), "timestamp")

    @property
    def event(self) -> str:
        """The event that it is about."""
        return required(self.root, "event_id")

    def told(self, kind: str, **fields: object) -> Record | Refusal:
        """Make a record of this moment, if the door admits it."""
        try:
            return admit({"kind": kind, "at": self.at, **fields})
        except (Refused, Wrong) as error:
            return self.refused(error)

    def refused(self, reason: object) -> Refusal:
        """Refuse the message, or a part of it."""
        return refused(self.place, str(reason), self.data)


def refused(place: str, reason: str, data: bytes) -> Refusal:
    """Refuse what cannot be used."""
    return Refusal(SOURCE, place, reason, data[:_SHOWN])


def _parsed(data: bytes) -> Element:
    if len(data) > LONGEST:
        raise Wrong(f"longer than {LONGEST} bytes")
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except ParseError as error:
        raise Wrong(f"not XML: {error}") from None
    except DefusedXmlException:
        raise Wrong("a document type, or entities: not read") from None
    except (ValueError, LookupError, RecursionError) as error:
        raise Wrong(f"not XML: {type(error).__name__}") from None
    _check_depth(root)
    return root


def _check_depth(root: Element) -> None:
    level = [root]
    for _ in range(DEEPEST):
        level = [child for element in level for child in element]
        if not level:
            return
    raise Wrong(f"nested deeper than {DEEPEST}")


def required(element: Element, name: str) -> str:
    """Get an attribute that must be there."""
    value = element.get(name)
    if not value:
        raise Wrong(missing(f"{element.tag}.{name}"))
    return value


def moment(value: str | None, field: str) -> datetime:
    """Read milliseconds since 1970, or a time with its offset.

    >>> moment("1510000000000", "timestamp")
    datetime.datetime(2017, 11, 6, 20, 26, 40, tzinfo=datetime.timezone.utc)
    """
    if value and value.isascii() and value.isdigit() and len(value) < 16:
        return _EPOCH + timedelta(milliseconds=int(value))
    return instant(value, field)


def integer(value: str | None, field: str) -> int:
    """Read a whole number, small enough to be one of the feed's."""
    try:
        if value is not None and len(value) < 12:
            return int(value)
    except ValueError:
        pass
    raise Wrong(f"{field}: {shown(value)} is not a whole number")


def number(value: str | None, field: str) -> float:
    """Read a number."""
    try:
        return float(value) if value is not None else float("nan")
    except ValueError:
        raise Wrong(f"{field}: {shown(value)} is not a number") from None
