"""Cross-market inconsistency: one market implies other goals than another."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from statistics import median
from typing import ClassVar, NamedTuple

from river import stats

from detectors.detector import MatchDetector, State
from detectors.evidence import Finding
from detectors.features import Features, MatchFeatures, Phase, arc
from detectors.lasting import Lasting
from detectors.noise import Noise
from markets.goal_fit import fit_rates
from markets.goals import GoalRates, outcome_probabilities, over_probability
from markets.handicaps import cover_probability

LASTS_S = 30 * 60.0
LEARNED_LATE_S = 6 * 3600.0
LEARNED_EACH_S = 15 * 60.0
SETTLED_S = 3600.0
FEWEST_BOOKS, FEWEST_OF_TOTAL = 3, 4
FLOORS = {"asian_handicap": 0.025, "total": 0.012}
_FADING = 0.15
_MOST_GOALS = 12.0
_MOST_STEPS = 60


@dataclass(slots=True, frozen=True)
class Comparison:
    """One market against what the others imply; `distance` is in arcs, its own bias left in.

    Positive when the first selection (home, over) is dearer than implied. `error` is the books'
    own uncertainty of the distance, `rates` gives what the others imply when it is asked for.
    """

    market: str
    line: float
    observed: float
    rates: Callable[[], GoalRates]
    distance: float
    error: float
    books: tuple[str, ...]

    @property
    def implied(self) -> float:
        """Probability of the first selection as the other markets have it."""
        if self.market == "total":
            return over_probability(self.rates(), self.line)
        return cover_probability(self.rates(), self.line)

    @property
    def name(self) -> str:
        """Under which its usual distance is kept."""
        return f"{self.market}|{self.line}"


class _Seen(NamedTuple):
    """A look and what was made of it: to score, to remember and to learn."""

    features: MatchFeatures
    compared: tuple[Comparison, ...]


class MarketMismatch(MatchDetector):
    """How far handicap and total have left what the 1x2 implies, beyond their usual distance.

    Good at money that goes where the limits are high (the Asian markets) while the 1x2, which
    everybody looks at, stays. Each comparison has a bias of its own, because goals are not quite
    Poisson and margins differ: it is learned, and only what comes on top counts, if it lasts half
    an hour; a market that lags behind another does not. Bad with the total: all that the 1x2
    says of goals is in the price of the draw, in which ten points of over are less than two.
    Blind in the first hour, with fewer than three books, and to a mismatch that was there from
    the start. Correct scores are not compared: one or two books quote them, wide and late.

    Notes
    -----
    Handicap: arc(consensus of home covering) - arc(the same from goal rates fitted to 1x2 and
    totals). Total: arc(price of the draw) - arc(draw implied by the total's goals and the 1x2's
    supremacy), taken in the price of the draw because there its noise is even. The bias is
    river's exponentially weighted mean, six hours late so that a slow mismatch does not excuse
    itself; the raw score is the least excess in half an hour over the root of the summed squares
    of the books' uncertainty and the comparison's own noise (exponentially weighted, with a
    floor). Practice: UEFA's detection system compares Asian handicap, totals and 1x2; goal rates
    as in Dixon and Coles 1997.
    """

    name: ClassVar[str] = "market-mismatch"
    version: ClassVar[int] = 2
    family: ClassVar[str] = "mismatch"
    unit: ClassVar[str] = "times the usual distance"
    phases: ClassVar[frozenset[Phase]] = frozenset({"day", "late"})
    sports: ClassVar[frozenset[str]] = frozenset({"football"})

    def __init__(self) -> None:
        self._first: dict[str, float] = {}
        self._bias: dict[str, stats.EWMean] = {}
        self._noise: dict[str, Noise] = {}
        self._learned_at: float | None = None
        self._recent = Lasting(LASTS_S)
        self._past = Lasting(LEARNED_LATE_S)
        self._seen: _Seen | None = None

    def find(self, features: MatchFeatures) -> Finding | None:
        """Find the market that has left the others most."""
        best: tuple[float, float, Comparison] | None = None
        for compared in self._compared(features):
            sign, excess = self._excess(features.at, compared)
            raw = excess / math.hypot(self._usual(compared), compared.error)
            if raw > 0.0 and (best is None or raw > best[0]):
                best = raw, sign, compared
        return self._finding(features, *best) if best else None

    def learn_one(self, features: MatchFeatures) -> None:
        """Learn each comparison's bias and noise: at first as it is, then six hours late."""
        if self._learned_at is None or features.at - self._learned_at >= LEARNED_EACH_S:
            self._learned_at = features.at
            self._learn_all(features)
        self._seen = None

    def remember_one(self, features: MatchFeatures) -> None:
        """Keep the distances, to see what lasts and to learn from them later."""
        distances = {one.name: one.distance for one in self._compared(features)}
        self._recent.add(features.at, distances)
        self._past.add(features.at, distances)

    def state(self) -> State:
        """Bias and noise of each comparison, since when it is known, and the distances kept."""
        return {
            "first": self._first,
            "bias": {name: float(bias.get()) for name, bias in self._bias.items()},
            "noise": {name: noise.state() for name, noise in self._noise.items()},
            "learned_at": self._learned_at,
            "recent": self._recent.state(),
            "past": self._past.state(),
        }

    def restore(self, state: State) -> None:
        """Take up what `state` gave."""
        self._seen = None
        self._first = dict(state["first"])
        self._learned_at = state["learned_at"]
        self._recent.restore(state["recent"])
        self._past.restore(state["past"])
        for name, bias in state["bias"].items():
            self._bias[name] = stats.EWMean(_FADING)
            self._bias[name].update(bias)
        for name, noise in state["noise"].items():
            self._noise[name] = _noise(name)
            self._noise[name].restore(noise)

    def innocent(self, features: MatchFeatures) -> tuple[str, ...]:
        """Name what else sets two markets apart."""
        del features
        return (
            "news that changes the goals expected but not who wins (weather, tactics, keeper)",
            "a line that is about to be moved, quoted by books that are late",
            "a wrong price that several books had copied",
        )

    def _compared(self, features: MatchFeatures) -> tuple[Comparison, ...]:
        """Compare the markets of a look, worked out once for all that is asked of it."""
        if self._seen is None or self._seen.features is not features:
            self._seen = _Seen(features, tuple(comparisons(features)))
        return self._seen.compared

    def _excess(self, at: float, compared: Comparison) -> tuple[float, float]:
        """Sign and size of what has lasted beyond the bias.

        A bias to the other side counts for nothing: a market that comes nearer to the others, as
        after a wrong opening price, contradicts them less than before.
        """
        name = compared.name
        bias = self._bias.get(name)
        if bias is None or at - self._first.get(name, at) < SETTLED_S:
            return 1.0, 0.0
        sign = math.copysign(1.0, compared.distance - bias.get())
        least = min(self._recent.least(at, name, sign), sign * compared.distance)
        known = name in self._recent.before(at)
        return sign, least - max(0.0, sign * bias.get()) if known else 0.0

    def _usual(self, compared: Comparison) -> float:
        noise = self._noise.get(compared.name)
        return noise.per_root_hour if noise else FLOORS[compared.market]

    def _learn_all(self, features: MatchFeatures) -> None:
        at, late = features.at, self._past.before(features.at)
        for compared in self._compared(features):
            name = compared.name
            if at - self._first.setdefault(name, at) < SETTLED_S:
                self._learn(name, compared.distance, settled=False)
            elif name in late:
                self._learn(name, late[name], settled=True)

    def _learn(self, name: str, distance: float, *, settled: bool) -> None:
        bias = self._bias.get(name)
        # While books are still opening their prices, the newest look is the best there is.
        if bias is None or not settled:
            bias = self._bias[name] = stats.EWMean(_FADING)
        if settled:
            noise = self._noise.setdefault(name, _noise(name))
            noise.learn(distance - bias.get(), seconds=3600.0)
        bias.update(distance)

    def _finding(
        self, features: MatchFeatures, raw: float, sign: float, compared: Comparison
    ) -> Finding:
        sides = ("over", "under") if compared.market == "total" else ("home", "away")
        selection = sides[0 if sign > 0 else 1]
        observed, implied = compared.observed, compared.implied
        if sign < 0:
            observed, implied = 1.0 - observed, 1.0 - implied
        return Finding(
            raw=raw,
            selection=selection,
            observed=observed,
            expected=implied,
            since=features.at - LASTS_S,
            turn=features.at,
            books=compared.books,
            values={
                "distance": compared.distance,
                "bias": float(self._bias[compared.name].get()),
                "error": compared.error,
            },
            sentence=(
                f"{features.named(selection, compared.line)} ({compared.market}) at "
                f"{observed:.0%} with {len(compared.books)} books where the other markets imply "
                f"{implied:.0%}, {raw:.1f} times the usual distance for half an hour, "
                f"{features.when()}"
            ),
            market=compared.market,
            line=compared.line,
        )


