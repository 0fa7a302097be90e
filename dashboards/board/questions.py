"""What the board asks the store about a match, about feeds and about deliveries."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from forensics.desk import line_text
from forensics.store import Store

Rows = list[dict[str, Any]]
_NO_LINE = -1e9
_ORDER = "(at, partition, offset, idx)"
_OF_LINE = (
    "match = {match:String} AND market = {market:String} "
    "AND ifNull(line, -1e9) = {line:Float64} "
    "AND at BETWEEN {since:DateTime64(6, 'UTC')} AND {until:DateTime64(6, 'UTC')}"
)


class Line(NamedTuple):
    """One line of a market of a match, between two moments."""

    match: str
    market: str
    line: float | None
    since: datetime
    until: datetime

    def parameters(self) -> dict[str, Any]:
        """As the questions take them."""
        line = _NO_LINE if self.line is None else self.line
        return self._asdict() | {"line": line}


def priced_lines(store: Store, match: str) -> Rows:
    """Markets and lines that were priced, the most told of first, with when."""
    return store.rows(
        "SELECT market, line, count() AS told, min(at) AS since, max(at) AS until "
        "FROM prices WHERE match = {match:String} GROUP BY market, line ORDER BY told DESC, market",
        {"match": match},
    )


def prices(store: Store, line: Line, step_s: int) -> Rows:
    """The last price of each book and selection in each span of `step_s` seconds."""
    return store.rows(
        "SELECT toUnixTimestamp(toStartOfInterval(at, toIntervalSecond({step:UInt32}))) AS t, "
        f"book, selection, argMax(price, {_ORDER}) AS price, argMax(status, {_ORDER}) AS status "
        f"FROM prices WHERE {_OF_LINE} GROUP BY t, book, selection ORDER BY t",
        line.parameters() | {"step": step_s},
    )


def volumes(store: Store, line: Line, step_s: int) -> Rows:
    """Matched money, cumulative, at the end of each span."""
    return store.rows(
        "SELECT toUnixTimestamp(toStartOfInterval(at, toIntervalSecond({step:UInt32}))) AS t, "
        f"book, selection, argMax(amount, {_ORDER}) AS amount, any(currency) AS currency "
        f"FROM matched WHERE {_OF_LINE} GROUP BY t, book, selection ORDER BY t",
        line.parameters() | {"step": step_s},
    )


def expectations(store: Store, line: Line, step_s: int) -> Rows:
    """What the goal model expected of each selection at the end of each span; in play only."""
    return store.rows(
        "SELECT toUnixTimestamp(toStartOfInterval(minute, toIntervalSecond({step:UInt32}))) AS t, "
        "selection, argMax(expected, minute) AS expected FROM bars FINAL "
        "WHERE match = {match:String} AND market = {market:String} AND bars.line = {text:String} "
        "AND minute BETWEEN {since:DateTime64(6, 'UTC')} AND {until:DateTime64(6, 'UTC')} "
        "AND bars.expected IS NOT NULL GROUP BY t, selection ORDER BY t",
        line.parameters() | {"step": step_s, "text": line_text(line.line)},
    )


def events(store: Store, match: str) -> Rows:
    """What happened in the match, each once however many feeds told it in the same second."""
    return store.rows(
        "SELECT DISTINCT at, event, team, home_score, away_score, clock FROM events "
        "WHERE match = {match:String} ORDER BY at, clock, event",
        {"match": match},
    )


def fixtures(store: Store, match: str) -> Rows:
    """Which registers and feeds know the match, and what they say of it."""
    return store.rows(
        "SELECT source, argMax(competition, at) AS competition, argMax(home, at) AS home, "
        "argMax(away, at) AS away, argMax(start, at) AS start, max(at) AS told "
        "FROM fixtures WHERE match = {match:String} GROUP BY source ORDER BY source",
        {"match": match},
    )


def books(store: Store, match: str) -> Rows:
    """When each book last priced the match."""
    return store.rows(
        "SELECT book, max(at) AS last, count() AS told FROM prices "
        "WHERE match = {match:String} GROUP BY book ORDER BY book",
        {"match": match},
    )


def feed(store: Store, now: datetime) -> dict[str, Any]:
    """How the feeds stand: last price of each book, gaps, matches about now."""
    day = {"since": now - timedelta(days=1), "until": now + timedelta(minutes=5)}
    within = "at BETWEEN {since:DateTime64(6, 'UTC')} AND {until:DateTime64(6, 'UTC')}"
    return {
        "books": store.rows(
            f"SELECT book, max(at) AS last FROM prices WHERE {within} GROUP BY book ORDER BY book",
            day,
        ),
        "gaps": store.rows(
            "SELECT source, max(at) AS last, argMax(reason, at) AS reason, count() AS told "
            f"FROM gaps WHERE {within} GROUP BY source ORDER BY source",
            day,
        ),
        "matches": store.rows(
            "SELECT count() AS n FROM last_fixtures WHERE start BETWEEN "
            "{since:DateTime64(3, 'UTC')} AND {until:DateTime64(3, 'UTC')}",
            {"since": now - timedelta(hours=3), "until": now + timedelta(days=1)},
        )[0]["n"],
    }


def alert_bodies(store: Store) -> list[str]:
    """All updates of all alerts, as they were published."""
    rows = store.rows("SELECT DISTINCT body FROM alert_updates ORDER BY body")
    return [row["body"] for row in rows]


def action_bodies(store: Store) -> list[str]:
    """All actions, as they were published."""
    return [row["body"] for row in store.rows("SELECT body FROM actions ORDER BY at, action_id")]


def newest(store: Store) -> datetime | None:
    """Event time of the newest price or event; None in an empty store."""
    row = store.rows(
        "SELECT greatest((SELECT max(at) FROM prices), (SELECT max(at) FROM events)) AS at"
    )[0]
    at: datetime = row["at"]
    return at if at.year > 1970 else None


def accounts(store: Store, match: str, most: int = 200) -> Rows:
    """Accounts that bet on the match, those out of their own habit first."""
    return store.rows(
        """
        SELECT w.account AS account, any(w.book) AS book, w.market AS market,
               w.selection AS selection, w.side AS side, count() AS bets, sum(w.stake) AS staked,
               any(w.currency) AS currency, min(w.at) AS first, max(w.at) AS last,
               any(w.opened) AS opened, any(w.country) AS country,
               any(k.median_stake) AS median, any(k.stake_limit) AS stake_limit,
               max(w.stake) / nullIf(any(k.median_stake), 0) AS times
        FROM wagers AS w
        LEFT JOIN (
            SELECT account, argMax(median_stake, at) AS median_stake,
                   argMax("limit", at) AS stake_limit
            FROM accounts WHERE match = {match:String} GROUP BY account
        ) AS k ON k.account = w.account
        WHERE w.match = {match:String} AND w.status != 'cancelled'
        GROUP BY account, market, selection, side
        ORDER BY times DESC NULLS LAST, staked DESC LIMIT {most:UInt32}
        """,
        {"match": match, "most": most},
    )


def matches(store: Store, since: datetime) -> Rows:
    """Matches that start after a moment, by their start."""
    return store.rows(
        "SELECT match, home, away, competition, start FROM last_fixtures "
        "WHERE start >= {since:DateTime64(3, 'UTC')} ORDER BY start, match LIMIT 500",
        {"since": since},
    )


def deliveries(store: Store, of: Sequence[str] = (), most: int = 200) -> Rows | None:
    """Attempts to tell subscribers, newest first; None where the store keeps no such log.

    With `of`, ids of alerts or cases, only attempts that told of one of these.
    """
    if not _has_table(store, "delivery_attempts"):
        return None
    about = "arrayExists(key -> arrayExists(one -> startsWith(key, one), {of:Array(String)}), told)"
    return store.rows(
        "SELECT at, subscription, channel, host, length(told) AS alerts, attempt, outcome, reason, "
        "status, latency_ms, next_at FROM delivery_attempts "
        f"WHERE empty({{of:Array(String)}}) OR {about} ORDER BY at DESC LIMIT {{most:UInt32}}",
        {"of": list(of), "most": most},
    )


def _has_table(store: Store, name: str) -> bool:
    return bool(
        store.rows(
            "SELECT 1 AS one FROM system.tables "
            "WHERE database = currentDatabase() AND name = {name:String}",
            {"name": name},
        )
    )
