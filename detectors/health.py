"""Health of the feeds: a stale feed is not an anomaly, and a gap blinds for a while."""

from dataclasses import dataclass
from typing import Literal

from markets.records import Gap, Heartbeat

State = Literal["unknown", "warming", "live", "stale", "conflated", "gap"]
WARMING_S = 45 * 60.0
"""A source that tells anew is warming for so long, the longest window of a fast move."""
_PATIENCE = 4.0
_LEAST_S = 30.0
_SMOOTH = 0.2


@dataclass(slots=True)
class SourceHealth:
    """Health of one source, told by its heartbeats and gaps.

    A source is warming until it has told something for as long as the detectors of fast moves look
    back: till then silence may be blindness. It is stale when it has been silent for four times
    its usual spacing. After a gap it tells again with the next heartbeat, and windows do not reach
    back over that (`warm_since`).
    """

    state: State = "unknown"
    last_at: float = float("-inf")
    spacing_s: float = 0.0
    warm_since: float = float("-inf")
    first_at: float = float("inf")
    covers: tuple[str, ...] = ()

    def apply(self, record: Heartbeat | Gap) -> None:
        """Take a heartbeat or a gap in."""
        at = record.at.timestamp()
        if isinstance(record, Gap):
            self.state = "conflated" if record.reason == "conflated" else "gap"
            if self.state == "gap":
                # Nothing is warm until the source tells that it is through; one without
                # heartbeats never does.
                self.warm_since = float("inf") if self.last_at > float("-inf") else at
            return
        step = max(0.0, at - self.last_at) if self.last_at > float("-inf") else 0.0
        if self.state == "gap":
            self.warm_since = max(self.last_at, at)
            # A gap is no usual step, but all there is to go by for a source that has only gaps.
            self.spacing_s = self.spacing_s or step
        elif step:
            self.spacing_s += (step - self.spacing_s) * (_SMOOTH if self.spacing_s else 1.0)
        self.state = "live"
        self.first_at = min(self.first_at, at)
        self.last_at = max(self.last_at, at)
        self.covers = record.covers or self.covers

    def at(self, moment: float) -> State:
        """State at a moment of event time, staleness included."""
        if self.state != "live":
            return self.state
        if moment - self.last_at > self.patience_s:
            return "stale"
        warm_from = max(self.first_at, self.warm_since) + WARMING_S
        return "live" if moment >= warm_from else "warming"

    @property
    def patience_s(self) -> float:
        """Silence after which the source counts as stale."""
        return max(_LEAST_S, _PATIENCE * self.spacing_s)


class FeedHealth:
    """Health of every source seen.

    Examples
    --------
    >>> from datetime import datetime, timedelta, UTC
    >>> noon = datetime(2026, 6, 11, 12, tzinfo=UTC)
    >>> health = FeedHealth()
    >>> for minute in range(60):
    ...     health.apply(Heartbeat(at=noon + timedelta(minutes=minute), source="betfair"))
    >>> [health.states(noon.timestamp() + 60.0 * m)["betfair"] for m in (59, 65)]
    ['live', 'stale']
    """

    def __init__(self) -> None:
        self.sources: dict[str, SourceHealth] = {}

    def apply(self, record: Heartbeat | Gap) -> None:
        """Take a heartbeat or a gap in."""
        source = self.sources.get(record.source)
        if source is None:
            source = self.sources[record.source] = SourceHealth()
        source.apply(record)

    def states(self, at: float) -> dict[str, State]:
        """State of every source at a moment of event time."""
        return {name: source.at(at) for name, source in sorted(self.sources.items())}

    def registers(self, competition: str, at: float) -> tuple[str, ...]:
        """Live sources that vouch to announce every fixture of a competition."""
        return tuple(
            name
            for name, source in sorted(self.sources.items())
            if competition in source.covers and source.at(at) in ("live", "warming")
        )

    def warm_since(self, sources: set[str]) -> float:
        """Latest end of a gap among some sources; a register tells no prices and does not count."""
        return max((s.warm_since for s in self._telling(sources)), default=float("-inf"))

    def spacing_s(self, sources: set[str]) -> float:
        """Usual spacing of the fastest of some sources, which is the one with the prices."""
        spacings = [s.spacing_s for s in self._telling(sources) if s.spacing_s > 0]
        return min(spacings, default=0.0)

    def _telling(self, sources: set[str]) -> list[SourceHealth]:
        """Health of those that tell more than fixtures; of all when every one vouches."""
        known = [self.sources.get(name) for name in sources]
        others = [one for one in known if one is None or not one.covers]
        return [one for one in others or known if one]
