"""Which sources have fallen silent, by what arrived, and which of their matches are open."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from forensics.store import Store

SILENT_AFTER_MIN = 45
"""Minutes after which a source that told something within a day counts as silent."""
KNOWN_FOR = timedelta(days=1)
OPEN_BEFORE, OPEN_AFTER = timedelta(days=1), timedelta(hours=4)
"""A match is open from so long before its start till so long after, or till its full time."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A source, when its newest heartbeat arrived, how many of its matches are open (if known)."""

    source: str
    last: datetime
    open: int | None

    def is_silent(self, now: datetime, after: timedelta) -> bool:
        """Whether nothing came of it for so long."""
        return self.last <= now - after


def last_heard(now: str) -> str:
    """SQL of when each source that told something within a day was last heard.

    >>> print(last_heard("now()"))
        SELECT source, max(arrived) AS last
        FROM heartbeats
        WHERE arrived > now() - INTERVAL 1 DAY AND arrived <= now()
        GROUP BY source
    """
    return f"""\
    SELECT source, max(arrived) AS last
    FROM heartbeats
    WHERE arrived > {now} - INTERVAL 1 DAY AND arrived <= {now}
    GROUP BY source"""


_OPEN = """
SELECT source, count() AS open
FROM (
    SELECT source, match, argMax(start, (at, partition, offset, idx)) AS kick_off
    FROM fixtures
    GROUP BY source, match
)
WHERE kick_off > {since:DateTime64(3)} AND kick_off <= {until:DateTime64(3)} AND match NOT IN (
    SELECT match FROM events WHERE event = 'full_time' AND at > {since:DateTime64(3)}
)
GROUP BY source
"""


def heard(store: Store, now: datetime) -> list[Heard]:
    """Sources that told something within a day, longest silent first."""
    given = {"now": now, "since": now - OPEN_AFTER, "until": now + OPEN_BEFORE}
    rows = store.rows(
        f"SELECT source, last FROM ({last_heard('{now:DateTime64(3)}')}) ORDER BY last, source",
        given,
    )
    matches = {row["source"]: row["open"] for row in store.rows(_OPEN, given)}
    return [
        Heard(row["source"], row["last"].astimezone(UTC), matches.get(row["source"], 0))
        for row in rows
    ]
