"""One match: what the books say, what was to be expected, where the money goes, what happened.

Probabilities come from `bars`, a row for each minute instead of one for each price; the one graph
that reads prices themselves names match, market and selection, as they lie in the table.
"""

from dashboards.dashboard import Annotation, Dashboard, annotation, dashboard
from dashboards.links import MATCH, to_accounts, to_case
from dashboards.palette import BLUE, GREY, PURPLE, SELECTIONS, VERMILION
from dashboards.panels import (
    HIDDEN,
    at,
    by_name,
    by_question,
    colour,
    named,
    over_time,
    styled,
    table,
    width,
    words_of,
)
from dashboards.variables import Variable, asked, each
from dashboards.watch_floor import level_column

MATCHES = """
SELECT match, concat(home, ' v ', away, formatDateTime(start, ', %e %b %H:%i')) AS teams
FROM last_fixtures
WHERE start >= $__fromTime - INTERVAL 1 DAY AND start <= $__toTime + INTERVAL 2 DAY
ORDER BY start DESC, match
LIMIT 500
"""
MARKETS = """
SELECT DISTINCT market
FROM bars
WHERE match = ${match:sqlstring}
ORDER BY market = '1x2' DESC, market
"""
LINES = """
SELECT DISTINCT if(line = '', 'none', line) AS value
FROM bars
WHERE match = ${match:sqlstring} AND market = ${market:sqlstring}
ORDER BY toFloat64OrZero(value), value
"""
# A variable cannot be empty, so a market without lines has the line 'none'.
_LINE = "if(${line:sqlstring} = 'none', '', ${line:sqlstring})"
_MARKET = "match = ${match:sqlstring} AND market = ${market:sqlstring}"
_BARS = f"{_MARKET} AND line = {_LINE}"
_RAW = f"{_MARKET} AND ifNull(toString(line), '') = {_LINE}"
SELECTIONS_ASKED = f"""
SELECT DISTINCT selection
FROM bars
WHERE {_BARS}
ORDER BY indexOf(['home', 'draw', 'away', 'over', 'under', 'yes', 'no'], selection), selection
"""

