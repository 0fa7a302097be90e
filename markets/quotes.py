"""One book's price of one selection, with as much of its past as the detectors look back."""

from bisect import bisect_right

from markets.records import Status

LOOK_BACK_S = 6 * 3600.0
_PRUNE_AT = 64


class Quote:
    """A price with its status and its changes over the last hours.

    Only changes are kept, so a quiet quote costs two numbers. Times are epoch seconds, values
    are raw implied probabilities (1 / price). `left_at` is since when it cannot be had any more:
    None while it can, and when it never could.

    Examples
    --------
    >>> quote = Quote()
    >>> quote.set(0.0, 2.0, "open")
    True
    >>> quote.set(60.0, 1.6, "open")
    True
    >>> quote.as_of(59.0), quote.as_of(60.0), quote.as_of(-1.0)
    (0.5, 0.625, None)
    """

    __slots__ = ("at", "left_at", "moved_at", "price", "status", "times", "values")

    def __init__(self) -> None:
        self.price = 0.0
        self.status: Status = "closed"
        self.left_at: float | None = None
        self.at = float("-inf")
        self.moved_at = float("-inf")
        self.times: list[float] = []
        self.values: list[float] = []

    def set(self, at: float, price: float, status: Status) -> bool:
        """Apply one price; an older one than the present is passed over and False returned."""
        if at < self.at:
            return False
        self.at = at
        if status != self.status:
            self._turn(at, status)
        if price == self.price:
            return True
        self.price = price
        self.moved_at = at
        if self.times and self.times[-1] == at:
            self.values[-1] = 1.0 / price
            return True
        self.times.append(at)
        self.values.append(1.0 / price)
        if len(self.times) > _PRUNE_AT and self.times[1] <= at - LOOK_BACK_S:
            self._prune(at - LOOK_BACK_S)
        return True

    def _turn(self, at: float, status: Status) -> None:
        if status == "open":
            self.left_at = None
        elif self.status == "open":
            self.left_at = at
        self.status = status

    def as_of(self, at: float) -> float | None:
        """Raw implied probability at a moment, None before the first price known."""
        index = bisect_right(self.times, at) - 1
        return self.values[index] if index >= 0 else None

    def _prune(self, horizon: float) -> None:
        # The newest change before the horizon stays: it is the price as of the horizon.
        keep = bisect_right(self.times, horizon) - 1
        del self.times[:keep]
        del self.values[:keep]
