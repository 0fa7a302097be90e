"""The contract of a feed format: bytes in, records and refusals out, in the order of the file."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from markets.door import Refused, admit
from markets.records import Record

LONGEST_LINE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something a feed held that could not become a record; nothing is dropped without one.

    `place` is the file and line (`feed.jsonl:12`), `reason` says which field and why, `raw` is
    the beginning of what was refused.
    """

    source: str
    place: str
    reason: str
    raw: bytes


class Broken(Exception):
    """A feed that cannot be read any further; what came before it stands."""


@dataclass(frozen=True, slots=True)
class Format:
    """A feed format: its name on the command line and how it is recognised and read.

    `recognises` gets the first bytes of a file, at most 64 KiB. `read` gets the decompressed
    stream and the file's name for refusals; it yields in file order, raises `Broken` only when
    the rest of the stream is out of reach, and keeps going after everything else.
    """

    name: str
    recognises: Callable[[bytes], bool]
    read: Callable[[BinaryIO, str], Iterator[Record | Refusal]]


def lines(stream: BinaryIO, place: str) -> Iterator[tuple[str, bytes]]:
    r"""Number the lines of a stream; blank ones are passed over.

    >>> import io
    >>> list(lines(io.BytesIO(b"a\n\nb"), "f"))
    [('f:1', b'a'), ('f:3', b'b')]
    """
    number = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            raise Broken(f"{place}:{number}: a line longer than {LONGEST_LINE} bytes")
        if stripped := line.strip():
            yield f"{place}:{number}", stripped


def admitted(
    candidates: Iterable[dict[str, object]], source: str, place: str
) -> Iterator[Record | Refusal]:
    """Pass raw records through the door one by one; what it refuses becomes a refusal."""
    for raw in candidates:
        try:
            yield admit(raw)
        except Refused as error:
            yield Refusal(source, place, str(error), repr(raw).encode()[:2000])