def comparisons(features: MatchFeatures) -> Iterator[Comparison]:
    """Compare each handicap, and the main line of the total, with the 1x2."""
    main = features.markets.get(("1x2", None))
    if main is None or len(main.offered) < FEWEST_BOOKS or len(main.selections) != 3:
        return
    away, draw, home = main.consensus.probabilities
    totals = sorted(_lines(features, "total"), key=lambda item: abs(_first(item[1]) - 0.5))
    over = tuple((line, _inside(_first(seen))) for line, seen in totals[:1])
    compared = [_of_total(main, line, seen) for line, seen in totals[:1]]
    yield from (one for one in compared if one)
    for line, seen in _lines(features, "asian_handicap"):
        rates = partial(_rates, *_rounded(home, draw, away), over)
        implied = cover_probability(rates(), line)
        observed = _first(seen, "home")
        if 0.02 < implied < 0.98:
            yield Comparison(
                "asian_handicap", line, observed, rates, arc(observed) - arc(implied),
                math.hypot(_error(seen, 0), _error(main, 2)), seen.consensus.used,
            )  # fmt: skip


def _of_total(main: Features, line: float, seen: Features) -> Comparison | None:
    """Compare the total with the draw at the books that quote both: who quotes what changes."""
    books = sorted(set(main.consensus.used) & set(seen.consensus.used))
    if len(books) < FEWEST_OF_TOTAL:
        return None
    of_main, of_total = ({row.book: row.fair for row in one.offered} for one in (main, seen))
    away, draw, home = map(median, zip(*map(of_main.__getitem__, books), strict=True))
    over = median([of_total[book][0] for book in books])
    rates = _without_draw(round(home / (home + away), 4), line, round(over, 4))
    whole = home + draw + away
    main_alone = partial(_rates, *_rounded(home / whole, draw / whole, away / whole), ())
    # A dear draw means few goals: over is bought where the draw is dearer than the total makes it.
    distance = arc(draw) - arc(outcome_probabilities(rates)[1])
    return Comparison(
        "total", line, over, main_alone, distance, _error(main, 1), tuple(books)
    )  # fmt: skip


