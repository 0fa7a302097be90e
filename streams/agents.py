"""The Faust agents, and the apps they run in; all wiring of the workers is here."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from faust.types import TP, EventT

from forensics.archive import Archive
from forensics.migrate import migrate
from forensics.store import Store, StoreUnavailable
from streams import dead_letters
from streams.app import App, create_app
from streams.configuration import Settings, config_hash
from streams.frames import decode
from streams.partition_watch import Watches
from streams.past import past
from streams.topics import ALERTS, DEAD_LETTERS, MATCH_FEED

log = logging.getLogger(__name__)

_LONGEST_WAIT_S = 30.0


def watch_app(settings: Settings, *, data_dir: Path, prefix: str, embedded: bool) -> App:
    """App that watches `match-feed` and raises alerts."""
    app = create_app("watch", settings.broker, data_dir=data_dir, prefix=prefix, embedded=embedded)
    watches = Watches(settings.watch, config_hash(settings.watch))
    applied: dict[int, int] = {}

    async def watch_(stream: Any) -> None:
        async for batch in app.batches(stream, most=20, within=0.05):
            for event in batch:
                await _watch_frame(app, settings, watches, applied, event)
            await app.commit_through(batch)

    def keep_assigned(_: Any, assigned: set[TP], **__: Any) -> None:
        for partition in set(applied) - {tp.partition for tp in assigned}:
            applied.pop(partition)
            watches.forget(partition)

    app.on_partitions_assigned.connect(keep_assigned, weak=False)  # type: ignore[arg-type]
    app.agent(app.source(MATCH_FEED.name), name="watch")(watch_)
    return app


async def _watch_frame(
    app: App, settings: Settings, watches: Watches, applied: dict[int, int], event: EventT[Any]
) -> None:
    """Take one frame in and send what it raises; a frame taken in before is passed over."""
    partition, offset = event.message.partition, event.message.offset
    if partition not in applied and offset > 0:
        topic = app.prefix + MATCH_FEED.name
        read = past(settings.broker, topic, partition, until=offset)
        await asyncio.to_thread(_catch_up, watches, partition, read)
    if offset <= applied.get(partition, -1):
        return
    records, reasons = decode(event.value)
    for reason in reasons:
        letter = dead_letters.from_frame(MATCH_FEED.name, partition, offset, reason, event.value)
        await _send(app, DEAD_LETTERS.name, MATCH_FEED.name, letter)
    for alert in watches.apply(partition, offset, records):
        await _send(app, ALERTS.name, alert.match, alert.to_json())
    applied[partition] = offset
    await asyncio.sleep(0)


def _catch_up(watches: Watches, partition: int, frames: Iterable[tuple[int, bytes]]) -> None:
    """Bring a partition that was watched elsewhere to its present state; its alerts are out."""
    count = 0
    for offset, frame in frames:
        watches.apply(partition, offset, decode(frame)[0])
        count += 1
    log.info("partition %d: caught up over %d frames", partition, count)


async def _send(app: App, topic: str, key: str, value: bytes) -> None:
    target = app.topic(app.prefix + topic, value_serializer="raw", key_serializer="raw")
    sent = await target.send(key=key.encode(), value=value)
    await sent


def archive_app(
    settings: Settings, store: Store, *, data_dir: Path, prefix: str, embedded: bool
) -> App:
    """App that writes feed, alerts and dead letters to the store.

    Where topics begin anew with each run, the newest alerts are those of the newest run.
    """
    app = create_app(
        "archive", settings.broker, data_dir=data_dir, prefix=prefix, embedded=embedded
    )
    migrate(store)
    archive = Archive(store, generation=int(time.time()) if embedded or prefix else 0)

    async def archive_feed_(stream: Any) -> None:
        async for batch in app.batches(stream, most=200, within=0.5):
            frames = [(*_place(event), decode(event.value)[0]) for event in batch]
            if await _written(app, partial(archive.write, frames)):
                await app.commit_through(batch)

    async def archive_alerts_(stream: Any) -> None:
        async for batch in app.batches(stream, most=200, within=0.5):
            alerts = [(*_place(event), event.value) for event in batch]
            if await _written(app, partial(archive.write_alerts, alerts)):
                await app.commit_through(batch)

    async def archive_dead_letters_(stream: Any) -> None:
        async for batch in app.batches(stream, most=200, within=0.5):
            letters = [_letter(event) for event in batch]
            if await _written(app, partial(archive.write_dead_letters, letters)):
                await app.commit_through(batch)

    app.agent(app.source(MATCH_FEED.name), name="archive-feed")(archive_feed_)
    app.agent(app.source(ALERTS.name), name="archive-alerts")(archive_alerts_)
    app.agent(app.source(DEAD_LETTERS.name), name="archive-dead-letters")(archive_dead_letters_)
    return app


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


def _letter(event: EventT[Any]) -> Any:
    partition, offset, arrived = _place(event)
    return dead_letters.to_archive(
        event.value,
        topic=DEAD_LETTERS.name,
        partition=partition,
        offset=offset,
        arrived=arrived,
    )
