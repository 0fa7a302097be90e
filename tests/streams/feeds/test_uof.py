"""The Unified Odds Feed as recorded: what each message becomes, and what is refused."""

import io
import re
from datetime import datetime, timedelta

import pytest

from markets.records import Event, Fixture, Gap, Heartbeat, Price, Record
from streams.feeds.feed import Refusal
from streams.feeds.uof import FORMAT, SILENCE, read
from tests.streams.made_up_uof import NOON, alive, day, fixture, ms, odds, play

EVENT = "sr:match:1"


def told(*messages: bytes) -> list[Record | Refusal]:
    return list(read(io.BytesIO(b"\n".join(messages)), "day.xml"))


def naive_changes(messages: list[bytes]) -> int:
    """Prices that differ from the one before of their match and outcome, by a search for text."""
    last: dict[tuple[bytes, bytes], bytes] = {}
    count = 0
    for message in messages:
        if b"<odds_change" in message:
            event = re.findall(rb'event_id="([^"]+)"', message)[0]
            for outcome, price in re.findall(rb'outcome id="(\d+)" odds="([^"]+)"', message):
                count += last.get((event, outcome)) != price
                last[event, outcome] = price
    # Trading in one match was stopped, and then went on at the same price in totals.
    return count


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_recorded_day() -> None:
    records = told(fixture("sr:match:1"), fixture("sr:match:2"), *day())
    assert [r for r in records if isinstance(r, Refusal)] == []
    assert sum(isinstance(r, Fixture) for r in records) == 2
    events = [(e.match, e.event, e.score) for e in records if isinstance(e, Event)]
    assert events == [
        ("sr:match:1", "kick_off", (0, 0)), ("sr:match:2", "kick_off", (0, 0)),
        ("sr:match:1", "goal", (1, 0)), ("sr:match:2", "goal", (1, 0)),
        ("sr:match:2", "suspension", None),
    ]  # fmt: skip
    prices = [r for r in records if isinstance(r, Price)]
    assert {p.market for p in prices} == {"1x2", "total"}
    assert {p.selection for p in prices} == {"home", "draw", "away", "over", "under"}
    assert sum(p.status == "open" for p in prices) == naive_changes(day())
    assert FORMAT.recognises(day()[0])


def test_only_changes_are_told() -> None:
    records = told(odds(EVENT, NOON, 2.0), odds(EVENT, later(1), 2.0), odds(EVENT, later(2), 2.1))
    assert len(records) == 5 + 3


def test_a_market_that_closes_keeps_its_price() -> None:
    records = told(odds(EVENT, NOON, 2.0), odds(EVENT, later(1), 2.0, status=-1))
    assert [(p.price, p.status) for p in records[5:8] if isinstance(p, Price)] == [
        (2.0, "suspended"), (3.0, "suspended"), (4.0, "suspended")
    ]  # fmt: skip


def test_trading_resumes_after_a_stop() -> None:
    stop = f'<bet_stop product="1" event_id="{EVENT}" timestamp="{ms(later(1))}"/>'.encode()
    records = told(odds(EVENT, NOON, 2.0), stop, odds(EVENT, later(2), 2.2))
    assert [e.event for e in records if isinstance(e, Event)] == ["suspension", "resumption"]


def test_an_older_message_about_a_market_is_passed_over() -> None:
    records = told(odds(EVENT, later(5), 2.0), odds(EVENT, NOON, 3.0))
    assert len(records) == 5


def test_red_cards_half_time_and_the_end_are_told() -> None:
    cards = play(1, 6, 0, 0, "30:00").replace(
        "</sport_event_status>",
        '<statistics><red_cards home="0" away="1"/></statistics></sport_event_status>',
    )
    records = told(
        odds(EVENT, NOON, 2.0, extra=play(0, 0, 0, 0, "0:00")),
        odds(EVENT, later(1), 2.0, extra=play(1, 6, 0, 0, "0:01")),
        odds(EVENT, later(2), 2.0, extra=cards),
        odds(EVENT, later(3), 2.0, extra=play(1, 31, 0, 0, "45:00")),
        odds(EVENT, later(4), 2.0, extra=play(4, 100, 0, 2, "90:00")),
    )
    events = [(e.event, e.team) for e in records if isinstance(e, Event)]
    assert events == [
        ("kick_off", None), ("red_card", "away"), ("period_end", None), ("score", None),
        ("full_time", None),
    ]  # fmt: skip


