import pytest

from markets.implied import overround
from streams.simulator.books import EXCHANGE, roster, rounded


@pytest.mark.parametrize(
    ("price", "ladder", "tick"),
    [
        (1.987, "exchange", 1.98), (2.03, "exchange", 2.02), (5.55, "exchange", 5.5),
        (1.987, "fine", 1.98), (4.999, "fine", 4.98), (62.4, "fine", 62.0),
        (1.987, "coarse", 1.95), (3.0, "coarse", 3.0), (9.9, "coarse", 9.5),
        (1.000001, "coarse", 1.01), (5000.0, "exchange", 1000.0), (900.0, "fine", 501.0),
    ],
)  # fmt: skip
def test_prices_are_rounded_down_to_ticks(price: float, ladder: str, tick: float) -> None:
    assert rounded(price, ladder) == tick  # type: ignore[arg-type]


@pytest.mark.parametrize("ladder", ["exchange", "fine", "coarse"])
def test_a_tick_stays_a_tick(ladder: str) -> None:
    for cents in range(102, 3000, 3):
        once = rounded(cents / 100, ladder)  # type: ignore[arg-type]
        assert once <= cents / 100
        assert rounded(once, ladder) == once  # type: ignore[arg-type]


def test_each_book_takes_its_own_margin() -> None:
    chances = (0.45, 0.27, 0.28)
    margins = {book.name: overround(book.prices(chances)) for book in roster(11)}
    assert 0 < margins.pop(EXCHANGE) < 0.02
    assert all(0.025 < margin < 0.12 for margin in margins.values())
    assert margins["juniper"] > margins["alder"]


def test_certainties_have_prices_too() -> None:
    for book in roster(11):
        assert all(price > 1 for price in book.prices((1.0, 0.0, 0.0)))


def test_a_roster_of_any_size_has_names_of_its_own() -> None:
    assert len({book.name for book in roster(40)}) == 40
