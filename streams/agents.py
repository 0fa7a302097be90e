"""The Faust agents, and the apps they run in; all wiring of the workers is here."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from faust.types import TP, EventT

from forensics.archive import Archive
from forensics.migrate import migrate
from forensics.store import Store, StoreUnavailable
from markets.records import Record
from streams import dead_letters
from streams.app import App, create_app
from streams.configuration import Settings, config_hash
from streams.expiry import keep_expiring
from streams.frames import decode
from streams.looks import Looks, keep_looking
from streams.partition_watch import Watches
from streams.past import past
from streams.topics import ACTIONS, ALERTS, DEAD_LETTERS, DELIVERY_ATTEMPTS, MATCH_FEED

log = logging.getLogger(__name__)

_LONGEST_WAIT_S = 30.0


def watch_app(
    settings: Settings, *, data_dir: Path, prefix: str, embedded: bool, member: str | None = None
) -> App:
    """App that watches `match-feed` and raises alerts."""
    app = create_app(
        "watch", settings.broker, data_dir=data_dir, prefix=prefix, embedded=embedded, member=member
    )
    watching = _Watching(app, settings)

    async def watch_(stream: Any) -> None:
        async for batch in app.batches(stream, most=20, within=0.05):
            taken = [event for event in batch if await watching.take(event)]
            await app.commit_through(taken)

    app.on_partitions_assigned.connect(watching.keep, weak=False)  # type: ignore[arg-type]
    app.agent(app.source(MATCH_FEED.name), name="watch")(watch_)
    return app


class _Watching:
    """The watches of this worker, and the last offset that each partition's has taken in.

    A watch takes in every offset of its partition once and in order. One that comes after a hole
    (a partition that was watched elsewhere, or a worker that begins) is preceded by what lies
    between; one that was taken in before is passed over.
    """

    def __init__(self, app: App, settings: Settings) -> None:
        self._app = app
        self._broker = settings.broker
        self._watches = Watches(settings.watch, config_hash(settings.watch))
        self._applied: dict[int, int] = {}

    def keep(self, _: Any, assigned: set[TP], **__: Any) -> None:
        """Forget the partitions that are not ours any more."""
        for partition in set(self._applied) - {tp.partition for tp in assigned}:
            self._forget(partition)

    async def take(self, event: EventT[Any]) -> bool:
        """Take one frame in and send what it raises; False when it is not ours to take."""
        partition, offset = event.message.partition, event.message.offset
        await asyncio.sleep(0)
        if offset <= self._applied.get(partition, -1):
            return True
        if offset > self._applied.get(partition, -1) + 1:
            await asyncio.to_thread(self._catch_up, partition, offset)
        if self._app.should_stop or not self._app.is_current(event):
            self._forget(partition)
            return False
        value = event.value or b""
        records, reasons = decode(value)
        for reason in reasons:
            letter = dead_letters.from_frame(MATCH_FEED.name, partition, offset, reason, value)
            await _send(self._app, DEAD_LETTERS.name, MATCH_FEED.name, letter)
        for alert in self._watches.apply(partition, offset, records):
            await _send(self._app, ALERTS.name, alert.match, alert.to_json())
        self._applied[partition] = offset
        return True

    def _catch_up(self, partition: int, until: int) -> None:
        """Bring a watch to the state just before an offset; the alerts of that time are out."""
        topic = self._app.prefix + MATCH_FEED.name
        done = self._applied.get(partition, -1)
        frames = past(self._broker, topic, partition, since=done + 1, until=until)
        for offset, frame in frames:
            if self._app.should_stop:
                return
            self._watches.apply(partition, offset, decode(frame)[0])
        log.info("partition %d: caught up from offset %d to %d", partition, done + 1, until)

    def _forget(self, partition: int) -> None:
        self._applied.pop(partition, None)
        self._watches.forget(partition)


async def _send(app: App, topic: str, key: str, value: bytes) -> None:
    target = app.topic(app.prefix + topic, value_serializer="raw", key_serializer="raw")
    sent = await target.send(key=key.encode(), value=value)
    await sent


def archive_app(
    settings: Settings, store: Store, *, data_dir: Path, prefix: str, embedded: bool,
    member: str | None = None,
) -> App:  # fmt: skip
    """App that writes feed, alerts, actions, attempts to deliver and dead letters to the store.

    Where topics begin anew with each run, the newest alerts are those of the newest run.
    """
    app = create_app(
        "archive", settings.broker, data_dir=data_dir, prefix=prefix, embedded=embedded,
        member=member,
    )  # fmt: skip
    migrate(store)
    generation = int(time.time()) if embedded or prefix else 0
    archive = Archive(store, generation=generation, lifecycle=settings.lifecycle)
    archive.catch_up()

    kept = (
        (MATCH_FEED, "archive-feed", _frame, archive.write),
        (ALERTS, "archive-alerts", _message, archive.write_alerts),
        (ACTIONS, "archive-actions", _message, archive.write_actions),
        (DELIVERY_ATTEMPTS, "archive-attempts", _message, archive.write_attempts),
        (DEAD_LETTERS, "archive-dead-letters", _letter, archive.write_dead_letters),
    )
    for topic, name, read, write in kept:
        app.agent(app.source(topic.name), name=name)(_archiving(app, read, write))
    if not embedded:
        keep_looking(app, Looks(settings.broker, prefix), archive)
    keep_expiring(app, store, settings.retention)
    return app


def _archiving(
    app: App, read: Callable[[EventT[Any]], Any], write: Callable[[list[Any]], object]
) -> Callable[[Any], Coroutine[Any, Any, None]]:
    """Make an agent that writes a topic in batches, and commits what is written."""

    async def archive_(stream: Any) -> None:
        async for batch in app.batches(stream, most=200, within=0.5):
            if await _written(app, partial(write, [read(event) for event in batch])):
                await app.commit_through(batch)

    return archive_


async def _written(app: App, write: Callable[[], object]) -> bool:
    """Write a batch; while the store is away try again, ever more slowly, until told to stop."""
    wait = 0.5
    while not app.should_stop:
        try:
            await asyncio.to_thread(write)
        except StoreUnavailable as error:
            log.warning("%s; trying again in %.0f s", error, wait)
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_S)
        else:
            return True
    return False


def _place(event: EventT[Any]) -> tuple[int, int, datetime]:
    message = event.message
    return message.partition, message.offset, datetime.fromtimestamp(message.timestamp, UTC)


def _frame(event: EventT[Any]) -> tuple[int, int, datetime, list[Record]]:
    return (*_place(event), decode(event.value or b"")[0])


def _message(event: EventT[Any]) -> tuple[int, int, datetime, bytes]:
    return (*_place(event), event.value or b"")


def _letter(event: EventT[Any]) -> Any:
    partition, offset, arrived = _place(event)
    return dead_letters.to_archive(
        event.value or b"",
        topic=DEAD_LETTERS.name,
        partition=partition,
        offset=offset,
        arrived=arrived,
    )
