"""The alert of canaries that do not come through: how long it takes them to have been silent."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboards.alert_rules import rules
from forensics.archive import Archive
from forensics.canaries_table import Answer
from forensics.store import Store
from streams.canaries import encode

NOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def silent(store: Store) -> list[int]:
    """What the rule's question gives at noon."""
    (rule,) = (rule for rule in rules() if rule["uid"] == "sogawatch-canary")
    assert rule["noDataState"] == "Alerting"
    assert rule["data"][2]["model"]["conditions"][0]["evaluator"]["params"] == [120]
    sql = rule["data"][0]["model"]["rawSql"]
    now = f"toDateTime({NOON.timestamp():.0f}, 'UTC')"
    return [row["silent"] for row in store.rows(sql.replace("$__toTime", now))]


def tell(archive: Archive, partition: int, offset: int, ago: int) -> None:
    at = NOON - timedelta(seconds=ago)
    answer = Answer(id="r", partition=partition, offset=offset, sent=at, fed=at)
    archive.write_canaries([(0, offset, at, encode(answer))])


@pytest.mark.parametrize(("newest", "told"), [(7, 15), (110, 110), (3000, 3000)])
def test_the_partition_that_is_silent_longest_counts(empty, newest, told):
    empty.command("TRUNCATE TABLE canaries")
    archive = Archive(empty)
    for partition, ago in ((0, 15), (0, 5000), (1, newest), (1, newest + 10)):
        tell(archive, partition, ago, ago)
    assert silent(empty) == [told]


def test_where_none_came_in_a_day_there_is_no_row(empty):
    empty.command("TRUNCATE TABLE canaries")
    tell(Archive(empty), 0, 1, 25 * 3600)
    assert silent(empty) == []


def test_an_answer_written_twice_is_one_row_and_one_that_is_none_a_dead_letter(empty):
    empty.command("TRUNCATE TABLE canaries")
    archive = Archive(empty)
    for _ in range(2):
        tell(archive, 3, 7, 60)
    assert empty.rows("SELECT count() AS n FROM canaries FINAL") == [{"n": 1}]
    before = empty.rows("SELECT count() AS n FROM dead_letters")[0]["n"]
    assert archive.write_canaries([(0, 9, NOON, b"{")]) == {"dead_letters": 1}
    assert empty.rows("SELECT count() AS n FROM dead_letters")[0]["n"] == before + 1
