"""Evidence: what one detector saw, what it expected, and how rare that is."""

from datetime import datetime

from msgspec import Struct

from detectors.features import Phase

Cell = tuple[str, str, Phase]
"""Detector, market (or `match` for one that looks at the whole), phase."""


class Finding(Struct, frozen=True):
    """The most unusual thing that a detector sees in a market right now.

    `raw` is in the detector's own unit and has no threshold in it; `since` is the epoch second
    at which the window looked at begins, `turn` the one by which half of the move was made.
    `market` and `line` are named by detectors that look at the whole match.
    """

    raw: float
    selection: str
    observed: float
    expected: float
    since: float
    turn: float
    books: tuple[str, ...]
    values: dict[str, float]
    sentence: str
    market: str | None = None
    line: float | None = None


class Evidence(Struct, frozen=True):
    """A finding with its calibrated tail probability, as it enters a verdict and an alert.

    `score` is 1 - tail, where tail is the share of clean matches of this sport, tier, market and
    phase in which the detector ever shows as much; `cell` is where that was looked up.
    `tail_explained` is that of what is left when news explains a part of it; `share` is the part
    of the alert budget that the cell may use.
    """

    detector: str
    version: int
    family: str
    typology: str
    cell: Cell
    market: str
    line: float | None
    phase: Phase
    unit: str
    at: datetime
    tail: float
    tail_explained: float
    share: float
    finding: Finding
    innocent: tuple[str, ...]

    @property
    def score(self) -> float:
        """Evidence in [0, 1]: 1 - tail."""
        return 1.0 - self.tail
