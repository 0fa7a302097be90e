"""When each match of a partition is to be asked again, so that a look asks no other."""

from heapq import heappop, heappush


class Wakes:
    """Names with the moment from which each may have something to do.

    A heartbeat comes every few seconds and may find ten thousand matches, of which a handful is
    due. Asking costs as much as there are names stirred or due, whatever the number of the rest.
    A name may be asked too early, never too late.

    Examples
    --------
    >>> wakes = Wakes()
    >>> wakes.stir("b-v-c")
    >>> wakes.sleep("a-v-b", 60.0)
    >>> wakes.due(30.0), wakes.due(60.0), wakes.due(90.0)
    (['b-v-c'], ['a-v-b'], [])
    """

    __slots__ = ("_heap", "_places", "_stirred")

    def __init__(self) -> None:
        self._heap: list[tuple[float, str]] = []
        self._places: dict[str, float] = {}
        self._stirred: set[str] = set()

    def stir(self, name: str) -> None:
        """Something was told of it: ask at the next look."""
        self._stirred.add(name)

    def sleep(self, name: str, until: float) -> None:
        """Ask again at a moment, or earlier if that was said before."""
        if until < self._places.get(name, float("inf")):
            self._places[name] = until
            heappush(self._heap, (until, name))

    def due(self, at: float) -> list[str]:
        """Names to ask now, in order; each sleeps or is stirred again afterwards."""
        due, self._stirred = self._stirred, set()
        while self._heap and self._heap[0][0] <= at:
            moment, name = heappop(self._heap)
            # One that was to be asked earlier has left its later places behind.
            if self._places.get(name) == moment:
                del self._places[name]
                due.add(name)
        return sorted(due)

    def forget(self, name: str) -> None:
        """Never ask again, unless it is stirred."""
        self._places.pop(name, None)
        self._stirred.discard(name)
