"""Gaussian: river's univariate scorer on the raw change of the consensus."""

from math import isfinite
from typing import ClassVar

from river import anomaly

from detectors.peers.board import Board, Key
from detectors.peers.peer import Changes, Peer

GRACE_LOOKS = 30


class Gaussian(Peer):
    """Largest score of `river.anomaly.GaussianScorer`, one for each selection's changes.

    Source: river's documentation; a user takes it as it comes, with fewer looks of grace than the
    default 100, which would be all of a match in play. Good where changes are near Gaussian.
    Weak: the score is a share of a Gaussian, so that from 8.3 sigmas on everything scores 1.0 and
    no threshold tells a large move from a huge one: when more clean matches than may be raised
    reach 1.0, nothing is found at all; it never forgets, so the quiet first day makes the last
    hour look wild; a series that was constant scores 1.0 at its first twitch. A change that is
    not a number would spoil it for good, so that is passed over.
    """

    name: ClassVar[str] = "gaussian"

    def __init__(self) -> None:
        self._changes = Changes()
        self._scorers: dict[Key, list[anomaly.GaussianScorer]] = {}

    def update(self, at: float, board: Board) -> float:
        """Give the largest score, 0 to 1; a selection that did not move has nothing to score."""
        del at
        highest = 0.0
        for key, changes in self._changes.since_last(board):
            scorers = self._scorers.get(key)
            if scorers is None:
                scorers = [anomaly.GaussianScorer(grace_period=GRACE_LOOKS) for _ in changes]
                self._scorers[key] = scorers
            for scorer, change in zip(scorers, changes, strict=True):
                if isfinite(change):
                    highest = max(highest, scorer.score_one(None, change) if change else 0.0)
                    scorer.learn_one(None, change)
        return highest
