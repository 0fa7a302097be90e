import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from markets.door import Refused, admit, admit_json
from markets.records import Event, Price

PRICE = {
    "kind": "price", "at": "2026-06-11T19:00:00Z", "match": "mexico-v-south-africa-2026-06-11",
    "market": "1x2", "selection": "home", "book": "betmgm", "price": 1.444,
}  # fmt: skip
GOAL = {"kind": "event", "at": "2026-06-11T19:23:00Z", "match": "m", "event": "goal"}
PAST = {
    "kind": "past", "at": "2026-06-11T19:00:00Z", "match": "m", "source": "s", "subject": "A",
    "role": "home", "played": [
        {"start": "2026-06-01T21:00:00+02:00", "opened": 0.4, "closed": 0.5, "happened": True}
    ],
}  # fmt: skip
NAN, INFINITY = float("nan"), float("inf")


def reason(raw):
    with pytest.raises(Refused) as refused:
        admit(raw)
    return str(refused.value)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("price", 0, "price: Input should be greater than 1, got 0"),
        ("price", 1, "price: Input should be greater than 1, got 1"),
        ("price", -1, "price: Input should be greater than 1, got -1"),
        ("price", NAN, "price: Input should be a finite number, got nan"),
        ("price", INFINITY, "price: Input should be a finite number, got inf"),
        ("price", "NaN", "price: Input should be a finite number, got 'NaN'"),
        ("price", 1e9, "price: Input should be less than or equal to 100000, got 1000000000.0"),
        ("price", "evens", "price: Input should be a valid number"),
        ("price", None, "price: Input should be a valid number, got None"),
        ("price", [2.0], "price: Input should be a valid number, got [2.0]"),
        ("at", "2026-06-11T19:00:00", "at: Input should have timezone info"),
        ("at", "0001-01-01T00:00:00+14:00", "at: Value error, must lie between the years 1970"),
        ("at", "9999-12-31T23:59:59-14:00", "at: Value error, must lie between the years 1970"),
        ("at", "yesterday", "at: Input should be a valid datetime"),
        ("kind", "odds", "kind: 'odds' is not one of fixture, price"),
        ("kind", None, "kind: None is not one of"),
        ("kind", ["price"], "kind: ['price'] is not one of"),
        ("stake", 5, "stake: Extra inputs are not permitted, got 5"),
        ("match", "", "match: String should have at least 1 character, got ''"),
        ("match", 7, "match: Input should be a valid string, got 7"),
        ("status", "ajar", "status: Input should be 'open', 'suspended', 'withdrawn' or 'closed'"),
        ("line", NAN, "line: Input should be a finite number"),
        ("size", -0.01, "size: Input should be greater than or equal to 0"),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_with_its_field_and_the_reason(field, value, why):
    assert reason(PRICE | {field: value}).startswith(why)


@pytest.mark.parametrize("field", [name for name in PRICE if name != "kind"])
def test_a_missing_field_is_named(field):
    assert reason({k: v for k, v in PRICE.items() if k != field}) == f"{field}: missing"


def test_a_number_longer_than_python_prints_is_refused():
    why = "price: Input should be a valid number, got a very long number"
    assert reason(PRICE | {"price": 10**5000}) == why


def test_every_fault_is_named():
    raw = PRICE | {"price": 0.5, "at": "2026-06-11T19:00:00", "venue": "Azteca"}
    assert [fault.split(":")[0] for fault in reason(raw).split("; ")] == ["at", "price", "venue"]


@pytest.mark.parametrize(
    "score", [[-1, 0], [0, -1], [1], [1, 0, 0], ["one", 0], [0, 2001], [1.5, 0], "1-0"]
)
def test_a_score_that_cannot_be_is_refused(score):
    assert reason(GOAL | {"score": score}).startswith("score")


@pytest.mark.parametrize("clock", [-1, 6001, NAN])
def test_a_clock_that_cannot_be_is_refused(clock):
    assert reason(GOAL | {"clock": clock}).startswith("clock: ")


@pytest.mark.parametrize("field", ["match", "kind", "price", "at", "selection"])
def test_ten_megabytes_are_refused_in_a_short_sentence(field):
    assert len(reason(PRICE | {field: "x" * 10_000_000})) < 250


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"opened": 0}, "played.0.opened: Input should be greater than 0, got 0"),
        ({"closed": 1}, "played.0.closed: Input should be less than 1, got 1"),
        ({"opened": NAN}, "played.0.opened: Input should be a finite number, got nan"),
        ({"start": "2026-06-11"}, "played.0.start: Input should have timezone info"),
        ({"venue": "x"}, "played.0.venue: Extra inputs are not permitted, got 'x'"),
    ],
)
def test_a_fault_inside_a_past_is_named_with_its_place(change, why):
    assert reason(PAST | {"played": [PAST["played"][0] | change]}).startswith(why)


def test_a_past_becomes_structs_in_utc_and_stays_frozen():
    past = admit(PAST)
    assert past.played[0].start == datetime(2026, 6, 1, 19, tzinfo=UTC)
    assert hash(past) == hash(admit(PAST))


def test_a_past_of_too_many_matches_is_refused():
    assert reason(PAST | {"played": PAST["played"] * 501}).startswith("played: Tuple should have")


def test_an_unknown_field_with_a_long_name_is_refused():
    why = reason(PRICE | {"x" * 100_000: 1})
    assert "Extra inputs" in why
    assert len(why) < 250


def test_good_values_become_a_record_in_utc():
    assert admit(PRICE | {"at": "2026-06-11T21:00:00+02:00"}) == Price(
        at=datetime(2026, 6, 11, 19, tzinfo=UTC), match=PRICE["match"], market="1x2",
        selection="home", book="betmgm", price=1.444,
    )  # fmt: skip
    east = timezone(timedelta(hours=9))
    at = admit(PRICE | {"at": datetime(2026, 6, 12, 4, tzinfo=east)}).at
    assert (at, at.utcoffset()) == (datetime(2026, 6, 11, 19, tzinfo=UTC), timedelta(0))


def test_scores_are_tuples_so_that_records_stay_frozen():
    event = admit(GOAL | {"score": [1, 0]})
    assert isinstance(event, Event)
    assert event.score == (1, 0)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[" * 200_000, "not JSON"),
        (b'{"kind": "gap", "source": "\xff"}', "not JSON"),
        (b'{"kind": "heartbeat", "at": NaN}', "not JSON"),
        (b"[1, 2]", "not a JSON object but list"),
        (b"null", "not a JSON object but NoneType"),
        (json.dumps(PRICE | {"price": 1}).encode(), "price: "),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:20]),
)
def test_a_bad_line_is_refused_and_no_traceback(line, why):
    with pytest.raises(Refused, match=f"^{why}"):
        admit_json(line)


def test_of_many_faults_the_first_are_named_and_the_rest_counted() -> None:
    with pytest.raises(Refused) as told:
        admit({"kind": "past", **{f"wrong_{n}": n for n in range(400)}})
    assert str(told.value).count(";") == 6
    assert re.search(r"; and \d+ more$", str(told.value))
    assert len(str(told.value)) < 2000
    assert len(told.value.plain) < 2000
