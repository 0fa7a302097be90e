"""From prices at kick-off to goal rates: what `markets.goals` turns into prices, the other way.

Least squares on a problem of two or three unknowns, with exact derivatives: these of a Poisson
difference are its own probabilities, so they cost next to nothing. scipy's and numpy's solvers take
several times as long on a problem this small.
"""

from collections.abc import Sequence
from math import ceil, exp, floor, log, sqrt
from typing import NamedTuple

from markets.goals import (
    GoalRates,
    Outcome,
    at_most,
    dependence,
    differences,
    lines_of,
)
from markets.implied import expit, logit

_TYPICAL_GOALS = 2.65
_RATE_LIMITS = (log(0.01), log(12.0))
_LARGEST_RHO = 0.3
_MOST_STEPS = 30
_SURE = 1e-9  # beyond it `logit` stands still

Row = tuple[float, float, float]
"""How one figure grows with the logarithms of both rates, and with the dependence."""


def fit_rates(
    home: float,
    draw: float,
    away: float,
    totals: Sequence[tuple[float, float]] = (),
    rho: float | None = None,
) -> GoalRates:
    """Find the goal rates whose prices at kick-off are those of the market.

    Least squares in log-odds. With totals it is sound; without, the number of goals rests on the
    price of the draw alone, and half a percentage point of draw is about a tenth of a goal.

    Parameters
    ----------
    home, draw, away
        Pre-match probabilities, overround removed; they are rescaled to sum to 1.
    totals
        (line, probability of over) pairs in the sense of `over_probability`. Together they weigh
        as much as one selection, however many lines there are.
    rho
        Dixon-Coles dependence to be used; None fits it where there are totals and takes 0
        elsewhere (without totals the draw cannot tell it from fewer goals).

    Raises
    ------
    ValueError
        When a probability is not in (0, 1), the three are further than 0.01 from summing to 1,
        or a line is no multiple of a quarter.

    Examples
    --------
    >>> rates = fit_rates(0.513, 0.250, 0.237, [(2.5, 0.482)])
    >>> round(rates.home, 2), round(rates.away, 2)
    (1.6, 1.0)
    """
    market = _checked(home, draw, away, totals)
    target = _Target(market, totals, rho, free=rho is None and bool(totals))
    return _rates(_least_squares(target))


class _Fit(NamedTuple):
    """Distances from the market at one place, their squares summed, and how they grow."""

    off: list[float]
    squares: float
    slopes: list[Row]


class _Target:
    """The market to be met: logarithms of the rates, and dependence, to distances in log-odds."""

    def __init__(
        self,
        market: Outcome,
        totals: Sequence[tuple[float, float]],
        rho: float | None,
        *,
        free: bool,
    ) -> None:
        self._market = [logit(p) for p in market]
        self._totals = [(lines_of(line), logit(over)) for line, over in totals]
        self._weight = 1.0 / sqrt(len(totals)) if totals else 0.0
        self._rho = rho or 0.0
        self.free = free

    def start(self) -> Row:
        share = expit(0.4 * (self._market[0] - self._market[2]))
        goals = _TYPICAL_GOALS
        if self._totals:
            lines, over = self._totals[0]
            goals = max(0.5, lines[0] + 0.2 + 0.75 * over)
        return log(goals * share), log(goals * (1.0 - share)), self._rho

    def at(self, place: Row) -> _Fit:
        home, away, rho = exp(place[0]), exp(place[1]), place[2]
        goals = home + away
        moved = dependence(home, away, rho)
        moves = _moves(home, away, rho, moved)
        found = _outcomes(home, away, moved, moves)
        off = [logit(p) - m for (p, _), m in zip(found, self._market, strict=True)]
        slopes = [_in_log_odds(p, row) for p, row in found]
        for lines, over in self._totals:
            p, row = _over(home, away, moved, moves, lines)
            off.append(self._weight * (logit(p) - over))
            a, b, c = _in_log_odds(p, row)
            slopes.append((self._weight * a, self._weight * b, self._weight * c))
        # Faint beliefs that only speak where the market leaves the answer open.
        off += [0.02 * log(goals / _TYPICAL_GOALS), 0.05 * rho]
        slopes += [(0.02 * home / goals, 0.02 * away / goals, 0.0), (0.0, 0.0, 0.05)]
        return _Fit(off, sum([x * x for x in off]), slopes)


def _outcomes(home: float, away: float, moved: float, moves: Row) -> list[tuple[float, Row]]:
    """Chances of home, draw and away, each with how it grows."""
    won, draw, lost, by_one, down_one = differences(home, away)
    a, b, c = moves
    return [
        (won + moved, (draw * home + a, -by_one * away + b, c)),
        (
            draw - 2.0 * moved,
            ((down_one - draw) * home - 2.0 * a, (by_one - draw) * away - 2.0 * b, -2.0 * c),
        ),
        (lost + moved, (-down_one * home + a, draw * away + b, c)),
    ]


