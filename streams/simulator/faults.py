"""What goes wrong between the books and the watch: faults of the feed, not of the match.

Each fault takes the records of one match in the order they were sent and gives those that arrive.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from msgspec.structs import replace

from markets.records import Event, Fixture, Gap, Matched, Price, Record

Fault = Callable[[Iterable[Record]], Iterator[Record]]
# In how many matches each of them happens. Records come late by less than a minute or so; an
# outage lasts minutes, a stale spell of one book up to an hour and a half.
_STALE, _OUTAGE, _CONFLATED, _DOUBLED, _LATE = 0.05, 0.03, 0.04, 0.05, 0.05
_STALE_S, _OUTAGE_S, _SPELL_S = (900, 5400), (120, 900), (300, 1800)
_LATE_BY_S, _SHARE_LATE, _SHARE_DOUBLED = (2, 90), 0.03, 0.15
_CONFLATES_S = 30
_EARLIEST_S, _LATEST_S = -20 * 3600, 6000


def faults(rng: Random, start: datetime, source: str, books: Sequence[str]) -> list[Fault]:
    """Draw the faults of a match; most matches have none.

    Parameters
    ----------
    rng
        A stream of its own, so that faults leave the match as it was.
    start
        Announced kick-off.
    source
        Whose gaps they are.
    books
        Who quotes; one of them can go stale.
    """
    found: list[Fault] = []
    if rng.random() < _STALE:
        found.append(_stale(rng.choice(books), *_window(rng, start, _STALE_S)))
    if rng.random() < _CONFLATED:
        found.append(_conflated(source, *_window(rng, start, _SPELL_S)))
    if rng.random() < _OUTAGE:
        found.append(_outage(source, *_window(rng, start, _OUTAGE_S)))
    if rng.random() < _DOUBLED:
        found.append(_doubled(Random(rng.random()), *_window(rng, start, _SPELL_S)))
    if rng.random() < _LATE:
        found.append(_late(Random(rng.random()), *_window(rng, start, _SPELL_S)))
    return found


def arriving(records: Iterator[Record], found: Iterable[Fault]) -> Iterator[Record]:
    """Let records through the faults, one after the other."""
    for fault in found:
        records = fault(records)
    return records


def _window(rng: Random, start: datetime, length: tuple[int, int]) -> tuple[datetime, datetime]:
    """Draw a spell, half of them within three hours of the kick-off."""
    near = rng.random() < 0.5
    since = rng.randint(-3 * 3600 if near else _EARLIEST_S, _LATEST_S if near else 0)
    return (
        start + timedelta(seconds=since),
        start + timedelta(seconds=since + rng.randint(*length)),
    )


def _stale(book: str, since: datetime, until: datetime) -> Fault:
    """One book's prices are repeated as they were; afterwards the true ones come at once."""

    def fault(records: Iterable[Record]) -> Iterator[Record]:
        shown: dict[tuple[object, ...], Price] = {}
        held: dict[tuple[object, ...], Price] = {}
        for record in records:
            if held and record.at >= until:
                yield from _now(held, record.at)
            if not isinstance(record, Price) or record.book != book:
                yield record
            elif since <= record.at < until and (old := shown.get(_offer(record))) is not None:
                held[_offer(record)] = record
                yield _again(old, record.at)
            else:
                shown[_offer(record)] = record
                yield record
        yield from held.values()

    return fault


def _outage(source: str, since: datetime, until: datetime) -> Fault:
    """Nothing arrives for a while; then a gap is told, and what has changed as it is by now.

    The sum matched is told again with the next bet, wagers and events that were missed are told
    late, with the time that they had.
    """

    def fault(records: Iterable[Record]) -> Iterator[Record]:
        missed: dict[tuple[object, ...], Price] = {}
        late: list[Record] = []
        told = False
        for record in records:
            if since <= record.at < until and not isinstance(record, Fixture):
                if isinstance(record, Price):
                    missed[_offer(record)] = record
                elif not isinstance(record, Matched):
                    late.append(record)
                continue
            if not told and record.at >= until:
                told = True
                yield Gap(at=record.at, source=source, reason="connection lost")
                yield from late
                yield from _now(missed, record.at)
            yield record
        if not told:
            yield from (*late, *missed.values())

    return fault


def _conflated(source: str, since: datetime, until: datetime) -> Fault:
    """Of several prices within half a minute only the last arrives, and a mark that it is so."""

    def fault(records: Iterable[Record]) -> Iterator[Record]:
        held: dict[tuple[object, ...], Price] = {}
        next_at = since + timedelta(seconds=_CONFLATES_S)
        for record in records:
            if held and record.at >= next_at:
                yield Gap(at=record.at, source=source, reason="conflated")
                yield from _now(held, record.at)
                next_at = record.at + timedelta(seconds=_CONFLATES_S)
            if isinstance(record, Price) and since <= record.at < until:
                held[_offer(record)] = record
            else:
                yield record
        yield from held.values()

    return fault


def _doubled(rng: Random, since: datetime, until: datetime) -> Fault:
    """Some records arrive twice, as when a sender is not sure that they got through."""

    def fault(records: Iterable[Record]) -> Iterator[Record]:
        for record in records:
            yield record
            if since <= record.at < until and rng.random() < _SHARE_DOUBLED:
                yield record

    return fault


def _late(rng: Random, since: datetime, until: datetime) -> Fault:
    """Some prices and events arrive after newer ones, with the time that they had."""

    def fault(records: Iterable[Record]) -> Iterator[Record]:
        waiting: list[tuple[datetime, Record]] = []
        for record in records:
            while waiting and waiting[0][0] <= record.at:
                yield waiting.pop(0)[1]
            late = since <= record.at < until and rng.random() < _SHARE_LATE
            if late and isinstance(record, Price | Event):
                due = record.at + timedelta(seconds=rng.randint(*_LATE_BY_S))
                waiting = sorted([*waiting, (due, record)], key=_due)
            else:
                yield record
        yield from (record for _, record in waiting)

    return fault


def _due(waiting: tuple[datetime, Record]) -> datetime:
    return waiting[0]


def _offer(price: Price) -> tuple[object, ...]:
    return price.market, price.line, price.selection, price.book


def _now(held: dict[tuple[object, ...], Price], at: datetime) -> Iterator[Price]:
    """Tell what was held back as it stands at a moment, and forget it."""
    waiting = list(held.values())
    held.clear()
    for price in waiting:
        yield _again(price, at)


def _again(price: Price, at: datetime) -> Price:
    """Tell a price at another time; a copy, for records are frozen."""
    return replace(price, at=at)
