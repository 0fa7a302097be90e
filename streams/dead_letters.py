"""Dead letters: what could not be read, with the reason, on its way to the archive."""

from datetime import datetime

import msgspec

from forensics.archive import DeadLetter
from streams.feeds.feed import Refusal

_MOST_RAW = 10_000


class _Letter(msgspec.Struct, frozen=True):
    """A dead letter on the wire; `raw` travels as base64."""

    source: str
    place: str
    reason: str
    raw: bytes


def from_refusal(refusal: Refusal) -> bytes:
    """Encode what a feed refused."""
    letter = _Letter(refusal.source, refusal.place, refusal.reason, refusal.raw[:_MOST_RAW])
    return msgspec.json.encode(letter)


def from_frame(topic: str, partition: int, offset: int, reason: str, frame: bytes) -> bytes:
    """Encode what could not be read in a frame."""
    place = f"{topic}/{partition}/{offset}"
    return msgspec.json.encode(_Letter(topic, place, reason, frame[:_MOST_RAW]))


def to_archive(
    value: bytes, *, topic: str, partition: int, offset: int, arrived: datetime
) -> DeadLetter:
    """Decode a dead letter for the archive; one that is itself unreadable is kept as it is."""
    try:
        letter = msgspec.json.decode(value, type=_Letter)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        letter = _Letter(topic, f"{topic}/{partition}/{offset}", f"not a letter: {error}", value)
    return DeadLetter(
        letter.source, letter.place, letter.reason, letter.raw, topic, partition, offset, arrived
    )
