"""Rolling z: the change of the consensus against its own last changes."""

from collections import deque
from math import sqrt
from typing import ClassVar

from detectors.peers.board import Board, Key
from detectors.peers.peer import Changes, Peer

WINDOW = 60
FEWEST = 12
FLOOR = 0.004


class _Window:
    """Mean and deviation of the last changes of one selection."""

    __slots__ = ("_changes", "_squares", "_sum")

    def __init__(self) -> None:
        self._changes: deque[float] = deque()
        self._sum = self._squares = 0.0

    def z(self, change: float) -> float:
        n = len(self._changes)
        if n < FEWEST:
            return 0.0
        mean = self._sum / n
        # Running sums can round to a variance just below 0.
        variance = max(self._squares / n - mean * mean, 0.0)
        return abs(change - mean) / max(sqrt(variance), FLOOR)

    def learn(self, change: float) -> None:
        self._changes.append(change)
        self._sum += change
        self._squares += change * change
        if len(self._changes) > WINDOW:
            gone = self._changes.popleft()
            self._sum -= gone
            self._squares -= gone * gone


class RollingZ(Peer):
    """Largest z-score of a change of the consensus, against the last 60 looks of its selection.

    Source: practice; the first thing that is written against any time series. Good at a sudden
    move in a quiet market. Weak: a slow drift never shows, after a move the window is too wide
    for an hour of looks, and in play every goal is an outlier.
    """

    name: ClassVar[str] = "rolling-z"

    def __init__(self) -> None:
        self._changes = Changes()
        self._windows: dict[Key, list[_Window]] = {}

    def update(self, at: float, board: Board) -> float:
        """Give the largest z in sigmas; 0 until a dozen changes are known."""
        del at
        highest = 0.0
        for key, changes in self._changes.since_last(board):
            windows = self._windows.setdefault(key, [_Window() for _ in changes])
            for window, change in zip(windows, changes, strict=True):
                highest = max(highest, window.z(change))
                window.learn(change)
        return highest
