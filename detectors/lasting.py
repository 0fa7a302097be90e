"""What lasts: the least that a detector saw of something over the last minutes."""

from detectors.detector import State

_LOOKS = 60


class Lasting:
    """Figures by name as they were at the looks of the last `seconds`.

    Of a feed with many looks no more than sixty are kept, evenly apart, so a figure that sank for
    less than a sixtieth of the time may count as one that lasted.

    Examples
    --------
    >>> lasting = Lasting(seconds=600.0)
    >>> for minute, distance in enumerate([0.1, 0.3, 0.2]):
    ...     lasting.add(minute * 300.0, {"betmgm": distance})
    >>> lasting.least(600.0, "betmgm"), lasting.least(900.0, "betmgm")
    (0.1, 0.2)
    >>> lasting.before(900.0)
    {'betmgm': 0.3}
    """

    __slots__ = ("_apart", "_looks", "_seconds")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._apart = seconds / _LOOKS
        # An empty list takes a tenth of an empty deque, and this one stays short.
        self._looks: list[tuple[float, dict[str, float]]] = []

    def add(self, at: float, figures: dict[str, float]) -> None:
        """Keep the figures of a look."""
        if self._looks and at - self._looks[-1][0] < self._apart:
            return
        self._looks.append((at, figures))
        while len(self._looks) > 1 and at - self._looks[1][0] >= self._seconds:
            del self._looks[0]

    def least(self, at: float, name: str, sign: float = 1.0) -> float:
        """Least of a figure, times `sign`, over so many seconds; 0 when not seen so long."""
        least = float("inf")
        for when, figures in reversed(self._looks):
            least = min(least, sign * figures.get(name, 0.0))
            if at - when >= self._seconds:
                return least
        return 0.0

    def before(self, at: float) -> dict[str, float]:
        """Figures as they were so many seconds ago; empty when not known."""
        return next((f for when, f in reversed(self._looks) if at - when >= self._seconds), {})

    def state(self) -> State:
        """Looks as plain numbers."""
        return {"looks": [[at, figures] for at, figures in self._looks]}

    def restore(self, state: State) -> None:
        """Take up what `state` gave."""
        self._looks = [(at, dict(figures)) for at, figures in state["looks"]]
