"""Our own records, one JSON object on each line, as other producers write them."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from markets.door import RECORDS, Refused, admit_json
from markets.records import Record
from streams.feeds.documents import BYTE_ORDER_MARK, opening_bracket
from streams.feeds.feed import Format, Refusal, lines

SOURCE = "records"
_SHOWN = 2000
_A_KIND = re.compile(rb'"kind"\s*:\s*"(%s)"' % "|".join(RECORDS).encode())


def read(stream: BinaryIO, place: str) -> Iterator[Record | Refusal]:
    r"""Read records line by line; a line that is none is refused and the next one read.

    >>> import io
    >>> line = b'{"kind": "heartbeat", "at": "2026-06-11T19:00:00Z", "source": "betfair"}'
    >>> record, refusal = read(io.BytesIO(line + b"\n{}\n"), "day.jsonl")
    >>> record.source, refusal.place
    ('betfair', 'day.jsonl:2')
    """
    for where, line in lines(stream, place):
        try:
            yield admit_json(line.removeprefix(BYTE_ORDER_MARK))
        except Refused as error:
            yield Refusal(SOURCE, where, str(error), line[:_SHOWN])


def _recognises(head: bytes) -> bool:
    return opening_bracket(head) == b"{" and _A_KIND.search(head) is not None


FORMAT = Format(SOURCE, _recognises, read)
