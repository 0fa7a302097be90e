"""Life of the alerts of one match: one open alert for one kind of move, which grows."""

import math
from datetime import datetime

from alerts.alert import RANKS, Alert, AlertEvidence

CALM_S = 3600.0
_GROWTH = 0.25


class OpenAlerts:
    """Alerts of one match, one for each family of typologies that look at the same move.

    The first typology of a family to raise an alert names it; the others add their evidence to
    it, so that one move is never told as two alerts.
    """

    def __init__(self) -> None:
        self._alerts: dict[str, Alert] = {}
        self._shown_at: dict[str, datetime] = {}

    def serious(self, at: float) -> bool:
        """Whether one open above green still shows, so that it must not be learned as usual.

        It takes amber to begin with, and an hour below green to end, so that evidence which sways
        about a level does not switch learning on and off.
        """
        return any(
            alert.status == "open"
            and alert.level != "green"
            and at - self._shown_at[family].timestamp() < CALM_S
            for family, alert in self._alerts.items()
        )

    def take(self, family: str, alert: Alert) -> Alert | None:
        """Take in an alert as it was just judged; return it as it stands now if it changed.

        A first one opens, and so does one that is not explained after one that was. A later one
        of the family adds its evidence, and counts as a change when the level rises or the tail
        has shrunk by a quarter of a decade. The level never falls: what was seen was seen.
        """
        known = self._alerts.get(family)
        self._shown_at[family] = alert.last_at
        if known is None or (known.status == "explained" and alert.status == "open"):
            self._alerts[family] = alert
            return alert
        grown = grow(known, alert)
        if grown is not None:
            self._alerts[family] = grown
        return grown


def grow(known: Alert, new: Alert) -> Alert | None:
    """Let a known alert grow by a newer judgement of it; None when that says nothing new."""
    rises = RANKS[new.level] > RANKS[known.level]
    if not rises and _decades(new.score) < _decades(known.score) + _GROWTH:
        return None
    return known.model_copy(
        update={
            "level": new.level if rises else known.level,
            "score": max(known.score, new.score),
            "peak_at": new.last_at,
            "last_at": new.last_at,
            "selection": new.selection,
            "market": new.market,
            "line": new.line,
            "headline": new.headline,
            "evidence": _strongest((*known.evidence, *new.evidence)),
            "context": new.context,
            "feed_health": new.feed_health,
            "innocent_explanations": new.innocent_explanations,
            "provenance": new.provenance.model_copy(
                update={"first_offset": known.provenance.first_offset}
            ),
        }
    )


def _decades(score: float) -> float:
    return -math.log10(max(1.0 - score, 1e-15))


def _strongest(evidence: tuple[AlertEvidence, ...]) -> tuple[AlertEvidence, ...]:
    """Keep the strongest sighting of each detector in each market, in order of the first."""
    kept: dict[tuple[str, str, float | None, str], AlertEvidence] = {}
    for one in evidence:
        key = (one.detector, one.market, one.line, one.selection)
        if key not in kept or one.score > kept[key].score:
            kept[key] = one
    return tuple(kept.values())
