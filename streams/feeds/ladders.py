"""What an exchange shows of a market: ladders on both sides, matched volume, last traded price."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from markets.records import Status

Side = Literal["back", "lay"]
SIDES: tuple[Side, Side] = ("back", "lay")
RunnerKey = tuple[int, float]
Level = tuple[float, float]


class Quoted(NamedTuple):
    """A price as it was told last."""

    price: float
    size: float | None
    status: Status
    in_play: bool


class Runner:
    """One runner of a market: what is on offer, what was matched, and what of it was told.

    `back` and `lay` map a price to the size on offer there to a bettor who backs or lays. A
    ladder comes either by price (a level is known by its price) or by rank (the best, the second
    best, ...); a side that once came by price is not read by rank any more.

    Examples
    --------
    >>> runner = Runner()
    >>> runner.set_level("back", 2.0, 50.0)
    >>> runner.set_level("back", 2.1, 8.0)
    >>> runner.best()
    (2.1, 8.0)
    >>> runner.set_level("back", 2.1, 0.0)
    >>> runner.back
    {2.0: 50.0}
    """

    __slots__ = (
        "address",
        "back",
        "by_price",
        "last",
        "lay",
        "matched",
        "quoted",
        "ranks",
        "removed",
        "traded",
        "volume",
    )

    def __init__(self) -> None:
        self.back: dict[float, float] = {}
        self.lay: dict[float, float] = {}
        self.by_price: set[Side] = set()
        self.ranks: dict[Side, dict[int, Level]] = {"back": {}, "lay": {}}
        self.traded: dict[float, float] | None = None
        self.volume: float | None = None
        self.last: float | None = None
        self.removed = False
        self.address: dict[str, object] | None = None
        self.quoted: Quoted | None = None
        self.matched: tuple[float, float | None] | None = None

    def side(self, side: Side) -> dict[float, float]:
        """Return the ladder of one side."""
        return self.back if side == "back" else self.lay

    def best(self) -> Level | None:
        """Best price to back at, with its size."""
        if not self.back:
            return None
        price = max(self.back)
        return price, self.back[price]

    def set_level(self, side: Side, price: float, size: float) -> None:
        """Put a level into the ladder; size 0 takes it out."""
        if size:
            self.side(side)[price] = size
        else:
            self.side(side).pop(price, None)

    def set_ranks(self, side: Side, rows: Iterable[tuple[int, Level]]) -> list[Level]:
        """Put levels that came by rank into the ladder; return those that changed by it.

        All rows of an update belong together: while they are applied one by one a price that only
        moved down a rank would seem to be gone.

        >>> runner = Runner()
        >>> runner.set_ranks("back", [(0, (2.0, 50.0))])
        [(2.0, 50.0)]
        >>> runner.set_ranks("back", [(0, (2.1, 8.0)), (1, (2.0, 50.0))])
        [(2.1, 8.0)]
        """
        ranks = self.ranks[side]
        for rank, level in rows:
            ranks[rank] = level
        ladder = self.side(side)
        now: dict[float, float] = {}
        for _, (price, size) in sorted(ranks.items()):
            if size:
                # A price that is at two ranks for a moment counts with the better one.
                now.setdefault(price, size)
        changed = [(price, 0.0) for price in ladder if price not in now]
        changed += [(price, size) for price, size in now.items() if ladder.get(price) != size]
        ladder.clear()
        ladder.update(now)
        return changed

    def set_traded(self, price: float, size: float) -> None:
        """Take in the cumulative size matched at a price."""
        if self.traded is None:
            self.traded = {}
        self.traded[price] = size

    def forget_traded(self) -> None:
        """Let go of matched sizes, before an image tells all of them anew."""
        self.traded = None if self.traded is None else {}
        self.volume = None if self.volume is None else 0.0

    def amount(self) -> float | None:
        """Cumulative amount matched, None when nothing was ever said of it.

        It is the greater of the volume told and of the sum over all prices. They are equal in a
        live recording; in files of the historical data service the volume is that of the prices
        in the update alone, and only the sum is cumulative.

        >>> runner = Runner()
        >>> runner.set_traded(2.0, 100.0)
        >>> runner.set_traded(2.1, 30.0)
        >>> runner.volume = 30.0
        >>> runner.amount()
        130.0
        """
        if self.traded is None:
            return self.volume
        return max(round(sum(self.traded.values()), 2), self.volume or 0.0)


class Market:
    """One market of an exchange; a runner is known by its id and handicap.

    It says what is, not how it came about: at the end of a recording `runners` give the final
    ladders (`back`, `lay`), matched volume (`amount()`) and last traded price (`last`).
    """

    __slots__ = (
        "conflated", "defined", "event", "imaged", "in_play", "left_out", "market_id", "runners",
        "status",
    )  # fmt: skip

    def __init__(self, market_id: str, event: str) -> None:
        self.market_id = market_id
        self.event = event
        self.status: Status = "open"
        self.in_play = False
        self.defined = False
        self.imaged = False
        self.conflated = False
        self.left_out = False
        self.runners: dict[RunnerKey, Runner] = {}

    def runner(self, key: RunnerKey) -> Runner:
        """Return a runner, made when first asked for."""
        found = self.runners.get(key)
        if found is None:
            found = self.runners[key] = Runner()
        return found