def _lines(features: MatchFeatures, market: str) -> Iterator[tuple[float, Features]]:
    for (name, line), seen in features.markets.items():
        if name != market or line is None or (4.0 * line) % 1.0 or not -6.0 <= line <= 9.0:
            continue
        if len(seen.offered) >= FEWEST_BOOKS and (market != "total" or line > 0.0):
            yield line, seen


def _first(seen: Features, selection: str = "over") -> float:
    return seen.by_selection()[selection]


def _error(seen: Features, index: int) -> float:
    """Uncertainty of a consensus in arcs, from the spread of its books in log-odds."""
    p = seen.consensus.probabilities[index]
    scale = math.sqrt(p * (1.0 - p) / len(seen.consensus.used))
    return seen.consensus.spread[index] * scale


def _rounded(home: float, draw: float, away: float) -> tuple[float, float, float]:
    return _inside(home), _inside(draw), _inside(away)


def _inside(p: float) -> float:
    return min(max(round(p, 4), 1e-4), 1.0 - 1e-4)


def _noise(name: str) -> Noise:
    return Noise(FLOORS[name.partition("|")[0]])


@lru_cache(maxsize=4096)
def _rates(
    home: float, draw: float, away: float, totals: tuple[tuple[float, float], ...]
) -> GoalRates:
    return fit_rates(home, draw, away, totals)


@lru_cache(maxsize=4096)
def _without_draw(home: float, line: float, over: float) -> GoalRates:
    """Goal rates that meet the total and home's share of the decided matches, whatever the draw."""
    goals = _goals(line, over)

    def more(share: float) -> float:
        won, _, lost = outcome_probabilities(_split(goals, share))
        return won / (won + lost) - home

    return _split(goals, _root(0.01, 0.99, more))


@lru_cache(maxsize=4096)
def _goals(line: float, over: float) -> float:
    """Goals at which over of a line is as dear."""
    return _root(0.05, _MOST_GOALS, lambda g: over_probability(_split(g, 0.5), line) - over)


def _root(low: float, high: float, rising: Callable[[float], float]) -> float:
    """Where a rising function is zero; the nearer end where that is not in between.

    False position after the Illinois rule: nine steps where halving takes twenty, without the
    half second that scipy's solvers need to be imported.
    """
    below, above = rising(low), rising(high)
    if below >= 0.0 or above <= 0.0:
        return low if below >= 0.0 else high
    before = 0.0
    for _ in range(_MOST_STEPS):
        middle = high - above * (high - low) / (above - below)
        there = rising(middle)
        if abs(there) < 1e-8:
            break
        # An end that stays put twice pulls less, or the other would hardly come nearer.
        part = 0.5 if there * before > 0.0 else 1.0
        if there < 0.0:
            low, below, above = middle, there, part * above
        else:
            high, above, below = middle, there, part * below
        before = there
    return middle


def _split(goals: float, share: float) -> GoalRates:
    return GoalRates(goals * share, goals * (1.0 - share))
