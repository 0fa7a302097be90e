"""Markets beside the main ones, before the match: the Asian handicap, cards and corners.

Handicaps follow the rating that prices the 1x2; cards and corners have a life of their own. All
are slower, wider and quoted by fewer books than the main markets.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from random import Random
from typing import NamedTuple

from markets.handicaps import cover_probability
from markets.implied import expit, logit
from markets.records import Price, Status
from streams.simulator import attention
from streams.simulator.books import EXCHANGE, Book
from streams.simulator.prices import DAY, Rating, Step
from streams.simulator.scheme import Slant
from streams.simulator.seeds import stream
from streams.simulator.trading import Interruption, Lean, agenda

HANDICAP = "asian_handicap"
PROPS = ("cards", "corners")
_HANDICAP_LINES = (-2.5, -1.5, -0.5, 0.5, 1.5, 2.5)
_OVER = 3
_SLANT_STEPS = 12
# What a handicap does apart from the 1x2: log-odds over the day, in so many steps.
_OWN_DRIFT, _OWN_STEPS = 0.025, 16
# Cards and corners: a small drift; in a third of matches news that is theirs alone (who referees,
# wind and rain), 1 to 3 points; in a tenth an opening price that all copied and that is put right.
_PROP_DRIFT, _PROP_STEPS, _PROP_HEAVY = 0.045, 20, 0.5
_PROP_NEWS_IN, _PROP_NEWS = 0.35, (0.04, 0.13)
_WRONG_OPENING_IN, _WRONG_OPENING = 0.1, (0.06, 0.16)
_NOISE = 0.008
# Innocent errors in log-odds; the largest of a handicap is the price of the next line.
_SLIPS = {HANDICAP: (0.25, 1.2)}
_PROP_SLIP = (0.25, 0.6)

Kind = Callable[[Random, Book], Book]


class Shift(NamedTuple):
    """A change of log-odds at a second relative to the announced kick-off."""

    second: float
    log_odds: float


@dataclass(frozen=True, slots=True)
class SideMarket:
    """One market: its line, its true log-odds (of the first selection) in time, its books."""

    market: str
    line: float
    selections: tuple[str, str]
    truths: tuple[Shift, ...]
    books: tuple[Book, ...]


@dataclass(slots=True)
class SideTrader:
    """One book in one side market; it remembers what it quoted last."""

    book: Book
    side: SideMarket
    match: str
    start: datetime
    rng: Random
    _opinion: float = 0.0
    _believed: float = math.inf
    _prices: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Form the opinion that this book keeps until kick-off."""
        self._opinion = self.rng.gauss(0, self.book.opinion)

    def trade(self) -> Iterator[Price]:
        """Open, follow the true price at a distance, err, withdraw, close at kick-off."""
        opened = attention.opens(self.rng)
        breaks = attention.breaks_before(self.rng, self.book, opened)
        for second, what in agenda(self._looks(opened), breaks):
            if isinstance(what, Interruption):
                yield from self._interrupt(second, what)
            else:
                yield from self._quote(second, anew=what == "return")
        yield from self._tell(0.0, "closed")

    def _looks(self, opened: float) -> list[float]:
        delay = self.book.delay
        seen = (truth.second + delay * self.rng.uniform(0.7, 1.7) for truth in self.side.truths)
        return [opened, *(second for second in seen if opened < second < 0)]

    def _interrupt(self, second: float, what: Interruption) -> Iterator[Price]:
        if what.kind == "wrong":
            slip = self.rng.uniform(*_SLIPS.get(self.side.market, _PROP_SLIP))
            sign = self.rng.choice((-1, 1))
            yield from self._offer(second, self._view(second) + sign * slip, anew=False)
        elif what.kind == "withdrawn":
            yield from self._tell(second, "withdrawn")

    def _quote(self, second: float, *, anew: bool) -> Iterator[Price]:
        believed = self._view(second)
        if anew or abs(expit(believed) - expit(self._believed)) > self.book.sticky:
            yield from self._offer(second, believed, anew=anew)

    def _view(self, second: float) -> float:
        truths, seen = self.side.truths, second - attention.seen_after(self.book)
        known = bisect_right(truths, (seen, math.inf)) - 1
        return truths[max(0, known)].log_odds + self._opinion + self.rng.gauss(0, _NOISE)

    def _offer(self, second: float, believed: float, *, anew: bool) -> Iterator[Price]:
        self._believed = believed
        p = expit(believed)
        for selection, price in zip(
            self.side.selections, self.book.prices((p, 1 - p)), strict=True
        ):
            if anew or self._prices.get(selection) != price:
                self._prices[selection] = price
                yield self._record(second, selection, "open")

    def _tell(self, second: float, status: Status) -> Iterator[Price]:
        for selection in self._prices:
            yield self._record(second, selection, status)

    def _record(self, second: float, selection: str, status: Status) -> Price:
        return Price(
            at=self.start + timedelta(seconds=int(second)),
            match=self.match,
            market=self.side.market,
            line=self.side.line,
            selection=selection,
            book=self.book.name,
            price=self._prices[selection],
            status=status,
        )


def before(
    seed: int, index: int, match: str, start: datetime, markets: Iterable[SideMarket]
) -> Iterator[Price]:
    """Let each book of each side market trade until kick-off; not in time order."""
    for side in markets:
        for book in side.books:
            rng = stream(seed, index, f"{side.market}/{book.name}")
            yield from SideTrader(book, side, match, start, rng).trade()


