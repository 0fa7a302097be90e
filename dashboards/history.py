"""What was raised over weeks, what became of it, and who comes back."""

from dashboards.dashboard import Dashboard, dashboard
from dashboards.links import HISTORY
from dashboards.palette import LEVELS
from dashboards.panels import at, by_name, named, over_time, styled, table
from dashboards.variables import asked

_IN_TIME = "$__timeFilter(opened_at)"
_COMPETITION = "(${competition:sqlstring} = 'all' OR competition = ${competition:sqlstring})"

COMPETITIONS = """
SELECT competition
FROM (
    SELECT 'all' AS competition, 0 AS place
    UNION ALL
    SELECT DISTINCT competition, 1 AS place FROM alerts WHERE competition != ''
)
ORDER BY place, competition
"""
PER_DAY = f"""
SELECT toStartOfInterval(opened_at, INTERVAL 1 DAY) AS time,
       countIf(level = 'red') AS red, countIf(level = 'amber') AS amber,
       countIf(level = 'green') AS green
FROM alerts FINAL
WHERE {_IN_TIME} AND {_COMPETITION}
GROUP BY time
ORDER BY time
"""
BY_TYPOLOGY = f"""
SELECT typology, countIf(level = 'red') AS red, countIf(level = 'amber') AS amber,
       countIf(level = 'green') AS green, countIf(status = 'explained') AS explained,
       uniqExact(match) AS matches
FROM alerts FINAL
WHERE {_IN_TIME} AND {_COMPETITION}
GROUP BY typology
ORDER BY red DESC, amber DESC, typology
"""
BY_COMPETITION = """
SELECT competition, tier, matches, red, amber, 100 * red_matches / matches AS red_per_100
FROM (
    SELECT competition, any(tier) AS tier, uniqExact(match) AS matches
    FROM last_fixtures
    WHERE start >= $__fromTime AND start <= $__toTime
    GROUP BY competition
) AS played
LEFT JOIN (
    SELECT competition, countIf(level = 'red') AS red, countIf(level = 'amber') AS amber,
           uniqExactIf(match, level = 'red') AS red_matches
    FROM alerts FINAL
    WHERE $__timeFilter(opened_at)
    GROUP BY competition
) AS raised USING competition
ORDER BY red DESC, amber DESC, matches DESC
LIMIT 50
"""


def history() -> Dashboard:
    """Build the dashboard as Grafana reads it."""
    panels = [
        at(_per_day(), x=0, y=0, width=12, height=9),
        at(_by_typology(), x=12, y=0, width=12, height=9),
        at(_by_competition(), x=0, y=9, width=12, height=9),
    ]
    about = "Alerts over weeks: by typology, competition and verdict, and who comes back."
    chosen = asked("competition", "Competition", COMPETITIONS)
    return dashboard(HISTORY, about, panels, variables=[chosen], since="now-90d", refresh="15m")


def _per_day() -> dict[str, object]:
    return over_time(
        "Alerts opened, by day",
        PER_DAY,
        about="By event time and present level.",
        empty="No alert opened in the time shown.",
        bars=True,
        least_interval="1d",
        colours=LEVELS,
    )


def _by_typology() -> dict[str, object]:
    return table(
        "By typology",
        BY_TYPOLOGY,
        about="One alert for one family of typologies and match; named by the first to raise it.",
        empty="No alert opened in the time shown.",
    )


def _by_competition() -> dict[str, object]:
    return table(
        "By competition",
        BY_COMPETITION,
        about="Red matches of 100 that were watched; the usual budget is one of 100 clean ones.",
        empty="No match began in the time shown.",
        columns=[by_name("red_per_100", named("red of 100"), styled("decimals", 1))],
    )
