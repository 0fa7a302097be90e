from bisect import bisect_right

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forensics.standing import StandingOffer
from markets.book import MarketBook
from markets.joined_prices import Prices
from markets.offers import LOOK_BACK_S, Offer, Quote
from markets.records import Price
from tests.markets.test_book import NOON

NAMES = ("home", "draw", "away")


def offer_of(*prices, status="open"):
    """An offer of one selection; time and price each."""
    offer = Offer(("home",))
    for at, price in prices:
        offer.set({"home": price}, float(at), status)
    return offer


def home(offer):
    return offer.quote("home")


def test_as_of_is_the_price_that_held():
    quote = home(offer_of((0, 2.0), (60, 1.6), (120, 4.0)))
    held = [quote.as_of(at) for at in (-1.0, 0.0, 59.9, 60.0, 119.9, 120.0, 9e9)]
    assert held == [None, 0.5, 0.5, 0.625, 0.625, 0.25, 0.25]
    assert (quote.first, quote.value, quote.moved_at) == (0.5, 0.25, 120.0)
    assert list(quote.changes()) == [(0.0, 0.5), (60.0, 0.625), (120.0, 0.25)]


def test_an_older_price_is_passed_over():
    offer = offer_of((60, 2.0))
    assert offer.set({"home": 3.0}, 59.0, "suspended") is False
    assert (home(offer).price, home(offer).status, offer.at) == (2.0, "open", 60.0)
    assert offer.times == [60.0]


def test_of_two_prices_of_one_instant_the_last_told_holds():
    offer = offer_of((0, 2.0), (60, 3.0), (60, 4.0))
    assert home(offer).as_of(60.0) == 0.25
    assert offer.times == [0.0, 60.0]


def test_there_and_back_within_an_instant_is_no_move():
    assert home(offer_of((0, 2.0), (60, 3.0), (60, 2.0))).moved_at == 0.0


def test_a_repeated_price_is_no_move_and_costs_nothing():
    offer = offer_of((0, 2.0), (60, 2.0), (120, 2.0))
    assert home(offer).moved_at == 0.0
    assert offer.at == 120.0
    assert offer.times == [0.0]


def test_suspended_and_open_again_at_the_same_price_is_no_move():
    offer = offer_of((0, 2.0))
    assert offer.set({"home": 2.0}, 60.0, "suspended") is True
    assert offer.status == "suspended"
    offer.set({"home": 2.0}, 90.0, "open")
    assert (offer.status, home(offer).moved_at) == ("open", 0.0)


@pytest.mark.parametrize("every", [1, 60, 300, 3600])
def test_pruning_never_changes_what_is_known_of_the_last_hours(every):
    offer, kept = Offer(NAMES), []
    for step in range(int(3 * LOOK_BACK_S / every)):
        prices = {name: 2.0 + i + (step % 7) / 10 for i, name in enumerate(NAMES)}
        offer.set(prices, float(step * every), "open")
        kept.append((step * every, 1.0 / prices["draw"]))
    now = kept[-1][0]
    for ago in (0, every, LOOK_BACK_S / 2, LOOK_BACK_S - 1, LOOK_BACK_S):
        expected = [value for at, value in kept if at <= now - ago][-1]
        assert offer.quote("draw").as_of(now - ago) == expected


def test_memory_is_bounded_by_the_hours_looked_back():
    offer = Offer(NAMES)
    for step in range(100_000):
        offer.set(dict.fromkeys(NAMES, 2.0 + step % 2), step * 60.0, "open")
    assert 3 * len(offer.times) == len(offer.prices) <= 3 * (LOOK_BACK_S / 60 + 2)


def test_it_is_known_since_when_a_price_cannot_be_had():
    """
    time     0      60          90          120    150
    status   open   suspended   withdrawn   open   closed
    """
    told = [(0.0, "open"), (60.0, "suspended"), (90.0, "withdrawn"), (120.0, "open")]
    offer, left = offer_of(), []
    for at, status in [*told, (150.0, "closed")]:
        offer.set({"home": 2.0}, at, status)
        left.append(offer.left_at)
    assert left == [None, 60.0, 60.0, None, 150.0]


def test_a_price_that_was_never_open_was_never_left():
    offer = offer_of((0, 2.0), status="suspended")
    offer.set({"home": 2.0}, 60.0, "withdrawn")
    assert offer.left_at is None


def whole(at, *prices, offer=None, status="open"):
    offer = offer or Offer(NAMES)
    offer.set(dict(zip(NAMES, prices, strict=True)), at, status)
    return offer


