"""The watch floor: what officers keep before their eyes, on a wall screen that nobody scrolls.

Tables are read with FINAL: rows that were written twice must not be counted twice, and of an
alert only the newest update counts. "Now" is the end of the time shown, so that a day of the past
can be looked at as it stood.
"""

from dashboards.dashboard import Dashboard, dashboard
from dashboards.links import WATCH_FLOOR, to_case, to_match
from dashboards.palette import (
    BLUE,
    GREEN,
    GREY,
    LEVELS,
    ORANGE,
    VERMILION,
    levels,
    thresholds,
    words,
)
from dashboards.panels import (
    HIDDEN,
    Override,
    at,
    by_name,
    named,
    number,
    over_time,
    painted,
    styled,
    table,
    width,
)

# Rows that fit a panel of ten units on a screen of 1080 lines.
MATCHES, ALERTS, FEEDS = 8, 8, 8
_OPEN = "status NOT IN ('explained', 'closed')"
# What officers decided is said of the case of a match, not of its alerts.
_OF_CASES = """
        SELECT match, status AS standing, ifNull(assignee, '') AS officer, acknowledge_by
        FROM cases FINAL
        WHERE opened_at <= moment
"""
_DUE = "if(acknowledge_by IS NULL, NULL, dateDiff('second', moment, acknowledge_by))"

RANKED = f"""
WITH $__toTime AS moment,
    playing AS (
        SELECT match, competition, home, away, start
        FROM last_fixtures
        WHERE start >= moment - INTERVAL 4 HOUR AND start <= moment + INTERVAL 12 HOUR
    ),
    told AS (
        SELECT match,
               argMaxIf(concat(toString(home_score), '–', toString(away_score)),
                        (at, partition, offset, idx), home_score IS NOT NULL) AS score,
               countIf(event = 'kick_off') > 0 AS begun,
               countIf(event = 'full_time') > 0 AS ended
        FROM events
        WHERE match IN (SELECT match FROM playing) AND at <= moment
        GROUP BY match
    ),
    raised AS (
        SELECT match, countIf(level = 'red') AS red, countIf(level = 'amber') AS amber,
               min(opened_at) AS since
        FROM alerts FINAL
        WHERE level IN ('red', 'amber') AND {_OPEN} AND opened_at <= moment
        GROUP BY match
    ),
    decided AS ({_OF_CASES})
SELECT if(standing = 'closed', '', multiIf(red > 0, 'red', amber > 0, 'amber', '')) AS level,
       multiIf(ended, 'ended', begun, 'live', start > moment, 'next', 'due') AS state,
       concat(home, ' v ', away) AS teams,
       if(begun, score, '') AS score,
       competition,
       start,
       red, amber,
       {_DUE} AS due,
       standing, officer,
       match
FROM playing
LEFT JOIN told USING match
LEFT JOIN raised USING match
LEFT JOIN decided USING match
WHERE NOT ended OR level != ''
ORDER BY ifNull(due < 0, 0) DESC, level = 'red' DESC, level = 'amber' DESC, isNull(due),
         state = 'live' DESC, abs(dateDiff('second', start, moment))
LIMIT {MATCHES}
"""

OPEN_ALERTS = f"""
WITH $__toTime AS moment, decided AS ({_OF_CASES})
SELECT level,
       dateDiff('second', opened_at, moment) AS age,
       {_DUE} AS due,
       if(home = '', match, concat(home, ' v ', away)) AS teams,
       typology, headline,
       if(standing = '', 'open', standing) AS standing, officer,
       match
FROM alerts FINAL
LEFT JOIN decided USING match
WHERE level IN ('red', 'amber') AND {_OPEN} AND opened_at <= moment AND standing != 'closed'
ORDER BY ifNull(due < 0, 0) DESC, level = 'red' DESC, isNull(due), last_at DESC
LIMIT {ALERTS}
"""

OVERDUE = """
SELECT count() AS overdue
FROM cases FINAL
WHERE status != 'closed' AND opened_at <= $__toTime
  AND (acknowledge_by <= $__toTime OR arrayExists(at -> at <= $__toTime, missed))
"""

BY_LEVEL = """
SELECT $__timeInterval(opened_at) AS time,
       countIf(level = 'red') AS red,
       countIf(level = 'amber') AS amber
FROM alerts FINAL
WHERE $__timeFilter(opened_at) AND level IN ('red', 'amber')
GROUP BY time
ORDER BY time
"""

FEEDS_HEARD = f"""
WITH $__toTime AS moment
SELECT book,
       dateDiff('second', max(last), moment) AS silent,
       uniqCombinedMergeIf(prices, minute > moment - INTERVAL 15 MINUTE) AS told,
       uniqCombinedMerge(matches) AS of_matches,
       multiIf(silent <= 120, 'live', silent <= 900, 'slow', 'silent') AS state
FROM heard
WHERE minute > moment - INTERVAL 1 HOUR AND minute <= moment AND last <= moment
GROUP BY book
ORDER BY silent DESC, book
LIMIT {FEEDS}
"""

SILENT = """
WITH $__toTime AS moment
SELECT countIf(heard_at <= moment - INTERVAL 15 MINUTE) AS silent
FROM (
    SELECT book, max(last) AS heard_at
    FROM heard
    WHERE minute > moment - INTERVAL 1 HOUR AND minute <= moment
    GROUP BY book
)
"""

GAPS = """
SELECT $__timeInterval(at) AS time, source, uniqExact(at, reason) AS gaps
FROM health
WHERE $__timeFilter(at)
GROUP BY time, source
ORDER BY time
"""


