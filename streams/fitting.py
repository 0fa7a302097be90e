"""Fitting the priors: tails of clean scores, how tiers differ, who may use how much budget."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.evidence import Cell
from detectors.levels import AlertBudget

_KNEE = 0.1
_FEWEST = 3
_ANCHORS = (0.05, 0.02, 0.01, 0.005)
_LEAST_SCALE = 0.02
_ENOUGH, _WILDEST = 30, 3.0
# Logarithms of shares: where they begin, the lowest and the most a cell may get, how they move.
_FIRST, _LOWEST, _MOST = -1.3, -3.0, 0.0
_LEAST_SHARE = 0.008
_STEPS, _SWEEPS = (0.3, 0.1, 0.05), 6
# Share of the fixes of a typology that should be found amber, and red; width of a soft step.
_WANTED = (0.99, 0.93)
_SOFT, _DEAR = 0.08, 10.0
# What is lacking counts by its fourth power, in units of a fifth: the least found weighs most.
_LACK, _POWER = 0.2, 4
Array = npt.NDArray[np.float64]


class Tail(NamedTuple):
    """The share `beyond` of clean matches reaches `knee`; `scale` further, e times fewer do."""

    knee: float
    scale: float
    beyond: float

    def of(self, raw: float) -> float:
        """Share of clean matches that reach a score."""
        if raw < self.knee:
            return 1.0
        return self.beyond * math.exp(-(raw - self.knee) / self.scale)


def fit(scores: Sequence[float], least_scale: float = 0.0) -> Tail:
    """Fit an exponential tail to the largest score of each clean match, 0 where there was none.

    The scale is the flattest of the lines, on a logarithmic scale, from the knee to the scores
    that 5, 2, 1 and 0.5 % of the matches reach, so that a tail heavier than exponential is not
    taken for a lighter one; where too few matches show anything for those shares, the highest
    scores are taken one by one. Of a detector that is silent in nine of ten clean matches the knee
    is the smallest score that it ever gave. No tail is steeper than `least_scale`.

    Examples
    --------
    >>> tail = fit([-math.log((i + 0.5) / 1000) for i in range(1000)])
    >>> round(tail.knee, 1), round(tail.scale, 1), tail.beyond
    (2.3, 1.0, 0.1)
    """
    falling = sorted(scores, reverse=True)
    count = len(falling)
    showing = sum(score > 0.0 for score in falling)
    beyond = min(_KNEE, max(showing, _FEWEST) / count)
    knee = falling[min(int(beyond * count), count - 1)] or min((s for s in falling if s), default=1)
    ranks = [int(p * count) for p in _ANCHORS if p < beyond and p * count >= _FEWEST]
    ranks = ranks or list(range(min(_FEWEST, showing)))
    # A rank at or below the knee says nothing of what is beyond it.
    depths = {rank: math.log(beyond * count / (rank + 0.5)) for rank in ranks}
    slopes = [(falling[rank] - knee) / depth for rank, depth in depths.items() if depth > 0.0]
    return Tail(knee, max([*slopes, least_scale, _LEAST_SCALE * knee, 1e-6]), beyond)


Scored = tuple[int, Mapping[Cell, float]]
"""Tier of a match, and its largest score in each cell."""


def tier_factors(cell: Cell, matches: Sequence[Scored]) -> dict[int, float]:
    """How much larger a cell's scores are in each tier than in the top one; never smaller.

    Compares the means of the largest tenth. Of a cell that is mostly silent nothing is known.
    """
    by_tier: dict[int, list[float]] = {}
    for tier, found in matches:
        by_tier.setdefault(tier, []).append(found.get(cell, 0.0))
    means = {tier: _top_mean(by_tier[tier]) for tier in sorted(by_tier)}
    top = means.get(1, 0.0)
    if not top or any(sum(s > 0.0 for s in own) < _ENOUGH for own in by_tier.values()):
        return {}
    factors: dict[int, float] = {}
    for tier, mean in means.items():
        least = max(factors.values(), default=1.0)
        factors[tier] = round(min(max(mean / top, least), _WILDEST), 2)
    return factors


def _top_mean(scores: Sequence[float]) -> float:
    top = sorted(scores, reverse=True)[: max(1, len(scores) // 10)]
    return sum(top) / len(top)


Tails = Mapping[Cell, float]
"""Smallest tail probability of each cell in one match."""


def shared(
    clean: Sequence[Tails],
    fixed: Mapping[str, Sequence[Tails]],
    budget: AlertBudget,
    part: float,
    least_of: Callable[[Cell], float] = lambda _: _LEAST_SHARE,
) -> dict[Cell, float]:
    """Divide the alert budget among the cells, so that the least found typology gains most.

    Shares are moved up and down one by one as long as that lowers the loss: the fourth powers of
    what each typology lacks of being found, amber and red, and the squares of what clean matches
    use beyond `part` of the budget, as their tails fall together. No share is below `least_of` its
    cell, unless all have to be lowered at last because more would be used.
    """
    cells = sorted({cell for match in clean for cell in match} | _cells(fixed))
    division = _Division.of(cells, clean, fixed, budget, part)
    least = np.array([math.log10(least_of(cell)) for cell in cells])
    logs = np.maximum(least, _FIRST)
    for step in _STEPS:
        for _ in range(_SWEEPS):
            division.swept(logs, least, step)
    while True:
        shares = {cell: float(10.0**log) for cell, log in zip(cells, logs, strict=True)}
        if used(clean, shares, budget) <= part or (logs <= _LOWEST).all():
            return shares
        logs = np.maximum(logs - 0.02, _LOWEST)


class _Division(NamedTuple):
    """Logarithms (base 10) of all tails: of clean matches, and of each typology's fixes."""

    clean: Array
    fixed: tuple[Array, ...]
    limits: tuple[float, float]
    part: float

    @classmethod
    def of(
        cls,
        cells: Sequence[Cell],
        clean: Sequence[Tails],
        fixed: Mapping[str, Sequence[Tails]],
        budget: AlertBudget,
        part: float,
    ) -> "_Division":
        limits = (math.log10(budget.amber_per_100 / 100), math.log10(budget.red_per_100 / 100))
        logs = tuple(_logs(cells, matches) for _, matches in sorted(fixed.items()))
        return cls(_logs(cells, clean), logs, limits, part)

    def swept(self, logs: Array, least: Array, step: float) -> None:
        """Move each share by a step, up or down, where that lowers the loss."""
        best = self.loss(logs)
        for place in range(len(logs)):
            for move in (step, -step):
                before = logs[place]
                logs[place] = min(max(before + move, least[place]), _MOST)
                if (loss := self.loss(logs)) < best:
                    best = loss
                else:
                    logs[place] = before

    def loss(self, logs: Array) -> float:
        """What is lacking, and what is used too much; smooth, so that each step counts."""
        total = 1e-4 * float((10.0**logs).sum())
        for limit, wanted in zip(self.limits, _WANTED, strict=True):
            for tails in self.fixed:
                total += (max(0.0, wanted - _raised(tails, logs, limit)) / _LACK) ** _POWER
            over = _raised(self.clean, logs, limit) / 10.0**limit - self.part
            total += _DEAR * max(0.0, over) ** 2
        return total


def _logs(cells: Sequence[Cell], matches: Sequence[Tails]) -> Array:
    rows = [[math.log10(max(m.get(cell, 1.0), 1e-12)) for cell in cells] for m in matches]
    return np.array(rows, dtype=float).reshape(len(matches), len(cells))


def _raised(tails: Array, logs: Array, limit: float) -> float:
    """Share of matches of which any cell's tail is within its share of the limit."""
    if not tails.size:
        return 0.0
    beyond = (logs + limit - tails).max(axis=1)
    return float((1.0 / (1.0 + np.exp(-np.clip(beyond / _SOFT, -40.0, 40.0)))).mean())


def used(clean: Sequence[Tails], shares: Mapping[Cell, float], budget: AlertBudget) -> float:
    """Part of the alert budget that clean matches use, the larger of red's and amber's."""
    parts = []
    for limit in (budget.red_per_100 / 100.0, budget.amber_per_100 / 100.0):
        raised = sum(any(p <= limit * shares[c] for c, p in m.items()) for m in clean)
        parts.append(raised / (limit * len(clean)))
    return max(parts)


def _cells(fixed: Mapping[str, Sequence[Tails]]) -> set[Cell]:
    return {cell for matches in fixed.values() for match in matches for cell in match}