def _moves(home: float, away: float, rho: float, moved: float) -> Row:
    """How the probability that the dependence moves grows, at its bounds too."""
    product, none = home * away, exp(-home - away)
    if -1.0 / max(home, away) < rho < 1.0 / max(product, 1.0):
        return moved * (1.0 - home), moved * (1.0 - away), product * none
    if rho > 0.0:
        own = 1.0 if product < 1.0 else 0.0
        return moved * (own - home), moved * (own - away), 0.0
    return moved * ((home < away) - home), moved * ((away <= home) - away), 0.0


def _over(
    home: float, away: float, moved: float, moves: Row, lines: tuple[float, ...]
) -> tuple[float, Row]:
    """Return what `over_probability` gives at kick-off, and how it grows."""
    mean = home + away
    won = lost = won_by_mean = won_by_moved = lost_by_mean = lost_by_moved = 0.0
    for line in lines:
        below, above = floor(line), ceil(line) - 1
        won += 1.0 - at_most(mean, moved, below)
        lost += at_most(mean, moved, above)
        won_by_mean += _exactly(mean, below)
        lost_by_mean -= _exactly(mean, above)
        won_by_moved -= _moved_below(below)
        lost_by_moved += _moved_below(above)
    if lost <= 0.0:
        return 1.0, (0.0, 0.0, 0.0)
    whole = won + lost
    by_mean = (won_by_mean * lost - won * lost_by_mean) / (whole * whole)
    by_moved = (won_by_moved * lost - won * lost_by_moved) / (whole * whole)
    a, b, c = moves
    row = by_mean * home + by_moved * a, by_mean * away + by_moved * b, by_moved * c
    return won / whole, row


def _exactly(mean: float, goals: int) -> float:
    """Return the chance of so many goals, the dependence left out; it is how `at_most` falls."""
    if goals < 0:
        return 0.0
    p = exp(-mean)
    for k in range(1, goals + 1):
        p *= mean / k
    return p


def _moved_below(goals: int) -> float:
    return (-1.0, 1.0)[goals] if 0 <= goals < 2 else 0.0


def _in_log_odds(p: float, row: Row) -> Row:
    if not _SURE < p < 1.0 - _SURE:
        return 0.0, 0.0, 0.0
    scale = 1.0 / (p * (1.0 - p))
    return row[0] * scale, row[1] * scale, row[2] * scale


def _least_squares(target: _Target) -> Row:
    """Levenberg-Marquardt."""
    place = target.start()
    fit, damping = target.at(place), 1e-3
    for _ in range(_MOST_STEPS):
        tried = _bounded(place, _step(fit, damping, free=target.free))
        there = target.at(tried)
        gained = fit.squares - there.squares
        moved = max([abs(x - y) for x, y in zip(tried, place, strict=True)])
        if gained > 0.0:
            place, fit, damping = tried, there, damping * 0.1
        else:
            damping *= 10.0
        if moved < 1e-6 or 0.0 < gained < 1e-9:
            break
    return place


def _step(fit: _Fit, damping: float, *, free: bool) -> Row:
    """Solve (slopes' slopes + damping) step = -slopes' off, by Cramer's rule."""
    aa = bb = cc = damping
    ab = ac = bc = a_off = b_off = c_off = 0.0
    for (a, b, c), off in zip(fit.slopes, fit.off, strict=True):
        aa += a * a
        bb += b * b
        ab += a * b
        a_off -= a * off
        b_off -= b * off
        if free:
            cc += c * c
            ac += a * c
            bc += b * c
            c_off -= c * off
    if not free:
        whole = aa * bb - ab * ab
        return (a_off * bb - b_off * ab) / whole, (b_off * aa - a_off * ab) / whole, 0.0
    first, second, third = bb * cc - bc * bc, bc * ac - ab * cc, ab * bc - bb * ac
    whole = aa * first + ab * second + ac * third
    return (
        (a_off * first + b_off * second + c_off * third) / whole,
        (a_off * second + b_off * (aa * cc - ac * ac) + c_off * (ab * ac - aa * bc)) / whole,
        (a_off * third + b_off * (ab * ac - aa * bc) + c_off * (aa * bb - ab * ab)) / whole,
    )


def _bounded(place: Row, step: Row) -> Row:
    low, high = _RATE_LIMITS
    return (
        min(max(place[0] + step[0], low), high),
        min(max(place[1] + step[1], low), high),
        min(max(place[2] + step[2], -_LARGEST_RHO), _LARGEST_RHO) if step[2] else place[2],
    )


def _rates(place: Row) -> GoalRates:
    return GoalRates(exp(place[0]), exp(place[1]), place[2])


def _checked(
    home: float, draw: float, away: float, totals: Sequence[tuple[float, float]]
) -> Outcome:
    for name, p in (
        ("home", home),
        ("draw", draw),
        ("away", away),
        *((f"over {line}", over) for line, over in totals),
    ):
        if not 0.0 < p < 1.0:
            raise ValueError(f"probability of {name} is {p!r}: must lie between 0 and 1")
    total = home + draw + away
    if abs(total - 1.0) > 0.01:
        raise ValueError(f"1X2 probabilities sum to {total:.4f}: remove the overround first")
    return home / total, draw / total, away / total
