from datetime import datetime
from random import Random

from markets.records import Price
from streams.simulator.books import roster
from streams.simulator.match_day import match_day
from streams.simulator.prices import Truth
from streams.simulator.trading import Interruption, Trader, apart


def trader(start: datetime) -> Trader:
    return Trader(roster(2)[1], "m", start, 2.5, Random(1))


def told(prices: list[Price]) -> list[tuple[int, str, str]]:
    return [(p.at.minute * 60 + p.at.second, p.selection, p.status) for p in prices]


EVEN = Truth(0, (0.4, 0.3, 0.3), 0.5)
MOVED = Truth(100, (0.6, 0.25, 0.15), 0.5)


def test_a_book_reprices_only_what_moved_enough(start: datetime) -> None:
    """truth  0 ---- 100 moves ----        looks  1, 50, 150        delay 10"""
    prices = list(trader(start).trade([EVEN, MOVED], [1, 50, 150], [], 10))
    assert {at for at, _, _ in told(prices)} == {1, 150}
    assert [s for at, s, _ in told(prices) if at == 150] == ["home", "draw", "away"]


def test_a_book_sees_the_truth_after_its_delay(start: datetime) -> None:
    prices = list(trader(start).trade([EVEN, MOVED], [1, 105, 111], [], 10))
    assert {at for at, _, _ in told(prices)} == {1, 111}


def test_a_suspended_book_says_so_and_returns_anew(start: datetime) -> None:
    """looks 1 ... 95, 120        suspended 90 ----- 130"""
    pause = Interruption(90, 130, "suspended")
    prices = told(list(trader(start).trade([EVEN, MOVED], [1, 95, 120], [pause], 0)))
    assert [(at, status) for at, s, status in prices if s == "home"] == [
        (1, "open"), (90, "suspended"), (130, "open"),
    ]  # fmt: skip


def test_a_frozen_book_says_nothing(start: datetime) -> None:
    pause = Interruption(90, 130, "frozen")
    prices = told(list(trader(start).trade([EVEN, MOVED], [1, 95, 120], [pause], 0)))
    assert {at for at, _, _ in prices} == {1, 130}


def test_a_wrong_price_is_put_right(start: datetime) -> None:
    pause = Interruption(90, 130, "wrong")
    prices = list(trader(start).trade([EVEN], [1, 95], [pause], 0))
    by_second = {at: {} for at, _, _ in told(prices)}
    for p, (at, selection, _) in zip(prices, told(prices), strict=True):
        by_second[at][selection] = p.price
    wrong = max(
        abs(1 / by_second[90][s] - 1 / by_second[1][s]) for s in by_second[90] if s in by_second[1]
    )
    right = max(abs(1 / by_second[130][s] - 1 / by_second[1][s]) for s in by_second[1])
    assert wrong > 0.04
    assert right < 0.015


def test_a_decided_total_is_closed_once(start: datetime) -> None:
    decided = Truth(100, (0.9, 0.08, 0.02), None)
    one = trader(start)
    prices = [*one.trade([EVEN, decided], [1, 120, 140], [], 0), *one.close(200)]
    totals = [(at, status) for at, s, status in told(prices) if s == "over"]
    assert totals == [(1, "open"), (120, "closed")]
    assert {s for at, s, _ in told(prices) if at == 200} == {"home", "draw", "away"}


def test_overlapping_interruptions_are_taken_apart() -> None:
    """suspended 0--10, 5--20 join; frozen 15--30 loses; withdrawn 40--50 stands"""
    breaks = [
        Interruption(40, 50, "withdrawn"), Interruption(5, 20, "suspended"),
        Interruption(0, 10, "suspended"), Interruption(15, 30, "frozen"),
    ]  # fmt: skip
    assert apart(breaks) == [Interruption(0, 20, "suspended"), Interruption(40, 50, "withdrawn")]


def test_every_market_is_closed_at_the_end_of_a_match(start: datetime) -> None:
    for match in match_day(6, matches=4, fixes=(), start=start).matches:
        last = {
            (r.book, r.selection): (r.status, r.in_play)
            for r in match.records()
            if isinstance(r, Price) and r.market in ("1x2", "total")
        }
        assert len(last) == len(match.books) * 5
        assert set(last.values()) == {("closed", True)}


def test_errors_freezes_and_withdrawals_happen(start: datetime) -> None:
    statuses = {
        (r.status, r.in_play)
        for match in match_day(6, matches=12, fixes=(), start=start).matches
        for r in match.records()
        if isinstance(r, Price)
    }
    assert {("withdrawn", False), ("withdrawn", True), ("suspended", True)} <= statuses
