"""Canaries: what is sent through the feed to see that it comes out at the other end.

A canary is a frame of its own that holds no record. So whoever reads records (the watch, recovery,
the archive, questions, packs) gets none from it, and no feed can tell one.
"""

from datetime import UTC
from typing import Annotated

import msgspec
from msgspec import Meta

from markets.records import EARLIEST, LATEST, Moment

_BEGINS = b'{"kind":"canary"'


class Canary(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="canary",
    forbid_unknown_fields=True,
):  # fmt: skip
    """One of a round, which has one for each partition."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    sent: Moment


_decode = msgspec.json.Decoder(Canary).decode
encode = msgspec.json.Encoder().encode
"""Bytes of a canary."""


def canary_of(frame: bytes) -> Canary | None:
    """Return the canary that a frame is; None for any other.

    >>> from datetime import datetime
    >>> canary_of(encode(Canary(id="7", sent=datetime(2026, 6, 11, tzinfo=UTC)))).id
    '7'
    >>> canary_of(b'[{"kind":"canary","id":"7","sent":"2026-06-11T00:00:00Z"}]')
    """
    if not frame.startswith(_BEGINS):
        return None
    try:
        canary = _decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return canary if canary.sent.tzinfo is UTC and EARLIEST <= canary.sent <= LATEST else None
