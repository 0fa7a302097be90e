"""Verdict: evidence of one match, fused into a level without counting one move twice."""

import math
from collections.abc import Callable

from msgspec import Struct

from detectors.evidence import Evidence
from detectors.levels import AlertBudget, Level


class Judgement(Struct, frozen=True):
    """What the verdict makes of one piece of evidence: its level and the fused score."""

    evidence: Evidence
    level: Level
    tail: float

    @property
    def score(self) -> float:
        """1 - tail: share of clean matches that never look as unusual as this one."""
        return 1.0 - self.tail


class Verdict:
    """Judge of one match.

    Each cell (detector, market, phase) holds a share of the alert budget. Alone, evidence with
    tail p in a cell with share w counts as p / w, which is Bonferroni's rule with weights;
    evidence of several families is fused by the weighted Cauchy combination (Liu and Xie 2020,
    JASA), which holds under any dependence between them. Of one family only the strongest cell
    counts, for its detectors look at the same move.
    """

    def __init__(self, budget: AlertBudget) -> None:
        self._budget = budget
        self._peaks: dict[str, float] = {}

    def judge(
        self, found: list[Evidence], is_explained: Callable[[Evidence], bool] = lambda _: False
    ) -> list[Judgement]:
        """Judge what was found in one look at the match, strongest of each family only.

        What news explains is judged alone, by the part that it leaves: it lends no weight to
        anything else. Were it amber without the news, it is recorded green all the same.
        """
        explained = {id(evidence) for evidence in found if is_explained(evidence)}
        strongest: dict[str, tuple[float, Evidence]] = {}
        for evidence in found:
            alone = self._alone(evidence, explained=id(evidence) in explained)
            if evidence.family not in strongest or alone < strongest[evidence.family][0]:
                strongest[evidence.family] = (alone, evidence)
        unexplained = {f for f, (_, e) in strongest.items() if id(e) not in explained}
        for family in unexplained:
            self._peaks[family] = min(strongest[family][0], self._peaks.get(family, 1.0))
        fused = combine(list(self._peaks.values()))
        judged = (
            self._judged(evidence, alone, fused)
            if family in unexplained
            else self._judged_explained(evidence, alone)
            for family, (alone, evidence) in strongest.items()
        )
        return [judgement for judgement in judged if judgement is not None]

    def _judged(self, evidence: Evidence, alone: float, fused: float) -> Judgement | None:
        level = self._budget.grade(min(alone, fused)) if self._budget.grade(alone) else None
        return Judgement(evidence, level, min(alone, fused)) if level else None

    def _judged_explained(self, evidence: Evidence, alone: float) -> Judgement | None:
        if level := self._budget.grade(alone):
            return Judgement(evidence, level, alone)
        without = self._budget.grade(self._alone(evidence, explained=False))
        return Judgement(evidence, "green", alone) if without not in (None, "green") else None

    def _alone(self, evidence: Evidence, *, explained: bool) -> float:
        tail = evidence.tail_explained if explained else evidence.tail
        return min(1.0, tail / evidence.share) if evidence.share > 0 else 1.0


def combine(tails: list[float]) -> float:
    """Fuse tail probabilities, each already over its share of the budget.

    The Cauchy combination with unit weights on tails that are over their share equals the
    weighted one on the plain tails, to first order where it matters (small tails).

    >>> round(combine([0.02, 1.0]), 4), round(combine([0.02, 0.02]), 4)
    (0.02, 0.01)
    """
    total = sum(1.0 / math.tan(math.pi * max(p, 1e-15)) for p in tails if p < 0.5)
    return math.atan2(1.0, total) / math.pi if total > 0 else 1.0
