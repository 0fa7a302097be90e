"""A fix laid over the recorded prices of a real match."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import TypeGuard

from msgspec.structs import replace

from markets.book import SELECTIONS
from markets.implied import expit, logit
from markets.records import Heartbeat, Price, Record
from streams.simulator.scheme import Typology

_SHORTEST = 1.01
# A book does not ask for a new price for less than this part of the old one.
_STEP = 0.005


@dataclass(frozen=True, slots=True)
class Overlay:
    """A selection is bought: from `since` to `until` (epoch seconds) its price is moved.

    The move is `shift` log-odds of its de-vigged probability at the end of the ramp, and stays
    until `gone`. `weights` say how much of it each book takes, and `delays` how many seconds
    later; a book without a weight takes none of it. `strength` is the move of the consensus.
    """

    typology: Typology
    market: str
    line: float | None
    selection: str
    since: float
    until: float
    gone: float
    shift: float
    strength: float
    weights: dict[str, float]
    delays: dict[str, float]

    def shift_of(self, book: str, at: float) -> float:
        """Log-odds by which a book has moved at a moment."""
        return self.weights.get(book, 0.0) * self.shift * self._done(book, at)

    def rests(self, book: str, at: float) -> bool:
        """Whether a book is not on its way at a moment: its move is done, or gone again."""
        return self._done(book, at) in (0.0, 1.0)

    def _done(self, book: str, at: float) -> float:
        moment = at - self.delays.get(book, 0.0)
        if moment <= self.since or at >= self.gone:
            return 0.0
        return min(1.0, (moment - self.since) / (self.until - self.since))

    @property
    def note(self) -> str:
        """Say shortly what was done."""
        minutes = (self.until - self.since) / 60.0
        books = f"{len(self.weights)} book{'s' if len(self.weights) > 1 else ''}"
        begun = datetime.fromtimestamp(self.since, UTC)
        return (
            f"{self.selection} bought by {100 * self.strength:.1f} pp at {books} "
            f"in {minutes:.0f} min from {begun:%H:%M}"
        )


@dataclass(slots=True)
class _Offer:
    """What one book really offers in the market, and what was told instead."""

    book: str
    real: dict[str, Price] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)

    def take(self, price: Price) -> None:
        """Take a real price in, unless it comes late."""
        known = self.real.get(price.selection)
        if known is None or price.at >= known.at:
            self.real[price.selection] = price

    def moved(self, price: Price, overlay: Overlay) -> Price:
        """Tell a real price as it would have been."""
        if self.real[price.selection] is not price:
            return price
        told = prices_with(self.real, overlay, price.at.timestamp())[price.selection]
        self.told[price.selection] = told
        return price if told == price.price else replace(price, price=told)

    def others(self, overlay: Overlay, at: datetime, changed: Collection[str]) -> Iterator[Price]:
        """Give the prices that no record told, but the book would have changed by now."""
        now = prices_with(self.real, overlay, at.timestamp())
        before = {name: self.told.get(name, self.real[name].price) for name in now}
        furthest = max(abs(now[name] / before[name] - 1.0) for name in now)
        if furthest < _STEP and not changed and not overlay.rests(self.book, at.timestamp()):
            return
        for name in sorted(now):
            real = self.real[name]
            if name not in changed and real.status == "open" and now[name] != before[name]:
                self.told[name] = now[name]
                yield replace(real, at=at, price=now[name])


def overlaid(
    records: Iterable[Record], overlay: Overlay, looks: Collection[float]
) -> Iterator[Record]:
    """Yield the records of a match as they would have been had the selection been bought.

    All that is not a price of the market stays as it is. A recording holds changes only, so a
    book whose real price stood still is given new prices at `looks` (epoch seconds), the moments
    at which the feed had told all the prices that it knew. Each instant is taken as a whole: no
    price is worked out from half of a book's new ones.
    """
    offers: dict[str, _Offer] = {}
    moments = frozenset(looks)
    for at, instant in groupby(records, key=attrgetter("at")):
        told = list(instant)
        changed: dict[str, set[str]] = {}
        for record in told:
            if _is_of(record, overlay):
                offers.setdefault(record.book, _Offer(record.book)).take(record)
                changed.setdefault(record.book, set()).add(record.selection)
        due = offers if at.timestamp() in moments else changed
        others = (p for b in sorted(due) for p in offers[b].others(overlay, at, changed.get(b, ())))
        for record in told:
            if isinstance(record, Heartbeat):
                yield from others
            yield offers[record.book].moved(record, overlay) if _is_of(record, overlay) else record
        yield from others


def _is_of(record: Record, overlay: Overlay) -> TypeGuard[Price]:
    return isinstance(record, Price) and (record.market, record.line) == (
        overlay.market,
        overlay.line,
    )


def prices_with(real: dict[str, Price], overlay: Overlay, at: float) -> dict[str, float]:
    """Prices of one book's market with the move of that moment in them, its margin kept."""
    shift = overlay.shift_of(next(iter(real.values())).book, at)
    wanted = SELECTIONS.get(overlay.market, tuple(sorted(real)))
    if shift == 0.0 or any(name not in real for name in wanted):
        return {name: price.price for name, price in real.items()}
    raw = [1.0 / real[name].price for name in wanted]
    moved = shifted(raw, wanted.index(overlay.selection), shift)
    return {name: max(_SHORTEST, round(1.0 / p, 3)) for name, p in zip(wanted, moved, strict=True)}


def shifted(raw: Sequence[float], index: int, shift: float) -> list[float]:
    """Move one of the raw implied probabilities of a market by log-odds; the sum stays.

    >>> [round(p, 3) for p in shifted([0.525, 0.525], 0, 0.4)]
    [0.629, 0.421]
    """
    total = sum(raw)
    before = raw[index] / total
    after = expit(logit(before) + shift)
    rest = (1.0 - after) / (1.0 - before)
    return [total * after if i == index else p * rest for i, p in enumerate(raw)]
