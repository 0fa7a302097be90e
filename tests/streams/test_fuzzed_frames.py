"""The frame codec against bytes that are nearly frames."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given

from markets.records import Heartbeat
from streams.frames import decode, encode
from streams.simulator.match_day import match_day
from tests.mutations import bounded_memory, fuzzed, nearly

START = datetime(2026, 7, 4, 12, tzinfo=UTC)


@pytest.fixture(autouse=True, scope="module")
def memory() -> Iterator[None]:
    with bounded_memory():
        yield


def one_of_each_kind() -> bytes:
    day = match_day(1, matches=1, books=3, start=START)
    return encode(list({type(record): record for record in day.records}.values()))


@fuzzed
@given(nearly(one_of_each_kind(), encode([Heartbeat(at=START, source="s")]), b"[]"))
def test_a_frame_gives_records_and_reasons_whatever_it_holds(frame: bytes) -> None:
    records, reasons = decode(frame)
    assert all(len(reason) < 2000 for reason in reasons)
    assert decode(encode(records)) == (records, [])
