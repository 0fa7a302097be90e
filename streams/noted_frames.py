"""The frames that a match came in, as far back as an alert may point."""

from markets.offers import LOOK_BACK_S

KEPT_S = LOOK_BACK_S + 3600.0
_DROPPED = 64
"""So many are dropped at once: to look at the oldest each time costs more than to keep some."""


class NotedFrames:
    """Event time and offset of each frame; those that no window reaches back to are let go.

    A busy match comes in ten frames a second and more, for hours: two lists of numbers, which hold
    nothing that Python's search for cycles would have to look at.

    Examples
    --------
    >>> frames = NotedFrames()
    >>> for at, offset in (0.0, 7), (60.0, 8), (60.0, 8), (90.0, 12):
    ...     frames.note(at, offset)
    >>> len(frames), frames.newest, frames.since(59.0), frames.since(60.0), frames.since(-1.0)
    (3, 12, 7, 8, 7)
    """

    __slots__ = ("_first", "_offsets", "_times", "newest")

    def __init__(self) -> None:
        self.newest = -1
        """Offset of the frame noted last; -1 before the first."""
        self._times: list[float] = []
        self._offsets: list[int] = []
        self._first = 0

    def __len__(self) -> int:
        return len(self._times) - self._first

    def note(self, at: float, offset: int) -> None:
        """Note the frame that a record came in, once."""
        if offset == self.newest:
            return
        self.newest = offset
        self._times.append(at)
        self._offsets.append(offset)
        if not len(self._times) % _DROPPED:
            self._drop(at - KEPT_S)

    def since(self, at: float) -> int:
        """Offset of the frame that was current at a moment; of the oldest kept when none was."""
        later = (i for i in range(self._first, len(self._times)) if self._times[i] > at)
        return self._offsets[max(self._first, next(later, len(self._times)) - 1)]

    def _drop(self, horizon: float) -> None:
        first, last = self._first, len(self._times) - 1
        while first < last and self._times[first + 1] <= horizon:
            first += 1
        if first >= _DROPPED:
            del self._times[:first], self._offsets[:first]
            first = 0
        self._first = first
