"""Silent feeds as match-feed tells them, where no store can be asked; and the doctor's lines."""

from datetime import UTC, datetime, timedelta

import pytest

from forensics.archive import Archive
from forensics.migrate import migrate
from forensics.store import StoreSettings, open_store
from markets.records import Event, Fixture, Heartbeat
from streams.broker import BrokerSettings
from streams.feed_silence import on_feeds
from streams.findings import shown
from streams.heard import Hearing, TooMuch, heard_in_feed
from streams.publish import publisher
from streams.topics import create_topics
from tests.streams.command_line import run

NOW = datetime.now(UTC)


def fixture(match: str, source: str, hours: float) -> Fixture:
    return Fixture(
        at=NOW, match=match, source=source, sport="football", competition="Cup", home="A", away="B",
        start=NOW + timedelta(hours=hours),
    )  # fmt: skip


@pytest.fixture
def fed(settings, prefix):
    """Two sources: one of an open match, one of a match that is over."""
    create_topics(settings, prefix)
    with publisher(settings, prefix) as sending:
        for record in (
            fixture("a-v-b", "uof", -1), fixture("c-v-d", "betfair", -2),
            Event(at=NOW, match="c-v-d", event="full_time"),
            Heartbeat(at=NOW, source="uof"), Heartbeat(at=NOW, source="betfair"),
        ):  # fmt: skip
            sending.add(record)
    return settings


def test_the_feed_tells_who_was_heard_and_what_is_open(fed, prefix):
    now = datetime.now(UTC)
    told = heard_in_feed(fed, prefix, now + timedelta(seconds=1), 30)
    assert {(one.source, one.open) for one in told} == {("uof", 1), ("betfair", 0)}
    assert all(abs(one.last - now) < timedelta(minutes=5) for one in told)
    later = now + timedelta(minutes=50)
    assert all(one.is_silent(later, timedelta(minutes=45)) for one in told)


def test_what_takes_too_long_is_told(fed, prefix):
    with pytest.raises(TooMuch):
        heard_in_feed(fed, prefix, datetime.now(UTC) + timedelta(seconds=1), 0)


def test_what_came_more_than_a_day_ago_is_not_counted(fed, prefix):
    assert heard_in_feed(fed, prefix, datetime.now(UTC) + timedelta(hours=25), 30) == []


def test_of_a_source_that_announced_nothing_it_is_not_known():
    hearing = Hearing()
    hearing.take([Heartbeat(at=NOW, source="uof")], NOW)
    assert [one.open for one in hearing.heard(NOW)] == [None]


def test_the_store_is_asked_where_it_can_be(tmp_path):
    """Without a word to the broker."""
    where = StoreSettings(directory=tmp_path / "store")
    told = datetime.now(UTC) - timedelta(hours=2)
    with open_store(where) as store:
        migrate(store)
        records = [fixture("a-v-b", "uof", -1), Heartbeat(at=told, source="uof")]
        Archive(store).write([(0, 0, told, records)])
    nowhere = BrokerSettings(bootstrap="127.0.0.1:1")
    found = list(on_feeds(where, nowhere, "", timedelta(minutes=45), 1))
    assert [shown(one) for one in found] == [
        "FAIL  feed uof: told nothing for 120 minutes, and 1 of its matches are open",
        "ok    feeds: 0 of 1 sources told something within 45 minutes",
    ]


def test_the_doctor_looks_at_feeds_when_no_group_is_named(fed, prefix, tmp_path):
    place = "--bootstrap", fed.bootstrap, "--prefix", prefix
    done = run(tmp_path, "doctor", "--within", "1", *place)
    assert "ok    feeds: 2 of 2 sources told something within 45 minutes\n" in done.stdout
    done = run(tmp_path, "doctor", "--within", "1", "--group", "watch", *place)
    assert "feed" not in done.stdout.replace("match-feed", "")
