"""A match that is called off on its day: innocent, and it looks like a withdrawal or a ghost."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from random import Random

from msgspec.structs import replace

from markets.records import Fixture, Price, Record

_SHARE = 0.006
_LATEST, _EARLIEST = 20 * 60.0, 9 * 3600.0


def called_off(rng: Random, fixture: Fixture) -> datetime | None:
    """Draw whether and when a match is called off: weather, pitch, an illness in a squad."""
    if rng.random() >= _SHARE:
        return None
    return fixture.start - timedelta(seconds=int(rng.uniform(_LATEST, _EARLIEST)))


def until_called_off(
    records: Iterable[Record], moment: datetime, rng: Random, fixture: Fixture, sources: list[str]
) -> Iterator[Record]:
    """Tell the match until it is called off; then the books leave, and a new date is told.

    Every book takes all its markets down within eight minutes, and those who announced the match
    tell its new start within nine.
    """
    last: dict[tuple[str, str, float | None, str], Price] = {}
    for record in records:
        if record.at > moment:
            break
        if isinstance(record, Price):
            last[record.book, record.market, record.line, record.selection] = record
        yield record
    open_ = [price for price in last.values() if price.status == "open"]
    leave = {book: rng.uniform(10, 480) for book in sorted({price.book for price in open_})}
    tail: list[Record] = [
        replace(p, at=_after(moment, leave[p.book]), status="withdrawn", size=None) for p in open_
    ]
    new_start = fixture.start + timedelta(days=rng.randint(1, 20))
    for source in sources:
        told = _after(moment, rng.uniform(60, 540))
        tail.append(replace(fixture, at=told, source=source, start=new_start))
    yield from sorted(tail, key=lambda record: record.at)


def _after(moment: datetime, seconds: float) -> datetime:
    return moment + timedelta(seconds=int(seconds))
