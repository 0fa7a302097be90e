"""Alerts derived again from stored records, by the live watch code, and held against the old."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from alerts.alert import Alert
from detectors.calibration import Calibration, shipped_priors
from forensics.stored_feed import Told
from streams.configuration import config_hash
from streams.partition_watch import PartitionWatch, WatchSettings


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of an alert that is not as it was raised."""

    alert_id: str
    field: str
    was: Any
    derived: Any

    def __str__(self) -> str:
        return f"{self.alert_id}: {self.field} was {self.was!r}, derived {self.derived!r}"


def derived(told: Iterable[Told], partition: int, settings: WatchSettings) -> dict[str, Alert]:
    """Run records through the watch of a partition; return each alert as it stood last."""
    watch = PartitionWatch(
        partition, settings, Calibration(shipped_priors()), config_hash(settings)
    )
    alerts: dict[str, Alert] = {}
    for offset, _, record in told:
        for alert in watch.apply(record, offset):
            alerts[alert.alert_id] = alert
    return alerts


def differences(raised: Sequence[Alert], again: dict[str, Alert]) -> list[Difference]:
    """Say what differs, field by field; alerts that were not raised, or not derived, as a whole."""
    found = []
    for alert in raised:
        other = again.get(alert.alert_id)
        if other is None:
            found.append(Difference(alert.alert_id, "alert", "raised", "not derived"))
            continue
        was, now = alert.model_dump(mode="json"), other.model_dump(mode="json")
        found += [
            Difference(alert.alert_id, name, was[name], now[name])
            for name in was
            if was[name] != now[name]
        ]
    known = {alert.alert_id for alert in raised}
    found += [
        Difference(name, "alert", "not raised", "derived") for name in again if name not in known
    ]
    return found
