"""Sightings: what is known of one alert from all its updates, in whatever order they came."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from alerts.action import SeenAlert
from alerts.alert import RANKS, Alert, Level, Status


class Update(NamedTuple):
    """What of an update decides whether it calls somebody."""

    alert_id: str
    status: Status
    level: Level
    score: float


@dataclass(slots=True)
class Sightings:
    """Updates of one alert. Taking one twice, or in another order, comes to the same.

    An alert never sinks, so the newest update is the one with the highest level and score. Of an
    update that was published more than once the first arrival counts.
    """

    latest: Alert
    arrivals: dict[Update, datetime] = field(default_factory=dict)

    def take(self, alert: Alert, arrived: datetime) -> bool:
        """Take in an update; whether anything is new."""
        update = Update(alert.alert_id, alert.status, alert.level, alert.score)
        known = self.arrivals.get(update)
        newer = _order(alert) > _order(self.latest)
        if newer:
            self.latest = alert
        if known is not None and known <= arrived:
            return newer
        self.arrivals[update] = arrived
        return True

    def seen(self) -> SeenAlert:
        """How the alert stands now; what is explained calls nobody and counts as green."""
        level = self.latest.level if self.latest.status == "open" else "green"
        return SeenAlert(level=level, score=self.latest.score)

    def levels(self) -> dict[Level, datetime]:
        """Levels above green that it has reached while open, and when each first arrived."""
        reached: dict[Level, datetime] = {}
        for update, arrived in self.arrivals.items():
            if update.status == "open" and update.level != "green":
                reached[update.level] = min(arrived, reached.get(update.level, arrived))
        return reached


def _order(alert: Alert) -> tuple[int, float, datetime, bytes]:
    return RANKS[alert.level], alert.score, alert.last_at, alert.to_json()
