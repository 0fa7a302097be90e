"""Ten points: the public reference for tennis, on any market."""

from collections.abc import Iterator
from typing import ClassVar

from detectors.peers.board import Board, Key, Quoted, medians
from detectors.peers.peer import Peer

STRAY_OPENING = 0.10


class TenPoints(Peer):
    """Largest move of any selection at any book since that book opened, in percentage points.

    Source: BuzzFeed and BBC, "The Tennis Racket" (January 2016): implied probabilities, a book
    whose opening is more than 10 pp from the median opening is dropped, a match where any book
    moves more than 10 pp from opening to close is a high move. Simple, and easy to explain to a
    tribunal. Weak: one book's wrong price being corrected counts like the money of the world, a
    slow innocent drift like a minute of buying, and every book and market adds a chance to move.
    It knows no score and no clock, so in play it is silent.
    """

    name: ClassVar[str] = "ten-points"
    in_play: ClassVar[bool] = False

    def __init__(self) -> None:
        self._openings: dict[Key, dict[str, tuple[float, ...]]] = {}
        self._kept: dict[Key, dict[str, tuple[float, ...]]] = {}

    def update(self, at: float, board: Board) -> float:
        """Give the largest move so far; 0 in play."""
        del at
        if board.in_play:
            return 0.0
        for key, market in board.markets.items():
            self._open(key, market)
        return max((100.0 * move for move in self._moves(board)), default=0.0)

    def _open(self, key: Key, market: Quoted) -> None:
        openings = self._openings.setdefault(key, {})
        opened = market.fair.keys() - openings.keys()
        if opened:
            openings.update((book, market.fair[book]) for book in sorted(opened))
            middle = medians(openings.values())
            self._kept[key] = {
                book: row for book, row in openings.items() if _apart(row, middle) <= STRAY_OPENING
            }

    def _moves(self, board: Board) -> Iterator[float]:
        for key, market in board.markets.items():
            kept = self._kept[key]
            yield from (_apart(row, kept[b]) for b, row in market.fair.items() if b in kept)


def _apart(row: tuple[float, ...], other: tuple[float, ...]) -> float:
    return max([abs(p - q) for p, q in zip(row, other, strict=True)])
