import json
from datetime import UTC, datetime, timedelta

import pytest

from alerts.alert import Alert, AlertFixture, Provenance
from markets.records import Event, Fixture, Gap, Heartbeat, Price
from streams.feeds.feed import Refusal
from streams.tally import DECIDED_AFTER, Tally, tallied

NOON = datetime(2026, 6, 11, 12, tzinfo=UTC)


def at(minute):
    return NOON + timedelta(minutes=minute)


def price(value, minute=0, book="b", match="m"):
    return Price(at=at(minute), match=match, market="1x2", selection="home", book=book, price=value)


def fixture(match="m"):
    return Fixture(
        at=NOON, match=match, source="s", sport="football", competition="c", home="h", away="a",
        start=at(60),
    )  # fmt: skip


def alert(name, minute=0, level="green"):
    return Alert(
        alert_id=name, match="m", typology="steam-move", level=level, score=0.9, status="open",
        fixture=AlertFixture(sport="s", competition="c", tier=1, home="h", away="a", start=None),
        opened_at=at(minute), peak_at=at(minute), last_at=at(minute), market="1x2", line=None,
        selection="home", headline="h", evidence=(),
        provenance=Provenance(
            topic="t", partition=0, first_offset=0, last_offset=0, config_hash="h"
        ),
    )  # fmt: skip


def counted(*records):
    tally = Tally()
    for record in records:
        tally.count(record)
    return tally


def refusal(n):
    return Refusal("s", f"line {n}", "price: missing", b"{}")


def test_records_are_counted_by_kind_and_prices_by_whether_they_are_new():
    tally = counted(
        fixture(), price(2.0), price(2.0, 1), price(1.9, 2), price(2.0, 3), price(2.0, 3, "c"),
        Heartbeat(at=NOON, source="s"), Gap(at=NOON, source="s", reason="r"),
    )  # fmt: skip
    assert dict(tally.records) == {"fixture": 1, "price": 5, "heartbeat": 1, "gap": 1}
    assert (tally.price_changes, tally.first_prices) == (4, 2)
    assert tally.matches == {"m"}


def test_what_was_not_watched_is_said():
    whole = [fixture(), *[price(2.0, book=book) for book in "abcd"]]
    whole.append(Event(at=NOON, match="m", event="goal"))
    assert counted(*whole).blind_spots() == []
    spots = " / ".join(counted(price(2.0, match="n"), *whole).blind_spots())
    assert spots.count("1 with ") == 3
    for what in ("no fixture", "fewer than 4 books", "no events"):
        assert what in spots


def test_every_refusal_is_counted_and_the_first_hundred_are_kept():
    tally = Tally()
    for n in range(150):
        tally.refuse(refusal(n))
    assert (tally.refused, len(tally.refusals), tally.refusals[-1]) == (150, 100, refusal(99))


def test_an_alert_is_new_or_risen_or_neither():
    tally = Tally()
    steps = [alert("a"), alert("a", 1), alert("a", 2, "amber"), alert("a", 3, "red")]
    assert [tally.raised(step) for step in steps] == [True, False, True, True]
    assert tally.alerts == {"a": steps[-1]}
    assert tally.flagged_at == {"a": at(2)}


def test_alert_lines_are_json_in_the_order_of_opening():
    tally = Tally()
    for one in (alert("z", 5), alert("b", 1), alert("a", 5)):
        tally.raised(one)
    lines = tally.alert_lines()
    assert [json.loads(line)["alert_id"] for line in lines] == ["b", "a", "z"]
    assert all(line.endswith(b"\n") for line in lines)


def test_records_pass_and_refusals_go_aside():
    tally, aside = Tally(), []
    told = [fixture(), refusal(1), price(2.0)]
    assert list(tallied(told, tally, aside.append)) == [fixture(), price(2.0)]
    assert aside == [refusal(1)] == tally.refusals


@pytest.mark.parametrize("sources", [(), ("s",), ("b", "a")])
def test_time_moves_on_after_the_last_record_of_each_source(sources):
    beats = [Heartbeat(at=at(n), source=source) for n, source in enumerate(sources)]
    told = list(tallied([price(2.0), *beats], Tally(), print))
    more = told[1 + len(beats) :]
    assert [(m.source, m.at) for m in more] == sorted(
        (beat.source, beat.at + DECIDED_AFTER) for beat in beats
    )
