import random

import pytest

from detectors.detector import MatchDetector
from detectors.evidence import Finding
from detectors.features import MatchFeatures, phase_of
from detectors.market_withdrawal import MarketWithdrawal
from markets.book import MatchBook
from markets.records import Matched, Price, Record
from tests.detectors.scene import KICK_OFF, MATCH, OPENED, fixture, moment

BOOKS = [f"book-{n:02}" for n in range(10)]
SELECTIONS = ("home", "draw", "away")


def told(minute: float, book: str, status: str = "withdrawn") -> list[Price]:
    return [
        Price(
            at=moment(minute), match=MATCH, market="1x2", selection=s, book=book, price=3.0,
            status=status,
        )
        for s in SELECTIONS
    ]  # fmt: skip


def opened(books=BOOKS) -> list[Record]:
    return [fixture(), *(price for book in books for price in told(OPENED, book, "open"))]


def leaving(**minutes: float) -> list[Record]:
    """Books, by the end of their names, with the minute at which they leave."""
    return [price for n, minute in minutes.items() for price in told(minute, f"book-0{n[1:]}")]


def look(records: list[Record], minute: float, warm_since: float = float("-inf")) -> MatchFeatures:
    book = MatchBook(MATCH)
    for record in records:
        if record.at <= moment(minute):
            book.apply(record)
    at = moment(minute).timestamp()
    to_off = KICK_OFF.timestamp() - at
    return MatchFeatures(at, book, phase_of(to_off, in_play=False), to_off, warm_since, 60.0, {})


def find(records: list[Record], minute: float = -60.0, **more: float) -> Finding | None:
    return MarketWithdrawal().find(look(records, minute, **more))


def test_books_that_leave_one_after_another_stand_out():
    """
    minute   -180  -170  -160  -150        -60
    leaves     0     1     2     3 ............
    """
    found = find(opened() + leaving(b0=-180, b1=-170, b2=-160, b3=-150))
    assert found is not None
    assert found.raw == pytest.approx(2.99, abs=0.01)
    assert found.books == ("book-00", "book-01", "book-02", "book-03")
    assert (found.market, found.observed, found.since) == ("1x2", 0.4, moment(-180).timestamp())
    assert found.turn == moment(-170).timestamp()
    assert "4 of 10 books have taken the market down within 30 min" in found.sentence


def test_each_book_more_is_rarer():
    all_ = leaving(b0=-180, b1=-170, b2=-160, b3=-150, b4=-140, b5=-130)
    raws = [find(opened() + all_[: 3 * n]).raw for n in range(1, 7)]
    assert raws == sorted(raws)
    assert raws[0] < 0.5
    assert raws[-1] > 5


def test_a_share_of_few_books_is_more_than_the_same_number_of_many():
    four = leaving(b0=-180, b1=-170, b2=-160, b3=-150)
    few = opened(BOOKS[:6])
    many = opened([*BOOKS, *(f"more-{n}" for n in range(20))])
    assert find(few + four).raw > find(opened() + four).raw > find(many + four).raw


def test_a_short_joint_suspension_is_nothing():
    """
    minute   -70 -69 -68 -67   -61
    status   suspended ........|    not yet ten minutes
    """
    suspended = [
        p for n, m in enumerate((-70, -69, -68, -67)) for p in told(m, BOOKS[n], "suspended")
    ]
    assert find(opened() + suspended, -61.0) is None
    assert find(opened() + suspended, -57.0).observed == 0.4


def test_a_suspension_that_becomes_a_withdrawal_counts_from_its_beginning():
    both = told(-90, BOOKS[0], "suspended") + told(-65, BOOKS[0], "withdrawn")
    assert find(opened() + both).since == moment(-90).timestamp()


def test_books_that_come_back_are_forgotten():
    back = leaving(b0=-180, b1=-170, b2=-160) + [
        p for b in BOOKS[:3] for p in told(-100, b, "open")
    ]
    assert find(opened() + back) is None


def test_a_platform_that_goes_down_counts_for_half():
    """Four books leave in one second; two of them count."""
    together = find(opened() + leaving(b0=-180, b1=-180, b2=-180, b3=-180))
    apart = find(opened() + leaving(b0=-180, b1=-170))
    assert together.raw == apart.raw


def test_a_feed_that_loses_most_books_at_once_says_nothing():
    assert find(opened() + leaving(**{f"b{n}": -180.0 for n in range(6)})) is None


def test_a_market_that_nobody_offers_any_more_says_nothing():
    """A match that is postponed: every book is gone within minutes."""
    assert find(opened() + leaving(**{f"b{n}": -180.0 + n for n in range(10)})) is None


def test_what_left_before_the_end_of_a_gap_says_nothing():
    left = opened() + leaving(b0=-180, b1=-170, b2=-160, b3=-150)
    assert find(left, warm_since=moment(-120).timestamp()) is None
    after = find(left, warm_since=moment(-165).timestamp())
    assert after.books == ("book-02", "book-03")


def test_a_book_that_never_offered_the_market_is_not_missed():
    never = [p for n in range(4) for p in told(OPENED, f"never-{n}", "suspended")]
    assert find(opened() + never) is None
    assert find(opened(BOOKS[:3]) + leaving(b0=-180, b1=-170)) is None


def test_an_exchange_that_leaves_is_rarer_than_a_book():
    traded = Matched(
        at=moment(-300), match=MATCH, market="1x2", selection="home", book="book-00", amount=5.0
    )
    gone = opened() + leaving(b0=-180, b1=-170, b2=-160)
    assert find([*gone, traded]).raw > find(gone).raw


def test_some_close_early_in_the_last_half_hour():
    gone = opened() + leaving(b0=-60, b1=-55, b2=-50)
    assert find(gone, -20.0).raw < find(gone, -35.0).raw
    assert find(gone, 0.0) is None


def test_it_is_pure_and_blind_to_the_order_within_an_instant():
    left = leaving(b0=-180, b1=-180, b2=-160, b3=-150, b4=-140)
    books = opened()
    detector: MatchDetector = MarketWithdrawal()
    expected = detector.find(look(books + left, -60))
    for seed in range(5):
        rng = random.Random(seed)
        shuffled = sorted([*books, *left], key=lambda r: (r.at, rng.random()))
        features = look(shuffled, -60)
        assert detector.find(features) == detector.find(features) == expected
    assert detector.state() == {}
    assert any("postponed" in reason for reason in detector.innocent(look(books, -60)))
