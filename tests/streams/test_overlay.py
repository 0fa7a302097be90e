from dataclasses import replace as with_
from datetime import datetime, timedelta
from itertools import groupby, pairwise

import msgspec
import pytest

from markets.book import MatchBook
from markets.implied import logit, multiplicative, overround
from markets.records import Heartbeat, Price, Record
from streams.overlay import Overlay, overlaid, prices_with, shifted
from tests.streams.made_up_feed import KICK_OFF, NAMES, POLL, polled, price

HOUR = 3600.0
OFF = KICK_OFF.timestamp()

#   12 h before ........ since ==ramp== until ................. gone (kick-off)
#                        -3 h           -2 h
BOUGHT = Overlay(
    typology="steam-move", market="1x2", line=None, selection="home",
    since=OFF - 3 * HOUR, until=OFF - 2 * HOUR, gone=OFF, shift=0.5, strength=0.12,
    weights={"b0": 1.0, "b1": 0.9, "b2": 1.1, "b3": 1.0}, delays={"b1": 1200.0},
)  # fmt: skip


def looks(records: list[Record]) -> set[float]:
    return {r.at.timestamp() for r in records if isinstance(r, Heartbeat)}


def laid(records: list[Record], overlay: Overlay = BOUGHT) -> list[Record]:
    return list(overlaid(records, overlay, looks(records)))


def offered(records: list[Record], until: float) -> dict[str, list[float]]:
    """Prices of each book (away, draw, home) as they stood at a moment."""
    book = MatchBook("a-v-b")
    for record in records:
        if isinstance(record, Price) and record.at.timestamp() <= until:
            book.apply(record)
    rows = book.market("1x2", None).offered()
    return {row.book: [q.price for q in row.quotes] for row in rows}


def moved(records: list[Record], overlay: Overlay, at: float) -> dict[str, float]:
    """Log-odds by which each book's home is above that of the recording."""
    before, after = offered(records, at), offered(laid(records, overlay), at)
    return {
        book: logit(multiplicative(after[book])[2]) - logit(multiplicative(before[book])[2])
        for book in before
    }


@pytest.mark.parametrize("still", [False, True])
@pytest.mark.parametrize(
    ("minutes_before", "part"),
    [(240, 0.0), (180, 0.0), (150, 0.5), (120, 1.0), (60, 1.0), (15, 1.0)],
)
def test_each_book_moves_by_what_the_overlay_says_at_its_moment(still, minutes_before, part):
    found = moved(polled(still=still), BOUGHT, OFF - 60.0 * minutes_before)

    delayed = min(1.0, max(0.0, (180 - minutes_before - 20) / 60))
    assert found["b0"] == pytest.approx(0.5 * part, abs=0.006)
    assert found["b1"] == pytest.approx(0.45 * delayed, abs=0.006)
    assert found["b2"] == pytest.approx(0.55 * part, abs=0.006)
    assert (found["b4"], found["b5"]) == (0.0, 0.0), "a book without a weight takes none of it"


def test_each_book_keeps_its_margin():
    records = polled()
    for at in (OFF - 2.5 * HOUR, OFF - HOUR):
        before, after = offered(records, at), offered(laid(records), at)
        for book in before:
            assert overround(after[book]) == pytest.approx(overround(before[book]), abs=0.002)


def test_all_else_stays_byte_for_byte_and_in_its_order():
    records = polled(("a-v-b",)) + [
        price(OFF_AT - POLL, "over", 1.9, market="total", line=2.5) for OFF_AT in (KICK_OFF,)
    ]
    records.sort(key=lambda record: record.at)

    def others(told: list[Record]) -> list[bytes]:
        return [
            msgspec.json.encode(r)
            for r in told
            if not (isinstance(r, Price) and r.market == "1x2" and r.book in BOUGHT.weights)
        ]

    assert others(laid(records)) == others(records)


def test_nothing_is_touched_before_it_begins():
    records = polled()
    before = [r for r in records if r.at.timestamp() <= BOUGHT.since]

    assert laid(records)[: len(before)] == before


def test_a_move_of_nothing_leaves_the_recording_as_it_is():
    records = polled()

    assert laid(records, with_(BOUGHT, shift=0.0)) == records
    assert laid(records, with_(BOUGHT, weights={})) == records


def test_time_never_goes_back_and_a_heartbeat_ends_its_instant():
    told = laid(polled(still=True))

    assert all(earlier.at <= later.at for earlier, later in pairwise(told))
    for _, instant in groupby(told, key=lambda record: record.at):
        assert isinstance(list(instant)[-1], Heartbeat)


