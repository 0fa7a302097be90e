"""From what a detector found to evidence: how rare that is, in the words of the alert."""

from datetime import UTC, datetime

from detectors.calibration import Calibration
from detectors.context import UNEXPLAINED_PART
from detectors.detector import WHOLE_MATCH, Detector, Seen
from detectors.evidence import Cell, Evidence, Finding
from detectors.features import Features, MatchFeatures

SLOW_S = 5 * 60.0


class Weighing:
    """Asks detectors and weighs what they find by the shipped calibration."""

    def __init__(self, calibration: Calibration) -> None:
        self.calibration = calibration

    def ask(self, detector: Detector[Seen], features: Seen, *, frozen: bool) -> Evidence | None:
        """Ask a detector: score, keep the look, then learn unless frozen."""
        finding = detector.find(features)
        found = self._evidence(detector, features, finding) if finding is not None else None
        detector.remember_one(features)
        if not frozen:
            detector.learn_one(features)
        return found

    def _evidence(
        self, detector: Detector[Seen], features: Seen, finding: Finding
    ) -> Evidence | None:
        market, line = _market(features, finding)
        looked_at = market if isinstance(features, Features) else WHOLE_MATCH
        cell: Cell = (detector.name, looked_at, features.phase)
        tail = self._tail(cell, finding.raw, features)
        if tail >= 1.0:
            return None
        return Evidence(
            detector=detector.name,
            version=detector.version,
            family=detector.family,
            typology=detector.typology or detector.name,
            cell=cell,
            market=market,
            line=line,
            phase=features.phase,
            unit=detector.unit,
            at=datetime.fromtimestamp(features.at, UTC),
            tail=tail,
            tail_explained=self._tail(cell, UNEXPLAINED_PART * finding.raw, features),
            share=self.calibration.share(cell, slow=features.spacing_s >= SLOW_S),
            finding=finding,
            innocent=detector.innocent(features),
        )

    def _tail(self, cell: Cell, raw: float, features: Features | MatchFeatures) -> float:
        fixture = features.book.fixture
        return self.calibration.tail(
            cell,
            raw,
            slow=features.spacing_s >= SLOW_S,
            sport=fixture.sport if fixture else "unknown",
            tier=fixture.tier if fixture else 9,
        )


def _market(features: Features | MatchFeatures, finding: Finding) -> tuple[str, float | None]:
    if isinstance(features, Features):
        return features.market.market, features.market.line
    return finding.market or WHOLE_MATCH, finding.line
