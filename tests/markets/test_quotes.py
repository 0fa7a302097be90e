import pytest
from hypothesis import given
from hypothesis import strategies as st

from markets.quotes import LOOK_BACK_S, Quote


def quote_of(*prices):
    quote = Quote()
    for at, price in prices:
        quote.set(float(at), price, "open")
    return quote


def test_as_of_is_the_price_that_held():
    quote = quote_of((0, 2.0), (60, 1.6), (120, 4.0))
    held = [quote.as_of(at) for at in (-1.0, 0.0, 59.9, 60.0, 119.9, 120.0, 9e9)]
    assert held == [None, 0.5, 0.5, 0.625, 0.625, 0.25, 0.25]


def test_an_older_price_is_passed_over():
    quote = quote_of((60, 2.0))
    assert quote.set(59.0, 3.0, "suspended") is False
    assert (quote.price, quote.status, quote.at) == (2.0, "open", 60.0)
    assert quote.times == [60.0]


def test_of_two_prices_of_one_instant_the_last_told_holds():
    quote = quote_of((0, 2.0), (60, 3.0), (60, 4.0))
    assert quote.as_of(60.0) == 0.25
    assert quote.times == [0.0, 60.0]


def test_a_repeated_price_is_no_move_and_costs_nothing():
    quote = quote_of((0, 2.0), (60, 2.0), (120, 2.0))
    assert quote.moved_at == 0.0
    assert quote.at == 120.0
    assert quote.times == [0.0]


def test_suspended_and_open_again_at_the_same_price_is_no_move():
    quote = quote_of((0, 2.0))
    assert quote.set(60.0, 2.0, "suspended") is True
    assert quote.status == "suspended"
    quote.set(90.0, 2.0, "open")
    assert (quote.status, quote.moved_at) == ("open", 0.0)


@pytest.mark.parametrize("every", [1, 60, 300, 3600])
def test_pruning_never_changes_what_is_known_of_the_last_hours(every):
    count = int(3 * LOOK_BACK_S / every)
    quote, kept = Quote(), []
    for step in range(count):
        price = 2.0 + (step % 7) / 10
        quote.set(float(step * every), price, "open")
        kept.append((step * every, 1.0 / price))
    now = kept[-1][0]
    for ago in (0, every, LOOK_BACK_S / 2, LOOK_BACK_S - 1, LOOK_BACK_S):
        expected = [value for at, value in kept if at <= now - ago][-1]
        assert quote.as_of(now - ago) == expected


def test_memory_is_bounded_by_the_hours_looked_back():
    quote = Quote()
    for step in range(100_000):
        quote.set(step * 60.0, 2.0 + step % 2, "open")
    assert len(quote.times) == len(quote.values) <= LOOK_BACK_S / 60 + 2


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(1.01, 1000)), max_size=40))
def test_times_are_ascending_whatever_comes(prices):
    quote = quote_of(*prices)
    assert quote.times == sorted(set(quote.times))
    assert len(quote.times) == len(quote.values)
    if prices:
        assert quote.as_of(quote.at) == 1.0 / quote.price


def test_it_is_known_since_when_a_price_cannot_be_had():
    """
    time     0      60          90          120    150
    status   open   suspended   withdrawn   open   closed
    """
    quote = Quote()
    told = [(0.0, "open"), (60.0, "suspended"), (90.0, "withdrawn"), (120.0, "open")]
    left = []
    for at, status in [*told, (150.0, "closed")]:
        quote.set(at, 2.0, status)
        left.append(quote.left_at)
    assert left == [None, 60.0, 60.0, None, 150.0]


def test_a_price_that_was_never_open_was_never_left():
    quote = Quote()
    quote.set(0.0, 2.0, "suspended")
    quote.set(60.0, 2.0, "withdrawn")
    assert quote.left_at is None
