"""Three sigma: how far one book stands from the others."""

from math import sqrt
from typing import ClassVar

from detectors.peers.board import Board, Quoted
from detectors.peers.peer import Peer

FEWEST_BOOKS = 4
FLOOR = 0.005


class ThreeSigma(Peer):
    """Largest distance of one book from the consensus, in standard deviations of the books.

    Source: practice; one threshold for all markets, times and books, three by tradition. Good at
    a single book gone astray. Weak: one wrong price that is corrected at the next look strays as
    far as a lasting one, a book that follows late strays innocently, and when all books move
    together nothing is seen. The stray is part of the deviation: one of eleven books hardly gets
    beyond 3.5, and two of them hide each other. Leaving it out was tried and found fewer: a
    wrong price in a clean match then scores 10 to 28.
    """

    name: ClassVar[str] = "three-sigma"

    def update(self, at: float, board: Board) -> float:
        """Give the largest distance in sigmas; 0 with fewer than four books."""
        del at
        return max([_farthest(market) for market in board.markets.values()], default=0.0)


def _farthest(market: Quoted) -> float:
    if len(market.fair) < FEWEST_BOOKS:
        return 0.0
    columns = zip(*market.fair.values(), strict=True)
    return max([_sigmas(column, m) for column, m in zip(columns, market.median, strict=True)])


def _sigmas(column: tuple[float, ...], middle: float) -> float:
    mean = sum(column) / len(column)
    deviation = sqrt(sum([(p - mean) ** 2 for p in column]) / len(column))
    return max(max(column) - middle, middle - min(column)) / max(deviation, FLOOR)
