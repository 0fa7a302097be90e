"""The watch floor: what officers keep before their eyes.

Tables are read with FINAL: rows that were written twice must not be counted twice, and of an
alert only the newest update counts. The time filter is on event time, but for dead letters, which
have none.
"""

from typing import Any

from dashboards.panels import at, dashboard, number, over_time, table

UID = "sogawatch-watch-floor"
COLOURS = {"red": "red", "amber": "orange", "green": "green"}
_SHOWN = 500
_OPEN = "status NOT IN ('explained', 'closed')"

OPEN_ALERTS = f"""
SELECT level, status, opened_at, last_at,
       if(home = '', match, concat(home, ' v ', away)) AS teams,
       competition, typology, score, headline, marking, alert_id
FROM alerts FINAL
WHERE level IN ('red', 'amber') AND {_OPEN}
ORDER BY level = 'red' DESC, last_at DESC
LIMIT {_SHOWN}
"""

ALERTS_BY_LEVEL = """
SELECT $__timeInterval(opened_at) AS time,
       countIf(level = 'red') AS red,
       countIf(level = 'amber') AS amber,
       countIf(level = 'green') AS green
FROM alerts FINAL
WHERE $__timeFilter(opened_at)
GROUP BY time
ORDER BY time
"""

# Not the view price_changes: it compares all prices ever told before time is looked at. Here a
# price is compared within the time shown, so the first one of each selection is no change.
PRICE_CHANGES = """
SELECT $__timeInterval(at) AS time,
       count() * 60 / $__interval_s AS changes
FROM (
    SELECT at, price, lagInFrame(price) OVER (
               PARTITION BY match, market, line, selection, book
               ORDER BY at, partition, offset, idx
               ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
           ) AS previous
    FROM prices FINAL
    WHERE $__timeFilter(at)
)
WHERE previous > 0 AND price != previous
GROUP BY time
ORDER BY time
"""

GAPS = f"""
SELECT at AS time, source, reason, partitions
FROM gaps
WHERE $__timeFilter(at)
ORDER BY time DESC
LIMIT {_SHOWN}
"""

# Without raw: it may hold what no pseudonym has covered.
DEAD_LETTERS = f"""
SELECT arrived AS time, source, place, reason
FROM dead_letters FINAL
WHERE $__timeFilter(arrived)
ORDER BY time DESC
LIMIT {_SHOWN}
"""


def count_of(level: str) -> str:
    """SQL that counts the open alerts of a level, whenever they opened."""
    return f"\nSELECT count() AS open\nFROM alerts FINAL\nWHERE level = '{level}' AND {_OPEN}\n"


def watch_floor() -> dict[str, Any]:
    """Build the dashboard as Grafana reads it."""
    red = number("Open, red", count_of("red"), about="Act.", colour=COLOURS["red"])
    amber = number("Open, amber", count_of("amber"), about="Look.", colour=COLOURS["amber"])
    open_alerts = table(
        "Open alerts, red and amber",
        OPEN_ALERTS,
        about=f"A pattern is not proof. Whenever opened; {_SHOWN} at most, red first.",
        colours=COLOURS,
    )
    by_level = over_time(
        "Alerts opened, by present level",
        ALERTS_BY_LEVEL,
        about="By the event time at which they opened; explained and closed ones included.",
        bars=True,
        colours=COLOURS,
    )
    changes = over_time(
        "Price changes per minute",
        PRICE_CHANGES,
        about="All books and markets. The first price in the time shown is no change.",
    )
    gaps = table(
        "Gaps of feeds",
        GAPS,
        about="When a source went blind, and why; partitions: how many were told. "
        f"The newest {_SHOWN}.",
    )
    letters = table(
        "Dead letters",
        DEAD_LETTERS,
        about="What could not be read, by arrival, not by event time. "
        f"The newest {_SHOWN}; kept for 30 days.",
    )
    panels = [
        at(red, x=0, y=0, width=3, height=5),
        at(amber, x=0, y=5, width=3, height=5),
        at(open_alerts, x=3, y=0, width=21, height=10),
        at(by_level, x=0, y=10, width=12, height=8),
        at(changes, x=12, y=10, width=12, height=8),
        at(gaps, x=0, y=18, width=12, height=8),
        at(letters, x=12, y=18, width=12, height=8),
    ]
    about = "Open alerts, and whether the feeds and the watch are well."
    return dashboard(UID, "sogawatch: watch floor", about, panels)
