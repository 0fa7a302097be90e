"""The codec: what is shared stays shared, what is not ours is refused, nonsense is told."""

from array import array
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from math import inf, isnan, nan

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from river import stats

from detectors.features import Lag
from detectors.levels import AlertBudget
from detectors.match_watch import _Schedule
from markets.clock import State
from markets.consensus import Dropped
from markets.goals import GoalRates
from markets.implied import logit
from markets.offers import Offer
from markets.records import Event
from streams.snapshots import kinds
from streams.snapshots.plain import BadSnapshot, NotPlain, read, write

NOON = datetime(2026, 7, 4, 12, 0, 0, 123456, UTC)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False),
    st.text(), st.binary(), st.datetimes(timezones=st.just(UTC)),
)  # fmt: skip
KEYS = st.one_of(st.text(), st.integers(0, 99), st.tuples(st.text(), st.none() | st.floats(0, 9)))
GRAPHS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner), st.lists(inner).map(tuple), st.lists(inner).map(deque),
        st.dictionaries(KEYS, inner), st.sets(KEYS), st.frozensets(KEYS),
        st.lists(st.floats(allow_nan=False)).map(partial(array, "d")),
        st.builds(_Schedule, look_at=st.floats(allow_nan=False)),
    ),
)  # fmt: skip


@given(GRAPHS)
def test_what_was_written_is_read(value):
    again = read(write(value))
    assert again == value
    assert type(again) is type(value)
    assert write(again) == write(value)


def test_aliases_and_cycles_survive():
    offer, lag = Offer(("home",)), Lag()
    offer.names = offer.apart = ["home"]
    lag._latest = (0.5,)
    lag._references = [lag._latest, tuple(x for x in (0.5,))]
    ring = [offer, lag, offer]
    ring.append(ring)
    one, other, same, itself = again = read(write(ring))
    assert one is same
    assert itself is again
    assert one.names is one.apart
    same, apart = other._references
    assert same is other._latest  # a lag tells by identity whether it has learned
    assert apart is not other._latest


@pytest.mark.parametrize("kind", [set, frozenset])
def test_what_refers_to_a_member_of_a_set_finds_that_one(kind):
    keys = [(market, line) for market in ("total", "1x2", "btts") for line in (2.5, 10.0, None)]
    members, same = again = read(write([kind(keys), keys]))
    assert again == [kind(keys), keys]
    assert set(map(id, members)) == set(map(id, same))


def test_what_is_shared_is_not_written():
    budget = AlertBudget()
    data = write([budget, [budget]], shared=[budget])
    again = read(data, shared=[budget])
    assert again[0] is again[1][0] is budget


@pytest.mark.parametrize(
    "value",
    [
        -0.0, inf, -inf, NOON, State((1, 0), (0, 2)), GoalRates(1.5, 1.0),
        Event(at=NOON, match="m", event="goal", score=(1, 0)), deque([1, 2], maxlen=2),
        Dropped.STALE, {"x": [AlertBudget()]},
    ],
)  # fmt: skip
def test_each_sort_of_thing_comes_back(value):
    again = read(write(value))
    assert repr(again) == repr(value)
    assert type(again) is type(value)


def test_numbers_that_are_none_come_back_too():
    assert isnan(read(write([nan]))[0])


def test_a_partial_of_a_function_of_ours_comes_back():
    again = read(write(partial(logit, 0.3)))
    assert again() == logit(0.3)


def test_a_mean_of_river_goes_on_as_before():
    mean = stats.EWMean(0.3)
    for value in (0.0, 1.5, 0.25):
        mean.update(value)
    again = read(write(mean))
    for _ in range(3):
        assert again.get() == mean.get()
        mean.update(0.7)
        again.update(0.7)


class Ours(Offer):
    """Not of a module that may be written."""


@pytest.mark.parametrize(
    "value",
    [
        object(), Ours(("home",)), len, partial(print, "x"), 1j, timedelta(1), range(3), [type],
        datetime(2026, 7, 4), datetime(2026, 7, 4, tzinfo=timezone(timedelta(hours=1))),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_what_is_not_ours_is_not_written(value):
    with pytest.raises(NotPlain):
        write([value])


def test_an_attribute_that_no_method_sets_is_not_lost_in_silence():
    class_ = next(k for k in kinds.kinds() if k.__name__ == "OpenAlerts")
    one = class_()
    one.sneaked_in = 1
    with pytest.raises(NotPlain, match="sneaked_in"):
        write(one)


@given(st.binary())
def test_bytes_that_are_none_are_told(data):
    with suppress(BadSnapshot):
        read(data)


@given(st.recursive(SCALARS | st.integers(0, 160), st.lists, max_leaves=30))
def test_structures_that_are_none_are_told(plain):
    with suppress(BadSnapshot):
        read(msgspec.msgpack.encode(plain))


def test_a_deep_one_is_told():
    with pytest.raises(BadSnapshot):
        read(b"\x92\x01\x91" * 100_000 + b"\x01")


def test_every_field_of_every_class_is_known():
    known = {kind.__qualname__: kinds.fields(kind) for kind in kinds.kinds()}
    assert "book" in known["MatchWatch"]
    assert {"_peaks", "_budget"} == set(known["Verdict"])
    assert "_alerts" in known["OpenAlerts"]
    assert len(known) > 80


def test_the_schema_follows_fields_types_and_configuration(monkeypatch):
    schema = kinds.fingerprint("config")
    assert schema == kinds.fingerprint("config") != kinds.fingerprint("other")
    monkeypatch.setattr(kinds, "FORMAT", kinds.FORMAT + 1)
    assert kinds.fingerprint("config") != schema
    monkeypatch.undo()
    monkeypatch.setitem(_Schedule.__annotations__, "changed", "int")
    assert kinds.fingerprint("config") != schema
    monkeypatch.undo()
    fewer = kinds.kinds()[1:]
    monkeypatch.setattr(kinds, "kinds", lambda: fewer)
    assert kinds.fingerprint("config") != schema