def test_prices_that_stood_still_are_told_at_heartbeats_until_the_move_is_done():
    records = polled(still=True)
    added = [r.at for r in laid(records) if isinstance(r, Price) and r not in records]

    # b0, b2, b3 at each poll of the ramp, b1 twenty minutes later, and all back at kick-off.
    minutes = sorted({(at - KICK_OFF) // timedelta(minutes=1) for at in added})
    assert minutes == [-165, -150, -135, -120, -105, -90, 0]
    assert added.count(KICK_OFF - timedelta(minutes=120)) == 4 * 3


def test_other_moments_than_the_looks_tell_nothing_new():
    records = polled(still=True)
    told = list(overlaid(records, BOUGHT, [OFF - 2.5 * HOUR]))
    added = {r.at for r in told if isinstance(r, Price) and r not in records}

    assert added == {KICK_OFF - timedelta(minutes=150)}


def test_a_book_does_not_ask_for_a_new_price_at_every_second():
    records = polled(books=4, every=timedelta(seconds=30), still=True)
    changes = [
        r for r in laid(records)
        if isinstance(r, Price) and r not in records and r.book == "b0" and r.selection == "home"
        and r.at < KICK_OFF
    ]  # fmt: skip
    steps = [abs(b.price / a.price - 1.0) for a, b in pairwise(changes)]

    assert 10 < len(changes) < 100, "of 120 heartbeats in the ramp"
    assert all(step > 0.001 for step in steps[:-1])
    assert moved(records, BOUGHT, OFF - HOUR)["b0"] == pytest.approx(0.5, abs=0.006)


def test_all_prices_of_an_instant_are_worked_out_together():
    at = KICK_OFF - timedelta(hours=1)
    opening = [price(at - POLL, s, p) for s, p in zip(NAMES, (2.3, 3.3, 3.2), strict=True)]
    steamed = [price(at, s, p) for s, p in zip(NAMES, (1.5, 4.5, 6.5), strict=True)]
    records = [*opening, Heartbeat(at=at - POLL, source="odds"), *steamed]

    told = [r for r in laid(records) if isinstance(r, Price) and r.at == at]

    assert [r.selection for r in told] == ["home", "draw", "away"], "each is told once"
    assert overround([r.price for r in told]) == pytest.approx(
        overround([1.5, 4.5, 6.5]), abs=0.002
    )


def test_a_suspended_price_is_not_told_anew_until_it_is_back():
    at = KICK_OFF - timedelta(hours=2, minutes=30)
    records = polled(still=True)
    records += [
        price(at, "home", 2.3, status="suspended"),
        price(KICK_OFF - timedelta(minutes=50), "home", 2.3),
    ]
    records.sort(key=lambda record: (record.at, isinstance(record, Heartbeat)))

    homes = [r for r in laid(records) if isinstance(r, Price) and r.book == "b0"
             and r.selection == "home" and at <= r.at < KICK_OFF]  # fmt: skip

    assert [(r.at, r.status) for r in homes] == [
        (at, "suspended"),
        (KICK_OFF - timedelta(minutes=50), "open"),
    ]
    assert homes[-1].price < 1.9


def test_a_late_record_does_not_take_the_newer_price_back():
    records = polled(still=True)
    late = price(KICK_OFF - timedelta(hours=13), "home", 9.0)
    place = next(n for n, r in enumerate(records) if r.at > KICK_OFF - timedelta(hours=1))
    told = laid([*records[:place], late, *records[place:]])

    assert late in told
    assert all(r.price < 8.0 for r in told if isinstance(r, Price) and r is not late)


@pytest.mark.parametrize("asked", [(1.01, 15.0, 67.0), (1.002, 200.0, 900.0)])
def test_no_price_falls_below_the_shortest_that_books_offer(asked):
    real = {s: price(KICK_OFF, s, p) for s, p in zip(NAMES, asked, strict=True)}
    found = prices_with(real, with_(BOUGHT, shift=3.0), OFF - HOUR)

    assert found["home"] == 1.01
    assert all(asked >= 1.01 for asked in found.values())


def test_a_book_without_all_selections_is_left_alone():
    real = {s: price(KICK_OFF, s, 2.0) for s in ("home", "away")}

    assert prices_with(real, BOUGHT, OFF - HOUR) == {"home": 2.0, "away": 2.0}


def test_the_sum_of_the_raw_probabilities_stays():
    raw = [0.3, 0.28, 0.47]
    found = shifted(raw, 2, 0.7)

    assert sum(found) == pytest.approx(sum(raw))
    assert logit(found[2] / sum(raw)) - logit(0.47 / sum(raw)) == pytest.approx(0.7)
    assert found[0] / found[1] == pytest.approx(raw[0] / raw[1])


def test_the_note_tells_what_was_done():
    assert BOUGHT.note == "home bought by 12.0 pp at 4 books in 60 min from 16:00"
    assert "at 1 book in" in with_(BOUGHT, weights={"b0": 1.0}).note


def test_the_market_is_that_of_the_overlay():
    other = datetime.fromtimestamp(OFF - HOUR, KICK_OFF.tzinfo)
    handicap = price(other, "home", 1.9, market="asian_handicap", line=-0.5)

    assert laid([handicap]) == [handicap]
