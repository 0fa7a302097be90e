"""A fix laid over the recorded prices of a real match."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from msgspec.structs import replace

from markets.book import SELECTIONS
from markets.implied import expit, logit
from markets.records import Gap, Heartbeat, Price, Record
from streams.simulator.scheme import Typology

_SHORTEST = 1.01
_APART_S = 10.0


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
        weight = self.weights.get(book, 0.0)
        moment = at - self.delays.get(book, 0.0)
        if not weight or moment <= self.since or at >= self.gone:
            return 0.0
        return weight * self.shift * min(1.0, (moment - self.since) / (self.until - self.since))

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

    real: dict[str, Price] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)


def overlaid(records: Iterable[Record], overlay: Overlay) -> Iterator[Record]:
    """Yield the records of a match as they would have been had the selection been bought.

    All that is not a price of the market stays as it is. A recording holds changes only, so a
    book whose real price stood still is given new prices whenever its source has told all it
    knew (a heartbeat), or, without heartbeats, with the next record.
    """
    offers: dict[str, _Offer] = {}
    looked_at = float("-inf")
    for record in records:
        at = record.at.timestamp()
        if isinstance(record, Price) and (record.market, record.line) == _market(overlay):
            offers.setdefault(record.book, _Offer()).real[record.selection] = record
            yield from _moved(offers[record.book], overlay, record.at, changed=record)
            continue
        if _is_look(record, at - looked_at) and overlay.since < at <= overlay.gone + _APART_S:
            looked_at = at
            for book in sorted(offers):
                yield from _moved(offers[book], overlay, record.at)
        yield record


def _market(overlay: Overlay) -> tuple[str, float | None]:
    return overlay.market, overlay.line


def _is_look(record: Record, since_last: float) -> bool:
    if isinstance(record, Gap):
        return False
    return isinstance(record, Heartbeat) or since_last >= 6 * _APART_S


def _moved(
    offer: _Offer, overlay: Overlay, at: datetime, changed: Price | None = None
) -> Iterator[Price]:
    """Prices of one book that differ from what was told of it last, and the one that changed."""
    shifted = prices_with(offer.real, overlay, at.timestamp())
    for selection, price in sorted(shifted.items()):
        real = offer.real[selection]
        own = changed is not None and selection == changed.selection
        if own or (real.status == "open" and offer.told.get(selection, real.price) != price):
            offer.told[selection] = price
            in_play = changed.in_play if changed is not None else real.in_play
            yield replace(real, at=at, price=price, in_play=in_play)


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