BY_BOOK = f"""
SELECT minute AS time, book, chance
FROM bars FINAL
ARRAY JOIN books AS book, chances AS chance
WHERE {_BARS} AND selection = ${{selection:sqlstring}} AND $__timeFilter(minute)
ORDER BY time, book
"""
TOGETHER = f"""
SELECT minute AS time, consensus
FROM bars FINAL
WHERE {_BARS} AND selection = ${{selection:sqlstring}} AND $__timeFilter(minute)
ORDER BY time
"""
EXPECTED = f"""
SELECT minute AS time, expected
FROM bars FINAL
WHERE {_BARS} AND selection = ${{selection:sqlstring}} AND $__timeFilter(minute)
  AND expected IS NOT NULL
ORDER BY time
"""
TICKS = f"""
SELECT $__timeInterval(at) AS time, selection, book,
       argMax(price, (prices.at, partition, offset, idx)) AS odds
FROM prices
WHERE {_RAW} AND $__timeFilter(at) AND status = 'open'
GROUP BY time, selection, book
ORDER BY time, selection, book
"""
# Amounts are cumulative: what was matched in a bucket is the growth since the one before. The
# first bucket has none before it, and says nothing.
MATCHED = f"""
SELECT time, selection, sum(grown) AS matched
FROM (
    SELECT time, selection, amount - lagInFrame(amount, 1, amount) OVER (
               PARTITION BY selection, book ORDER BY time
               ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
           ) AS grown
    FROM (
        SELECT $__timeInterval(at) AS time, selection, book,
               argMax(amount, (matched.at, partition, offset, idx)) AS amount
        FROM matched
        WHERE {_RAW} AND $__timeFilter(at)
        GROUP BY time, selection, book
    )
)
GROUP BY time, selection
ORDER BY time, selection
"""
# Columns of accounts are closed to the user of this data source.
WAGERED = f"""
SELECT $__timeInterval(at) AS time, selection, sum(stake) AS staked
FROM (
    SELECT at, selection, argMax(stake, arrived) AS stake
    FROM wagers
    WHERE {_RAW} AND $__timeFilter(at) AND status = 'accepted' AND side = 'back'
    GROUP BY partition, offset, idx, at, selection
)
GROUP BY time, selection
ORDER BY time, selection
"""
STATE = """
WITH $__toTime AS moment
SELECT if(begun, concat(score, if(ended, ', over', concat('  (', clock, ')'))), 'not begun')
           AS score,
       formatDateTime(start, '%e %b %Y %H:%i UTC') AS "kick-off",
       competition,
       toString(red) AS "open red",
       toString(amber) AS "open amber",
       standing AS "case"
FROM (
    SELECT any(competition) AS competition, any(start) AS start
    FROM last_fixtures WHERE match = ${match:sqlstring}
) AS fixture
CROSS JOIN (
    SELECT countIf(event = 'kick_off') > 0 AS begun,
           countIf(event = 'full_time') > 0 AS ended,
           argMaxIf(concat(toString(home_score), '–', toString(away_score)),
                    (at, partition, offset, idx), home_score IS NOT NULL) AS score,
           concat(toString(floor(argMaxIf(clock, (at, partition, offset, idx), clock IS NOT NULL))),
                  '′') AS clock
    FROM events WHERE match = ${match:sqlstring} AND at <= moment
) AS told
CROSS JOIN (
    SELECT countIf(level = 'red') AS red, countIf(level = 'amber') AS amber
    FROM alerts FINAL
    WHERE match = ${match:sqlstring} AND status NOT IN ('explained', 'closed')
      AND opened_at <= moment
) AS raised
CROSS JOIN (
    SELECT if(count() = 0, 'none', concat(any(status), if(any(assignee) IS NULL, '',
              concat(', ', any(assignee))))) AS standing
    FROM cases FINAL
    WHERE match = ${match:sqlstring}
) AS decided
"""
ALERTS = """
SELECT level, status, opened_at, typology, market,
       ifNull(toString(line), '') AS line, selection, score, headline, match
FROM alerts FINAL
WHERE match = ${match:sqlstring}
ORDER BY opened_at DESC
LIMIT 200
"""
EVENTS = """
SELECT at, event, team, score, minute
FROM (
    SELECT at, event, ifNull(team, '') AS team,
           if(home_score IS NULL, '', concat(toString(home_score), '–', toString(away_score)))
               AS score,
           if(clock IS NULL, '', concat(toString(floor(clock)), '′')) AS minute
    FROM events FINAL
    WHERE match = ${match:sqlstring}
)
ORDER BY at DESC
LIMIT 200
"""
ALERTS_MARKED = """
SELECT opened_at AS time, last_at AS timeEnd, concat(level, ': ', headline) AS text,
       concat(typology, ',', level) AS tags
FROM alerts FINAL
WHERE match = ${match:sqlstring} AND level IN ('red', 'amber') AND $__timeFilter(opened_at)
ORDER BY time
"""
EVENTS_MARKED = """
SELECT at AS time,
       concat(event, if(team IS NULL, '', concat(' ', team)),
              if(home_score IS NULL, '',
                 concat(' ', toString(home_score), '–', toString(away_score)))) AS text,
       event AS tags
FROM events FINAL
WHERE match = ${match:sqlstring} AND $__timeFilter(at) AND event NOT IN ('score')
ORDER BY time
"""


def variables() -> list[Variable]:
    """Match, market and line; the selections are those of the line."""
    return [
        asked("match", "Match", MATCHES, about="Those that begin about the time shown."),
        asked("market", "Market", MARKETS),
        asked("line", "Line", LINES, about="of a total or a handicap; none for other markets"),
        each("selection", SELECTIONS_ASKED),
    ]


def annotations() -> list[Annotation]:
    """Alerts and events of the match, on every graph."""
    return [
        annotation("Alerts", ALERTS_MARKED, VERMILION),
        annotation("Events", EVENTS_MARKED, PURPLE),
    ]


