"""Fitting the priors: tails of clean scores, how tiers differ, who may use how much budget."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from detectors.evidence import Cell
from detectors.levels import AlertBudget

_KNEE = 0.1
_FEWEST = 3
_ANCHORS = (0.05, 0.02, 0.01, 0.005)
_LEAST_SCALE = 0.02
_ENOUGH, _WILDEST = 30, 3.0
_NO_SHARE, _LEAST_SHARE, _MOST_SHARE, _RAISE = 1e-4, 0.01, 0.6, 1.15
_GRAVE = 0.5


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
    clean: Sequence[Tails], fixed: Mapping[str, Sequence[Tails]], budget: AlertBudget, part: float
) -> dict[Cell, float]:
    """Divide the alert budget among the cells, so that the least found typology gains most.

    Shares begin small. In each step the cell is raised by which the fixes that are still missed,
    those of the typologies with most misses first, gain most for the budget that it takes, unless
    the clean matches, as their tails fall together, would then use more than `part` of the budget;
    such a cell stays where it is. It ends when no cell gains anything any more.
    """
    cells = sorted({cell for match in clean for cell in match} | _cells(fixed))
    clean, fixed = _near(clean, budget), {t: _near(own, budget) for t, own in fixed.items()}
    shares, free = _begun(clean, cells, budget, part), list(cells)
    while free:
        gains = _gains(fixed, shares, budget)
        best = max(free, key=lambda cell: gains.get(cell, 0.0) / shares[cell])
        if gains.get(best, 0.0) <= 0.0:
            break
        raised = shares | {best: shares[best] * _RAISE}
        if used(clean, raised, budget) > part:
            free.remove(best)
        else:
            shares = raised
    return shares


def _near(matches: Sequence[Tails], budget: AlertBudget) -> list[Tails]:
    """Leave out what no share that a cell can get would ever raise."""
    limit = budget.amber_per_100 / 100.0 * _MOST_SHARE * _RAISE
    return [{cell: p for cell, p in match.items() if p <= limit} for match in matches]


def _begun(
    clean: Sequence[Tails], cells: Sequence[Cell], budget: AlertBudget, part: float
) -> dict[Cell, float]:
    """Small shares that together leave half of the part to be divided, or more."""
    share = _LEAST_SHARE
    while share > _NO_SHARE and used(clean, dict.fromkeys(cells, share), budget) > part / 2:
        share /= _RAISE
    return dict.fromkeys(cells, share)


def used(clean: Sequence[Tails], shares: Mapping[Cell, float], budget: AlertBudget) -> float:
    """Part of the alert budget that clean matches use, the larger of red's and amber's."""
    parts = []
    for limit in (budget.red_per_100 / 100.0, budget.amber_per_100 / 100.0):
        raised = sum(any(p <= limit * shares[c] for c, p in m.items()) for m in clean)
        parts.append(raised / (limit * len(clean)))
    return max(parts)


def _gains(
    fixed: Mapping[str, Sequence[Tails]], shares: Mapping[Cell, float], budget: AlertBudget
) -> dict[Cell, float]:
    """What raising each cell's share brings: misses found, and steps towards them."""
    gains: dict[Cell, float] = {}
    for level, weight in ((budget.amber_per_100, 1.0), (budget.red_per_100, _GRAVE)):
        limit = level / 100.0
        for matches in fixed.values():
            missed = [m for m in matches if not any(p <= limit * shares[c] for c, p in m.items())]
            urgency = weight * (len(missed) / len(matches)) ** 2
            for match in missed:
                for cell, p in match.items():
                    if shares[cell] < _MOST_SHARE and p <= limit * _MOST_SHARE:
                        nearness = limit * shares[cell] / p
                        gains[cell] = gains.get(cell, 0.0) + urgency * nearness**2 / len(matches)
    return gains


def _cells(fixed: Mapping[str, Sequence[Tails]]) -> set[Cell]:
    return {cell for matches in fixed.values() for match in matches for cell in match}
