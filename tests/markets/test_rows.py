"""Rows, and what is kept of them while nobody looks."""

import pytest

from markets.book import MarketBook
from markets.rows import KeptRows
from tests.markets.test_book import board, book_of, price


def market_of(*records) -> MarketBook:
    return book_of(*records).market("1x2", None)


def rows():
    """Of three books, of which one closes and opens its selections one by one."""
    apart = [price("bwin", "draw", 3.3, 1, status="closed"), price("bwin", "draw", 3.5, 2)]
    boards = [*board("betmgm"), *board("bet365", home=2.1), *board("bwin", away=4.5)]
    return market_of(*boards, *apart).offered()


def test_kept_rows_are_the_rows():
    made = rows()
    assert [len(set(map(id, row.offers))) for row in made] == [1, 1, 3]
    kept = KeptRows(made)
    assert (len(kept), list(kept)) == (3, made)
    assert (kept[0], kept[-1], kept[1:]) == (made[0], made[-1], made[1:])
    with pytest.raises(IndexError):
        kept[3]


def test_no_rows_can_be_kept():
    assert list(KeptRows([])) == []


def test_kept_rows_stay_as_they_were_while_prices_move():
    book = book_of(*board("betmgm"))
    kept = KeptRows(book.market("1x2", None).offered())
    before = list(kept)
    book.apply(price("betmgm", "home", 1.5, 5))
    assert list(kept) == before
    assert kept[0].quote(2).price == 1.5, "a quote is of the offer as it stands"


def test_a_market_that_rests_offers_the_same_when_it_is_asked():
    market = market_of(*board("betmgm"), *board("bet365", home=2.1))
    before = market.offered()
    market.rest()
    assert market.offered() == before
    assert market.offered()[0] is market.offered()[0]


def test_a_market_that_rests_takes_prices_in():
    books = [book_of(*board("betmgm"), *board("bet365", home=2.1)) for _ in range(2)]
    for book in books:
        book.market("1x2", None).offered()
    books[0].market("1x2", None).rest()
    more = [price("bet365", "home", 2.2, 5), price("betmgm", "draw", 3.4, 6, status="suspended")]
    for book in books:
        for one in (*more, *board("bwin", minute=7)):
            book.apply(one)
    rested, other = ([row[3:] for row in b.market("1x2", None).offered()] for b in books)
    assert rested == other
