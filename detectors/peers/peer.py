"""The contract of a peer, and the moves of the consensus that three of them look at."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from detectors.peers.board import Board, Key


class Peer(ABC):
    """One known method; an instance looks at one match, before it or in play.

    Attributes
    ----------
    name
        Its name, as it is shown.
    in_play
        Whether it is made for play too.
    """

    name: ClassVar[str]
    in_play: ClassVar[bool] = True

    @abstractmethod
    def update(self, at: float, board: Board) -> float:
        """Score the present board, then learn from it; larger is more unusual, 0 is nothing.

        Parameters
        ----------
        at
            Epoch seconds of the look, later than that of the look before.
        board
            The match as its books price it.
        """


class Changes:
    """Change of the consensus of each market since the look before."""

    def __init__(self) -> None:
        self._last: dict[Key, tuple[float, ...]] = {}

    def since_last(self, board: Board) -> Iterator[tuple[Key, tuple[float, ...]]]:
        """Yield the change of each selection, of the markets that were there before."""
        for key, market in board.markets.items():
            last, self._last[key] = self._last.get(key), market.median
            if last:
                yield key, tuple([p - q for p, q in zip(market.median, last, strict=True)])
