from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from markets.book import MatchBook
from markets.records import Event, Fixture, Matched, Price

NOON = datetime(2026, 6, 11, 12, tzinfo=UTC)
MATCH = "mexico-v-south-africa-2026-06-11"


def price(book, selection, value, minute=0, **more):
    at = NOON + timedelta(minutes=minute)
    told = {"market": "1x2", "status": "open"} | more
    return Price(at=at, match=MATCH, selection=selection, book=book, price=value, **told)


def fixture(minute=0, source="odds-api", tier=1, hour=19, **more):
    told = {"sport": "football", "competition": "FIFA World Cup", "home": "Mexico"} | more
    return Fixture(
        at=NOON + timedelta(minutes=minute), match=MATCH, source=source, tier=tier,
        away="South Africa", start=NOON.replace(hour=hour), **told,
    )  # fmt: skip


def book_of(*records):
    book = MatchBook(MATCH)
    for record in records:
        book.apply(record)
    return book


def offered(book):
    market = book.market("1x2", None)
    return {row.book: [quote.price for quote in row.quotes] for row in market.offered()}


def board(book, home=2.0, draw=3.4, away=4.0, minute=0):
    prices = {"home": home, "draw": draw, "away": away}
    return [price(book, selection, value, minute) for selection, value in prices.items()]


def test_a_book_is_offered_with_its_quotes_in_selection_order():
    book = book_of(*board("betmgm"), *board("bet365", home=2.1))
    assert book.market("1x2", None).selections == ("away", "draw", "home")
    assert offered(book) == {"bet365": [4.0, 3.4, 2.1], "betmgm": [4.0, 3.4, 2.0]}


@pytest.mark.parametrize("status", ["suspended", "withdrawn", "closed"])
def test_what_cannot_be_had_leaves_the_offer(status):
    book = book_of(*board("betmgm"), *board("bet365"))
    book.apply(price("betmgm", "draw", 3.4, 1, status=status))
    assert list(offered(book)) == ["bet365"]
    book.apply(price("betmgm", "draw", 3.4, 2))
    assert list(offered(book)) == ["bet365", "betmgm"]


def test_a_selection_that_comes_late_takes_out_the_books_without_it():
    book = book_of(*board("betmgm")[:1], *board("betmgm")[2:], *board("bet365"))
    assert list(offered(book)) == ["bet365"]
    book.apply(price("betmgm", "draw", 3.3, 5))
    assert offered(book)["betmgm"] == [4.0, 3.3, 2.0]


def test_selections_known_before_are_not_changed_by_a_late_one():
    book = book_of(price("betmgm", "home", 2.0), price("betmgm", "away", 2.0))
    before = book.market("1x2", None).selections
    book.apply(price("betmgm", "draw", 3.3))
    assert before == ("away", "home")


def test_one_selection_alone_is_no_market():
    assert offered(book_of(price("betmgm", "home", 2.0))) == {}


def test_an_older_price_does_not_replace_a_newer_one():
    book = book_of(*board("betmgm", minute=10), price("betmgm", "home", 9.0, minute=9))
    assert offered(book)["betmgm"] == [4.0, 3.4, 2.0]
    assert book.market("1x2", None).changed_at == (NOON + timedelta(minutes=10)).timestamp()


def test_lines_are_markets_of_their_own():
    totals = [price("betmgm", s, 1.9, market="total", line=n) for s in ("over", "under") for n in (2.5, 3.5)]  # fmt: skip  # noqa: E501
    book = book_of(*totals)
    assert set(book.markets) == {("total", 2.5), ("total", 3.5)}


@pytest.mark.parametrize("order", [(0.0, -0.0), (-0.0, 0.0)])
def test_a_line_of_minus_nothing_is_that_of_nothing(order):
    told = [price("a", "home", 1.9, market="asian_handicap", line=line) for line in order]
    (market,) = book_of(*told).markets.values()
    assert str(market.line) == str(market.key[1]) == "0.0"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_one_book_in_play_is_enough_in_whatever_order_they_are_told(order):
    told = [price("a", "home", 2.0, in_play=True), price("b", "home", 2.0, in_play=False)]
    assert book_of(*[told[i] for i in order]).market("1x2", None).in_play


def test_in_play_may_be_taken_back():
    book = book_of(price("a", "home", 2.0, in_play=True), price("b", "home", 2.0, minute=1))
    assert not book.market("1x2", None).in_play


def test_an_older_record_of_another_book_does_not_say_whether_it_is_in_play():
    book = book_of(price("a", "home", 2.0, minute=2, in_play=True), price("b", "home", 2.0))
    assert book.market("1x2", None).in_play


@pytest.mark.parametrize("order", list(permutations(range(4)))[::3])
def test_the_newest_fixture_holds_with_the_best_tier_known(order):
    told = [
        fixture(0, "openfootball", tier=1, hour=19),
        fixture(5, "betfair", tier=3, hour=20, competition="Int. Matches"),
        fixture(5, "odds-api", tier=2, hour=20),
        fixture(1, "odds-api", tier=2, hour=18),
    ]
    book = book_of(*[told[i] for i in order])
    assert book.fixture == fixture(5, "odds-api", tier=1, hour=20)
    assert book.sources == {"openfootball", "betfair", "odds-api"}


