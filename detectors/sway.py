"""How far an in-play market sways about a goal model, and what goes beyond that."""

from collections.abc import Mapping
from math import exp, log, sqrt
from typing import NamedTuple

from detectors.detector import State
from markets.goals import GoalRates

# The market leans to the side that presses, and to a fast game. In clean simulated play the
# consensus differs from the goal model by 2.5 pp (standard deviation, home and away, 300 matches)
# in the first half and by 1.0 from minute 75 on, which at any score and clock is what these
# standard deviations of log(home rate / away rate) and log(home rate + away rate) bring about.
SUPREMACY, TEMPO = 0.11, 0.04
FADES_S = 480.0
WINDOWS_S = (60.0, 120.0, 240.0, 480.0)
FAST_S = 60.0
RAMP = 0.004
MOST_BIAS = 0.08
_BIAS_FADES_S = 4500.0
_SLOW_FLOOR = 0.06
_REACH = 1.6
_FORGET_S = 40 * 60.0
_APART_S = 8.0
_MOST_RESCALED = 1.5


class Residual(NamedTuple):
    """Distance of a market from what the play explains, and the spread that pressure gives it."""

    value: float
    sway: float


class Surprise(NamedTuple):
    """Log-likelihood ratio (nats) against mere sway, the sign of the move, and its window."""

    nats: float
    sign: float
    window_s: float


_Look = tuple[float, dict[str, Residual]]


class Sway:
    """Residuals of a market over time, held against a mean-reverting sway.

    Tests, at every look, whether the residual is further out than sway brings it (the level), and
    whether it has moved further within one of four windows than sway would have moved it: a
    window-limited generalised likelihood ratio for a process that is pulled back to its mean
    (Lai 1995, Journal of the Royal Statistical Society B 57; Ornstein-Uhlenbeck with the spread
    and the time constant of pressure). Good at a ramp of money within minutes. Bad at a lean that
    builds up over half an hour, which passes for the market's own bias.

    A move counts only as far as a ramp could have brought it since the last look, so what jumps
    must last; with a feed slower than a minute it must hold for two looks, and only the level
    counts. A slow bias is taken off once it is learned.

    Parameters
    ----------
    floors
        Noise of each residual that is not sway: ticks, margins, books that lag.
    """

    __slots__ = ("_bias", "_floors", "_learned_at", "_looks")

    def __init__(self, floors: Mapping[str, float]) -> None:
        self._floors = dict(floors)
        self._bias = dict.fromkeys(floors, 0.0)
        self._looks: list[_Look] = []
        self._learned_at: float | None = None

    def surprise(
        self, at: float, residuals: Mapping[str, Residual], *, slow: bool
    ) -> dict[str, Surprise]:
        """Most surprising test of each residual; none before the second look."""
        if not self._looks or at - self._looks[-1][0] > _FORGET_S:
            return {}
        since = at - self._looks[-1][0]
        allowed = 0.0 if slow else RAMP * max(since, _APART_S)
        found = {}
        for name, residual in residuals.items():
            last = self._looks[-1][1].get(name)
            held = _held(residual.value, last.value if last else 0.0, allowed)
            z, window = self._level(name, held, residual.sway, slow=slow)
            if not slow:
                for test in self._moves(at, name, held, residual.sway):
                    z, window = max((z, window), test, key=lambda t: abs(t[0]))
            found[name] = Surprise(0.5 * z * z, 1.0 if z > 0.0 else -1.0, window)
        return found

    def remember(self, at: float, residuals: Mapping[str, Residual]) -> None:
        """Keep a look."""
        if self._looks and at - self._looks[-1][0] < _APART_S:
            return
        self._looks.append((at, dict(residuals)))
        while at - self._looks[0][0] > max(_REACH * WINDOWS_S[-1], FAST_S) and len(self._looks) > 2:
            del self._looks[0]

    def learn(self, at: float, residuals: Mapping[str, Residual]) -> None:
        """Learn the slow bias, in proportion to the time that went by."""
        since = at - self._learned_at if self._learned_at is not None else 0.0
        self._learned_at = at
        part = 1.0 - exp(-max(0.0, since) / _BIAS_FADES_S)
        for name, one in residuals.items():
            bounded = min(max(one.value, -MOST_BIAS), MOST_BIAS)
            self._bias[name] += part * (bounded - self._bias[name])

    def state(self) -> State:
        """Bias and looks as plain numbers."""
        looks = [[at, {n: list(one) for n, one in seen.items()}] for at, seen in self._looks]
        return {"bias": dict(self._bias), "looks": looks, "learned_at": self._learned_at}

    def restore(self, state: State) -> None:
        """Take up what `state` gave."""
        self._bias = dict(state["bias"])
        self._looks = [
            (at, {name: Residual(*one) for name, one in seen.items()})
            for at, seen in state["looks"]
        ]
        self._learned_at = state["learned_at"]

    def _level(self, name: str, value: float, sway: float, *, slow: bool) -> tuple[float, float]:
        """Distance from the bias in standard deviations; a bias never makes a residual larger."""
        off = _beyond(value, self._bias[name])
        floor = _SLOW_FLOOR if slow else self._floors[name]
        return off / sqrt(sway * sway + floor * floor), 0.0

    def _moves(self, at: float, name: str, value: float, sway: float) -> list[tuple[float, float]]:
        """Move within each window against where the sway would have gone from its beginning."""
        tests, bias, floor = [], self._bias[name], self._floors[name]
        for window in WINDOWS_S:
            found = [look for look in self._before(at, window) if name in look[1]]
            if not found:
                continue
            kept = exp((found[0][0] - at) / FADES_S)
            moves = [
                (value - bias) - kept * (_rescaled(look[1][name], sway) - bias) for look in found
            ]
            variance = sway * sway * (1.0 - kept * kept) + floor * floor * (1.0 + kept * kept)
            tests.append((min(moves, key=abs) / sqrt(variance), at - found[0][0]))
        return tests

    def _before(self, at: float, window: float) -> list[_Look]:
        """Newest look as old as a window and the one before it, so that one slip does not count.

        None that are much older.
        """
        found: list[_Look] = []
        for look in reversed(self._looks):
            age = at - look[0]
            if age > _REACH * window or len(found) == 2:
                break
            if age >= window:
                found.append(look)
        return found


def tilted(rates: GoalRates, supremacy: float = 0.0, tempo: float = 0.0) -> GoalRates:
    """Move goal rates: `supremacy` in log(home / away), `tempo` in the log of their sum.

    >>> moved = tilted(GoalRates(1.5, 1.0), supremacy=0.11)
    >>> round(moved.home, 3), round(moved.away, 3)
    (1.565, 0.935)
    """
    goals = (rates.home + rates.away) * exp(tempo)
    home = goals / (1.0 + exp(-log(rates.home / rates.away) - supremacy))
    return GoalRates(home, goals - home, rates.rho)


def _held(now: float, last: float, allowed: float) -> float:
    """As much of a residual as may have come gradually since the last look."""
    if now >= 0.0:
        return min(now, max(0.0, last + allowed))
    return max(now, min(0.0, last - allowed))


def _rescaled(before: Residual, sway: float) -> float:
    """Say what the same lean of the market would be worth at the score and clock of now."""
    if before.sway <= 0.0:
        return before.value
    return before.value * min(sway / before.sway, _MOST_RESCALED)


def _beyond(value: float, bias: float) -> float:
    if value >= 0.0:
        return max(0.0, value - max(0.0, bias))
    return min(0.0, value - min(0.0, bias))
