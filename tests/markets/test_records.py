"""The codec and the door enforce the same constraints."""

from datetime import datetime
from types import UnionType
from typing import Annotated, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from markets.door import RECORDS, Refused, admit
from markets.records import Price, Record

NAMES = ["", "x", "x" * 200, "x" * 201, "é" * 200, "日" * 201, "Côte d'Ivoire", "\u0000", "\n"]
NUMBERS = [-1, 0, 0.5, 1, 1.0000001, 1.01, 2, 3.5, 1e5, 100_000.1, 6000, 6000.5, 1e9, 1e13, 1.1e13]
COUNTS = [-1, 0, 1, 2, 9, 10, 2000, 2001, 10**30]
TIMES = [
    "2026-06-11T19:00:00Z", "2026-06-11T21:00:00+02:00", "2026-06-11T19:00:00.123456Z",
    "2026-06-11T19:00:00", "2026-06-11", "19:00", "2026-13-01T00:00:00Z", "soon", "",
]  # fmt: skip


def values(hint):
    """Values of a field's own JSON type, good and bad, and null."""
    if get_origin(hint) in (Union, UnionType):
        return st.one_of(*map(values, get_args(hint)))
    if get_origin(hint) is Literal:
        return st.sampled_from([*get_args(hint), "no such word", ""])
    if get_origin(hint) is tuple:
        return st.lists(values(get_args(hint)[0]), max_size=3) | st.none()
    base = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if get_origin(base) is tuple:
        return values(base)
    if is_struct(base):
        return structs(base) | st.none()
    known = {str: NAMES, float: NUMBERS, int: COUNTS, datetime: TIMES, bool: [True, False]}
    return st.sampled_from([*known.get(base, []), None])


def is_struct(hint):
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)


@st.composite
def structs(draw, struct):
    """Fields of a struct as JSON has them, with some missing and now and then one too many."""
    hints = get_type_hints(struct, include_extras=True)
    raw = {name: draw(values(hint)) for name, hint in hints.items()}
    for name in draw(st.sets(st.sampled_from(sorted(hints)), max_size=2)):
        del raw[name]
    if draw(st.integers(0, 9)) == 0:
        raw["unheard_of"] = 1
    return raw


@st.composite
def raw_records(draw):
    kind = draw(st.sampled_from(sorted(RECORDS)))
    return {"kind": kind} | draw(structs(RECORDS[kind]))


def good(kind):
    """A record of a kind that both must take, every field of it given."""
    example = {
        str: "EUR", float: 2.0, int: 1, bool: True, datetime: "2026-06-11T19:00:00Z",
    }  # fmt: skip

    def one(hint):
        if get_origin(hint) in (Union, UnionType):
            return one(get_args(hint)[0])
        if get_origin(hint) is Literal:
            return get_args(hint)[0]
        if get_origin(hint) is tuple:
            return [one(each) for each in get_args(hint) if each is not Ellipsis]
        if is_struct(hint):
            return every_field(hint)
        base, *metas = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        if base is float and metas and metas[0].lt is not None:
            return metas[0].lt / 2
        return example[base] if base in example else one(base)

    def every_field(struct):
        hints = get_type_hints(struct, include_extras=True)
        return {name: one(hint) for name, hint in hints.items()}

    return {"kind": kind} | every_field(RECORDS[kind])


def by_codec(raw):
    try:
        return msgspec.json.decode(msgspec.json.encode(raw), type=Record)
    except msgspec.ValidationError:
        return None


def by_door(raw):
    try:
        return admit(raw)
    except Refused:
        return None


@given(raw_records())
def test_codec_and_door_take_and_refuse_the_same(raw):
    assert by_codec(raw) == by_door(raw)


@given(st.sampled_from(sorted(RECORDS)), st.data())
def test_codec_and_door_agree_on_one_odd_field(kind, data):
    raw = good(kind)
    hints = get_type_hints(RECORDS[kind], include_extras=True)
    field = data.draw(st.sampled_from(sorted(hints)))
    raw[field] = data.draw(values(hints[field]))
    assert by_codec(raw) == by_door(raw)


@pytest.mark.parametrize("kind", sorted(RECORDS))
def test_a_good_record_is_taken_by_both_and_comes_back(kind):
    record = by_codec(good(kind))
    assert record is not None
    assert record == by_door(good(kind))
    assert msgspec.json.decode(msgspec.json.encode(record), type=Record) == record


@pytest.mark.parametrize("kind", sorted(RECORDS))
def test_an_unknown_field_is_refused_by_both(kind):
    raw = good(kind) | {"unheard_of": 1}
    assert by_codec(raw) is None
    assert by_door(raw) is None


def test_records_are_frozen():
    price = by_door(good("price"))
    assert isinstance(price, Price)
    with pytest.raises(AttributeError):
        price.price = 3.0  # type: ignore[misc]
