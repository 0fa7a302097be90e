"""Alerts of a season and what officers made of them, written inside ClickHouse as prices are."""

from collections.abc import Iterator

ALERTS, UPDATES = 3, 20
_TYPOLOGIES = "['steam-move', 'late-drift', 'account-cluster', 'one-sided-volume']"
_VERDICTS = "['manipulation_suspected', 'innocent', 'innocent', 'innocent', 'data_fault']"
_EVIDENCE = (
    'concat(\'[{"detector": "\', typology, \'", "version": 1}, '
    '{"detector": "book-split", "version": 1}]\')'
)


def cases(played: str) -> Iterator[str]:
    """Statements that write some alerts a match, each update of them, and a closed case.

    `played` selects m, match, start and partition of each match.
    """
    yield _alerts("alert_updates", played, UPDATES)
    yield _alerts("alerts", played, 1)
    yield (
        "INSERT INTO cases (case_id, match, status, level, verdict, opened_at, last_at, version) "
        f"SELECT concat('c-', match), match, 'closed', 'red', arrayElement({_VERDICTS}, m % 5 + 1),"
        f" start, start, 1 FROM ({played})"
    )
    yield (
        "INSERT INTO actions (action_id, at, actor, role, kind, match, matches, offset) SELECT "
        "concat('x-', kind, match), start + toIntervalMinute(if(kind = 'close', 90, m % 40)) AS at,"
        " 'ana', 'officer', arrayJoin(['acknowledge', 'close']) AS kind, match, [match], m "
        f"FROM ({played})"
    )


def _alerts(table: str, played: str, updates: int) -> str:
    """Updates of an alert see more of the feed one after the other; the table keeps the last."""
    return (
        f"INSERT INTO {table} (alert_id, match, sport, competition, tier, start, typology, level, "
        "status, score, opened_at, peak_at, last_at, headline, evidence, feed_partition, "
        "first_offset, last_offset, generation, partition, offset, arrived) "
        "SELECT concat('a-', toString(n), '-', match), match, 'football', 'League', 1, start, "
        f"arrayElement({_TYPOLOGIES}, (m + n) % 4 + 1) AS typology, "
        "arrayElement(['green', 'amber', 'red'], n + 1), 'open', 0.99, start, start, "
        "start + toIntervalMinute(u) AS last_at, concat(typology, ' seen'), "
        f"{_EVIDENCE}, partition, 50, 50 + 10 * u, 1, partition, "
        "m * 1000 + n * 100 + u, last_at "
        f"FROM ({played}) ARRAY JOIN range({ALERTS}) AS n "
        f"ARRAY JOIN range({UPDATES - updates}, {UPDATES}) AS u"
    )
