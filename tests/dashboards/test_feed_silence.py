"""The alert of a feed that has gone silent: which sources it counts."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboards.alert_rules import rules
from forensics.archive import Archive
from forensics.silence import SILENT_AFTER_MIN, heard
from forensics.store import Store
from markets.records import Heartbeat

NOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def silent(store: Store) -> list[int]:
    """What the rule's question gives at noon."""
    (rule,) = (rule for rule in rules() if rule["uid"] == "sogawatch-feeds")
    sql = rule["data"][0]["model"]["rawSql"]
    now = f"toDateTime({NOON.timestamp():.0f}, 'UTC')"
    return [row["silent"] for row in store.rows(sql.replace("$__toTime", now))]


@pytest.mark.parametrize(
    ("minutes", "counted"), [(1, 0), (44, 0), (46, 1), (23 * 60, 1), (25 * 60, 0)]
)
def test_a_source_that_told_something_today_and_then_nothing_is_counted(empty, minutes, counted):
    empty.command("TRUNCATE TABLE heartbeats")
    archive = Archive(empty)
    for offset, (source, ago) in enumerate(
        (("steady", 1), ("betfair", minutes), ("betfair", 1500))
    ):
        at = NOON - timedelta(minutes=ago)
        archive.write([(0, offset, at, [Heartbeat(at=at, source=source)])])
    assert silent(empty) == [counted]
    after = timedelta(minutes=SILENT_AFTER_MIN)  # and the doctor counts the same
    assert sum(one.is_silent(NOON, after) for one in heard(empty, NOON)) == counted


def test_where_nothing_was_ever_told_there_is_nothing_to_miss(empty):
    empty.command("TRUNCATE TABLE heartbeats")
    assert silent(empty) == []
