"""Spot-fixing: a prop market moves while the main markets are flat."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import ClassVar

from detectors.detector import MatchDetector, State
from detectors.evidence import Finding
from detectors.features import Features, MatchFeatures, Phase, arc, named, span
from detectors.lasting import Lasting
from detectors.noise import Noise
from markets.book import MarketBook, MarketKey
from markets.offers import Quote

MAIN = frozenset({"1x2", "winner", "total", "asian_handicap"})
WINDOW_S = 6 * 3600.0
LEARNED_EACH_S = 15 * 60.0
FEWEST_BOOKS = 2
FLOOR = 0.015
_WIDEST = 3.0
_LEAST = 0.01


@dataclass(slots=True, frozen=True)
class _PropMove:
    """What books did to one selection: arcs by book, strongest first, and fair probabilities."""

    market: MarketBook
    selection: str
    sizes: tuple[tuple[float, str], ...]
    before: float
    now: float
    middle: Quote

    @property
    def breadth(self) -> float:
        """The move that at least half of the books, and no fewer than two, have made."""
        return self.sizes[_half(len(self.sizes)) - 1][0]


class SpotFix(MatchDetector):
    """The move of a prop market (cards, corners, first set ...) beyond that of the main markets.

    Good at money on what one player or referee can decide alone: the result's prices do not know
    of it. Bad at telling it from news that concerns the prop alone (who referees, wind, a player
    known for his fouls), and blind when one book alone quotes the market or when its line is
    moved instead of its price. Where the result moves too, only what goes beyond it counts.

    Notes
    -----
    The raw score is the k-th largest move of the books within six hours, k half of them and at
    least two, on the arcsine scale of de-vigged probabilities, less what the median book moved
    any selection of a main market, over the square root of the market's own noise in units of its
    prior (river's exponentially weighted mean square, learned six hours late so that a move does
    not excuse itself). Practice: operators' alerts on card markets (IBIA, FA cases since 2018).
    """

    name: ClassVar[str] = "spot-fix"
    version: ClassVar[int] = 1
    family: ClassVar[str] = "props"
    unit: ClassVar[str] = "arcsine probability"
    phases: ClassVar[frozenset[Phase]] = frozenset({"day", "late"})

    def __init__(self) -> None:
        self._noise: dict[str, Noise] = {}
        self._learned: dict[str, tuple[float, float]] = {}
        self._levels = Lasting(WINDOW_S)

    def find(self, features: MatchFeatures) -> Finding | None:
        """Find the prop selection that moved most beyond the main markets."""
        since = max(features.at - WINDOW_S, features.warm_since)
        moves = [
            (move.breadth, self._restless(move.market), move)
            for market in _props(features)
            for move in _moves(market, since)
            if move.breadth > _LEAST
        ]
        if not moves:
            return None
        main = _main_move(features, since)
        raw, move = max(
            (((size - main) / math.sqrt(restless), move) for size, restless, move in moves),
            key=lambda scored: (scored[0], scored[1].market.market, scored[1].selection),
        )
        return self._finding(features, move, raw, main, since) if raw > 0.0 else None

    def learn_one(self, features: MatchFeatures) -> None:
        """Learn how restless each prop is, from its levels of six hours ago."""
        for name, level in self._levels.before(features.at).items():
            at, before = self._learned.get(name, (features.at - 2 * LEARNED_EACH_S, level))
            if features.at - at >= LEARNED_EACH_S:
                noise = self._noise.setdefault(name, Noise(FLOOR))
                noise.learn(level - before, seconds=features.at - at)
                self._learned[name] = (features.at, level)

    def remember_one(self, features: MatchFeatures) -> None:
        """Keep the level of each prop, for learning from it later."""
        levels = {_name(m): _level(m) for m in _props(features)}
        self._levels.add(features.at, {name: x for name, x in levels.items() if x is not None})

    def state(self) -> State:
        """Noise of each prop, the levels it was learned from, and those still to be learned."""
        noise = {name: known.state() for name, known in self._noise.items()}
        return {"noise": noise, "learned": self._learned, **self._levels.state()}

    def restore(self, state: State) -> None:
        """Take up noise and levels."""
        self._levels.restore(state)
        self._learned = {name: (at, level) for name, (at, level) in state["learned"].items()}
        for name, value in state["noise"].items():
            self._noise.setdefault(name, Noise(FLOOR)).restore(value)

    def innocent(self, features: MatchFeatures) -> tuple[str, ...]:
        """Name what else moves a prop alone."""
        del features
        return (
            "news that concerns this market alone (who referees, weather, who takes part)",
            "a wrong opening price that several books had copied",
            "a thin market: few and small bets move it",
        )

    def _restless(self, market: MarketBook) -> float:
        noise = self._noise.get(_name(market))
        return min(max(1.0, noise.per_root_hour / FLOOR), _WIDEST) if noise else 1.0

    def _finding(
        self, features: MatchFeatures, move: _PropMove, raw: float, main: float, since: float
    ) -> Finding:
        market = move.market
        followers = tuple(book for size, book in move.sizes if size >= move.breadth / 2)
        what = named(features.book, move.selection, market.line)
        return Finding(
            raw=raw,
            selection=move.selection,
            observed=move.now,
            expected=move.before,
            since=since,
            turn=_turn(move.middle, since),
            books=followers,
            values={
                "breadth": move.breadth,
                "main_move": main,
                "restless": self._restless(market),
                "books": len(move.sizes),
            },
            sentence=(
                f"{len(followers)} of {len(move.sizes)} books moved {what} ({market.market}) from "
                f"{move.before:.0%} to {move.now:.0%} within "
                f"{span((features.at - since) / 60.0)} while the main markets moved by "
                f"{50 * main:.1f} points or less, {features.when()}"
            ),
            market=market.market,
            line=market.line,
        )


def _half(books: int) -> int:
    return max(FEWEST_BOOKS, (books + 1) // 2)


def _name(market: MarketBook) -> str:
    return f"{market.market}|{market.line}"


def _props(features: MatchFeatures) -> Iterator[MarketBook]:
    """Markets beside the main ones that enough books quote, in a fixed order."""
    markets = features.book.markets
    for key in sorted(markets, key=_order):
        if key[0] not in MAIN and len(markets[key].books) >= FEWEST_BOOKS:
            yield markets[key]


def _order(key: MarketKey) -> tuple[str, float]:
    return key[0], -math.inf if key[1] is None else key[1]


def _moves(market: MarketBook, since: float) -> Iterator[_PropMove]:
    """Moves of each selection at the books that offered it, once half of them have moved."""
    rows, changed = [], 0
    for row in market.offered():
        then = row.fair
        if row.moved_at > since:
            before = [quote.as_of(since) or quote.first for quote in row.quotes]
            changed += before != [quote.value for quote in row.quotes]
            then = _fair(before)
        rows.append((row, then))
    if changed < _half(len(rows)):  # mostly; no selection then has any breadth
        return
    for index, selection in enumerate(market.selections):
        sizes = sorted(
            [(arc(row.fair[index]) - arc(then[index]), row.book) for row, then in rows],
            reverse=True,
        )
        middle = sizes[len(sizes) // 2][1]
        row, then = next(one for one in rows if one[0].book == middle)
        yield _PropMove(
            market, selection, tuple(sizes), then[index], row.fair[index], row.quote(index)
        )


def _turn(quote: Quote, since: float) -> float:
    """First moment at which a book had made half of its move."""
    half = 0.5 * ((quote.as_of(since) or quote.first) + quote.value)
    rose = quote.value >= half
    for at, value in quote.changes():
        if at > since and (value >= half) == rose:
            return at
    return quote.moved_at


def _fair(values: Sequence[float]) -> tuple[float, ...]:
    total = sum(values)
    return tuple([value / total for value in values])


def _level(market: MarketBook) -> float | None:
    """Median level of the first selection, in arcs; None while no book offers the market."""
    levels = [arc(row.fair[0]) for row in market.offered()]
    return median(levels) if levels else None


def _main_move(features: MatchFeatures, since: float) -> float:
    """How far the median book moved that selection of a main market which moved most."""
    found = [
        m for key, seen in features.markets.items() if key[0] in MAIN for m in _medians(seen, since)
    ]
    return max(found, default=0.0)


def _medians(features: Features, since: float) -> Iterator[float]:
    rows = list(features.offered)
    for index in range(len(features.selections)):
        quotes = [row.quote(index) for row in rows]
        yield abs(median([_moved(quote, since) for quote in quotes]))


def _moved(quote: Quote, since: float) -> float:
    then, now = quote.as_of(since) or quote.first, quote.value
    return 0.0 if then == now else arc(now) - arc(then)
