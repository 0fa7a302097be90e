"""What a replay read, and how it ended."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.alert import Alert
from detectors.moves import FEWEST_BOOKS
from markets.records import Event, Fixture, Gap, Heartbeat, Price, Record
from streams.feeds.feed import Refusal

DECIDED_AFTER = timedelta(minutes=15)


@dataclass(slots=True)
class Tally:
    """Counts of one replay, its alerts as they stood last, and when each was first above green."""

    records: Counter[str] = field(default_factory=Counter)
    refusals: list[Refusal] = field(default_factory=list)
    refused: int = 0
    matches: set[str] = field(default_factory=set)
    fixtures: set[str] = field(default_factory=set)
    scored: set[str] = field(default_factory=set)
    books: dict[str, set[str]] = field(default_factory=dict)
    price_changes: int = 0
    alerts: dict[str, Alert] = field(default_factory=dict)
    flagged_at: dict[str, datetime] = field(default_factory=dict)
    _prices: dict[tuple[str, str, float | None, str, str], float] = field(default_factory=dict)

    @property
    def first_prices(self) -> int:
        """Price changes that were the first price of a book for a selection."""
        return len(self._prices)

    def count(self, record: Record) -> None:
        """Count one record; a price counts as a change when its value is a new one."""
        self.records[str(record.__struct_config__.tag)] += 1
        if isinstance(record, Price):
            key = (record.match, record.market, record.line, record.selection, record.book)
            self.price_changes += self._prices.get(key) != record.price
            self._prices[key] = record.price
            self.books.setdefault(record.match, set()).add(record.book)
        elif isinstance(record, Fixture):
            self.fixtures.add(record.match)
        elif isinstance(record, Event):
            self.scored.add(record.match)
        if not isinstance(record, Heartbeat | Gap):
            self.matches.add(record.match)

    def blind_spots(self) -> list[str]:
        """Say where the watch had nothing to go by, so that silence is not taken for calm."""
        spots = {
            "no fixture, so no kick-off: not watched": self.matches - self.fixtures,
            f"fewer than {FEWEST_BOOKS} books: no others to compare with": {
                match for match, books in self.books.items() if len(books) < FEWEST_BOOKS
            },
            "no events: not watched in play": self.matches - self.scored,
        }
        return [f"{len(found):,} with {why}" for why, found in spots.items() if found]

    def refuse(self, refusal: Refusal) -> None:
        """Count a refusal; the first hundred are kept to be shown."""
        self.refused += 1
        if len(self.refusals) < 100:
            self.refusals.append(refusal)

    def raised(self, alert: Alert) -> bool:
        """Keep an alert as it stands now; whether it is new or has risen."""
        known = self.alerts.get(alert.alert_id)
        self.alerts[alert.alert_id] = alert
        if alert.level != "green":
            self.flagged_at.setdefault(alert.alert_id, alert.last_at)
        return known is None or known.level != alert.level

    def alert_lines(self) -> list[bytes]:
        """Alerts as JSON lines, ordered by when they opened."""
        ordered = sorted(self.alerts.values(), key=lambda a: (a.opened_at, a.alert_id))
        return [alert.to_json() + b"\n" for alert in ordered]


def tallied(
    told: Iterable[Record | Refusal], tally: Tally, refuse: Callable[[Refusal], None]
) -> Iterator[Record]:
    """Pass records on and refusals to `refuse`, counting both.

    After the last record of a recording time moves on a little more, so that what is held back
    for an explaining event is decided.
    """
    sources: dict[str, datetime] = {}
    for one in told:
        if isinstance(one, Refusal):
            tally.refuse(one)
            refuse(one)
            continue
        tally.count(one)
        if isinstance(one, Heartbeat):
            sources[one.source] = one.at
        yield one
    for source, at in sorted(sources.items()):
        yield Heartbeat(at=at + DECIDED_AFTER, source=source)
