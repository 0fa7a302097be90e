"""Answers to canaries as rows: what went through feed and watch, and when."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import pyarrow as pa
from msgspec import Meta

from forensics.columns import MICROSECONDS, MILLISECONDS, TEXT, provenance

AnswerMessage = tuple[int, int, datetime, bytes]
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the watch says to a canary: where it lay in the feed, and copies of its times.

    `sent` is by the clock of who sent it, `fed` by the broker's (or the sender's, where the broker
    keeps that), `reached` the event time that the partition had come to, if any.
    """

    id: Annotated[str, Meta(max_length=64)]
    partition: Annotated[int, Meta(ge=0, le=65_535)]
    offset: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    sent: Annotated[datetime, Meta(tz=True)]
    fed: Annotated[datetime, Meta(tz=True)]
    reached: Annotated[datetime, Meta(tz=True)] | None = None


_decode = msgspec.json.Decoder(Answer).decode


def answered(body: bytes) -> Answer | str:
    """Read an answer, or say why it cannot be read.

    >>> answered(b"[]")
    'Expected `object`, got `array`'
    """
    try:
        answer = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return str(error)
    return answer if max(answer.sent, answer.fed) < LATEST else "a time beyond all matches"


def canary_columns(answers: Sequence[tuple[Answer, AnswerMessage]]) -> pa.Table:
    """Turn answers into rows; `partition` and `offset` are the canary's in the feed."""
    places = [(answer.partition, answer.offset, message[2]) for answer, message in answers]
    columns = {
        "id": pa.array((answer.id for answer, _ in answers), TEXT),
        "sent": pa.array((answer.sent for answer, _ in answers), MICROSECONDS),
        "fed": pa.array((answer.fed for answer, _ in answers), MILLISECONDS),
        "reached": pa.array((answer.reached for answer, _ in answers), MICROSECONDS),
    }
    return pa.table(columns | provenance(places))
