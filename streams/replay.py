"""Replay of recorded feeds through the live code: through Kafka, or without a broker."""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from alerts.alert import Alert
from forensics.archive import Archive, DeadLetter
from forensics.migrate import migrate
from forensics.store import Store, open_store
from markets.records import Record
from streams import workers
from streams.broker import BrokerSettings, BrokerUnavailable, running_broker
from streams.configuration import Settings, config_hash
from streams.divided import watched
from streams.feeds.feed import Refusal
from streams.following import AlertTail, GroupProgress
from streams.frames import Frame, framed
from streams.pace import Pace
from streams.publish import publisher
from streams.tally import Tally, tallied
from streams.topics import (
    ALERTS,
    DEAD_LETTERS,
    MATCH_FEED,
    Topic,
    create_topics,
    delete_topics,
)

Told = Iterable[Record | Refusal]
Raise = Callable[[Alert], None]
Watched = Callable[[int, int], None]
Stay = Callable[[Callable[[], None]], None]
_BATCH = 200


def replay_direct(
    told: Told, settings: Settings, tally: Tally, on_alert: Raise, *, store: Path | None = None
) -> None:
    """Watch a recording without a broker, on all cores; with a store, archive it as well."""
    refusals: list[Refusal] = []
    with _archive(settings, store) as archive:
        records = tallied(told, tally, refusals.append if archive else _let_go)
        batch: list[Frame] = []
        frames = framed(records, MATCH_FEED.count(settings.broker))
        for frame, alerts in watched(frames, settings.watch, config_hash(settings.watch)):
            for alert in alerts:
                on_alert(alert)
            batch.append(frame)
            if archive and len(batch) >= _BATCH:
                archive.feed(batch)
                batch = []
        if archive:
            archive.feed(batch)
            archive.rest(tally, refusals)


def _let_go(_: Refusal) -> None:
    """Without a store a refusal is counted and shown, and kept nowhere."""


class _DirectArchive:
    """What the archive worker does, for a replay without a broker."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._arrived = datetime.now(UTC)
        generation = int(self._arrived.timestamp())
        self._archive = Archive(store, generation=generation, lifecycle=settings.lifecycle)

    def feed(self, batch: list[Frame]) -> None:
        self._archive.write([(p, offset, self._arrived, records) for p, offset, records in batch])

    def rest(self, tally: Tally, refusals: list[Refusal]) -> None:
        lines = enumerate(tally.alert_lines())
        self._archive.write_alerts([(0, n, self._arrived, line) for n, line in lines])
        self._archive.write_dead_letters(
            [
                DeadLetter(r.source, r.place, r.reason, r.raw, "direct", 0, n, self._arrived)
                for n, r in enumerate(refusals)
            ]
        )


@contextmanager
def _archive(settings: Settings, store: Path | None) -> Iterator[_DirectArchive | None]:
    if store is None:
        yield None
        return
    with open_store(settings.store.model_copy(update={"directory": store, "host": None})) as opened:
        migrate(opened)
        yield _DirectArchive(opened, settings)


def replay_through_kafka(
    told: Told,
    settings: Settings,
    tally: Tally,
    on_alert: Raise,
    *,
    store: Path | None = None,
    to_server: bool = False,
    config: Path | None = None,
    speed: float | None = None,
    on_watched: Watched | None = None,
    board_port: int | None = None,
    stay: Stay | None = None,
) -> None:
    """Watch a recording through broker, Faust workers and, with a store, ClickHouse.

    The replay has topics and consumer groups of its own, so it may run beside a live watch.

    Parameters
    ----------
    to_server
        Without `store`, archive to the server that the settings name.
    speed
        How many times faster than life; as fast as it goes when left out.
    on_watched
        Called with frames watched and frames published, once all are published.
    board_port
        Serve the board on this port, from the archive's process.
    stay
        Called at the end, while everything still runs, with a check that raises WorkerFailed when
        a worker has ended.

    Raises
    ------
    BrokerUnavailable, WorkerFailed
        With what failed and what to do.
    """
    prefix = f"replay-{uuid.uuid4().hex[:8]}-"
    embedded = settings.broker.bootstrap is None
    archived = store is not None or (to_server and settings.store.host is not None)
    with running_broker(settings.broker) as broker, _own_topics(broker, prefix, kept=embedded):
        commands = _commands(prefix, store, config, embedded=embedded, archived=archived)
        environment = {"SOGAWATCH_BROKER__BOOTSTRAP": str(broker.bootstrap)}
        if board_port is not None and archived:
            commands["archive"] += ["--board", "--event-time"]
            environment["SOGAWATCH_BOARD__PORT"] = str(board_port)
        with workers.running(commands, environment) as running, AlertTail(broker, prefix) as tail:
            with publisher(broker, prefix) as sending:
                pace = Pace(speed, sending.flush) if speed else None
                for count, record in enumerate(tallied(told, tally, sending.refuse)):
                    if pace is not None:
                        pace.wait(record.at)
                    sending.add(record)
                    if count % _BATCH == 0:
                        _check(running)
                        tail.pass_on(on_alert)
            run = _Run(broker, prefix, running, tail, on_alert)
            run.follow(on_watched, archived=archived)
            if stay is not None:
                stay(lambda: _check(running))


@contextmanager
def _own_topics(broker: BrokerSettings, prefix: str, *, kept: bool) -> Iterator[None]:
    """Create the topics of one replay; unless kept, take them away again however it ends."""
    create_topics(broker, prefix)
    try:
        yield
    finally:
        if not kept:
            with suppress(BrokerUnavailable):
                delete_topics(broker, prefix)


def _commands(
    prefix: str, store: Path | None, config: Path | None, *, embedded: bool, archived: bool
) -> dict[str, list[str]]:
    shared = ["--prefix", prefix, *(["--embedded"] if embedded else [])]
    shared += ["--config", str(config)] if config else []
    commands = {"watch": ["watch", *shared]}
    if archived:
        commands["archive"] = ["archive", *shared, *(["--store", str(store)] if store else [])]
    return commands


def _check(running: list[workers.Worker]) -> None:
    for worker in running:
        worker.check()


@dataclass(frozen=True, slots=True)
class _Run:
    """A replay whose records have all been published."""

    broker: BrokerSettings
    prefix: str
    running: list[workers.Worker]
    tail: AlertTail
    on_alert: Raise

    def follow(self, on_watched: Watched | None, *, archived: bool) -> None:
        """Wait until the watch has taken in all of the feed and the archive all there is."""
        with GroupProgress(self.broker, self.prefix) as progress:
            self._wait(progress, "watch", [MATCH_FEED], on_watched)
            self.tail.pass_on(self.on_alert, until=progress.ends([ALERTS]))
            if archived:
                self._wait(progress, "archive", [MATCH_FEED, ALERTS, DEAD_LETTERS], None)

    def _wait(
        self,
        progress: GroupProgress,
        group: str,
        topics: list[Topic],
        on_watched: Watched | None,
    ) -> None:
        published = sum(progress.ends(topics).values())
        while (lag := progress.lag(group, topics)) > 0:
            _check(self.running)
            self.tail.pass_on(self.on_alert)
            if on_watched:
                on_watched(published - lag, published)
            time.sleep(0.1)
        if on_watched:
            on_watched(published, published)
