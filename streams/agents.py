"""The Faust agents, and the apps they run in; all wiring of the workers is here."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from forensics.archive import Archive
from forensics.columns import Frame
from forensics.migrate import migrate
from forensics.store import Store, StoreUnavailable
from streams import dead_letters
from streams.app import App, create_app
from streams.chunked_transport import Chunk
from streams.configuration import Settings
from streams.expiry import keep_expiring
from streams.frames import decode_joined
from streams.looks import Looks, keep_looking
from streams.topics import (
    ACTIONS,
    ALERTS,
    CANARIES,
    DEAD_LETTERS,
    DELIVERY_ATTEMPTS,
    MATCH_FEED,
)
from streams.watching import Watching

log = logging.getLogger(__name__)

_LONGEST_WAIT_S = 30.0
# A write is a dozen calls of the store at most, and the driver gives each up after 300 s.
_LONGEST_WRITE_S = 3600.0
_LATE_S = 10.0


def watch_app(
    settings: Settings, *, data_dir: Path, prefix: str, embedded: bool, member: str | None = None
) -> App:
    """App that watches `match-feed` and raises alerts."""
    app = create_app(
        "watch", settings.broker, data_dir=data_dir, prefix=prefix, embedded=embedded, member=member
    )
    watching = Watching(app, settings)

    async def watch_(stream: Any) -> None:
        taken: list[Chunk] = []
        async for batch in app.batches(stream, most=20, within=0.003):
            taken += await watching.take(batch)
            if not await watching.settle(app.is_waited_for):
                continue
            await watching.save()
            await app.commit_through(taken)
            taken.clear()
        await watching.settle()
        await app.commit_through(taken)
        await watching.save_all()

    app.on_partitions_assigned.connect(watching.keep, weak=False)  # type: ignore[arg-type]
    app.caught_up = watching.recovered
    app.agent(app.source(MATCH_FEED.name), name="watch")(watch_)
    return app


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
        (CANARIES, "archive-canaries", _message, archive.write_canaries),
    )
    for topic, name, read, write in kept:
        app.agent(app.source(topic.name), name=name)(_archiving(app, topic.name, read, write))
    if not embedded:
        keep_looking(app, Looks(settings.broker, prefix), archive)
    keep_expiring(app, store, settings.retention)
    return app


def _archiving(
    app: App, topic: str, read: Callable[[int, Any], Any], write: Callable[[list[Any]], object]
) -> Callable[[Any], Coroutine[Any, Any, None]]:
    """Make an agent that writes a topic in batches, and commits what is written."""

    async def archive_(stream: Any) -> None:
        async for batch in app.batches(stream, most=50, within=0.5):
            rows = [read(chunk.partition, one) for chunk in batch for one in chunk.records]
            if await _written(app, topic, partial(write, rows)):
                await app.commit_through(batch)

    return archive_


async def _written(app: App, topic: str, write: Callable[[], object]) -> bool:
    """Write a batch; while the store is away try again, ever more slowly, until told to stop."""
    wait = 0.5

    def excused() -> None:
        # Here and not around it: the excuse must end with the call, whatever the event loop does.
        with app.excuses.during(topic, _LONGEST_WRITE_S):
            write()

    while not app.should_stop:
        try:
            await asyncio.to_thread(excused)
        except StoreUnavailable as error:
            log.warning("%s; trying again in %.0f s", error, wait)
            with app.excuses.during(topic, wait + _LATE_S):
                await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_S)
        else:
            return True
    return False


def _place(partition: int, record: Any) -> tuple[int, int, datetime]:
    return partition, record.offset, datetime.fromtimestamp(record.timestamp / 1000.0, UTC)


def _frame(partition: int, record: Any) -> Frame:
    return (*_place(partition, record), decode_joined(record.value or b"")[0])


def _message(partition: int, record: Any) -> tuple[int, int, datetime, bytes]:
    return (*_place(partition, record), record.value or b"")


def _letter(partition: int, record: Any) -> Any:
    _, offset, arrived = _place(partition, record)
    return dead_letters.to_archive(
        record.value or b"",
        topic=DEAD_LETTERS.name,
        partition=partition,
        offset=offset,
        arrived=arrived,
    )