def count_of(level: str) -> str:
    """SQL that counts the open alerts of a level, whenever they opened."""
    return f"""
SELECT count() AS open
FROM alerts FINAL
WHERE level = '{level}' AND {_OPEN} AND opened_at <= $__toTime
  AND match NOT IN (SELECT match FROM cases FINAL WHERE status = 'closed')
"""


def level_column() -> Override:
    """The column of levels: a sign, a word and a colour."""
    return by_name("level", *painted(levels()), width(100))


def age_column(name: str, shown: str) -> Override:
    """A column of seconds, told in the largest fitting unit."""
    return by_name(name, styled("unit", "s"), styled("decimals", 0), named(shown), width(95))


def due_column() -> Override:
    """The column of deadlines: seconds left until somebody must acknowledge, below 0 when late."""
    steps = thresholds((0, ORANGE), (300, "text"), base=VERMILION)
    text = {"type": "color-text"}
    late = {"type": "range", "options": {"from": None, "to": -1, "result": {"text": "! overdue"}}}
    return by_name(
        "due", styled("unit", "s"), styled("decimals", 0), named("acknowledge in"), width(120),
        styled("thresholds", steps), styled("custom.cellOptions", text), styled("mappings", [late]),
    )  # fmt: skip


def watch_floor() -> Dashboard:
    """Build the dashboard as Grafana reads it."""
    red = number(
        "Open, red", count_of("red"), about="Act.", steps=[(1, LEVELS["red"])],
    )  # fmt: skip
    amber = number("Open, amber", count_of("amber"), about="Look.", steps=[(1, LEVELS["amber"])])
    overdue = number(
        "Overdue",
        OVERDUE,
        about="Cases that nobody acknowledged in time.",
        steps=[(1, VERMILION)],
    )
    silent = number(
        "Feeds silent",
        SILENT,
        about="Books that told prices within the hour and none for 15 minutes.",
        steps=[(1, ORANGE)],
    )
    panels = [
        at(red, x=0, y=0, width=3, height=3),
        at(amber, x=0, y=3, width=3, height=2),
        at(overdue, x=0, y=5, width=3, height=2),
        at(silent, x=0, y=7, width=3, height=3),
        at(_ranked(), x=3, y=0, width=14, height=10),
        at(_feeds(), x=17, y=0, width=7, height=10),
        at(_alerts(), x=0, y=10, width=24, height=10),
        at(_by_level(), x=0, y=20, width=14, height=4),
        at(_gaps(), x=14, y=20, width=10, height=4),
    ]
    about = "What needs an officer now, and whether the feeds are well. A pattern is not proof."
    return dashboard(WATCH_FLOOR, about, panels, refresh="10s")


def _ranked() -> dict[str, object]:
    states = words(
        {
            "live": ("► live", GREEN),
            "due": ("… due", GREY),
            "next": ("next", BLUE),
            "ended": ("ended", GREY),
        }
    )
    return table(
        "Matches, by what needs an officer now",
        RANKED,
        about="Live, due or within 12 hours: overdue ones first, then by the level of their open "
        f"alerts. The first {MATCHES}.",
        empty="No match is live or begins within 12 hours of the end of the time shown.",
        columns=[
            level_column(),
            by_name("state", *painted(states, cell=False), width(85)),
            by_name("teams", styled("links", [to_match(), to_case()])),
            by_name("score", width(65)),
            by_name("start", width(150)),
            by_name("red", width(55)),
            by_name("amber", width(70)),
            due_column(),
            by_name("standing", named("case"), width(110)),
            by_name("officer", width(90)),
            by_name("match", HIDDEN),
        ],
    )


def _alerts() -> dict[str, object]:
    return table(
        "Open alerts",
        OPEN_ALERTS,
        about=f"Overdue first, then red, the newest first; {ALERTS} at most, all are on the board.",
        empty="No red or amber alert is open.",
        columns=[
            level_column(),
            age_column("age", "age"),
            by_name("teams", styled("links", [to_case(), to_match()]), width(260)),
            by_name("typology", width(190)),
            by_name("standing", named("case"), width(120)),
            by_name("officer", width(110)),
            due_column(),
            by_name("match", HIDDEN),
        ],
    )


def _feeds() -> dict[str, object]:
    states = words(
        {
            "live": ("✓ live", GREEN),
            "slow": ("! slow", ORANGE),
            "silent": ("✗ silent", VERMILION),
        }
    )
    return table(
        "Feeds, the most silent first",
        FEEDS_HEARD,
        about="Books that told a price within the hour. Live: within 2 minutes; silent: none for "
        "15. Before the match many feeds are slow and well.",
        empty="No book has told a price within the hour before the end of the time shown.",
        columns=[
            by_name("state", *painted(states), width(85)),
            age_column("silent", "last told"),
            by_name("told", named("in 15 min"), width(80)),
            by_name("of_matches", named("matches"), width(80)),
        ],
    )


def _by_level() -> dict[str, object]:
    return over_time(
        "Alerts opened",
        BY_LEVEL,
        about="By the event time at which they opened and their present level; explained and "
        "closed ones included.",
        empty="No red or amber alert opened in the time shown.",
        bars=True,
        least_interval="5m",
        colours={"red": LEVELS["red"], "amber": LEVELS["amber"]},
    )


def _gaps() -> dict[str, object]:
    return over_time(
        "Gaps of feeds",
        GAPS,
        about="When a source may have missed something: no steam is seen across a gap.",
        empty="No source told of a gap in the time shown.",
        bars=True,
        least_interval="5m",
        name="${__field.labels.source}",
    )
