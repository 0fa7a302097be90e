"""Incidents of a match, by when its books suspended and by what gained."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from markets.book import MarketBook, MatchBook
from markets.records import Event, Wager
from markets.wagers import Bought

BEFORE_FIRST_S = 4.0
TOLD_LATE_S = 60.0
REOPENS_S = 150.0
_TOGETHER_S = 15.0
_FEWEST_BOOKS, _SHARE_OF_BOOKS = 2, 0.3
_GAIN = math.log(1.05)
_DECIDING = frozenset({"goal", "red_card", "penalty", "wicket", "score"})


class Moment(NamedTuple):
    """An incident, by when the books suspended: the first, the last, and each by its name.

    `gained` are the selections whose prices shortened by it.
    """

    first: float
    last: float
    stops: Mapping[str, float]
    gained: frozenset[Bought]

    def catches(self, wager: Wager) -> bool:
        """Whether a bet on what gained was placed when the ground knew and its book did not.

        A bet that a book took in the very second of its suspension counts.
        """
        at = wager.at.timestamp()
        bought = (wager.market, wager.line, wager.selection)
        since = self.first - BEFORE_FIRST_S
        return since <= at <= self.stops.get(wager.book, self.last) and bought in self.gained

    def length(self) -> float:
        """Seconds in which a bet would be caught, at most books."""
        stop = median(self.stops.values()) if self.stops else self.last
        return stop - self.first + BEFORE_FIRST_S


def suspensions(book: MatchBook, since: float, at: float) -> list[dict[str, float]]:
    """Times between `since` and `at` at which books suspended together, each book's by name."""
    clusters: list[dict[str, float]] = []
    for key in sorted(book.markets, key=lambda k: (k[0] != "1x2", k[0], k[1] or 0.0)):
        for stops in _suspensions(book.markets[key]):
            first, last = min(stops.values()), max(stops.values())
            if since < first and last <= at and not any(_near(c, first, last) for c in clusters):
                clusters.append(stops)
    return sorted(clusters, key=lambda stops: min(stops.values()))


def moments(
    book: MatchBook, clusters: Sequence[Mapping[str, float]], told: Sequence[Event], at: float
) -> list[Moment]:
    """Incidents by which any selection gained, as known at `at`, oldest first."""
    ends = [*(min(stops.values()) - 1.0 for stops in clusters[1:]), at]
    found = [_moment(book, *both, told) for both in zip(clusters, ends, strict=False)]
    found += [_told(book, event, at) for event in told if not is_known(event, clusters)]
    return sorted((m for m in found if m.gained), key=lambda m: (m.first, m.last))


def decides(event: Event) -> bool:
    """Whether an event decides bets, or changes their price at once."""
    return event.event in _DECIDING


def _suspensions(market: MarketBook) -> Iterator[dict[str, float]]:
    """Times at which enough books suspended together, each book's first."""
    stops = sorted([(at, name) for name, own in market.stops.items() for at in own])
    if len(stops) < _FEWEST_BOOKS:
        return
    needed = max(_FEWEST_BOOKS, math.ceil(_SHARE_OF_BOOKS * len(market.stops)))
    together: dict[str, float] = {}
    for at, name in [*stops, (math.inf, "")]:
        if together and at > max(together.values()) + _TOGETHER_S:
            if len(together) >= needed:
                yield together
            together = {}
        together.setdefault(name, at)


def _near(stops: Mapping[str, float], first: float, last: float) -> bool:
    return min(stops.values()) - _TOGETHER_S <= last and first <= max(stops.values()) + _TOGETHER_S


def is_known(event: Event, clusters: Iterable[Mapping[str, float]]) -> bool:
    """Whether an event is one at which books suspended; it is told up to minutes later."""
    at = event.at.timestamp()
    return any(-5.0 <= at - min(stops.values()) <= 2 * TOLD_LATE_S for stops in clusters)


def _moment(
    book: MatchBook, stops: Mapping[str, float], end: float, told: Sequence[Event]
) -> Moment:
    first, last = min(stops.values()), max(stops.values())
    gained = _shortened(book, first - 1.0, min(end, last + REOPENS_S))
    # Of goals shortly after one another each is told within the other's reach; the first counts.
    for event in (e for e in told if -5.0 <= e.at.timestamp() - first <= TOLD_LATE_S):
        return Moment(first, last, stops, gained | _decided(book, event))
    return Moment(first, last, stops, gained)


def _told(book: MatchBook, event: Event, at: float) -> Moment:
    last = event.at.timestamp()
    gained = _shortened(book, last - TOLD_LATE_S, min(at, last + REOPENS_S))
    return Moment(last - TOLD_LATE_S, last, {}, gained | _decided(book, event))


def _shortened(book: MatchBook, before: float, after: float) -> frozenset[Bought]:
    """Selections that shortened at half of the books or more."""
    found = set()
    for (name, line), market in book.markets.items():
        for selection in market.selections:
            ratios = list(_ratios(market, selection, before, after))
            if ratios and median(ratios) > _GAIN:
                found.add((name, line, selection))
    return frozenset(found)


def _decided(book: MatchBook, event: Event) -> frozenset[Bought]:
    """What gains by a goal, which may close a market before it has a new price."""
    if event.event != "goal":
        return frozenset()
    gains = {event.team, "over"}
    if event.score is not None and event.score[0] == event.score[1]:
        gains.add("draw")
    return frozenset(
        (name, line, selection)
        for (name, line), market in book.markets.items()
        for selection in market.selections
        if selection in gains
    )


def _ratios(market: MarketBook, selection: str, before: float, after: float) -> Iterator[float]:
    for offer in market.books.values():
        quote = offer.quote(selection)
        then, now = (quote.as_of(before), quote.as_of(after)) if quote else (None, None)
        if then is not None and now is not None:
            yield math.log(now / then)