def match() -> Dashboard:
    """Build the dashboard as Grafana reads it."""
    panels = [
        at(_state(), x=0, y=0, width=24, height=3),
        at(_chances(), x=0, y=3, width=8, height=11),
        at(_ticks(), x=0, y=14, width=8, height=9),
        at(_matched(), x=8, y=14, width=8, height=9),
        at(_wagered(), x=16, y=14, width=8, height=9),
        at(_alerts(), x=0, y=23, width=16, height=9),
        at(_events(), x=16, y=23, width=8, height=9),
    ]
    about = "One match: prices, money and events on one time line."
    return dashboard(
        MATCH, about, panels, variables=variables(), annotations=annotations(), since="now-24h"
    )


def _state() -> dict[str, object]:
    return words_of(
        "Score and clock",
        STATE,
        about="At the end of the time shown, as far as the data feed has told.",
        empty="No match is chosen, or none begins about the time shown.",
    )


def _chances() -> dict[str, object]:
    thick = [styled("custom.lineWidth", 3), styled("displayName", "consensus"), colour(BLUE)]
    dashed = [
        styled("custom.lineWidth", 2),
        styled("custom.lineStyle", {"fill": "dash", "dash": [8, 6]}),
        styled("displayName", "goal model"),
        colour(VERMILION),
    ]
    shown = over_time(
        "$selection: probability by book, consensus and goal model",
        [("A", BY_BOOK), ("B", TOGETHER), ("C", EXPECTED)],
        about="Without overround, minute by minute. Thick: median of the books. Dashed: what the "
        "goal model makes of score, red cards and clock, from the prices before the match; in "
        "football in play, 1x2 and totals. A lasting distance has no event behind it.",
        empty="No book offered the whole market in the time shown.",
        unit="percentunit",
        steps=True,
        limits=(None, None),
        name="${__field.labels.book}",
        overrides=[
            by_question("A", colour(GREY)),
            by_question("B", *thick),
            by_question("C", *dashed),
        ],
    )
    return shown | {"repeat": "selection", "repeatDirection": "h", "maxPerRow": 3}


def _ticks() -> dict[str, object]:
    return over_time(
        "Odds as told, by book",
        TICKS,
        about="Decimal odds of open markets, the last of each interval, overround and all.",
        empty="No open price of this market was told in the time shown.",
        unit="none",
        steps=True,
        limits=(1, None),
        name="${__field.labels.selection} ${__field.labels.book}",
    )


def _matched() -> dict[str, object]:
    return over_time(
        "Matched on exchanges",
        MATCHED,
        about="Growth of the matched amount in each interval; it falls when bets are voided. "
        "Amounts of several currencies are added as they are.",
        empty="No exchange told matched amounts of this market in the time shown.",
        bars=True,
        limits=(None, None),
        name="${__field.labels.selection}",
        overrides=_by_selection(),
    )


def _wagered() -> dict[str, object]:
    return over_time(
        "Wagers at operators",
        WAGERED,
        about="Accepted stakes on each selection in each interval. Who staked is on the dashboard "
        "of accounts.",
        empty="No operator told wagers on this market in the time shown.",
        bars=True,
        name="${__field.labels.selection}",
        overrides=_by_selection(),
    )


def _by_selection() -> list[dict[str, object]]:
    return [by_name(name, colour(value)) for name, value in SELECTIONS.items()]


def _alerts() -> dict[str, object]:
    return table(
        "Alerts of this match",
        ALERTS,
        about="All levels and states, whenever opened; the newest first.",
        empty="No alert was ever raised for this match.",
        columns=[
            level_column(),
            by_name("status", width(120)),
            by_name("opened_at", named("opened"), width(160)),
            by_name("typology", styled("links", [to_case(), to_accounts()]), width(180)),
            by_name("market", width(90)),
            by_name("line", width(60)),
            by_name("selection", width(90)),
            by_name("score", styled("unit", "percentunit"), styled("decimals", 2), width(80)),
            by_name("match", HIDDEN),
        ],
    )


def _events() -> dict[str, object]:
    return table(
        "Events",
        EVENTS,
        about="The newest first.",
        empty="The data feed has told nothing of this match.",
        columns=[by_name("at", width(160)), by_name("minute", width(75))],
    )