def test_heartbeats_and_gaps_follow_the_producers() -> None:
    """alive, alive after a long silence (gap), complete (heartbeat), not subscribed (gap)."""
    complete = f'<snapshot_complete product="1" timestamp="{ms(later(100))}"/>'.encode()
    records = told(
        alive(NOON), alive(NOON + SILENCE * 2), alive(later(90)), complete,
        alive(later(110), subscribed=0),
    )  # fmt: skip
    assert [type(record) for record in records] == [Heartbeat, Gap, Heartbeat, Gap]


def test_a_kick_off_that_moves_is_announced_again() -> None:
    change = (
        f'<fixture_change product="1" event_id="{EVENT}" timestamp="{ms(later(1))}" '
        f'start_time="{ms(later(7200))}"/>'
    ).encode()
    fixtures = [r for r in told(fixture(EVENT), change) if isinstance(r, Fixture)]
    assert fixtures[-1].start == later(7200)
    assert (fixtures[-1].home, fixtures[-1].competition) == ("Arnhem", "Eredivisie")


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    b'<odds_change product="1" event_id="&b;" timestamp="1"/>'
)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(BOMB, "a document type", id="entities"),
        pytest.param(b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', "a document type", id="dtd"),
        pytest.param(b"<odds_change", "not XML", id="half"),
        pytest.param(b"<a>" * 2000 + b"</a>" * 2000, "nested deeper", id="nested"),
        pytest.param(b"\xff\xfe\x00", "not XML", id="bytes"),
        pytest.param(b'<other product="1"/>', "no message that is known", id="unknown"),
        pytest.param(b'<odds_change product="1" event_id="e"/>', "timestamp", id="no time"),
        pytest.param(odds(EVENT, NOON, 0.5), "greater than 1", id="price"),
        pytest.param(odds(EVENT, NOON, float("nan")), "finite", id="NaN"),
        pytest.param(odds("x" * 300, NOON, 2.0), "at most 200", id="long name"),
        pytest.param(
            odds(EVENT, NOON, 2.0).replace(b'status="1"', b'status="9"'), "status", id="status"
        ),
    ],
)
def test_what_cannot_be_used_is_refused(data: bytes, reason: str) -> None:
    refusals = [one for one in told(data) if isinstance(one, Refusal)]
    assert refusals
    assert reason in refusals[0].reason


def priced(records: list[Record | Refusal]) -> list[tuple[str, str]]:
    return [(one.selection, one.status) for one in records if isinstance(one, Price)]


def test_one_bad_outcome_leaves_the_others() -> None:
    """And a market that is suspended is, whatever one of its outcomes says."""
    records = told(odds(EVENT, NOON, 2.0).replace(b'id="2" odds="3.00"', b'id="2" odds="x"'))
    assert priced(records)[:2] == [("home", "open"), ("away", "open")]
    more = told(
        odds(EVENT, NOON, 2.0),
        odds(EVENT, later(1), 2.0, status=-1).replace(b'odds="3.00"', b'odds="x"'),
    )
    assert {status for _, status in priced(more)[5:]} == {"suspended"}
    assert len(priced(more)) == 10


def test_play_that_cannot_be_read_leaves_the_prices() -> None:
    records = told(odds(EVENT, NOON, 2.0, extra=play(1, 6, 0, 0, "half past")))
    (refusal,) = (one for one in records if isinstance(one, Refusal))
    assert refusal.reason.startswith("clock")
    assert len(priced(records)) == 5


def test_what_a_settlement_tells_before_a_fault_is_told() -> None:
    settled = (
        f'<bet_settlement product="1" event_id="{EVENT}" timestamp="{ms(later(1))}"><outcomes>'
        '<market id="1"/><market/><market id="18" specifiers="total=2.5"/></outcomes>'
        "</bet_settlement>"
    ).encode()
    records = told(odds(EVENT, NOON, 2.0), settled)
    assert [status for _, status in priced(records)[5:]] == ["closed"] * 5
    assert [one.reason for one in records if isinstance(one, Refusal)] == ["market.id: missing"]


def test_a_bad_fixture_leaves_the_others() -> None:
    two = fixture(EVENT).replace(b"</fixtures_fixture>", b'<fixture id="x"/></fixtures_fixture>')
    records = told(two)
    assert [type(one) for one in records] == [Fixture, Refusal]