def test_a_market_told_as_a_whole_is_kept_in_rows():
    offer = whole(0.0, 2.0, 3.0, 4.0)
    whole(60.0, 2.1, 3.0, 3.9, offer=offer)
    assert (offer.apart, offer.times) == (None, [0.0, 60.0])
    assert [offer.quote(name).moved_at for name in NAMES] == [60.0, 0.0, 60.0]
    assert offer.quote("draw").as_of(59.0) == 1 / 3


def test_the_same_selections_in_another_order_go_on_in_the_row():
    offer = whole(0.0, 2.0, 3.0, 4.0)
    offer.set({"away": 4.5, "home": 1.9, "draw": 3.0}, 60.0, "suspended")
    assert (offer.apart, offer.status, offer.times) == (None, "suspended", [0.0, 60.0])
    assert [offer.quote(name).price for name in NAMES] == [1.9, 3.0, 4.5]


def test_the_first_prices_of_an_instant_are_one_row_though_told_one_by_one():
    offer = Offer(("home",))
    for name, price in zip(NAMES, (2.0, 3.0, 4.0), strict=True):
        offer.add((name,), 5.0, "open")
        offer.set_one(name, price, 5.0, "open")
    assert (offer.names, offer.times, offer.prices) == (NAMES, [5.0], [2.0, 3.0, 4.0])


@pytest.mark.parametrize(
    ("at", "status"), [(6.0, "open"), (5.0, "suspended")], ids=["later", "other status"]
)
def test_a_selection_that_comes_later_or_otherwise_is_kept_apart(at, status):
    offer = offer_of((5, 2.0))
    offer.add(("draw",), at, status)
    offer.set({"draw": 3.0}, at, status)
    assert offer.selections == ("home", "draw")
    assert offer.quote("home").status == "open"
    assert (offer.quote("draw").status, offer.quote("draw").as_of(5.5)) == (
        status,
        None if at > 5.0 else 1 / 3,
    )
    assert [part.left_at for part in offer.parts] == [None, None]


def test_of_three_selections_one_may_move_within_the_row():
    offer = whole(0.0, 2.0, 3.0, 4.0)
    offer.set_one("draw", 3.5, 60.0, "open")
    assert (offer.apart, offer.prices[-3:]) == (None, [2.0, 3.5, 4.0])
    assert offer.set_one("home", 9.0, 30.0, "open") is True, "it was told of at 0 last"
    assert offer.quote("home").price == 9.0
    assert offer.set_one("draw", 9.0, 30.0, "open") is False


def test_many_selections_told_one_by_one_are_not_written_down_anew_each_time():
    names = tuple(f"{home}-{away}" for home in range(5) for away in range(5))
    offer = Offer(names)
    offer.set(dict.fromkeys(names, 20.0), 0.0, "open")
    for step in range(1, 1000):
        offer.set_one(names[step % 25], 20.0 + step, float(step), "open")
    assert sum(len(part.prices) for part in offer.parts) == 25 + 999


@pytest.mark.parametrize(("moved", "rows"), [(2, False), (3, True)], ids=["few", "half"])
def test_of_many_selections_all_are_written_down_when_half_of_them_move(moved, rows):
    names = tuple(f"{n}-0" for n in range(6))
    offer = Offer(names)
    for step in range(100):
        prices = {name: 5.0 + n + (step if n < moved else 0.0) for n, name in enumerate(names)}
        assert offer.set(prices, float(step), "open") is True
    assert (offer.apart is None) is rows
    assert sum(len(part.prices) for part in offer.parts) == (600 if rows else 6 + 2 * 99)
    assert [offer.quote(name).moved_at for name in names] == [99.0] * moved + [0.0] * (6 - moved)


def test_nothing_is_done_while_a_selection_is_not_known():
    offer = whole(0.0, 2.0, 3.0, 4.0)
    assert offer.set({"home": 9.0, "nobody": 2.0}, 60.0, "open") is None
    assert offer.set_one("nobody", 2.0, 60.0, "open") is None
    assert (offer.at, offer.quote("nobody")) == (0.0, None)
    offer.set_one("home", 2.0, 60.0, "closed")
    assert offer.apart is not None
    assert offer.set_one("nobody", 2.0, 60.0, "open") is None
    assert offer.quote("nobody") is None