def test_the_start_is_as_played_once_that_is_known():
    book = book_of(fixture())
    assert book.start == NOON.replace(hour=19).timestamp()
    kick_off = NOON.replace(hour=19, minute=4)
    book.apply(Event(at=kick_off, match=MATCH, event="kick_off"))
    assert book.start == kick_off.timestamp()
    assert MatchBook(MATCH).start is None


def test_events_told_again_count_once_however_long_ago_they_were_told():
    events = [Event(at=NOON, match=MATCH, event="kick_off")]
    events += [
        Event(at=NOON + timedelta(minutes=n), match=MATCH, event="red_card", team="home", clock=n)
        for n in range(1, 31)
    ]
    book = book_of(*events, *events)
    assert len(book.match_events) == 31
    assert book.clock.states(book.at, book.at)[-1].red_cards == (30, 0)


def test_every_record_is_idempotent():
    matched = Matched(at=NOON, match=MATCH, market="1x2", selection="home", book="x", amount=5.0)
    records = [fixture(), *board("betmgm"), matched]
    once, twice = book_of(*records), book_of(*records, *records)
    assert offered(once) == offered(twice)
    assert [b.volume.series["1x2", None, "x", "home"].newest for b in (once, twice)] == [5.0, 5.0]
    assert once.fixture == twice.fixture


def test_a_misspelt_selection_of_one_book_does_not_silence_the_market():
    book = MatchBook(MATCH)
    for name in ("one", "two"):
        for selection in ("home", "draw", "away"):
            book.apply(price(name, selection, 3.0))
    book.apply(price("two", "Home", 3.0))
    assert [row.book for row in book.markets["1x2", None].offered()] == ["one", "two"]


def test_it_keeps_when_each_book_suspended_in_play():
    """open ---|stop  |stop told again  ---open---|stop ... and one before the match, one late"""
    stop = {"status": "suspended", "in_play": True}
    told = [
        price("betmgm", "home", 2.0),
        price("betmgm", "home", 2.0, 1, status="suspended"),
        *(price("betmgm", "home", 2.0, minute, in_play=True) for minute in (2, 20)),
        price("betmgm", "home", 2.0, 25, **stop),
        price("betmgm", "home", 2.0, 26, **stop),
        price("betmgm", "home", 1.5, 27, in_play=True),
        price("betmgm", "home", 1.5, 30, **stop),
        price("betmgm", "home", 1.5, 29, **stop),
    ]
    market = book_of(*told).markets["1x2", None]
    minutes = [(at - NOON.timestamp()) / 60 for at in market.stops["betmgm"]]
    assert minutes == [25, 30]


def test_rows_follow_what_comes_between_two_looks():
    book = book_of(*board("a"), *board("b"))
    market = book.market("1x2", None)
    before = {row.book: row for row in market.offered()}
    book.apply(price("b", "home", 2.5, 1))
    after = {row.book: row for row in market.offered()}
    assert after["a"] is before["a"]
    assert after["b"].fair != before["b"].fair
    assert after["b"].moved_at == before["b"].moved_at + 60.0
    book.apply(price("a", "draw", 3.1, 2))
    assert {row.book: row.moved_at for row in market.offered()} == {
        "a": before["a"].moved_at + 120.0, "b": after["b"].moved_at,
    }  # fmt: skip


def test_a_late_selection_takes_every_row_that_lacks_it_away():
    book = MatchBook(MATCH)
    for selection in ("home", "away"):
        book.apply(price("a", selection, 2.0, 0))
    assert list(offered(book)) == ["a"]
    book.apply(price("b", "draw", 3.0, 1))
    assert offered(book) == {}


def test_names_are_kept_once_though_each_record_brings_its_own():
    book = MatchBook(MATCH)
    for market in ("1x2", "half_time"):
        own_name = "".join(["bet", "mgm"])
        book.apply(price(own_name, "home", 2.5, market=market))
    (one,), (other,) = book.markets["1x2", None].books, book.markets["half_time", None].books
    assert one is other


@pytest.mark.parametrize(
    ("told", "stops"),
    [
        (["suspended"], True),
        (["withdrawn", "suspended"], False),
        (["suspended", "open", "suspended"], True),
    ],
)
def test_a_book_stops_when_it_suspends_what_could_be_had(told, stops):
    """Within an instant too: one that had left the market already does not stop trading."""
    book = book_of(*[price("a", name, 2.0, in_play=True) for name in ("home", "draw", "away")])
    for status in told:
        for name in ("home", "draw", "away"):
            book.apply(price("a", name, 2.0, 1, in_play=True, status=status))
    assert bool(book.market("1x2", None).stops) is stops
