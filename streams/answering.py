"""What the watch says to a canary."""

from datetime import UTC, datetime

import msgspec

from forensics.canaries_table import Answer
from streams.canaries import Canary

encode = msgspec.json.Encoder().encode
"""Bytes of an answer."""


def answer(canary: Canary, partition: int, offset: int, fed_ms: int, reached: float) -> Answer:
    """Answer a canary by what it carries and where it lay: no clock is asked."""
    at = datetime.fromtimestamp(reached, UTC) if reached > float("-inf") else None
    fed = datetime.fromtimestamp(max(fed_ms, 0) / 1000.0, UTC)
    return Answer(
        id=canary.id, partition=partition, offset=offset, sent=canary.sent, fed=fed, reached=at
    )
