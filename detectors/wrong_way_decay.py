"""Wrong-way decay: over holds or shortens while the clock runs without a goal."""

from functools import lru_cache
from math import hypot
from typing import ClassVar, NamedTuple

from detectors.detector import MarketDetector, State
from detectors.evidence import Finding
from detectors.features import Features, Phase, Play, arc
from detectors.fresh_prices import FreshPrices
from detectors.sway import FAST_S, SUPREMACY, TEMPO, Residual, Surprise, Sway, tilted
from markets.goals import over_probability

CERTAIN = 0.95
FEWEST_BOOKS = 3
LAG_MINUTES = 0.4
MOST_GOALS = 15.0
_FLOOR = 0.015


class _Seen(NamedTuple):
    """What was made of a look: worked out once, used to score, to remember and to learn."""

    features: Features
    chances: dict[str, float]
    residuals: dict[str, Residual]


class WrongWayDecay(MarketDetector):
    """Over of a total against its natural decay: late goals being bought.

    At a standing score over must drift out with every minute, as the goal model tells from the
    pre-match rates, score, red cards and clock. The residual of the books against it is tested
    for its level and for its move within one to eight minutes (`detectors.sway`), so an over that
    merely stays where it was while it ought to fall shows as clearly as one that shortens. Under
    being bought, a decay that is too quick, shows as well.

    Good at buying within five to fifteen minutes of quiet play. Bad where play stands still
    without a word (an injury, a video review, a drinking break): prices then rightly stand, and
    the clock is taken to be up to a tenth behind the time since the feed last told it, no more.
    Bad at a side that suddenly needs a goal, and at books that do not touch a price for ten
    minutes, which count as frozen. Blind without a score feed, in sports other than
    football, once the line is decided, beyond 95 %, and with fewer than three books.

    Notes
    -----
    The raw score is a log-likelihood ratio in nats. The pattern is what integrity services call
    an expected reaction that fails: calculated against actual odds for every minute (UEFA's
    betting fraud detection system); a model of totals' decay in `markets.goals`.
    """

    name: ClassVar[str] = "wrong-way-decay"
    version: ClassVar[int] = 1
    family: ClassVar[str] = "in-play"
    unit: ClassVar[str] = "nats against sway"
    markets: ClassVar[frozenset[str]] = frozenset({"total"})
    phases: ClassVar[frozenset[Phase]] = frozenset({"in_play"})
    sports: ClassVar[frozenset[str]] = frozenset({"football"})

    def __init__(self) -> None:
        self._fresh = FreshPrices()
        self._seen: _Seen | None = None
        self._sway = Sway({"over": _FLOOR})

    def find(self, features: Features) -> Finding | None:
        """Compare over with what its decay explains."""
        if len(features.consensus.used) < FEWEST_BOOKS or features.play is None:
            return None
        residuals = self._look(features).residuals
        slow = features.spacing_s >= FAST_S
        surprise = self._sway.surprise(features.at, residuals, slow=slow).get("over")
        if surprise is None or surprise.nats <= 0.0:
            return None
        return self._finding(features, features.play, surprise)

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
        """Name what lets over stand or move without anybody buying it for a reason."""
        del features
        return (
            "play stood still: an injury, a video review, a drinking break",
            "a side that needs a goal, or a substitution that opens the match",
            "a goal or red card that the data feed has missed",
        )

    def _look(self, features: Features) -> _Seen:
        if self._seen is None or self._seen.features is not features:
            chances = self._fresh.chances(features)
            self._seen = _Seen(features, chances, self._residuals(features, chances))
        return self._seen

    def _residuals(self, features: Features, chances: dict[str, float]) -> dict[str, Residual]:
        """Residual of over against the state that fits best; none while it is decided."""
        play, line = features.play, features.market.line
        if play is None or set(features.selections) != {"over", "under"} or not _of_goals(line):
            return {}
        if features.spacing_s < FAST_S and len(play.states) > 1:
            return {}
        explained = decayed(play, line or 0.0)
        if not explained:
            return {}
        now = _clipped(chances["over"])
        return {"over": min((_residual(now, one) for one in explained), key=_size)}

    def _finding(self, features: Features, play: Play, surprise: Surprise) -> Finding:
        over = self._look(features).chances["over"]
        expected = min((p for _, p, _ in decayed(play, features.market.line or 0.0)),
                       key=lambda p: abs(p - over))  # fmt: skip
        bought = surprise.sign > 0.0
        observed, explained = (over, expected) if bought else (1.0 - over, 1.0 - expected)
        name = features.named("over" if bought else "under")
        return Finding(
            raw=surprise.nats,
            selection="over" if bought else "under",
            observed=observed,
            expected=explained,
            since=features.at - surprise.window_s,
            turn=features.at,
            books=tuple(features.consensus.used),
            values={"minute": play.minutes[0], "window_s": surprise.window_s},
            sentence=(
                f"{name} at {observed:.0%} where score and clock explain {explained:.0%}, "
                f"{features.when()}"
            ),
        )


@lru_cache(maxsize=64)
def decayed(play: Play, line: float) -> tuple[tuple[float, float, float], ...]:
    """Over at the beginning and end of the clock and its sway, for each state that leaves it open.

    Examples
    --------
    >>> from markets.goals import GoalRates
    >>> level = Play((((0, 0), (0, 0)),), (60.0, 60.0), GoalRates(1.6, 1.0))
    >>> [tuple(round(x, 3) for x in one) for one in decayed(level, 1.5)]
    [(0.297, 0.297, 0.035)]
    """
    early, late = (max(0.0, minute - LAG_MINUTES) for minute in play.minutes)
    found = []
    for score, reds in play.states:
        if sum(score) > line:
            continue
        begin, end, lean, tempo = (
            over_probability(rates, line, score, minute, reds)
            for rates, minute in (
                (play.rates, early),
                (play.rates, late),
                (tilted(play.rates, supremacy=SUPREMACY), late),
                (tilted(play.rates, tempo=TEMPO), late),
            )
        )
        found.append((begin, end, hypot(arc(lean) - arc(end), arc(tempo) - arc(end))))
    return tuple(found)


def _residual(now: float, explained: tuple[float, float, float]) -> Residual:
    begin, end, sway = explained
    low, high = sorted((_clipped(begin), _clipped(end)))
    return Residual(now - min(max(now, low), high), sway)


def _clipped(p: float) -> float:
    return arc(min(max(p, 1.0 - CERTAIN), CERTAIN))


def _size(residual: Residual) -> float:
    return abs(residual.value)


def _of_goals(line: float | None) -> bool:
    """Whether a line can be one of football's goals, which is all that the goal model takes."""
    return line is not None and 0.0 <= line <= MOST_GOALS and (4.0 * line) % 1.0 == 0.0
