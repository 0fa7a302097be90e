"""The log of one case: its alerts and actions in whatever order they came, and what they make."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from alerts.action import Action, SeenAlert
from alerts.alert import RANKS, Alert, Level, Status
from alerts.case import Case, Entry, Held, Reason, case_id
from alerts.deadlines import LifecycleSettings
from alerts.rules import State, step
from alerts.sightings import Sightings, Update
from alerts.snooze import Snooze
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
    _gone: tuple[State, list[tuple[Action, Reason | None]]] | None = None

    def take_alert(self, alert: Alert, arrived: datetime) -> bool:
        """Take in an alert; whether anything is new."""
        known = self.sightings.setdefault(alert.alert_id, Sightings(alert))
        return known.take(alert, arrived)

    def take_action(self, action: Action) -> bool:
        """Take in an action; whether it is new."""
        if action.action_id in self.actions:
            return False
        self.actions[action.action_id] = action
        self._gone = None
        return True

    def concerned_by(self, snoozes: Iterable[Snooze]) -> bool:
        """Whether one of these snoozes is for an alert of this case, or for its match."""
        return any(
            (snooze.scope == "match" and snooze.value == self.match)
            or any(snooze.covers(one.latest) for one in self.sightings.values())
            for snooze in snoozes
        )

    def seen(self) -> dict[str, SeenAlert]:
        """How the alerts stand, for somebody who looks at them now."""
        return {name: one.seen() for name, one in sorted(self.sightings.items())}

    def state(self) -> State:
        """How far people are with the case, given all that is known by now."""
        return self._gone_through()[0].woken(self.seen())

    def outcome(
        self, settings: LifecycleSettings, snoozes: Snoozes
    ) -> tuple[Case | None, Deadline | None]:
        """The case, and the next deadline that can be missed.

        There is none where there is neither an alert nor a reported miss.
        """
        state = self.state()
        if not self.sightings and not state.misses:
            return None, None
        due = list(self._due(state, settings, snoozes))
        deadline = min(
            (one for one in due if one.rank > state.missed_rank()),
            default=None,
            key=lambda one: one.order,
        )
        return self._case(state, due, deadline, snoozes), deadline

    def _case(
        self, state: State, due: Sequence[Deadline], deadline: Deadline | None, snoozes: Snoozes
    ) -> Case:
        alerts = sorted(
            (one.latest for one in self.sightings.values()), key=lambda a: (a.opened_at, a.alert_id)
        )
        calls = max(due, key=lambda one: one.rank, default=None)
        # Not validated again: its parts were, and checking every action's hash costs the most.
        return Case.model_construct(
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
            calls=calls.update.level if calls else None,
            acknowledge_by=deadline.at if deadline else None,
            missed=tuple(at for _, at in state.missed),
            news=tuple(sorted({update.alert_id for update, _ in self._news(state)})),
            held=tuple(self._held(snoozes)),
            closings=state.closings,
            history=tuple(self._history(snoozes)),
        )

    def _gone_through(self) -> tuple[State, list[tuple[Action, Reason | None]]]:
        """Go through the actions in their order, once."""
        if self._gone is None:
            state, judged = State(), []
            for action in sorted(self.actions.values(), key=lambda action: action.order):
                state, reason = step(state, action)
                judged.append((action, reason))
            self._gone = state, judged
        return self._gone

    def _history(self, snoozes: Snoozes) -> Iterator[Entry]:
        """The actions and why some do not count; snoozes are judged elsewhere."""
        for action, reason in self._gone_through()[1]:
            refused = snoozes.refused.get(action.action_id, reason)
            yield Entry.model_construct(action=action, refused=refused)

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
