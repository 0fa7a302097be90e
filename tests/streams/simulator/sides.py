"""Side markets as they stand at a second: the middle of the books that offer them."""

from datetime import timedelta
from statistics import median

from markets.implied import multiplicative
from markets.records import Price
from streams.simulator.match import SimulatedMatch


def sides_at(match: SimulatedMatch, second: float) -> dict[str, dict[str, float]]:
    """Median de-vigged probability by market and selection."""
    until, last = match.fixture.start + timedelta(seconds=second), {}
    for record in match.records():
        if record.at > until:
            break
        if isinstance(record, Price):
            last.setdefault(record.market, {}).setdefault(record.book, {})[record.selection] = (
                record
            )
    return {market: _middle(books) for market, books in last.items()}


def _middle(books: dict[str, dict[str, Price]]) -> dict[str, float]:
    selections = sorted(next(iter(books.values())))
    rows = [
        multiplicative([row[s].price for s in selections])
        for row in books.values()
        if sorted(row) == selections and all(row[s].status == "open" for s in selections)
    ]
    return {s: median(row[i] for row in rows) for i, s in enumerate(selections)}
