"""How restless a market usually is, learned online."""

import math

from river import stats

_HOUR_S = 3600.0
_SHORTEST_S = 60.0
_FADING = 0.1


class Noise:
    """Standard deviation of a series of moves per root hour, above a floor.

    river's exponentially weighted mean of squared moves; the floor is the prior, so that a
    constant series does not make every later move infinitely rare, and one corrupt tick fades
    out again.

    Examples
    --------
    >>> noise = Noise(floor=0.01)
    >>> noise.per_root_hour
    0.01
    >>> for _ in range(50):
    ...     noise.learn(0.02, seconds=3600.0)
    >>> round(noise.per_root_hour, 3)
    0.02
    """

    __slots__ = ("_floor", "_square")

    def __init__(self, floor: float) -> None:
        self._floor = floor
        self._square = stats.EWMean(_FADING)
        self._square.update(floor * floor)

    @property
    def per_root_hour(self) -> float:
        """Usual size of a move in an hour."""
        return max(self._floor, math.sqrt(self._square.get()))

    def learn(self, move: float, *, seconds: float) -> None:
        """Take one move in, made within so many seconds."""
        if math.isfinite(move):
            self._square.update(move * move * _HOUR_S / max(seconds, _SHORTEST_S))

    def state(self) -> float:
        """Mean square, the only state there is."""
        return float(self._square.get())

    def restore(self, state: float) -> None:
        """Take up a state that `state` gave."""
        self._square = stats.EWMean(_FADING)
        self._square.update(state)