def drawn(
    seed: int, index: int, roster: Sequence[Book], opening: Rating, steps: Sequence[Step],
    slants: Sequence[Slant] = (),
) -> Iterator[SideMarket]:  # fmt: skip
    """Draw the side markets of a match: who quotes them, at which line, and what is true."""
    rng = stream(seed, index, HANDICAP)
    line = handicap_line(opening)
    books = _quoting(rng, roster, (3, 6), _asian)
    shifts = [*_covering(opening, steps, line), *_walk(rng, _OWN_DRIFT, _OWN_STEPS)]
    shifts += _slanted(slants, HANDICAP, "home")
    cover = logit(cover_probability(opening.rates(), line))
    yield SideMarket(HANDICAP, line, ("home", "away"), _in_time(cover, shifts), books)
    for market in PROPS:
        rng = stream(seed, index, market)
        books = _quoting(rng, roster, (3, 5), _thin)
        wrong, news = _prop_shifts(rng)
        line, over = prop(opening, market)
        shifts = [*news, *_slanted(slants, market, "over")]
        truths = _in_time(logit(over) + wrong, shifts)
        yield SideMarket(market, line, ("over", "under"), truths, books)


def handicap_line(opening: Rating) -> float:
    """Choose the half line on which the teams are nearest to level."""
    rates = opening.rates()
    return min(_HANDICAP_LINES, key=lambda line: abs(cover_probability(rates, line) - 0.5))


def prop(opening: Rating, market: str) -> tuple[float, float]:
    """Give the main line of cards or corners and the probability of over.

    An even match has more cards, a one-sided one more corners.

    >>> [(line, round(over, 2)) for line, over in (
    ...     prop(Rating(0.25, 0.95), "cards"), prop(Rating(-1.2, 0.95), "corners"))]
    [(4.5, 0.46), (10.5, 0.53)]
    """
    uneven = abs(opening.supremacy)
    expected = 4.7 - 0.8 * uneven if market == "cards" else 9.9 + 0.9 * uneven
    spread = 2.1 if market == "cards" else 3.3
    line = math.floor(expected - 0.2) + 0.5
    # The median of a count lies below its mean, so the line is at about the mean less a fifth.
    return line, 0.5 * math.erfc((line - expected + 0.2) / (spread * math.sqrt(2)))


def total_leans(slants: Iterable[Slant]) -> tuple[Lean, ...]:
    """Turn slants of the total, which a main trader quotes, into his leans, one for each step."""
    return tuple(
        Lean(shift.second, math.inf, _OVER, shift.log_odds)
        for shift in _slanted(slants, "total", "over")
    )


def _asian(rng: Random, book: Book) -> Book:
    return replace(
        book, overround=0.5 * book.overround + 0.012, shape=1.0, opinion=0.03,
        delay=book.delay + rng.uniform(30, 240), sticky=1.3 * book.sticky, ladder="fine",
    )  # fmt: skip


def _thin(rng: Random, book: Book) -> Book:
    return replace(
        book, overround=book.overround + rng.uniform(0.02, 0.04), shape=1.0, opinion=0.07,
        delay=rng.uniform(120, 1200), sticky=rng.uniform(0.008, 0.016),
    )  # fmt: skip


def _quoting(
    rng: Random, roster: Sequence[Book], count: tuple[int, int], kind: Kind
) -> tuple[Book, ...]:
    makers = [book for book in roster if book.name != EXCHANGE]
    chosen = rng.sample(makers, min(len(makers), rng.randint(*count)))
    return tuple(kind(rng, book) for book in chosen)


def _covering(opening: Rating, steps: Sequence[Step], line: float) -> Iterator[Shift]:
    """Follow the rating: how the chance of covering the line changes with each of its steps."""
    ratings = accumulate(steps, Rating.moved, initial=opening)
    covers = [logit(cover_probability(rating.rates(), line)) for rating in ratings]
    for step, (then, now) in zip(steps, pairwise(covers), strict=True):
        yield Shift(step.second, now - then)


def _prop_shifts(rng: Random) -> tuple[float, list[Shift]]:
    """Draw how far the opening price is wrong, and all later innocent shifts."""
    shifts = _walk(rng, _PROP_DRIFT * rng.lognormvariate(0, _PROP_HEAVY), _PROP_STEPS)
    if rng.random() < _PROP_NEWS_IN:
        since, size = -3600 * rng.uniform(0.7, 20), rng.choice((-1, 1)) * rng.uniform(*_PROP_NEWS)
        shifts += _spread(rng, since, since + rng.uniform(300, 2400), size)
    if rng.random() >= _WRONG_OPENING_IN:
        return 0.0, shifts
    wrong = rng.choice((-1, 1)) * rng.uniform(*_WRONG_OPENING)
    since = -DAY + rng.uniform(1800, 7200)
    return wrong, shifts + _spread(rng, since, since + 7200, -wrong)


def _spread(rng: Random, since: float, until: float, size: float) -> list[Shift]:
    return [Shift(rng.uniform(since, until), size / 6) for _ in range(6)]


def _walk(rng: Random, spread: float, count: int) -> list[Shift]:
    scale = spread / math.sqrt(count)
    return [Shift(rng.uniform(-DAY, 0), rng.gauss(0, scale)) for _ in range(count)]


def _slanted(slants: Iterable[Slant], market: str, first: str) -> Iterator[Shift]:
    for slant in slants:
        part = (slant.shift if slant.selection == first else -slant.shift) / _SLANT_STEPS
        length = (slant.until - slant.since) / (_SLANT_STEPS - 1)
        if slant.market == market:
            yield from (Shift(slant.since + length * i, part) for i in range(_SLANT_STEPS))


def _in_time(opening: float, shifts: Iterable[Shift]) -> tuple[Shift, ...]:
    """Log-odds from each second on."""
    ordered = sorted(shifts)
    levels = accumulate((s.log_odds for s in ordered), initial=opening)
    return tuple(map(Shift, (-DAY, *(s.second for s in ordered)), levels))
