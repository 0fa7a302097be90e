"""Half-space trees: river's online isolation forest on raw features of the match."""

from collections.abc import Iterator
from functools import lru_cache
from math import isfinite
from typing import ClassVar

from river import anomaly

from detectors.peers.board import Board, Key, Quoted
from detectors.peers.peer import Changes, Peer

TREES, HEIGHT, WINDOW = 10, 6, 50
SEED = 1


class HalfSpaceTrees(Peer):
    """Score of `river.anomaly.HalfSpaceTrees` on probabilities, spread, overround and move.

    One model of the match, one update a look. Source: Tan, Ting, Liu 2011, "Fast Anomaly
    Detection for Streaming Data", IJCAI. Good at points that lie where none lay before. Weak:
    features fill a sliver of [0, 1], and trees that cut it at random see little of a move of a
    few points; the first 50 looks score 0, which in play is the first half; wherever a drifting
    market goes is new to it. Markets that open after the first look are not in the trees.
    """

    name: ClassVar[str] = "half-space-trees"

    def __init__(self) -> None:
        self._changes = Changes()
        self._trees = anomaly.HalfSpaceTrees(
            n_trees=TREES, height=HEIGHT, window_size=WINDOW, seed=SEED
        )

    def update(self, at: float, board: Board) -> float:
        """Give the score of the board, 0 to 1."""
        del at
        features = dict(self._features(board))
        if not features:
            return 0.0
        score = float(self._trees.score_one(features))
        self._trees.learn_one(features)
        return score

    def _features(self, board: Board) -> Iterator[tuple[str, float]]:
        """Name what is known of each market that moved or stayed since the look before."""
        for key, changes in self._changes.since_last(board):
            move = max([abs(change) for change in changes])
            values = [*_standing(board.markets[key]), move]
            for name, value in zip(_names(key), values, strict=True):
                if isfinite(value):
                    yield name, value


@lru_cache(maxsize=1024)
def _names(key: Key) -> tuple[str, ...]:
    return tuple(f"{key} {what}" for what in ("spread", "overround", *key[2], "move"))


def _standing(market: Quoted) -> list[float]:
    columns = zip(*market.fair.values(), strict=True)
    spread = max([max(column) - min(column) for column in columns])
    return [spread, market.overround, *market.median]
