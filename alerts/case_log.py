"""The log of one case: its alerts and actions in whatever order they came, and what they make."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from alerts.action import Action, SeenAlert
from alerts.alert import RANKS, Alert, Level, Status
from alerts.case import Case, Entry, Held, Reason, case_id
from alerts.deadlines import LifecycleSettings
from alerts.rules import State, step
from alerts.sightings import Sightings, Update
from alerts.snoozing import Snoozes


class Deadline(NamedTuple):
    """Until when an update must be acknowledged."""

    at: datetime
    update: Update

    @property
    def rank(self) -> int:
        """Rank of the level that calls."""
        return RANKS[self.update.level]

    @property
    def order(self) -> tuple[datetime, int, str]:
        """The earliest comes first, and of several at once the highest."""
        return self.at, -self.rank, self.update.alert_id


@dataclass(slots=True)
class CaseLog:
    """Alerts and actions of one match.

    What they make does not depend on the order in which they came: alerts only grow, and actions
    are gone through in the order of their own times.
    """

    match: str
    sightings: dict[str, Sightings] = field(default_factory=dict)
    actions: dict[str, Action] = field(default_factory=dict)

    def take_alert(self, alert: Alert, arrived: datetime) -> bool:
        """Take in an alert; whether anything is new."""
        known = self.sightings.setdefault(alert.alert_id, Sightings(alert))
        return known.take(alert, arrived)

    def seen(self) -> dict[str, SeenAlert]:
        """How the alerts stand, for somebody who looks at them now."""
        return {name: one.seen() for name, one in sorted(self.sightings.items())}

    def last_action_at(self) -> datetime | None:
        """When the latest action was."""
        return max((action.at for action in self.actions.values()), default=None)

    def state(self) -> State:
        """How far people are with the case, given all that is known by now."""
        return self._gone_through({})[0].woken(self.seen())

    def deadline(self, settings: LifecycleSettings, snoozes: Snoozes) -> Deadline | None:
        """The next deadline that can be missed; None when there is none."""
        state = self.state()
        due = (d for d in self._due(state, settings, snoozes) if d.rank > state.missed_rank())
        return min(due, default=None, key=lambda deadline: deadline.order)

    def case(self, settings: LifecycleSettings, snoozes: Snoozes) -> Case | None:
        """Compute the case; None where there is neither an alert nor a reported miss."""
        state, entries = self._gone_through(snoozes.refused)
        state = state.woken(self.seen())
        if not self.sightings and not state.misses:
            return None
        alerts = sorted(
            (one.latest for one in self.sightings.values()), key=lambda a: (a.opened_at, a.alert_id)
        )
        calls = (deadline.update.level for deadline in self._due(state, settings, snoozes))
        deadline = self.deadline(settings, snoozes)
        return Case(
            case_id=case_id(self.match),
            match=self.match,
            fixture=alerts[-1].fixture if alerts else None,
            status=_status(state, alerts),
            level=_level(state, alerts),
            typologies=tuple(dict.fromkeys(_typologies(state, alerts))),
            alerts=tuple(alerts),
            misses=state.misses,
            assignee=state.assignee,
            verdict=state.verdict,
            opened_at=min(_begins(state, alerts)),
            last_at=max(_ends(state, alerts)),
            calls=max(calls, key=RANKS.__getitem__, default=None),
            acknowledge_by=deadline.at if deadline else None,
            missed=tuple(at for _, at in state.missed),
            news=tuple(sorted({update.alert_id for update, _ in self._news(state)})),
            held=tuple(self._held(snoozes)),
            closings=state.closings,
            history=entries,
        )

    def _gone_through(self, refused: Mapping[str, Reason]) -> tuple[State, tuple[Entry, ...]]:
        """Go through the actions in their order; snoozes are judged elsewhere."""
        state, entries = State(), []
        for action in sorted(self.actions.values(), key=lambda action: action.order):
            state, reason = step(state, action)
            reason = refused.get(action.action_id, reason)
            entries.append(Entry(action=action, refused=reason))
        return state, tuple(entries)

    def _news(self, state: State) -> Iterator[tuple[Update, datetime]]:
        """Updates that nobody has decided on yet, and when they arrived."""
        for sightings in self.sightings.values():
            for update, arrived in sightings.arrivals.items():
                news = state.cover.news(update.alert_id, update.level, update.score)
                if update.status == "open" and news:
                    yield update, arrived

    def _due(
        self, state: State, settings: LifecycleSettings, snoozes: Snoozes
    ) -> Iterator[Deadline]:
        """Until when each update that calls must be acknowledged."""
        if state.status not in ("waiting", "escalated"):
            return
        for update, arrived in self._news(state):
            allowance = settings.allowance(update.level)
            if allowance is not None:
                alert = self.sightings[update.alert_id].latest
                due = snoozes.deferred(arrived + allowance, alert, update.level)
                yield Deadline(due, update)

    def _held(self, snoozes: Snoozes) -> Iterator[Held]:
        for name, sightings in sorted(self.sightings.items()):
            for level, at in sorted(sightings.levels().items(), key=lambda one: one[1]):
                snooze = snoozes.holding(sightings.latest, level, at)
                if snooze is not None:
                    yield Held(alert_id=name, level=level, at=at, snooze_id=snooze.snooze_id)


def _status(state: State, alerts: Iterable[Alert]) -> Status:
    if state.status != "waiting":
        return state.status
    open_ones = any(alert.status == "open" for alert in alerts)
    return "open" if open_ones or state.misses or state.decided else "explained"


def _level(state: State, alerts: Iterable[Alert]) -> Level:
    levels: list[Level] = [alert.level for alert in alerts if alert.status == "open"]
    levels += ["amber"] if state.misses else []
    return max(levels, key=RANKS.__getitem__, default="green")


def _typologies(state: State, alerts: Iterable[Alert]) -> Iterator[str]:
    yield from (alert.typology for alert in alerts)
    yield from (miss.typology for miss in state.misses)


def _begins(state: State, alerts: Iterable[Alert]) -> Iterator[datetime]:
    yield from (alert.opened_at for alert in alerts)
    yield from (miss.when for miss in state.misses)


def _ends(state: State, alerts: Iterable[Alert]) -> Iterator[datetime]:
    yield from (alert.last_at for alert in alerts)
    yield from (miss.when for miss in state.misses)
