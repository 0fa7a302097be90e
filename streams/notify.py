"""The app `notify`: from alerts to outboxes, from outboxes to subscribers; all its wiring."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from aiohttp.abc import AbstractResolver
from faust.types import TP

from alerts.cases import Cases
from alerts.delivery.clock import Clock, SystemClock
from alerts.delivery.courier import Courier
from alerts.delivery.metrics import Metrics
from alerts.delivery.parcel import Attempt
from alerts.delivery.senders import Senders
from alerts.mail.page import Links
from alerts.mail.sender import mail_sender
from alerts.secrets import Secrets
from alerts.webhook.sender import webhook_sender
from streams.app import App, create_app
from streams.chunked_transport import Chunk
from streams.compacted import Follower
from streams.configuration import Settings
from streams.market_points import MarketPoints
from streams.outboxes import Outboxes
from streams.sending import Sending
from streams.subscribers import Subscribers
from streams.telling import Outgoing, Telling
from streams.topics import ACTIONS, ALERTS, DELIVERIES, SUBSCRIPTIONS, Topic

log = logging.getLogger(__name__)

# Writing takes at most a part of the time: the more there is, the more of it goes together.
_WRITE_EVERY_S, _WRITING_PART = 0.25, 0.2
_LOOK_EVERY_S = 2.0
_ARRIVE_WITHIN_S = 8.0
# Others wait for us to join again; the embedded broker for three seconds and no longer.
_HANDED_OVER_WITHIN_S = 1.0


def notify_app(
    settings: Settings,
    *,
    data_dir: Path,
    prefix: str,
    embedded: bool,
    member: str | None = None,
    clock: Clock | None = None,
    resolver: AbstractResolver | None = None,
) -> App:
    """App that tells subscribers of alerts.

    `clock` and `resolver` stand for the machine's own where they are given.

    Raises
    ------
    KeyMissing
        When there is no key to work secrets out from.
    """
    app = create_app(
        "notify", settings.broker, data_dir=data_dir, prefix=prefix, embedded=embedded,
        member=member,
    )  # fmt: skip
    secrets = Secrets(settings.notify.key, settings.notify.previous_key)
    notifying = _Notifying(app, settings, secrets, clock or SystemClock(), resolver)

    async def notify_alerts_(stream: Any) -> None:
        async with notifying.at_work():
            async for batch in app.batches(stream, most=50, within=0.05):
                await notifying.tell_alerts(batch)

    async def notify_actions_(stream: Any) -> None:
        async with notifying.at_work():
            async for batch in app.batches(stream, most=50, within=0.05):
                await notifying.tell_actions(batch)

    async def deliver_(stream: Any) -> None:
        async with notifying.at_work():
            async for batch in app.batches(stream, most=50, within=0.05):
                taken = [await notifying.take(chunk) for chunk in batch]
                await app.commit_through(taken)

    app.on_partitions_assigned.connect(notifying.assigned, weak=False)  # type: ignore[arg-type]
    app.on_partitions_revoked.connect(notifying.revoked, weak=False)
    app.agent(app.source(ALERTS.name), name="notify-alerts")(notify_alerts_)
    app.agent(app.source(ACTIONS.name), name="notify-actions")(notify_actions_)
    app.agent(app.source(DELIVERIES.name), name="deliver")(deliver_)
    return app


class _Notifying:
    """What the agents share. It is set up by the first and taken down by the last of them."""

    def __init__(
        self,
        app: App,
        settings: Settings,
        secrets: Secrets,
        clock: Clock,
        resolver: AbstractResolver | None,
    ) -> None:
        self._app = app
        self._settings = settings
        self._secrets = secrets
        self._clock = clock
        self._resolver = resolver
        self._metrics = Metrics()
        self._send = Sending(app).produced
        self._subscribers = Subscribers()
        self._users = 0
        self._ready: asyncio.Future[None] | None = None
        self._stack = AsyncExitStack()
        self._ours: set[TP] = set()
        self._outboxes: Outboxes
        self._courier: Courier
        self._telling = Telling(
            Cases(settings.lifecycle),
            self._subscribers,
            clock,
            DELIVERIES.count(settings.broker),
            self._metrics.passed,
        )

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """For as long as an agent runs."""
        self._users += 1
        try:
            await self._until_ready()
            yield
        finally:
            self._users -= 1
            if self._users == 0:
                await self._stack.aclose()

    async def _until_ready(self) -> None:
        if self._ready is None:
            self._ready = asyncio.ensure_future(self._open())
        await asyncio.shield(self._ready)

    async def _open(self) -> None:
        settings, enter = self._settings.notify, self._stack.enter_async_context
        links = Links(settings.public_url)
        points = MarketPoints(self._settings.broker, self._app.prefix)
        self._stack.push_async_callback(points.close)
        senders = Senders(
            {
                "webhook": await enter(
                    webhook_sender(settings.webhook, self._secrets, self._resolver)
                ),
                "email": await enter(mail_sender(settings.smtp, self._secrets, links, points.of)),
            }
        )
        self._courier = Courier(
            senders,
            self._subscribers.find,
            settings.delivery,
            clock=self._clock,
            log=self._log,
            failed=self._failed,
        )
        self._outboxes = Outboxes(
            self._app, self._settings.broker, self._courier, self._clock, self._send
        )
        if settings.metrics_port is not None:
            port = self._metrics.serve(settings.metrics_host, settings.metrics_port)
            log.info("metrics on http://%s:%d/metrics", settings.metrics_host, port)
        await self._follow()
        self._outboxes.assigned(self._of(DELIVERIES))
        self._stack.push_async_callback(self._outboxes.close, _ARRIVE_WITHIN_S)
        for work in (self._courier.run, self._keep_writing, self._keep_looking):
            self._in_background(work())

    async def _follow(self) -> None:
        """Follow what every worker must know, and wait till it is known."""
        prefix, broker = self._app.prefix, self._settings.broker
        topics = {prefix + t.name: t.count(broker) for t in (SUBSCRIPTIONS, ACTIONS, ALERTS)}
        follower = Follower(broker, topics, self._telling.follow, self._failed)
        follower.start()
        self._stack.push_async_callback(follower.stop)
        with ExitStack() as excused:
            for topic in (ALERTS, ACTIONS, DELIVERIES):
                within = self._settings.recovery.within_s
                excused.enter_context(self._app.excuses.during(topic.name, within))
            await follower.caught_up.wait()

    def _in_background(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        task.add_done_callback(self._ended)

        async def end() -> None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

        self._stack.push_async_callback(end)

    def _ended(self, task: "asyncio.Future[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)

    async def assigned(self, _: Any, assigned: set[TP], **__: Any) -> None:
        """Take partitions over."""
        self._ours = assigned
        if self._ready is not None and self._ready.done():
            self._outboxes.assigned(self._of(DELIVERIES))
            self._courier.resume()

    def _of(self, topic: Topic) -> set[int]:
        """Partitions of a topic that were given to us."""
        return {tp.partition for tp in self._ours if tp.topic == self._app.prefix + topic.name}

    async def revoked(self, *_: Any, **__: Any) -> None:
        """Write down what was done before others go on."""
        if self._ready is not None and self._ready.done():
            await self._outboxes.revoked(_HANDED_OVER_WITHIN_S)

    async def take(self, chunk: Chunk) -> Chunk | None:
        """Take in records of an outbox; return those whose partition is ours."""
        for count, record in enumerate(chunk.records):
            if not await self._outboxes.take(chunk.partition, record):
                return chunk.first(count)
        return chunk

    async def tell_alerts(self, batch: list[Chunk]) -> None:
        """Tell of alerts, then commit them."""
        records = []
        for told in chain.from_iterable(chunk.records for chunk in batch):
            arrived = datetime.fromtimestamp(told.timestamp / 1000.0, UTC)
            records += self._telling.alert(told.value or b"", arrived)
        await self._put(records)
        await self._app.commit_through(batch)

    async def tell_actions(self, batch: list[Chunk]) -> None:
        """Tell of missed deadlines, then commit the actions."""
        for told in chain.from_iterable(chunk.records for chunk in batch):
            await self._put(await self._telling.action(told.value or b""))
        await self._app.commit_through(batch)

    async def _put(self, records: list[Outgoing]) -> None:
        sent = [await self._send(DELIVERIES.name, *record) for record in records]
        await asyncio.gather(*sent)
        self._telling.told(records)

    async def _keep_writing(self) -> None:
        took = 0.0
        while True:
            await asyncio.sleep(max(_WRITE_EVERY_S, took / _WRITING_PART))
            began = time.perf_counter()
            # A stop must not come between taking what has changed and writing it.
            await asyncio.shield(self._outboxes.write())
            took = time.perf_counter() - began

    async def _keep_looking(self) -> None:
        while True:
            self._metrics.look(self._outboxes.boxes(), self._courier, self._clock.now())
            for action in self._telling.missed_deadlines(self._of(ALERTS).__contains__):
                await (await self._send(ACTIONS.name, None, action.match, action.to_json()))
            await asyncio.sleep(_LOOK_EVERY_S)

    def _log(self, attempt: Attempt) -> None:
        self._metrics.attempt(attempt)
        self._outboxes.log(attempt)

    def _failed(self, error: BaseException) -> None:
        log.error("notify failed: %r", error)
        asyncio.ensure_future(self._app.crash(error))  # noqa: RUF006 (the app ends)
