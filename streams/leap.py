"""A step ahead in time, held until what follows confirms it."""

from collections.abc import Sequence

from markets.elsewhere import Elsewhere
from markets.joined_prices import Prices, joined
from markets.records import Price, Record

LEAP_S = 24 * 3600.0
Told = Record | Prices | Elsewhere


class Leap:
    """Holds records that are more than a day ahead of a partition until it is sure that they are.

    One wrong clock would else end the watch over all matches of the partition. What follows
    confirms a step when it is as late itself; prices that one message told confirm nothing, however
    they come, or a recording would be watched otherwise than the feed it was made of.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from markets.records import Gap
    >>> noon, later = (datetime(2026, 7, day, 12, tzinfo=UTC) for day in (4, 9))
    >>> gaps = [Gap(at=at, source="s", reason="lost") for at in (noon, later, noon, later, later)]
    >>> leap, reached = Leap(), noon.timestamp()
    >>> [len(leap.let_through(gap, 7, reached)) for gap in gaps]
    [1, 0, 1, 0, 2]
    """

    __slots__ = ("_selections", "held")

    def __init__(self) -> None:
        self.held: list[tuple[Told, int]] = []
        self._selections: set[str] = set()

    def let_through(self, record: Told, offset: int, reached: float) -> Sequence[tuple[Told, int]]:
        """Return the records, with the offset of each, that are to be taken in now, in order."""
        at, held = record.at.timestamp(), self.held
        if held and self._goes_on(record, offset):
            held.append((record, offset))
            return ()
        self.held, self._selections = [], set()
        if held and at >= held[0][0].at.timestamp() - LEAP_S / 2:
            return (*held, (record, offset))
        if at - reached > LEAP_S and reached > float("-inf"):
            self.held = [(record, offset)]
            return ()
        return ((record, offset),)

    def _goes_on(self, record: Told, offset: int) -> bool:
        """Whether a record is of the message that what is held came in, as `joined` has it."""
        first, of = self.held[0]
        if offset != of or not (isinstance(first, Price) and isinstance(record, Price)):
            return False
        if len(joined([first, record])) > 1 or record.selection in self._selections:
            return False
        self._selections.add(record.selection)
        return True
