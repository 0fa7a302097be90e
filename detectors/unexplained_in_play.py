"""In-play move that score, red cards and clock do not explain."""

from functools import lru_cache
from math import hypot
from typing import ClassVar, NamedTuple

from detectors.detector import MarketDetector, State
from detectors.evidence import Finding
from detectors.features import Features, Phase, Play, arc
from detectors.fresh_prices import FreshPrices
from detectors.sway import FAST_S, SUPREMACY, TEMPO, Residual, Surprise, Sway, tilted
from markets.goals import Outcome, outcome_probabilities

CERTAIN = 0.95
FEWEST_BOOKS = 3
LAG_MINUTES = 0.4
_SELECTIONS = ("home", "draw", "away")
_WANTED = frozenset(_SELECTIONS)
_FLOORS = {"supremacy": 0.012, "draw": 0.03}


class _Seen(NamedTuple):
    """What was made of a look: worked out once, used to score, to remember and to learn."""

    features: Features
    chances: dict[str, float]
    residuals: dict[str, Residual]


class UnexplainedInPlay(MarketDetector):
    """Distance of the in-play market from what a goal model expects, given the state of play.

    The model's goal rates are those of the pre-match 1X2 and totals. Two residuals are watched on
    the arcsine scale, that of home against away and that of the draw, each against the sway that
    pressure and tempo bring into any market (`detectors.sway`). Where several states may have
    held, because the data feed tells late or to the minute only, the one that fits the prices best
    is taken, so a goal explains its jump.

    Good at a market that runs away from the match within minutes: money comes as a ramp. Bad where
    the crowd sees what the model does not (an injury, a missed penalty), and against a feed that
    polls each quarter of an hour, where a goal and a fix look alike for a look or two. Blind
    without a score feed, in other sports than football, beyond 95 %, and with fewer than three
    books whose prices still move, for of two that differ nobody knows which is wrong.

    Notes
    -----
    The raw score is a log-likelihood ratio in nats: half the squared distance in standard
    deviations of the clean sway. Forrest and McHale 2019 compare in-play forecast and market the
    same way; goal model in `markets.goals`.
    """

    name: ClassVar[str] = "unexplained-in-play"
    version: ClassVar[int] = 2
    family: ClassVar[str] = "in-play"
    unit: ClassVar[str] = "nats against sway"
    markets: ClassVar[frozenset[str]] = frozenset({"1x2"})
    phases: ClassVar[frozenset[Phase]] = frozenset({"in_play"})
    sports: ClassVar[frozenset[str]] = frozenset({"football"})

    def __init__(self) -> None:
        self._fresh = FreshPrices()
        self._seen: _Seen | None = None
        self._sway = Sway(_FLOORS)

    def find(self, features: Features) -> Finding | None:
        """Find the residual that sway explains least."""
        if len(features.consensus.used) < FEWEST_BOOKS:
            return None
        slow = features.spacing_s >= FAST_S
        residuals = self._look(features).residuals
        surprises = self._sway.surprise(features.at, residuals, slow=slow)
        if not surprises or features.play is None:
            return None
        axis = max(surprises, key=lambda name: surprises[name].nats)
        if surprises[axis].nats <= 0.0:
            return None
        return self._finding(features, features.play, axis, surprises[axis])

    def remember_one(self, features: Features) -> None:
        """Keep this look, to see what moves and what holds."""
        if residuals := self._look(features).residuals:
            self._sway.remember(features.at, residuals)

    def learn_one(self, features: Features) -> None:
        """Learn the market's slow bias against the model, and each book's own opinion."""
        if residuals := self._look(features).residuals:
            self._sway.learn(features.at, residuals)
            self._fresh.learn(features)
        self._seen = None

    def state(self) -> State:
        """Opinions of the books, bias, and the last looks."""
        return {"fresh": self._fresh.state(), "sway": self._sway.state()}

    def restore(self, state: State) -> None:
        """Take up what `state` gave."""
        self._seen = None
        self._fresh.restore(state["fresh"])
        self._sway.restore(state["sway"])

    def innocent(self, features: Features) -> tuple[str, ...]:
        """Name what the crowd may see and the model does not."""
        del features
        return (
            "an injury, a missed penalty or a player about to be sent off",
            "a goal or red card that the data feed has missed",
            "in-play prices of frozen or slow books",
        )

    def _look(self, features: Features) -> _Seen:
        if self._seen is None or self._seen.features is not features:
            chances = self._fresh.chances(features)
            self._seen = _Seen(features, chances, self._residuals(features, chances))
        return self._seen

    def _residuals(self, features: Features, chances: dict[str, float]) -> dict[str, Residual]:
        """Residuals against the state that fits best; none while a fast feed is between states."""
        play = features.play
        if play is None or set(features.selections) != _WANTED:
            return {}
        if features.spacing_s < FAST_S and len(play.states) > 1:
            return {}
        return residuals_of(_outcome(chances), expectations(play))

    def _finding(self, features: Features, play: Play, axis: str, surprise: Surprise) -> Finding:
        market = self._look(features).chances
        expected = dict(zip(_SELECTIONS, nearest(_outcome(market), play), strict=True))
        selection = _bought(axis, surprise.sign, market, expected)
        return Finding(
            raw=surprise.nats,
            selection=selection,
            observed=market[selection],
            expected=expected[selection],
            since=features.at - surprise.window_s,
            turn=features.at,
            books=tuple(features.consensus.used),
            values={"minute": play.minutes[0], "window_s": surprise.window_s},
            sentence=(
                f"{features.named(selection)} at {market[selection]:.0%} where score and clock "
                f"explain {expected[selection]:.0%}, {features.when()}"
            ),
        )


