"""Largest raw score of every detector in a match: what calibration is fitted to."""

from collections.abc import Callable, Iterable

from detectors.calibration import Calibration, shipped_priors
from detectors.context import UNEXPLAINED_PART
from detectors.evidence import Cell, Evidence
from detectors.health import FeedHealth
from detectors.levels import AlertBudget
from detectors.match_watch import MatchWatch
from detectors.verdict import Judgement, Verdict
from markets.records import Gap, Heartbeat, Record

Peaks = dict[Cell, float]
"""Largest raw score by detector, market and phase."""


class Noting(Calibration):
    """A calibration to which everything is as rare as anything else, so that all is judged."""

    def __init__(self) -> None:
        super().__init__(shipped_priors())

    def tail(self, cell: Cell, raw: float, *, slow: bool, sport: str, tier: int) -> float:
        """Say the same of every score."""
        del cell, raw, slow, sport, tier
        return 0.5


class Collecting(Verdict):
    """A verdict that raises nothing, and notes the largest raw score of each cell.

    What news explains counts by the part that it leaves, as in a true verdict.
    """

    def __init__(self) -> None:
        super().__init__(AlertBudget())
        self.peaks: Peaks = {}

    def judge(
        self, found: list[Evidence], is_explained: Callable[[Evidence], bool] = lambda _: False
    ) -> list[Judgement]:
        """Note the scores."""
        for evidence in found:
            part = UNEXPLAINED_PART if is_explained(evidence) else 1.0
            raw = part * evidence.finding.raw
            self.peaks[evidence.cell] = max(raw, self.peaks.get(evidence.cell, 0.0))
        return []


def peaks(
    records: Iterable[Record],
    match: str,
    *,
    since: float | None = None,
    until: float = float("inf"),
) -> Peaks:
    """Let the watch see one match's records and return its largest raw scores.

    Parameters
    ----------
    records
        Those of the match, with the heartbeats and gaps of its sources, in order of event time.
    match
        Its name.
    since, until
        Epoch seconds between which scores count; from the beginning to the end when left out.
    """
    noting = Noting()
    collecting = Collecting()
    watch = MatchWatch(match, noting, collecting)
    health = FeedHealth()
    for record in records:
        at = record.at.timestamp()
        if at >= until:
            break
        if since is not None and at >= since:
            collecting.peaks.clear()
            since = None
        if not isinstance(record, Heartbeat | Gap):
            watch.apply(record)
            continue
        health.apply(record)
        if isinstance(record, Heartbeat) and watch.waits(at):
            watch.look(at, health, frozen=False)
    return collecting.peaks
