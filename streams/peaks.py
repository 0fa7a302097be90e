"""Largest raw score of every detector in a match: what calibration is fitted to."""

from collections.abc import Iterable

from detectors.calibration import Calibration, shipped_priors
from detectors.evidence import Cell
from detectors.health import FeedHealth
from detectors.levels import AlertBudget
from detectors.match_watch import MatchWatch
from detectors.verdict import Verdict
from markets.records import Gap, Heartbeat, Record

Peaks = dict[Cell, float]
"""Largest raw score by detector, market and phase."""


class Noting(Calibration):
    """A calibration that finds nothing rare, and notes the largest raw score of each cell."""

    def __init__(self) -> None:
        super().__init__(shipped_priors())
        self.peaks: Peaks = {}

    def tail(self, cell: Cell, raw: float, *, slow: bool, sport: str, tier: int) -> float:
        """Note the score; nothing is ever rare, so nothing is raised and all is learned."""
        del slow, sport, tier
        self.peaks[cell] = max(raw, self.peaks.get(cell, 0.0))
        return 1.0


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
    watch = MatchWatch(match, noting, Verdict(AlertBudget(), noting))
    health = FeedHealth()
    for record in records:
        at = record.at.timestamp()
        if at >= until:
            break
        if since is not None and at >= since:
            noting.peaks.clear()
            since = None
        if not isinstance(record, Heartbeat | Gap):
            watch.apply(record)
            continue
        health.apply(record)
        if isinstance(record, Heartbeat) and watch.waits(at):
            watch.look(at, health, frozen=False)
    return noting.peaks
