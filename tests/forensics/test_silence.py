"""Sources by when they were last heard, and how many of their matches are open."""

from datetime import UTC, datetime, timedelta

import pytest

from forensics.archive import Archive
from forensics.migrate import migrate
from forensics.silence import Heard, heard
from forensics.store import StoreSettings, open_store
from markets.records import Event, Fixture, Heartbeat

NOW = datetime.now(UTC).replace(microsecond=0)


def ago(**given: float) -> datetime:
    return NOW - timedelta(**given)


def fixture(match: str, start: datetime, source: str = "uof", at: datetime | None = None):
    return Fixture(
        at=at or ago(hours=20), match=match, source=source, sport="football", competition="Cup",
        home="A", away="B", start=start,
    )  # fmt: skip


@pytest.fixture
def store(tmp_path):
    with open_store(StoreSettings(directory=tmp_path / "store")) as opened:
        migrate(opened)
        yield opened


def archived(store, *told):
    """Write records, each with the time it arrived."""
    archive = Archive(store)
    for offset, (arrived, record) in enumerate(told):
        archive.write([(0, offset, arrived, [record])])


def beat(source: str, arrived: datetime):
    return arrived, Heartbeat(at=arrived, source=source)


def test_sources_of_today_are_told_longest_silent_first(store):
    told = ("betfair", 1), ("uof", 180), ("uof", 120), ("gone", 25 * 60)
    archived(store, *(beat(source, ago(minutes=minutes)) for source, minutes in told))
    assert heard(store, NOW) == [
        Heard("uof", ago(hours=2), 0), Heard("betfair", ago(minutes=1), 0)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kick_off", "counted"),
    [
        (ago(hours=3), 1), (ago(hours=5), 0), (ago(hours=-23), 1), (ago(hours=-25), 0),
    ],
)  # fmt: skip
def test_a_match_is_open_around_its_start(store, kick_off, counted):
    archived(store, beat("uof", ago(hours=2)), (ago(hours=2), fixture("a-v-b", kick_off)))
    assert [one.open for one in heard(store, NOW)] == [counted]


def test_one_that_is_over_is_not_open_and_one_put_off_is_where_it_was_put(store):
    archived(
        store,
        beat("uof", ago(hours=2)),
        (ago(hours=9), fixture("over", ago(hours=3))),
        (ago(hours=1), Event(at=ago(hours=1), match="over", event="full_time")),
        (ago(hours=9), fixture("put-off", ago(hours=1))),
        (ago(hours=8), fixture("put-off", ago(hours=-200), at=ago(hours=8))),
        (ago(hours=8), fixture("other", ago(hours=1), source="betfair")),
    )
    assert [one.open for one in heard(store, NOW)] == [0]


def test_silent_is_what_grafana_calls_so():
    assert not Heard("uof", ago(minutes=44), 1).is_silent(NOW, timedelta(minutes=45))
    assert Heard("uof", ago(minutes=45), 1).is_silent(NOW, timedelta(minutes=45))
