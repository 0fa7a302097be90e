"""Telling: what came on `alerts` and `actions` becomes notices in the outboxes."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime

import msgspec
from pydantic import ValidationError

from alerts.action import Action, Kind
from alerts.alert import Alert
from alerts.cases import Cases
from alerts.delivery.clock import Clock
from alerts.delivery.outbox import encode_notice
from alerts.notice import Notice, missed, transition_of
from alerts.routing import Passed, Told, passed
from alerts.subscribing.subscription import Subscription
from streams.compacted import Kept
from streams.frames import partition_of
from streams.subscribers import Subscribers, outbox_of
from streams.topics import ACTIONS, ALERTS

log = logging.getLogger(__name__)

_KNOWN_WITHIN_S = 30.0

Outgoing = tuple[int, str, bytes]


class Telling:
    """Decides whom alerts and missed deadlines are told to.

    It follows all alerts and actions, for snoozes are about more than one match; but it tells only
    what is handed to it.
    """

    def __init__(
        self,
        cases: Cases,
        subscribers: Subscribers,
        clock: Clock,
        outboxes: int,
        on_passed: Callable[[Passed], None],
    ) -> None:
        self._cases = cases
        self._subscribers = subscribers
        self._clock = clock
        self._outboxes = outboxes
        self._on_passed = on_passed
        self._alerts: dict[str, Alert] = {}
        self._news = asyncio.Event()
        self._told: set[str] = set()
        self._due: set[str] = set()

    def follow(self, records: Iterable[Kept]) -> None:
        """Take in alerts and actions that somebody may have told of already."""
        for record in records:
            if record.topic.endswith(ALERTS.name):
                self._alert(record.value or b"", record.arrived)
            elif record.topic.endswith(ACTIONS.name):
                self._action(record.value or b"")
            else:
                self._subscribers.take([record])

    def alert(self, value: bytes, arrived: datetime) -> list[Outgoing]:
        """Records for the outboxes that tell of an alert."""
        alert = self._alert(value, arrived)
        if alert is None:
            return []
        told = transition_of(alert, self._cases.find(alert.match))
        if told is None:
            return []
        what, transition = told
        snoozed = self._cases.held_by(alert, arrived) is not None
        notice = Notice(
            alert.alert_id, transition, what, self._clock.now(), (), alert.level, msgspec.Raw(value)
        )
        return self._notices(notice, self._for(Told(alert, snoozed=snoozed)))

    async def action(self, value: bytes) -> list[Outgoing]:
        """Records for the outboxes that tell of a deadline that was missed."""
        action = self._action(value)
        if action is None or action.kind is not Kind.MISS_DEADLINE or action.alert_id is None:
            return []
        alert = await self._known(action.alert_id)
        if alert is None:
            log.warning("deadline of alert %s was missed, which is not known", action.alert_id)
            return []
        case = self._cases.find(alert.match)
        step = max(1, len(case.missed) if case is not None else 1)
        # Where nobody is next, those who were told first are told again.
        readers = self._for(Told(alert, step)) or self._for(Told(alert))
        notice = Notice(
            alert.alert_id, missed(action.at), "deadline_missed", self._clock.now(), (),
            alert.level, msgspec.Raw(alert.to_json()),
        )  # fmt: skip
        return self._notices(notice, readers)

    def missed_deadlines(self, ours: Callable[[int], bool]) -> list[Action]:
        """Deadlines that passed, of matches whose partition is ours; each is given once."""
        found = []
        for action in self._cases.due(self._clock.now()):
            partition = partition_of(action.match or "", ACTIONS.partitions or 1)
            if ours(partition) and action.action_id not in self._due:
                self._due.add(action.action_id)
                found.append(action)
        return found

    async def _known(self, alert_id: str) -> Alert | None:
        """An alert by its id; it may come a moment after the action that names it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_KNOWN_WITHIN_S):
                while alert_id not in self._alerts:
                    self._news.clear()
                    await self._news.wait()
        return self._alerts.get(alert_id)

    def _alert(self, value: bytes, arrived: datetime) -> Alert | None:
        try:
            alert = Alert.model_validate_json(value)
        except ValidationError as error:
            log.warning("an alert cannot be read (%d faults)", len(error.errors()))
            return None
        self._cases.take_alert(alert, arrived)
        known = self._alerts.get(alert.alert_id)
        if known is None or known.last_at <= alert.last_at:
            self._alerts[alert.alert_id] = alert
        self._news.set()
        return alert

    def _action(self, value: bytes) -> Action | None:
        try:
            action = Action.model_validate_json(value)
        except ValidationError as error:
            log.warning("an action cannot be read (%d faults)", len(error.errors()))
            return None
        self._cases.take_action(action)
        return action

    def _for(self, told: Told) -> list[Subscription]:
        readers = []
        for subscription in self._subscribers.all():
            reason = passed(told, subscription)
            if reason is None:
                readers.append(subscription)
            else:
                self._on_passed(reason)
        return readers

    def _notices(self, notice: Notice, readers: Iterable[Subscription]) -> list[Outgoing]:
        """One record for each outbox that holds any of the readers, but none twice."""
        names: dict[int, list[str]] = defaultdict(list)
        for reader in readers:
            names[outbox_of(reader.subscription, self._outboxes)].append(reader.subscription)
        found = []
        for outbox, theirs in sorted(names.items()):
            key, value = encode_notice(msgspec.structs.replace(notice, subscriptions=tuple(theirs)))
            if key not in self._told:
                found.append((outbox, key, value))
        return found

    def told(self, records: Iterable[Outgoing]) -> None:
        """Remember what the broker has taken, so that an alert that grows is not told again."""
        self._told.update(key for _, key, _ in records)
