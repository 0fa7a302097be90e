"""Calibration: how rare a raw score is among clean matches.

The tail of each detector's largest score in a clean match is kept per market and phase as an
exponential beyond a knee. Priors are shipped (`priors.json`, with their source), so
the watch can judge from the first match on. They are not re-learned from match to match
while watching: the level of one match would then depend on which other matches its worker had
seen before, and no replay could ever give the same alerts. See docs/design.md.
"""

import math
from importlib import resources
from typing import Literal

from msgspec import Struct, json

from detectors.evidence import Cell
from detectors.features import Phase


class Prior(Struct, frozen=True, forbid_unknown_fields=True):
    """Tail of a detector's largest score per clean match in one market and phase.

    `knee` is reached by the share `beyond` of clean matches; from there on the share falls by a
    factor e every `scale`. `share` is the part of the alert budget that this cell may use. The
    shares of one sport's cells sum to more than 1, because its cells move together: a match that
    is restless in one of them is so in others, and the union of their tails is smaller than the
    sum. `feed` is the pace of the feed that it holds for: a slow one is polled every five minutes
    or more. `tiers` are how much larger scores are usual below the top tier.
    """

    detector: str
    market: str
    phase: Phase
    knee: float
    scale: float
    share: float
    source: str
    feed: Literal["any", "fast", "slow"] = "any"
    beyond: float = 0.1
    tiers: dict[str, float] = {}

    def tail(self, raw: float) -> float:
        """Share of clean matches of the top tier whose largest score reaches `raw`.

        >>> prior = Prior("steam-move", "1x2", "late", 0.08, 0.03, 1.0, "example")
        >>> prior.tail(0.08), round(prior.tail(0.11), 4), prior.tail(0.02)
        (0.1, 0.0368, 1.0)
        """
        if raw < self.knee:
            return 1.0
        return self.beyond * math.exp(-(raw - self.knee) / self.scale)

    def factor(self, tier: int) -> float:
        """How much larger scores are usual in a tier; of one not listed, the largest of all."""
        if not self.tiers:
            return 1.0
        return self.tiers.get(str(tier), max(self.tiers.values()))


class Priors(Struct, frozen=True, forbid_unknown_fields=True):
    """All priors, and how much more restless a sport may be that none of them was taken from."""

    version: int
    unknown_sport_factor: float
    cells: list[Prior]


def shipped_priors() -> Priors:
    """Read the priors that come with the package.

    >>> {cell.phase for cell in shipped_priors().cells} == {"early", "day", "late", "in_play"}
    True
    """
    text = resources.files("detectors").joinpath("priors.json").read_bytes()
    return json.decode(text, type=Priors)


class Calibration:
    """Priors, ready to be looked up.

    A cell without a prior is silent: the watch says so instead of guessing.
    """

    def __init__(self, priors: Priors) -> None:
        self.priors = priors
        self._cells = {(c.detector, c.market, c.phase, c.feed): c for c in priors.cells}

    def tail(self, cell: Cell, raw: float, *, slow: bool, sport: str, tier: int) -> float:
        """Share of clean matches of this sport and tier that ever show as much; 1 if unknown."""
        prior = self._find(cell, slow=slow)
        if prior is None:
            return 1.0
        other = 1.0 if sport == "football" else self.priors.unknown_sport_factor
        return prior.tail(raw / (other * prior.factor(tier)))

    def share(self, cell: Cell, *, slow: bool) -> float:
        """Share of the alert budget that a cell may use in a feed of this pace."""
        prior = self._find(cell, slow=slow)
        return prior.share if prior else 0.0

    def _find(self, cell: Cell, *, slow: bool) -> Prior | None:
        own = self._cells.get((*cell, "slow" if slow else "fast"))
        return own or self._cells.get((*cell, "any"))
