import io

from hypothesis import given
from hypothesis import strategies as st

from markets.records import Heartbeat
from streams.feeds.feed import Refusal
from streams.feeds.json_lines import FORMAT

BEAT = b'{"kind":"heartbeat","at":"2026-06-11T19:00:00Z","source":"betfair"}'


def test_every_line_is_a_record_or_a_refusal() -> None:
    data = b"\n".join([BEAT, b"{}", b"", b"not json", BEAT.replace(b"Z", b""), BEAT])
    told = list(FORMAT.read(io.BytesIO(data), "day"))
    assert [type(each) for each in told] == [Heartbeat, Refusal, Refusal, Refusal, Heartbeat]
    refusals = [each for each in told if isinstance(each, Refusal)]
    assert [refusal.place for refusal in refusals] == ["day:2", "day:4", "day:5"]
    assert [refusal.reason.partition(":")[0] for refusal in refusals] == ["kind", "not JSON", "at"]


def test_a_byte_order_mark_is_no_fault() -> None:
    (record,) = FORMAT.read(io.BytesIO(b"\xef\xbb\xbf" + BEAT), "day")
    assert isinstance(record, Heartbeat)


def test_recognises_its_own_and_no_other() -> None:
    assert FORMAT.recognises(BEAT)
    assert FORMAT.recognises(b'\n{"at": 1, "kind": "price"}')
    assert not FORMAT.recognises(b'{"op":"mcm","kind":"other"}')
    assert not FORMAT.recognises(b"")


@given(st.lists(st.binary().filter(lambda line: b"\n" not in line and line.strip()), max_size=5))
def test_never_anything_but_refusals_from_noise(noise: list[bytes]) -> None:
    told = list(FORMAT.read(io.BytesIO(b"\n".join(noise)), "noise"))
    assert len(told) == len(noise)
    assert all(isinstance(each, Refusal) for each in told)
