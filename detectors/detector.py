"""The contract of a detector: score, then learn; deciding is somebody else's job."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

from detectors.evidence import Finding
from detectors.features import Features, MatchFeatures, Phase

State = dict[str, Any]
"""Plain numbers under names, nested as JSON allows."""

Seen = TypeVar("Seen", Features, MatchFeatures)
WHOLE_MATCH = "match"
"""In place of a market: the cell of a detector that looks at the whole match."""


class Detector(ABC, Generic[Seen]):
    """One way of looking at a match; see `MarketDetector` and `MatchDetector` for its two kinds.

    A detector lives as long as what it looks at. `score_one` is pure: it may be called any number
    of times without changing what it returns. There is no threshold inside: how rare a score is,
    is told by calibration, and what to do about it by the verdict.

    Attributes
    ----------
    name
        Its own name, which is that of its file and of its priors.
    typology
        The typology whose alerts it raises; its own name when left out.
    version
        Changes whenever the same input may score differently.
    family
        Detectors of one family look at the same move, so their evidence is never counted twice.
    unit
        Unit of the raw score.
    markets
        Markets it understands; for a detector of the whole match `WHOLE_MATCH` alone.
    phases
        Phases of a match in which it looks.
    sports
        Sports it understands; empty for all.
    """

    name: ClassVar[str]
    typology: ClassVar[str] = ""
    version: ClassVar[int]
    family: ClassVar[str]
    unit: ClassVar[str]
    markets: ClassVar[frozenset[str]]
    phases: ClassVar[frozenset[Phase]] = frozenset({"early", "day", "late"})
    sports: ClassVar[frozenset[str]] = frozenset()

    def score_one(self, features: Seen) -> float:
        """Raw score in the detector's unit; 0 when there is nothing to say."""
        finding = self.find(features)
        return finding.raw if finding else 0.0

    @abstractmethod
    def find(self, features: Seen) -> Finding | None:
        """Say what is most unusual, or None; pure, like `score_one`."""

    def learn_one(self, features: Seen) -> None:
        """Take in what is usual for this market; not called while an amber or red alert is open."""

    def remember_one(self, features: Seen) -> None:
        """Keep what was just seen, for judging whether it lasts; called after every score."""

    def state(self) -> State:
        """All that later scores depend on, as plain numbers."""
        return {}

    def restore(self, state: State) -> None:
        """Take up a state that `state` gave."""

    def innocent(self, features: Seen) -> tuple[str, ...]:
        """Innocent explanations to be ruled out before anybody is suspected."""
        del features
        return ()


class MarketDetector(Detector[Features]):
    """Looks at one market (one line of it), and lives as long as that."""


class MatchDetector(Detector[MatchFeatures]):
    """Looks at a whole match: across its markets, at its volume, its wagers, its sources.

    Its findings name the market they are about.
    """

    markets: ClassVar[frozenset[str]] = frozenset({WHOLE_MATCH})
