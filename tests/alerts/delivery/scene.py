"""A scene for delivery: a clock that is moved by hand, a sender that answers as told."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec

from alerts.delivery.courier import Courier
from alerts.delivery.outbox import Entry, Outbox
from alerts.delivery.outcome import Answer, Outcome, Reason
from alerts.delivery.parcel import Attempt, Parcel
from alerts.delivery.retrying import RetrySettings
from alerts.delivery.settings import CourierSettings
from alerts.notice import Notice
from alerts.subscribing.subscription import Subscription, Webhook
from tests.streams.alerts_made import made

NOON = datetime(2026, 6, 11, 12, tzinfo=UTC)
ACCEPTED = Answer(Outcome.DELIVERED, Reason.ACCEPTED, 200)


def reader(number: int = 1, **more: object) -> Subscription:
    fields = {
        "name": "desk", "channel": Webhook(url=f"https://example.org/{number}"),
        "subscription": f"s-{number:016x}", "created_at": NOON, "created_by": "ana",
        "confirmed_at": NOON,
    }  # fmt: skip
    return Subscription.model_validate(fields | more)


def notice(number: int, *readers: Subscription, at: datetime = NOON, level: str = "amber", **more):
    alert = made(f"a-{number}", match=f"m-{number}", level=level, **more)
    names = tuple(one.subscription for one in readers)
    return Notice(
        alert.alert_id, level, "opened", at, names, alert.level, msgspec.Raw(alert.to_json())
    )


class HandClock:
    """Stands still until it is moved."""

    def __init__(self, at: datetime = NOON) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def move(self, seconds: float) -> None:
        self._at += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


class Scene:
    """A courier with readers, whose sender answers what `answers` says."""

    def __init__(
        self, *readers: Subscription, answers: Callable[[Parcel], Answer] = lambda _: ACCEPTED,
        retry: RetrySettings | None = None, at: datetime = NOON,
    ) -> None:  # fmt: skip
        self.readers = {one.subscription: one for one in readers}
        self.answers = answers
        self.clock = HandClock(at)
        self.sent: list[tuple[datetime, Parcel]] = []
        self.log: list[Attempt] = []
        self.outbox = Outbox()
        settings = CourierSettings(retry=retry or RetrySettings())
        self.courier = Courier(
            self, self.readers.get, settings, clock=self.clock, log=self.log.append,
            failed=self._raise,
        )  # fmt: skip
        self.failures: list[BaseException] = []

    def _raise(self, error: BaseException) -> None:
        self.failures.append(error)

    async def send(self, parcel: Parcel, subscription: Subscription, now: datetime) -> Answer:
        await asyncio.sleep(0)
        self.sent.append((now, parcel))
        return self.answers(parcel)

    def endpoint(self, subscription: Subscription) -> str:
        return subscription.subscription

    def host(self, subscription: Subscription) -> str:
        return "example.org"

    async def tell(self, *notices: Notice) -> list[Entry]:
        entries = [entry for one in notices for entry in self.outbox.take(one)]
        self.courier.admit(entries)
        await self.settle()
        return entries

    async def settle(self) -> None:
        """Let everything happen that happens at this moment."""
        while True:
            before = len(self.sent), len(self.log)
            self.courier.fire()
            for _ in range(8):
                await asyncio.sleep(0)
            if (len(self.sent), len(self.log)) == before:
                assert self.failures == []
                return

    async def wait(self, seconds: float, step: float = 30.0) -> None:
        """Move the clock on, step by step."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while self.clock.now() < end:
            self.clock.move(min(step, (end - self.clock.now()).total_seconds()))
            await self.settle()

    def minutes(self) -> list[float]:
        return [(at - NOON).total_seconds() / 60 for at, _ in self.sent]
