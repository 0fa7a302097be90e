"""In-play move that score, red cards and clock do not explain."""

from functools import lru_cache
from typing import ClassVar

from river import stats

from detectors.detector import MarketDetector, State
from detectors.evidence import Finding
from detectors.features import Features, Phase, Play, arc
from detectors.lasting import Lasting
from markets.goals import outcome_probabilities

_FADING = 0.02
MOST_BIAS = 0.05
HOLDS_S = 90.0
CERTAIN = 0.92
FEWEST_BOOKS = 3
_SELECTIONS = ("home", "draw", "away")


class UnexplainedInPlay(MarketDetector):
    """Distance of the in-play consensus from what a goal model expects, given the state of play.

    The model's goal rates are those of the pre-match 1X2 and totals; the expectation is a band
    over every score and clock that may have held around the moment, so a goal that the data feed
    tells late, or to the minute only, explains the jump. Good at a market that runs away from the
    match. Bad where the model does not know something the crowd sees (an injury, a missed
    penalty, pressure), and blind without a score feed or with fewer than three books whose prices
    still move, for of two that differ nobody knows which is wrong.

    Notes
    -----
    The raw score is the distance from the band on the arcsine scale, less the market's own slow
    bias (river's exponentially weighted mean), as far as it holds for a minute and a half.
    Forrest and McHale 2019 compare in-play forecast and market the same way; goal model in
    `markets.goals`.
    """

    name: ClassVar[str] = "unexplained-in-play"
    version: ClassVar[int] = 1
    family: ClassVar[str] = "in-play"
    unit: ClassVar[str] = "arcsine probability"
    markets: ClassVar[frozenset[str]] = frozenset({"1x2"})
    phases: ClassVar[frozenset[Phase]] = frozenset({"in_play"})
    sports: ClassVar[frozenset[str]] = frozenset({"football"})

    def __init__(self) -> None:
        self._bias: dict[str, stats.EWMean] = {}
        self._recent = Lasting(HOLDS_S)

    def find(self, features: Features) -> Finding | None:
        """Find the selection furthest from its band."""
        if features.play is None or len(features.consensus.used) < FEWEST_BOOKS:
            return None
        market = features.by_selection()
        band = expected_band(features.play)
        now = _residuals(features, features.play)
        held = {s: self._held(features.at, s, residual) for s, residual in now.items()}
        if not held:
            return None
        selection = max(held, key=held.__getitem__)
        if held[selection] <= 0.0:
            return None
        low, high = band[selection]
        nearest = min(max(market[selection], low), high)
        return Finding(
            raw=held[selection],
            selection=selection,
            observed=market[selection],
            expected=nearest,
            since=features.at - HOLDS_S,
            turn=features.at,
            books=tuple(features.consensus.used),
            values={"low": low, "high": high, "minute": features.play.minutes[0]},
            sentence=(
                f"{features.named(selection)} at {market[selection]:.0%} where score and clock "
                f"explain {nearest:.0%}, {features.when()}"
            ),
        )

    def remember_one(self, features: Features) -> None:
        """Keep this look, to see what holds."""
        if features.play is not None:
            self._recent.add(features.at, _residuals(features, features.play))

    def learn_one(self, features: Features) -> None:
        """Learn the market's slow bias against the model."""
        if features.play is not None:
            for selection, residual in _residuals(features, features.play).items():
                bias = self._bias.setdefault(selection, stats.EWMean(_FADING))
                bias.update(min(max(residual, -MOST_BIAS), MOST_BIAS))

    def state(self) -> State:
        """Bias of each selection, and the last looks."""
        bias = {selection: float(mean.get()) for selection, mean in self._bias.items()}
        return {"bias": bias, **self._recent.state()}

    def restore(self, state: State) -> None:
        """Take up bias and looks."""
        self._recent.restore(state)
        for selection, value in state["bias"].items():
            self._bias[selection] = stats.EWMean(_FADING)
            self._bias[selection].update(value)

    def innocent(self, features: Features) -> tuple[str, ...]:
        """Name what the crowd may see and the model does not."""
        del features
        return (
            "an injury, a missed penalty or a player about to be sent off",
            "a goal or red card that the data feed has missed",
            "in-play prices of frozen or slow books",
        )

    def _held(self, at: float, selection: str, now: float) -> float:
        """Smallest residual of this sign over the looks of the last minutes, bias taken off."""
        sign = 1.0 if now > 0.0 else -1.0
        held = min(sign * now, self._recent.least(at, selection, sign))
        bias = self._bias.get(selection)
        return held - max(0.0, sign * float(bias.get())) if bias else held


def _residuals(features: Features, play: Play) -> dict[str, float]:
    band = expected_band(play)
    return {s: outside(p, band[s]) for s, p in features.by_selection().items() if s in band}


@lru_cache(maxsize=8)
def expected_band(play: Play) -> dict[str, tuple[float, float]]:
    """Lowest and highest probability of each outcome over the states that may have held."""
    outcomes = [
        outcome_probabilities(play.rates, score, minute, reds)
        for score, reds in play.states
        for minute in play.minutes
    ]
    return {
        s: (min(o[i] for o in outcomes), max(o[i] for o in outcomes))
        for i, s in enumerate(_SELECTIONS)
    }


def outside(probability: float, band: tuple[float, float]) -> float:
    """Signed distance from a band on the arcsine scale, 0 inside it.

    Near certainty prices say little (the shortest a book offers is 1.01 or so), so both sides are
    clipped to `CERTAIN`.

    >>> outside(0.5, (0.4, 0.6)), round(outside(0.7, (0.4, 0.6)), 3), outside(0.93, (0.99, 1.0))
    (0.0, 0.21, 0.0)
    """
    now, low, high = (min(max(p, 1.0 - CERTAIN), CERTAIN) for p in (probability, *band))
    return arc(now) - arc(min(max(now, low), high))
