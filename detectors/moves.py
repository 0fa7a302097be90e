"""How far each book has moved one selection since a moment."""

from dataclasses import dataclass

from detectors.features import Features, arc
from markets.quotes import Quote

FEWEST_BOOKS = 4


@dataclass(slots=True, frozen=True)
class Moves:
    """Moves of the books on one selection, strongest first.

    `sizes` are on the arcsine scale of the raw implied probability (1 / price), the margin left
    in: a book that shortens one price without lengthening the others has moved on that selection,
    and de-vigging would hide half of it.
    """

    selection: str
    sizes: tuple[float, ...]
    books: tuple[str, ...]
    spans: tuple[tuple[float, float], ...] = ()
    turns: tuple[float, ...] = ()

    @property
    def breadth(self) -> float:
        """The move that at least half of the books, and no fewer than three, have made."""
        if len(self.sizes) < FEWEST_BOOKS:
            return 0.0
        return self.sizes[max(3, (len(self.sizes) + 1) // 2) - 1]

    @property
    def middle(self) -> tuple[float, float]:
        """Raw implied probability of the median book, before and now."""
        return self.spans[len(self.spans) // 2]

    def turn_of(self, book: str) -> float:
        """Moment by which one book had made half of its move."""
        return self.turns[self.books.index(book)]

    def span_of(self, book: str) -> tuple[float, float]:
        """Raw implied probability of one book, before and now."""
        return self.spans[self.books.index(book)]

    def followers(self, least: float) -> tuple[str, ...]:
        """Books that have moved at least so far."""
        return tuple(b for b, size in zip(self.books, self.sizes, strict=True) if size >= least)


def moves_since(features: Features, since: float) -> list[Moves]:
    """Moves of every selection since a moment; books without a price then are left out."""
    return [_moves(features, i, since) for i in range(len(features.selections))]


def _moves(features: Features, index: int, since: float) -> Moves:
    found = []
    turns = {}
    for book, quotes in features.offered:
        before = quotes[index].as_of(since)
        if before is not None:
            now = quotes[index].values[-1]
            found.append((arc(now) - arc(before), quotes[index].moved_at, book, (before, now)))
            turns[book] = _turn(quotes[index], since, before, now)
    # Strongest first; among equals the one that moved first.
    found.sort(key=lambda move: (-move[0], move[1], move[2]))
    return Moves(
        selection=features.selections[index],
        sizes=tuple(move[0] for move in found),
        books=tuple(move[2] for move in found),
        spans=tuple(move[3] for move in found),
        turns=tuple(turns[move[2]] for move in found),
    )


def _turn(quote: Quote, since: float, before: float, now: float) -> float:
    """First moment at which the price had come half the way, or further."""
    half = 0.5 * (before + now)
    for at, value in zip(quote.times, quote.values, strict=True):
        if at > since and (value >= half if now >= before else value <= half):
            return at
    return quote.times[-1]
