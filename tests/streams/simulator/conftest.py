from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from markets.consensus import consensus
from markets.implied import implied
from markets.records import Price
from streams.simulator.match import SimulatedMatch

SELECTIONS = {"1x2": ("home", "draw", "away"), "total": ("over", "under")}
Probabilities = dict[str, float]


@pytest.fixture(scope="session")
def start() -> datetime:
    return datetime(2026, 9, 12, 11, tzinfo=UTC)


@pytest.fixture(scope="session")
def consensus_at() -> Callable[..., list[Probabilities]]:
    """Give the books' consensus at seconds (sorted) relative to the announced kick-off."""

    def at(
        match: SimulatedMatch, seconds: list[float], market: str = "1x2", only: str = ""
    ) -> list[Probabilities]:
        prices = (r for r in match.records() if isinstance(r, Price) and r.market == market)
        found, last = [], {}
        waiting = [match.fixture.start + timedelta(seconds=s) for s in seconds]
        for price in prices:
            while waiting and price.at > waiting[0]:
                waiting.pop(0)
                found.append(_agreed(last, market))
            if not waiting:
                break
            if price.book.startswith(only):
                last.setdefault(price.book, {})[price.selection] = price
        return found + [_agreed(last, market) for _ in waiting]

    return at


def _agreed(last: dict[str, dict[str, Price]], market: str) -> Probabilities:
    selections = SELECTIONS[market]
    quotes = {
        book: implied([row[s].price for s in selections])
        for book, row in last.items()
        if all(s in row and row[s].status == "open" for s in selections)
    }
    return dict(zip(selections, consensus(quotes).probabilities, strict=True))