class Plain:
    """One selection at one book, written down in the plainest way: every price with its time."""

    def __init__(self):
        self.at, self.status, self.left_at, self.told = float("-inf"), "closed", None, []

    def set(self, at, price, status):
        if at < self.at:
            return
        if status == "open":
            self.left_at = None
        elif self.status == "open":
            self.left_at = at
        self.at, self.status = at, status
        self.told.append((at, price))

    def changes(self):
        last = dict(self.told)  # of an instant the last
        found = []
        for at, price in last.items():
            if not found or found[-1][1] != price:
                found.append((at, price))
        return found


MESSAGES = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True),
        st.sampled_from([1.5, 2.0, 3.0]),
        st.sampled_from(["open", "open", "open", "suspended", "withdrawn"]),
        st.booleans(),
    ),
    max_size=25,
)  # fmt: skip


def told_of(names, at, price, status):
    prices = {name: price + NAMES.index(name) for name in names}
    shared = {"at": NOON.fromtimestamp(at, NOON.tzinfo), "match": "m", "market": "1x2", "book": "b"}
    together = Prices(**shared, prices=prices, status=status)
    singles = [Price(**shared, selection=s, price=p, status=status) for s, p in prices.items()]
    return prices, together, singles


@example(
    [
        (5, ["home"], 2.0, "open", True),
        (5, ["home"], 2.0, "suspended", True),
        (5, ["draw"], 2.0, "suspended", True),
    ]
)
@given(MESSAGES)
def test_what_is_known_of_a_selection_is_the_same_however_it_was_told(messages):
    market, plain = MarketBook("1x2", None), {}
    for at, names, price, status, joined in messages:
        prices, together, singles = told_of(names, at, price, status)
        for told in [together] if joined else singles:
            market.apply(told, float(at))
        for name, one in prices.items():
            plain.setdefault(name, Plain()).set(float(at), one, status)
    for name, known in plain.items():
        quote = market.books["b"].quote(name)
        changes = [(at, 1.0 / price) for at, price in known.changes()]
        assert list(quote.changes()) == changes
        assert quote.status == known.status
        assert quote.left_at == known.left_at
        assert (quote.first, quote.value, quote.moved_at) == (
            changes[0][1],
            changes[-1][1],
            changes[-1][0],
        )
        times = [at for at, _ in changes]
        for at in range(-1, 14):
            row = bisect_right(times, at) - 1
            then = changes[row][1] if row >= 0 else None
            assert quote.as_of(at) == then
            moved = (quote.moved_at, then, quote.value) if row >= 0 else None
            assert quote.offer.moved(quote.column, at) == moved


@example([(6, ["home"], 3.0, "open", False), (3, ["draw"], 1.5, "open", False)])
@given(MESSAGES)
def test_an_offer_without_a_past_stands_as_one_that_has_it(messages):
    offers = [Offer(NAMES), StandingOffer(NAMES)]
    for offer in offers:
        whole(0.0, 2.0, 3.0, 4.0, offer=offer)
        for at, names, price, status, _ in messages:
            offer.set(told_of(names, at, price, status)[0], float(at), status)
    for name in NAMES:
        full, standing = (offer.quote(name) for offer in offers)
        assert (full.price, full.status) == (standing.price, standing.status)
        assert len(standing.offer.times) == 1


def test_a_quote_is_a_column():
    offer = whole(0.0, 2.0, 3.0, 4.0)
    assert offer.quote("away") == Quote(offer, 2)


def test_a_quote_goes_on_when_its_offer_is_kept_apart():
    offer = whole(0.0, 2.0, 3.0, 4.0)
    quotes = [offer.quote(name) for name in NAMES]
    whole(30.0, 2.0, 3.5, 4.0, offer=offer)
    offer.set_one("away", 5.0, 60.0, "suspended")
    assert offer.apart is not None
    assert [quote.price for quote in quotes] == [2.0, 3.5, 5.0]
    assert [quote.status for quote in quotes] == ["open", "open", "suspended"]
    assert [quote.moved_at for quote in quotes] == [0.0, 30.0, 60.0]
    assert [quote.first for quote in quotes] == [1 / 2.0, 1 / 3.0, 1 / 4.0]
    assert [list(quote.changes()) for quote in quotes] == [
        [(0.0, 1 / 2.0)],
        [(0.0, 1 / 3.0), (30.0, 1 / 3.5)],
        [(0.0, 1 / 4.0), (60.0, 1 / 5.0)],
    ]
    assert [quote.as_of(29.0) for quote in quotes] == [1 / 2.0, 1 / 3.0, 1 / 4.0]
