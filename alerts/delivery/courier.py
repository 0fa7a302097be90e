"""The courier: takes what outboxes hold to where it belongs, and writes down how it went."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from alerts.delivery.clock import Clock
from alerts.delivery.holding import Held
from alerts.delivery.lane import Lane
from alerts.delivery.outbox import Entry, Outbox, Status
from alerts.delivery.outcome import Answer, Outcome, Reason
from alerts.delivery.parcel import Attempt, Parcel, Sender, single, why_bundled
from alerts.delivery.settings import CourierSettings
from alerts.delivery.timers import Timers
from alerts.delivery.waiting import Waiting
from alerts.subscribing.subscription import Subscription

_UNKNOWN_FOR_S = 5.0


class Courier:
    """Delivers the entries of outboxes; what it decides is decided by pure functions beside it.

    Good at: many endpoints of which some hang or fail, for each has a lane of its own. Bad at:
    keeping an order; a message that is tried again may arrive after a later one. Use it within one
    event loop.

    Parameters
    ----------
    sender
        Sends one parcel once.
    find
        Gives a subscription as it stands now; None while it is not known yet.
    log
        Takes each attempt.
    failed
        Is told of what was not foreseen, and should end the process.
    """

    def __init__(
        self,
        sender: Sender,
        find: Callable[[str], Subscription | None],
        settings: CourierSettings,
        *,
        clock: Clock,
        log: Callable[[Attempt], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._sender = sender
        self._find = find
        self._settings = settings
        self._retry = settings.retry
        self._clock = clock
        self._log = log
        self._failed = failed
        self._timers = Timers(clock)
        self._lanes: dict[str, Lane] = {}
        self._paused = False
        self._waiting = Waiting(clock, self._timers, find, self._dispatch)

    async def run(self) -> None:
        """Do what is due later; goes on for ever."""
        await self._timers.run()

    def fire(self) -> None:
        """Do what is due by now."""
        self._timers.fire()

    def open(self, outbox: Outbox) -> None:
        """Take over an outbox: learn from what it delivered, go on with what is pending."""
        self._waiting.remember(outbox)
        self.admit(outbox.pending())

    def admit(self, entries: Iterable[Entry]) -> None:
        """Take entries in: each is sent, kept waiting, tried again later, or dropped."""
        for entry in entries:
            why = why_bundled(entry.standing.via)
            if why is not None:
                self._waiting.keep(entry, entry.standing.next_at, why)
            elif entry.standing.attempts:
                self._later(single(entry), entry.standing.next_at)
            else:
                self._admit(entry)

    def _admit(self, entry: Entry) -> None:
        if not entry.pending:
            return
        subscription = self._find(entry.subscription)
        if subscription is None:
            # Subscriptions travel on a topic of their own and may come a moment later.
            self._timers.at(self._now() + _UNKNOWN_FOR_S, lambda: self._admit(entry))
        elif (reason := _undeliverable(subscription, entry)) is not None:
            self._drop(entry, reason)
        else:
            self._waiting.admit(entry, subscription)

    def _dispatch(self, parcel: Parcel) -> None:
        subscription = self._find(parcel.subscription)
        if subscription is None:
            self._later(parcel, self._now() + _UNKNOWN_FOR_S)
            return
        endpoint = self._sender.endpoint(subscription)
        if endpoint not in self._lanes:
            self._lanes[endpoint] = Lane(
                self._retry, self._settings.at_once, self._clock, self._timers, self._carry,
                lambda: self._paused,
            )  # fmt: skip
        self._lanes[endpoint].put(parcel)

    def _later(self, parcel: Parcel, at: float) -> None:
        self._timers.at(at, lambda: self._dispatch(parcel))

    async def _carry(self, parcel: Parcel, lane: Lane) -> None:
        try:
            await self._attempt(parcel, lane)
        except Exception as error:  # noqa: BLE001 (handed on: it ends the process)
            self._failed(error)

    async def _attempt(self, parcel: Parcel, lane: Lane) -> None:
        subscription = self._find(parcel.subscription)
        if subscription is None:
            return
        self._drop_some(parcel, subscription)
        if not parcel.entries:
            return
        began = self._clock.now()
        answer = await self._sender.send(parcel, subscription, began)
        parcel.attempts += 1
        now = self._clock.now()
        next_at = None
        if answer.outcome is Outcome.RETRY:
            next_at = self._try_again(parcel, lane, answer)
        else:
            lane.breaker.succeeded()
        if answer.outcome is Outcome.RETRY and next_at is None:
            answer = Answer(Outcome.GAVE_UP, Reason.EXPIRED, answer.status)
        if next_at is None:
            self._settle(parcel, answer)
        self._log(_attempt(parcel, subscription, self._sender.host(subscription),
                           answer, began, now, next_at))  # fmt: skip

    def _drop_some(self, parcel: Parcel, subscription: Subscription) -> None:
        """Drop what must not be delivered any more since it was queued."""
        for entry in parcel.entries:
            if (reason := _undeliverable(subscription, entry)) is not None:
                self._drop(entry, reason)
        parcel.entries = [entry for entry in parcel.entries if entry.pending]

    def _try_again(self, parcel: Parcel, lane: Lane, answer: Answer) -> float | None:
        """When a parcel is tried again; None when it has been tried for long enough."""
        now = self._now()
        lane.breaker.failed(now)
        wait = self._retry.wait_s(parcel.id, parcel.attempts)
        if answer.retry_after_s is not None:
            lane.breaker.asked_to_wait(now + answer.retry_after_s)
            wait = max(wait, answer.retry_after_s)
        if now - parcel.since >= self._retry.give_up_h * 3600:
            return None
        for entry in parcel.entries:
            via = parcel.id if parcel.bundled else ""
            entry.slot.outbox.note(entry, parcel.attempts, now + wait, answer.reason, via)
        self._later(parcel, now + wait)
        return now + wait

    def _settle(self, parcel: Parcel, answer: Answer) -> None:
        status = Status.DELIVERED if answer.outcome is Outcome.DELIVERED else Status.DEAD
        for entry in parcel.entries:
            if entry.pending:
                entry.standing.attempts = parcel.attempts
                via = parcel.id if parcel.bundled else ""
                entry.slot.outbox.settle(entry, status, answer.reason, self._now(), via)

    def _drop(self, entry: Entry, reason: Reason) -> None:
        if entry.pending:
            entry.slot.outbox.settle(entry, Status.DROPPED, reason, self._now())

    async def pause(self, within_s: float) -> None:
        """Send nothing more, and let what is on its way arrive, as far as it does in time.

        Outboxes may be handed over after it: what was sent is known, so nobody sends it again.
        """
        self._paused = True
        await self._arrived(within_s)

    def resume(self) -> None:
        """Go on."""
        self._paused = False
        for lane in list(self._lanes.values()):
            lane.pump()

    async def finish(self, within_s: float) -> None:
        """Let what is on its way arrive, and break off the rest."""
        for task in await self._arrived(within_s):
            task.cancel()

    async def _arrived(self, within_s: float) -> set["asyncio.Task[None]"]:
        running = [task for lane in self._lanes.values() for task in lane.running]
        return (await asyncio.wait(running, timeout=within_s))[1] if running else set()

    def held(self) -> dict[Held, int]:
        """How many entries wait, by why."""
        return self._waiting.held()

    def left_alone(self) -> int:
        """How many endpoints are left alone at present."""
        return sum(lane.breaker.closed_until > self._now() for lane in self._lanes.values())

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _undeliverable(subscription: Subscription, entry: Entry) -> Reason | None:
    if subscription.ended_at is not None:
        return Reason.ENDED
    if subscription.confirmed_at is None and entry.pending and entry.notice.what != "confirm":
        return Reason.UNCONFIRMED
    return None


def _attempt(
    parcel: Parcel,
    subscription: Subscription,
    host: str,
    answer: Answer,
    began: datetime,
    ended: datetime,
    next_at: float | None,
) -> Attempt:
    return Attempt(
        at=began,
        delivery=parcel.id,
        subscription=parcel.subscription,
        channel=subscription.channel.kind,
        host=host,
        told=tuple(entry.slot.key for entry in parcel.entries),
        attempt=parcel.attempts,
        outcome=answer.outcome,
        reason=answer.reason,
        status=answer.status,
        latency_ms=(ended - began).total_seconds() * 1000,
        next_at=None if next_at is None else datetime.fromtimestamp(next_at, UTC),
    )
