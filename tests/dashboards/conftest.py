"""A day of three fixed matches in a store: what the demo leaves behind, smaller."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forensics.archive import Archive, DeadLetter
from forensics.groups import Lag, Member
from forensics.migrate import migrate
from forensics.store import Store, StoreSettings, open_store
from markets.records import Gap
from streams.configuration import Settings, config_hash
from streams.frames import framed
from streams.partition_watch import Watches
from streams.simulator.match_day import match_day
from streams.simulator.scheme import Fix

FIRST_KICK_OFF = datetime(2026, 7, 4, 12, tzinfo=UTC)
ARRIVED = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
_FIXES = (Fix(0, "account-cluster", "1x2"), Fix(1, "structuring", "1x2"))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store without rows; a module has this or `day`, for a process holds one at a time."""
    with open_store(StoreSettings(directory=tmp_path_factory.mktemp("empty") / "store")) as opened:
        migrate(opened)
        yield opened


@pytest.fixture(scope="session")
def day_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a store with a watched day."""
    folder = tmp_path_factory.mktemp("day") / "store"
    with open_store(StoreSettings(directory=folder)) as opened:
        migrate(opened)
        write_day(opened)
    return folder


@pytest.fixture(scope="module")
def day(day_folder: Path) -> Iterator[Store]:
    with open_store(StoreSettings(directory=day_folder)) as opened:
        yield opened


def write_day(store: Store) -> None:
    """Watch and archive the day, as `sogawatch demo` does through Kafka."""
    simulated = match_day(7, matches=len(_FIXES), books=11, fixes=_FIXES, start=FIRST_KICK_OFF)
    settings = Settings()
    watches = Watches(settings.watch, config_hash(settings.watch))
    archive, alerts, batch = Archive(store), [], []
    for frame in framed(simulated.records, settings.broker.partitions):
        alerts += watches.apply(*frame)
        batch.append((frame[0], frame[1], ARRIVED, frame[2]))
    archive.write(batch)
    lines = [alert.to_json() for alert in alerts]
    archive.write_alerts([(0, n, ARRIVED, line) for n, line in enumerate(lines)])
    gap = Gap(at=FIRST_KICK_OFF, source="simulator", reason="conflated")
    archive.write([(11, 10_000, ARRIVED, [gap])])
    archive.write_dead_letters(
        [DeadLetter("uof", "feed.xml:7", "price: <= 1", b"<secret/>", "t", 0, 4, ARRIVED)]
    )
    write_looks(archive)


def write_looks(archive: Archive) -> None:
    """Looks at the groups, of which the watch is started again once."""
    for number in range(8):
        at = ARRIVED + timedelta(seconds=15 * number)
        lags = [
            Lag(at, reader, "match-feed", 0, 10 * number, 12 * number)
            for reader in ("watch", "archive")
        ]
        member = "w-1" if number < 4 else "w-2"
        archive.write_lags(lags, [Member(at, "watch", member, "host-1", 12)])
