"""Money matched on the selections of one match."""

import pytest

from markets.records import Matched
from markets.volume import VolumeBook
from tests.detectors.scene import MATCH, moment

EXCHANGE = ("1x2", None, "betfair")


def book_of(*amounts: tuple[float, str, float]) -> VolumeBook:
    book = VolumeBook()
    for minute, selection, amount in amounts:
        book.apply(
            Matched(
                at=moment(minute), match=MATCH, market="1x2", selection=selection, book="betfair",
                amount=amount,
            )
        )  # fmt: skip
    return book


def usual_bet(book: VolumeBook, since: float, until: float) -> float:
    return book.usual_bet(*EXCHANGE, moment(since).timestamp(), moment(until).timestamp())


def test_equal_bets_are_as_large_as_each_of_them():
    book = book_of(*[(minute, "home", 10.0 * (minute + 1)) for minute in range(10)])
    assert usual_bet(book, -1, 9) == pytest.approx(10.0)


def test_one_large_bet_is_what_most_of_the_money_was_part_of():
    small = [(minute, "home", 10.0 * (minute + 1)) for minute in range(10)]
    book = book_of(*small, (10, "away", 900.0))
    assert usual_bet(book, -1, 10) == pytest.approx((10 * 10**2 + 900**2) / 1000)


def test_amounts_told_again_within_a_minute_are_one_bet():
    book = book_of((0, "home", 10.0), (0.5, "home", 20.0), (0.8, "home", 30.0), (5, "home", 40.0))
    assert usual_bet(book, 0, 5) == pytest.approx((20**2 + 10**2) / 30)


def test_only_the_window_counts_and_nothing_is_nothing():
    book = book_of((0, "home", 1000.0), (10, "home", 1010.0))
    assert usual_bet(book, 5, 10) == pytest.approx(10.0)
    assert usual_bet(book, 20, 30) == 0.0
    assert usual_bet(VolumeBook(), 0, 10) == 0.0
