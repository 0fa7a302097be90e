"""What a look at a live feed saw: matches, markets, books, rates, delays, refusals."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from markets.records import Fixture, Gap, Heartbeat, Record
from streams.feeds.feed import Refusal

_LISTED = 10


@dataclass(slots=True)
class Seen:
    """Counts of a feed. Delays are arrival less event time, of what a match tells."""

    now: Callable[[], datetime]
    records: Counter[str] = field(default_factory=Counter)
    fixtures: dict[str, Fixture] = field(default_factory=dict)
    matches: set[str] = field(default_factory=set)
    markets: Counter[str] = field(default_factory=Counter)
    books: Counter[str] = field(default_factory=Counter)
    gaps: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    places: dict[str, str] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)

    def take(self, told: Record | Refusal) -> None:
        """Count a record or a refusal."""
        if isinstance(told, Refusal):
            self.refused[told.reason] += 1
            self.places.setdefault(told.reason, told.place)
            return
        self.records[str(told.__struct_config__.tag)] += 1
        if isinstance(told, Gap):
            self.gaps[told.reason] += 1
        elif isinstance(told, Fixture):
            self.fixtures[told.match] = told
        elif not isinstance(told, Heartbeat):
            self._of_a_match(told)

    def _of_a_match(self, told: Record) -> None:
        self.matches.add(getattr(told, "match", ""))
        self.delays.append((self.now() - told.at).total_seconds())
        for name, count in (("market", self.markets), ("book", self.books)):
            if (value := getattr(told, name, None)) is not None:
                count[value] += 1

    @property
    def nothing(self) -> bool:
        """Whether neither a record nor a refusal was seen."""
        return not self.records and not self.refused

    def lines(self, seconds: float) -> Iterator[str]:
        """Tell what was seen, in lines."""
        total = sum(self.records.values())
        kinds = ", ".join(f"{n:,} {kind}" for kind, n in sorted(self.records.items())) or "nothing"
        yield f"{total:,} records in {seconds:.0f} s ({total / max(seconds, 1e-9):,.1f}/s): {kinds}"
        yield f"matches: {len(self.matches):,} told of, {len(self.fixtures):,} announced"
        for fixture in list(self.fixtures.values())[:_LISTED]:
            about = f"{fixture.home} v {fixture.away}, {fixture.competition}"
            yield f"    {fixture.match}: {about}, {fixture.start:%Y-%m-%d %H:%MZ}"
        yield f"markets: {_most(self.markets)}"
        yield f"books: {_most(self.books)}"
        yield f"delays: {self._delays()}"
        yield f"gaps: {_most(self.gaps)}"
        yield f"refused: {sum(self.refused.values()):,}"
        for reason, count in self.refused.most_common(_LISTED):
            yield f"    {count:,} x {reason} (first at {self.places[reason]})"

    def _delays(self) -> str:
        if not self.delays:
            return "none measured"
        ordered = sorted(self.delays)
        middle, late = ordered[len(ordered) // 2], ordered[int(0.99 * (len(ordered) - 1))]
        return f"median {middle:,.2f} s, 99 % within {late:,.2f} s"


def _most(counted: Counter[str]) -> str:
    """List the most frequent of what was counted.

    >>> _most(Counter({"1x2": 12, "total": 3}))
    '1x2 12, total 3'
    """
    told = ", ".join(f"{name} {count:,}" for name, count in counted.most_common(_LISTED))
    rest = len(counted) - _LISTED
    return (told or "none") + (f", and {rest} more" if rest > 0 else "")
