"""A day of three fixed matches in a store: what the demo leaves behind, smaller."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.action import Action
from alerts.alert import Alert
from alerts.cases import Cases
from alerts.request import Request
from forensics.archive import Archive, DeadLetter
from forensics.canaries_table import Answer
from forensics.groups import Lag, Member
from forensics.migrate import migrate
from forensics.store import Store, StoreSettings, open_store
from markets.records import Gap
from streams.canaries import encode
from streams.configuration import Settings, config_hash
from streams.frames import framed
from streams.simulator.match_day import match_day
from streams.simulator.scheme import Fix
from streams.watches import Watches

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
    write_decisions(archive, alerts)
    write_attempts(archive)
    write_canaries(archive)


def write_decisions(archive: Archive, alerts: list[Alert]) -> None:
    """An officer acknowledges one case and closes it; the other waits.

    Its home team had an amber alert a week before, in another match.
    """
    earlier = alerts[0].model_copy(
        update={
            "alert_id": "a-earlier", "match": "sim-earlier", "level": "amber",
            "opened_at": FIRST_KICK_OFF - timedelta(hours=20),
        }
    )  # fmt: skip
    archive.write_alerts([(1, 0, ARRIVED, earlier.to_json())])
    cases, decided = Cases(), []
    for alert in [earlier, *alerts]:
        cases.take_alert(alert, ARRIVED)
    close = {"verdict": "innocent", "cause": "news", "comment": "line-ups"}
    for minutes, fields in ((5, {"kind": "acknowledge"}), (30, {"kind": "close"} | close)):
        at = FIRST_KICK_OFF - timedelta(hours=19) + timedelta(minutes=minutes)
        request = Request.model_validate(fields | {"case": earlier.match})
        action = cases.decide(request, at=at, actor="ana", role="officer")
        assert isinstance(action, Action), action
        cases.take_action(action)
        decided.append(action)
    archive.write_actions([(0, n, ARRIVED, a.to_json()) for n, a in enumerate(decided)])


def write_attempts(archive: Archive) -> None:
    """A message that came through, and one that waits."""
    told = [
        {"delivery": f"d-{n}", "outcome": outcome, "reason": reason, "status": status}
        for n, (outcome, reason, status) in enumerate(
            [("delivered", "accepted", 200), ("retry", "timeout", 0)]
        )
    ]
    common = {
        "at": ARRIVED.isoformat(), "subscription": "s-1", "channel": "webhook",
        "host": "hooks.example", "told": ["a-1"], "attempt": 1, "latency_ms": 12.0,
        "next_at": None,
    }  # fmt: skip
    body = json.dumps([common | one for one in told]).encode()
    assert archive.write_attempts([(0, 0, ARRIVED, body)]) == {"delivery_attempts": 2}


def write_canaries(archive: Archive) -> None:
    """Three rounds of canaries on two partitions."""
    for number in range(6):
        sent = ARRIVED + timedelta(seconds=10 * (number // 2))
        one = Answer(
            id=f"r-{number // 2}", partition=number % 2, offset=20_000 + number, sent=sent,
            fed=sent, reached=FIRST_KICK_OFF,
        )  # fmt: skip
        arrived = sent + timedelta(milliseconds=200)
        assert archive.write_canaries([(0, number, arrived, encode(one))]) == {"canaries": 1}


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
