"""What was raised over weeks, what became of it, and who comes back."""

from dashboards.dashboard import Dashboard, dashboard
from dashboards.links import HISTORY, to_case, to_match
from dashboards.palette import BLUE, LEVELS, ORANGE
from dashboards.panels import HIDDEN, at, by_name, named, over_time, styled, table, width
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
VERDICTS = f"""
SELECT verdict, ifNull(nullIf(cause, ''), '–') AS cause, count() AS cases,
       countIf(level = 'red') AS red, countIf(level = 'amber') AS amber,
       max(verdict_at) AS latest
FROM cases FINAL
WHERE $__timeFilter(verdict_at) AND verdict IS NOT NULL AND {_COMPETITION}
GROUP BY verdict, cause
ORDER BY cases DESC, verdict
"""
# An alert counts once for each detector in its evidence. Right is what officers hold for
# manipulation; undecided cases are in neither count.
PRECISION = f"""
SELECT detector, judged, right, judged - right AS wrong,
       right / nullIf(judged, 0) AS precision, waiting
FROM (
    SELECT detector,
           countIf(verdict IN ('manipulation_suspected', 'manipulation_confirmed')) AS right,
           right + countIf(verdict IN ('innocent', 'data_fault')) AS judged,
           countIf(verdict IS NULL OR verdict = 'undecided') AS waiting
    FROM (
        SELECT DISTINCT alert_id, match, JSONExtractString(one, 'detector') AS detector
        FROM alerts FINAL
        ARRAY JOIN JSONExtractArrayRaw(evidence) AS one
        WHERE {_IN_TIME} AND {_COMPETITION} AND level IN ('red', 'amber')
    ) AS raised
    LEFT JOIN (SELECT match, verdict FROM cases FINAL) AS decided USING match
    GROUP BY detector
)
ORDER BY judged DESC, waiting DESC, detector
"""
REPEATED = f"""
SELECT team, uniqExact(played) AS matches, countIf(level = 'red') AS red,
       countIf(level = 'amber') AS amber, groupUniqArray(typology) AS typologies,
       max(opened_at) AS latest, argMax(played, opened_at) AS match
FROM (
    SELECT match AS played, level, typology, opened_at, home, away
    FROM alerts FINAL
    WHERE {_IN_TIME} AND {_COMPETITION} AND level IN ('red', 'amber') AND home != ''
)
ARRAY JOIN [home, away] AS team
GROUP BY team
HAVING matches >= 2
ORDER BY matches DESC, red DESC, team
LIMIT 50
"""
DECIDED_IN = f"""
SELECT toStartOfInterval(opened_at, INTERVAL 1 DAY) AS time,
       quantile(0.5)(dateDiff('minute', opened_at, verdict_at)) AS median,
       max(dateDiff('minute', opened_at, verdict_at)) AS longest
FROM cases FINAL
WHERE {_IN_TIME} AND verdict_at IS NOT NULL AND {_COMPETITION}
GROUP BY time
ORDER BY time
"""


def history() -> Dashboard:
    """Build the dashboard as Grafana reads it."""
    panels = [
        at(_per_day(), x=0, y=0, width=12, height=9),
        at(_by_typology(), x=12, y=0, width=12, height=9),
        at(_verdicts(), x=0, y=9, width=12, height=8),
        at(_precision(), x=12, y=9, width=12, height=8),
        at(_by_competition(), x=0, y=17, width=12, height=8),
        at(_repeated(), x=12, y=17, width=12, height=8),
        at(_decided_in(), x=0, y=25, width=24, height=7),
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


def _verdicts() -> dict[str, object]:
    return table(
        "Verdicts",
        VERDICTS,
        about="Cases that were closed in the time shown, by their highest level.",
        empty="No case was closed with a verdict in the time shown.",
        columns=[by_name("latest", width(160))],
    )


def _precision() -> dict[str, object]:
    return table(
        "Precision of detectors",
        PRECISION,
        about="Of red and amber alerts that a detector gave evidence to and officers judged: those "
        "held for manipulation. A verdict is about the match, so detectors share it.",
        empty="No red or amber alert opened in the time shown.",
        columns=[
            by_name("precision", styled("unit", "percentunit"), styled("noValue", "not judged")),
            by_name("waiting", named("not judged")),
        ],
    )


def _repeated() -> dict[str, object]:
    return table(
        "Teams with alerts in several matches",
        REPEATED,
        about="Red and amber. Some teams play much and some books price them badly: read the cases "
        "before you think ill of a team.",
        empty="No team had red or amber alerts in two matches in the time shown.",
        columns=[
            by_name("team", styled("links", [to_case(), to_match()])),
            by_name("latest", width(160)),
            by_name("match", HIDDEN),
        ],
    )


def _decided_in() -> dict[str, object]:
    return over_time(
        "From first alert to verdict",
        DECIDED_IN,
        about="Event time of the first alert to the time of the verdict; by the day of the alert.",
        empty="No case that opened in the time shown has a verdict.",
        unit="m",
        least_interval="1d",
        colours={"median": BLUE, "longest": ORANGE},
    )