class Expectation(NamedTuple):
    """What one state of play explains: outcomes at the ends of its clock, and their sway."""

    ends: tuple[Outcome, Outcome]
    sways: dict[str, float]


@lru_cache(maxsize=64)
def expectations(play: Play) -> tuple[Expectation, ...]:
    """Expectation of every state that may have held; books' prices lag half a minute behind."""
    early, late = (max(0.0, minute - LAG_MINUTES) for minute in play.minutes)
    found = []
    for score, reds in play.states:
        end = outcome_probabilities(play.rates, score, late, reds)
        begin = end if early == late else outcome_probabilities(play.rates, score, early, reds)
        leaned = outcome_probabilities(tilted(play.rates, supremacy=SUPREMACY), score, late, reds)
        quick = outcome_probabilities(tilted(play.rates, tempo=TEMPO), score, late, reds)
        here, lean, tempo = _axes(end, 1.0), _axes(leaned, 1.0), _axes(quick, 1.0)
        sways = {name: hypot(lean[name] - x, tempo[name] - x) for name, x in here.items()}
        found.append(Expectation((begin, end), sways))
    return tuple(found)


def residuals_of(market: Outcome, explained: tuple[Expectation, ...]) -> dict[str, Residual]:
    """Residuals of a market against the one of several expectations that fits it best."""
    seen = _axes(market)
    fits: list[tuple[float, int, dict[str, float]]] = []
    for expectation in explained:
        ends = [_axes(outcome) for outcome in expectation.ends]
        off = {name: outside(x, [end[name] for end in ends]) for name, x in seen.items()}
        fits.append((sum(x * x for x in off.values()), len(fits), off))
    _, best, off = min(fits)
    return {name: Residual(x, explained[best].sways[name]) for name, x in off.items()}


def nearest(market: Outcome, play: Play) -> Outcome:
    """Outcome that fits a market best of all that the state of play explains."""
    seen = _axes(market)
    ends = [outcome for expectation in expectations(play) for outcome in expectation.ends]
    return min(ends, key=lambda o: sum((x - seen[n]) ** 2 for n, x in _axes(o).items()))


def outside(x: float, explained: list[float]) -> float:
    """Signed distance from all that lies between some values, 0 in between.

    >>> outside(0.5, [0.4, 0.6]), round(outside(0.7, [0.4, 0.6]), 3)
    (0.0, 0.1)
    """
    return x - min(max(x, min(explained)), max(explained))


def _axes(outcome: Outcome, certain: float = CERTAIN) -> dict[str, float]:
    """Put an outcome on two axes, home against away and the draw, on the arcsine scale.

    Near certainty prices say little (the shortest a book offers is 1.01 or so), so chances are
    clipped to `certain`.
    """
    home, draw, away = [arc(min(max(p, 1.0 - certain), certain)) for p in outcome]
    return {"supremacy": (home - away) / 2.0, "draw": draw}


def _outcome(chances: dict[str, float]) -> Outcome:
    return chances["home"], chances["draw"], chances["away"]


def _bought(axis: str, sign: float, market: dict[str, float], expected: dict[str, float]) -> str:
    """Selection that the move favours: of the two teams, when the draw fell, the one that rose."""
    if axis == "supremacy":
        return "home" if sign > 0.0 else "away"
    if sign > 0.0:
        return "draw"
    return max(("home", "away"), key=lambda s: market[s] - expected[s])
