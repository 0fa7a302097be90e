import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.feeds.documents import Document, Wrong, documents, instant
from streams.feeds.feed import Broken, Refusal


def read(data: bytes) -> list[Document | Refusal]:
    return list(documents(io.BytesIO(data), "f", "s"))


def places(data: bytes) -> list[str]:
    return [document.place for document in read(data)]


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), values), st.sampled_from([None, 1, 2, "\t"]))
def test_one_document_however_printed(value: dict[str, Any], indent: int | str | None) -> None:
    text = json.dumps(value, indent=indent).encode()
    assert read(text) == [Document("f:1", value)]


@given(st.lists(st.dictionaries(st.text(), values), min_size=1))
def test_one_document_a_line(value: list[dict[str, Any]]) -> None:
    text = b"\n".join(json.dumps(each).encode() for each in value)
    assert [document.value for document in read(text)] == value  # type: ignore[union-attr]


def test_a_bad_first_line_does_not_take_the_others_with_it() -> None:
    refusal, document = read(b'{"a":\n{"b": 2}\n')
    assert isinstance(refusal, Refusal)
    assert refusal.place == "f:1"
    assert refusal.raw == b'{"a":'
    assert document == Document("f:2", {"b": 2})


def test_a_bad_line_in_between() -> None:
    assert [type(each) for each in read(b"{}\nx\n{}\n")] == [Document, Refusal, Document]


def test_a_printed_document_that_is_no_json_is_refused_once() -> None:
    (refusal,) = read(b'{\n "a": 1,\n "b": [1, 2\n}\n')
    assert isinstance(refusal, Refusal)
    assert refusal.reason.startswith("not JSON: ")


def test_byte_order_mark_and_blank_lines() -> None:
    assert read(b'\xef\xbb\xbf{"a": 1}\n\n{"b": 2}') == [
        Document("f:1", {"a": 1}),
        Document("f:3", {"b": 2}),
    ]


def test_nothing() -> None:
    assert read(b"") == read(b"\n\n") == []


def test_nesting_without_end_is_refused() -> None:
    (refusal,) = read(b"[" * 100_000)
    assert isinstance(refusal, Refusal)


def test_whole_lines_come_before_the_break() -> None:
    class Breaking(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            line = super().readline(size)
            if not line:
                raise Broken("f: cut short")
            return line

    told: Iterator[Document | Refusal] = documents(Breaking(b'{"a":\n{"b": 2}\n'), "f", "s")
    assert isinstance(next(told), Refusal)
    assert next(told) == Document("f:2", {"b": 2})
    with pytest.raises(Broken, match="cut short"):
        next(told)


@pytest.mark.parametrize(
    "value", [None, 5, True, "", "yesterday", "2026-13-01T00:00:00Z", "2026-06-11T19:00:00"]
)
def test_times_that_are_none(value: object) -> None:
    with pytest.raises(Wrong, match="start"):
        instant(value, "start")


def test_times_that_leave_the_calendar_in_utc() -> None:
    with pytest.raises(Wrong, match="start"):
        instant("0001-01-01T00:00:00+10:00", "start")
