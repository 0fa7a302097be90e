"""How far each book has moved one selection since a moment."""

from typing import NamedTuple

from detectors.features import Features, arc
from markets.offers import Quote
from markets.rows import Row

FEWEST_BOOKS = 4
FEWEST_MOVED = 3


class Moves(NamedTuple):
    """Moves of the books on one selection, strongest first.

    `sizes` are on the arcsine scale of the raw implied probability (1 / price), the margin left
    in: a book that shortens one price without lengthening the others has moved on that selection,
    and de-vigging would hide half of it. `rows` are those of the books, in the same order, `place`
    is where the selection stands in them.
    """

    selection: str
    sizes: tuple[float, ...]
    books: tuple[str, ...]
    since: float = 0.0
    rows: tuple[Row, ...] = ()
    place: int = 0

    @property
    def breadth(self) -> float:
        """The move that at least half of the books, and no fewer than three, have made."""
        if len(self.sizes) < FEWEST_BOOKS:
            return 0.0
        return self.sizes[max(FEWEST_MOVED, (len(self.sizes) + 1) // 2) - 1]

    @property
    def middle(self) -> str:
        """The book in the middle."""
        return self.books[len(self.books) // 2]

    def quote_of(self, book: str) -> Quote:
        """Quote of the selection at one book."""
        return self.rows[self.books.index(book)].quote(self.place)

    def span_of(self, book: str) -> tuple[float, float]:
        """Raw implied probability of one book, before and now."""
        quote = self.quote_of(book)
        before = quote.as_of(self.since)
        return (quote.first if before is None else before), quote.value

    def turn_of(self, book: str) -> float:
        """First moment at which one book had made half of its move, or more."""
        quote = self.quote_of(book)
        before, now = self.span_of(book)
        half = 0.5 * (before + now)
        for at, value in quote.changes():
            if at > self.since and (value >= half if now >= before else value <= half):
                return at
        return quote.moved_at

    def followers(self, least: float) -> tuple[str, ...]:
        """Books that have moved at least so far."""
        return tuple(b for b, size in zip(self.books, self.sizes, strict=True) if size >= least)


def moves_since(features: Features, since: float) -> list[Moves]:
    """Moves of every selection since a moment; books without a price then are left out.

    None at all while fewer than three books have moved any price, for nobody asks about fewer.
    """
    known = features.moves.get(since)
    if known is None:
        moved = sum([row.moved_at > since for row in features.offered])
        asked = range(len(features.selections)) if moved >= FEWEST_MOVED else ()
        known = features.moves[since] = [_moves(features, i, since) for i in asked]
    return known


def _moves(features: Features, index: int, since: float) -> Moves:
    found = []
    for row in features.offered:
        if (moved := row.offers[index].moved(row.columns[index], since)) is not None:
            moved_at, before, now = moved
            back = arc(before) - arc(now) if before != now else 0.0
            found.append((back, moved_at, row.book, row))
    # Strongest first; among equals the one that moved first. No two books are equal.
    found.sort()
    return Moves(
        selection=features.selections[index],
        sizes=tuple([-move[0] for move in found]),
        books=tuple([move[2] for move in found]),
        since=since,
        rows=tuple([move[3] for move in found]),
        place=index,
    )
