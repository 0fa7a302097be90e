"""Alerts held against the truth of a simulated match day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.table import Table
from rich.text import Text

from alerts.alert import RANKS, Alert
from streams.screen import COLOURS
from streams.simulator.match_day import Label
from streams.tally import Tally


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one match: its label if it was fixed, and its gravest open alert if any."""

    match: str
    teams: str
    start: datetime
    label: Label | None
    alert: Alert | None
    flagged_at: datetime | None

    @property
    def verdict(self) -> str:
        """Name the outcome as a watch officer would."""
        raised = self.alert is not None and self.alert.level != "green"
        if self.label is None:
            return f"false {self.alert.level}" if raised and self.alert else "clean, quiet"
        if raised:
            return "found"
        return "recorded only" if self.alert is not None else "missed"

    @property
    def timing(self) -> str:
        """How long before kick-off, or after the fix began, an officer saw it."""
        if self.label is None or self.flagged_at is None:
            return ""
        if self.flagged_at < self.start:
            return f"{_minutes(self.start - self.flagged_at)} min before the start"
        return f"{_minutes(self.flagged_at - self.label.start)} min after the fix began"


def outcomes(
    fixtures: Iterable[tuple[str, str, datetime]],
    truth: Sequence[Label],
    tally: Tally,
) -> list[Outcome]:
    """Hold alerts against labels; explained alerts are not held to be raised."""
    labels = {label.match: label for label in truth}
    gravest: dict[str, Alert] = {}
    for alert in sorted(tally.alerts.values(), key=lambda a: (RANKS[a.level], a.score)):
        if alert.status == "open":
            gravest[alert.match] = alert
    flagged: dict[str, datetime] = {}
    for alert_id, at in tally.flagged_at.items():
        match = tally.alerts[alert_id].match
        flagged[match] = min(at, flagged.get(match, at))
    return [
        Outcome(match, teams, start, labels.get(match), gravest.get(match), flagged.get(match))
        for match, teams, start in fixtures
    ]


def _minutes(length: timedelta) -> int:
    return round(length.total_seconds() / 60)


def truth_table(rows: Sequence[Outcome]) -> Table:
    """Lay out outcomes, fixed matches first."""
    table = Table(title="Alerts against the truth", title_justify="left", title_style="bold")
    for name in ("match", "truth", "alert", "outcome", "when"):
        table.add_column(name, no_wrap=name in ("truth", "alert"))
    for row in sorted(rows, key=lambda r: (r.label is None, r.alert is None, r.start)):
        alert = row.alert
        table.add_row(
            row.teams,
            row.label.typology if row.label else "clean",
            Text(alert.level, style=COLOURS[alert.level]) if alert else "-",
            Text(row.verdict, style="bold" if row.label or row.verdict.startswith("false") else ""),
            row.timing,
        )
    return table
