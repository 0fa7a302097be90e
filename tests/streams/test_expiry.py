"""The archive worker deletes what has expired, soon after it starts, and says when it cannot."""

import logging
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forensics.archive import Archive
from forensics.asking import Asker
from forensics.migrate import migrate
from forensics.retention import hold
from forensics.settings import RetentionSettings
from forensics.store import StoreSettings, open_store
from markets.records import Wager
from streams import workers
from streams.broker import BrokerSettings, embedded_broker
from streams.expiry import EVERY_S, FIRST_AFTER_S, expire
from streams.topics import create_topics

NOW = datetime.now(UTC)


def wager(match: str, days_ago: int) -> Wager:
    return Wager(
        at=NOW - timedelta(days=days_ago), match=match, market="1x2", selection="home", book="opr",
        price=2.0, wager=f"{match}-{days_ago}", account="p-1", stake=10.0,
    )  # fmt: skip


def fill(place: Path) -> None:
    """Wagers of 400 days ago on a match and on one under hold, and of yesterday on the first."""
    with open_store(StoreSettings(directory=place)) as store:
        migrate(store)
        frames = [(wager("m", 400), 400), (wager("held", 400), 400), (wager("m", 1), 1)]
        Archive(store).write(
            [(0, n, NOW - timedelta(days=age), [bet]) for n, (bet, age) in enumerate(frames)]
        )
        hold(store, "held", Asker("officer", "the court", lambda: NOW), on=True)


def test_a_worker_that_lives_for_moments_deletes_what_has_expired(tmp_path: Path) -> None:
    place = tmp_path / "store"
    fill(place)
    with embedded_broker() as address:
        create_topics(BrokerSettings(bootstrap=address))
        command = ["archive", "--embedded", "--store", str(place)]
        environment = {"SOGAWATCH_BROKER__BOOTSTRAP": address}
        with workers.running({"archive": command}, environment) as (worker,):
            deadline = time.monotonic() + 240
            while b"1 rows of wagers," not in (log := said(worker)):
                worker.check()
                assert time.monotonic() < deadline, log
                time.sleep(0.2)
    with open_store(StoreSettings(directory=place)) as store:
        rows = store.rows("SELECT wager FROM wagers ORDER BY wager")
        again = store.rows("SELECT match FROM wagers_by_account ORDER BY match")
    assert [row["wager"] for row in rows] == ["held-400", "m-1"]
    assert [row["match"] for row in again] == ["held", "m"]


def said(worker: workers.Worker) -> bytes:
    return os.pread(worker.log.fileno(), 10**6, 0)


def test_the_first_is_soon_and_the_next_within_the_hour() -> None:
    assert FIRST_AFTER_S <= 60
    assert EVERY_S <= 3600


def test_a_failure_is_loud_and_says_what_to_do(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with open_store(StoreSettings(directory=tmp_path / "store")) as store:
        migrate(store)
        store.command("DROP TABLE pasts")
        assert not expire(store, RetentionSettings(), NOW)
    [record] = [one for one in caplog.records if one.name == "streams.expiry"]
    assert record.levelno == logging.CRITICAL
    assert "RETENTION FAILED" in record.getMessage()
    assert "sogawatch retain" in record.getMessage()
