"""The pipeline's own health: how far behind, how fast, what was lost, what waits to be sent.

Times are those of arrival, not of the matches: a recording of last year that is loaded now shows up
now. Grafana alerts on these (`dashboards.alert_rules`); alerts about matches are not its business.
"""

from dashboards.canary import canary_ages, canary_delay
from dashboards.dashboard import Dashboard, dashboard
from dashboards.links import PIPELINE
from dashboards.palette import BLUE, GREEN, ORANGE, PURPLE, VERMILION, thresholds
from dashboards.panels import at, by_name, named, number, over_time, styled, table, width

LAG = """
SELECT at AS time, reader, sum(greatest(ended, committed) - committed) AS behind
FROM group_lags FINAL
WHERE $__timeFilter(at)
GROUP BY time, reader
ORDER BY time, reader
"""
LAG_NOW = """
SELECT sum(behind) AS behind
FROM (
    SELECT reader, topic, partition,
           argMax(greatest(ended, committed) - committed, at) AS behind
    FROM group_lags
    WHERE at > $__toTime - INTERVAL 5 MINUTE AND at <= $__toTime
    GROUP BY reader, topic, partition
)
HAVING count() > 0
"""
PROGRESS = """
SELECT time, topic, sum(grown) / any(lasted) AS rate
FROM (
    SELECT time, topic, partition, ended - lagInFrame(ended, 1, ended) OVER w AS grown,
           greatest(dateDiff('second', lagInFrame(time, 1, time) OVER w, time), 1) AS lasted
    FROM (
        SELECT $__timeInterval(at) AS time, topic, partition, max(ended) AS ended
        FROM group_lags
        WHERE $__timeFilter(at) AND reader = 'archive'
        GROUP BY time, topic, partition
    )
    WINDOW w AS (PARTITION BY topic, partition ORDER BY time
                 ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
)
WHERE grown >= 0
GROUP BY time, topic
ORDER BY time, topic
"""
PRICES = """
SELECT $__timeInterval(arrived) AS time, count() / $__interval_s AS prices
FROM prices
WHERE arrived >= $__fromTime AND arrived <= $__toTime
GROUP BY time
ORDER BY time
"""
FEED_DELAY = """
SELECT $__timeInterval(arrived) AS time,
       quantile(0.5)(dateDiff('millisecond', at, arrived)) / 1000 AS median,
       quantile(0.95)(dateDiff('millisecond', at, arrived)) / 1000 AS p95
FROM prices
WHERE arrived >= $__fromTime AND arrived <= $__toTime
GROUP BY time
ORDER BY time
"""
ALERT_DELAY = """
SELECT $__timeInterval(arrived) AS time,
       quantile(0.5)(dateDiff('millisecond', last_at, arrived)) / 1000 AS median,
       max(dateDiff('millisecond', last_at, arrived)) / 1000 AS slowest
FROM alert_updates
WHERE arrived >= $__fromTime AND arrived <= $__toTime
GROUP BY time
ORDER BY time
"""
DEAD = """
SELECT $__timeInterval(arrived) AS time, source, count() AS letters
FROM dead_letters FINAL
WHERE $__timeFilter(arrived)
GROUP BY time, source
ORDER BY time, source
"""
# Without raw: it may hold what no pseudonym has covered.
NEWEST_DEAD = """
SELECT arrived, source, place, reason
FROM dead_letters FINAL
WHERE $__timeFilter(arrived)
ORDER BY arrived DESC
LIMIT 100
"""
DEAD_NOW = """
SELECT count() AS letters
FROM dead_letters FINAL
WHERE arrived > $__toTime - INTERVAL 1 HOUR AND arrived <= $__toTime
"""
PARTS = """
SELECT table, count() AS parts, sum(rows) AS rows, sum(bytes_on_disk) AS bytes,
       max(modification_time) AS written
FROM system.parts
WHERE active AND database = currentDatabase()
GROUP BY table
ORDER BY parts DESC
LIMIT 20
"""
SAMPLE_AGE = """
SELECT dateDiff('second', max(at), $__toTime) AS age
FROM group_lags
WHERE at > $__toTime - INTERVAL 1 HOUR AND at <= $__toTime
HAVING count() > 0
"""
# A member that was not there at the beginning of the time shown has joined since.
RESTARTS = """
SELECT toStartOfInterval(first, INTERVAL $__interval_s second) AS time, reader,
       count() AS joined
FROM (
    SELECT reader, member, min(at) AS first
    FROM group_members
    WHERE $__timeFilter(at)
    GROUP BY reader, member
)
WHERE first > $__fromTime + INTERVAL 30 SECOND
GROUP BY time, reader
ORDER BY time, reader
"""
MEMBERS = """
SELECT reader, member, host, partitions, dateDiff('second', seen, $__toTime) AS unseen
FROM (
    SELECT reader, member, argMax(host, at) AS host, argMax(partitions, at) AS partitions,
           max(at) AS seen
    FROM group_members
    WHERE at > $__toTime - INTERVAL 1 HOUR AND at <= $__toTime
    GROUP BY reader, member
)
ORDER BY reader, unseen
LIMIT 50
"""
# Of each parcel the last attempt says how it stands.
WAITING = """
SELECT count() AS waiting
FROM (
    SELECT delivery, argMax(outcome, (at, attempt)) AS last
    FROM delivery_attempts
    WHERE at > $__toTime - INTERVAL 4 DAY AND at <= $__toTime
    GROUP BY subscription, delivery
)
WHERE last = 'retry'
"""
ATTEMPTS = """
SELECT $__timeInterval(at) AS time, outcome, count() AS attempts
FROM delivery_attempts FINAL
WHERE $__timeFilter(at)
GROUP BY time, outcome
ORDER BY time, outcome
"""
FAILING = """
SELECT subscription, channel, host, last AS outcome, why AS reason, tries, latest, next
FROM (
    SELECT subscription, delivery, any(channel) AS channel, any(host) AS host,
           argMax(outcome, (at, attempt)) AS last, argMax(reason, (at, attempt)) AS why,
           max(attempt) AS tries, max(at) AS latest, argMax(next_at, (at, attempt)) AS next
    FROM delivery_attempts
    WHERE at > $__toTime - INTERVAL 4 DAY AND at <= $__toTime
    GROUP BY subscription, delivery
)
WHERE last != 'delivered'
ORDER BY latest DESC
LIMIT 50
"""
_UNSEEN = "The archive has not looked at the groups in the time shown: is it running?"


def pipeline() -> Dashboard:
    """Build the dashboard as Grafana reads it."""
    panels = [
        *_numbers(),
        at(_lag(), x=4, y=0, width=10, height=8),
        at(_progress(), x=14, y=0, width=10, height=8),
        at(_prices(), x=0, y=8, width=8, height=8),
        at(_delay("Delay, feed to broker", FEED_DELAY, "p95", "No price arrived in the time "
                  "shown."), x=8, y=8, width=8, height=8),
        at(_delay("Delay, event to alert", ALERT_DELAY, "slowest", "No alert was raised or changed "
                  "in the time shown."), x=16, y=8, width=8, height=8),
        at(_dead(), x=0, y=16, width=8, height=8),
        at(_newest_dead(), x=8, y=16, width=16, height=8),
        at(_restarts(), x=0, y=24, width=8, height=8),
        at(_members(), x=8, y=24, width=8, height=8),
        at(_parts(), x=16, y=24, width=8, height=8),
        at(_attempts(), x=0, y=32, width=8, height=8),
        at(_failing(), x=8, y=32, width=16, height=8),
        at(canary_delay(), x=0, y=40, width=12, height=8),
        at(canary_ages(), x=12, y=40, width=12, height=8),
    ]  # fmt: skip
    about = (
        "Whether the pipeline keeps up. Grafana alerts on lag, dead letters and silence, "
        "and when no canary comes through."
    )
    return dashboard(PIPELINE, about, panels)


def _numbers() -> list[dict[str, object]]:
    behind = number(
        "Records behind",
        LAG_NOW,
        about="Not committed yet, all groups and partitions.",
        empty="Not looked at.",
        unit="short",
        steps=[(10_000, ORANGE), (100_000, VERMILION)],
    )
    sampled = number(
        "Last looked",
        SAMPLE_AGE,
        about="Age of the newest look at the groups; the archive looks every 15 seconds.",
        empty="Over an hour ago: no archive runs.",
        unit="s",
        steps=[(60, ORANGE), (300, VERMILION)],
    )
    dead = number(
        "Dead letters, 1 h",
        DEAD_NOW,
        about="What could not be read within the hour.",
        steps=[(1, ORANGE), (100, VERMILION)],
    )
    waiting = number(
        "Deliveries waiting",
        WAITING,
        about="Messages to subscribers whose last attempt failed and that will be tried again.",
        steps=[(1, ORANGE), (20, VERMILION)],
    )
    return [
        at(one, x=0, y=2 * place, width=4, height=2)
        for place, one in enumerate((behind, sampled, dead, waiting))
    ]


def _lag() -> dict[str, object]:
    return over_time(
        "Records behind, by group",
        LAG,
        about="A frame counts as one record: it holds up to 500.",
        empty=_UNSEEN,
        steps=True,
        least_interval="15s",
        name="${__field.labels.reader}",
    )


def _progress() -> dict[str, object]:
    return over_time(
        "Records per second, by topic",
        PROGRESS,
        about="Growth of the topics; a frame counts as one.",
        empty=_UNSEEN,
        unit="cps",
        name="${__field.labels.topic}",
    )


def _prices() -> dict[str, object]:
    return over_time(
        "Prices per second",
        PRICES,
        about="As they are in the store; a batch that was written twice counts twice till merged.",
        empty="No price arrived in the time shown. Is a feed running?",
        unit="cps",
        colours={"prices": BLUE},
    )


def _delay(title: str, sql: str, high: str, empty: str) -> dict[str, object]:
    return over_time(
        title,
        sql,
        about="From the time that the record tells to the time at which the broker had it. "
        "Recordings are old when they arrive, and say so.",
        empty=empty,
        unit="s",
        limits=(None, None),
        colours={"median": BLUE, high: ORANGE},
    )


def _dead() -> dict[str, object]:
    return over_time(
        "Dead letters, by source",
        DEAD,
        about="What could not be read, by arrival; kept for 30 days.",
        empty="Nothing was unreadable in the time shown.",
        bars=True,
        least_interval="5m",
        name="${__field.labels.source}",
    )


def _newest_dead() -> dict[str, object]:
    return table(
        "Newest dead letters",
        NEWEST_DEAD,
        empty="Nothing was unreadable in the time shown.",
        columns=[
            by_name("arrived", width(160)),
            by_name("source", width(140)),
            by_name("place", width(220)),
        ],
    )


def _restarts() -> dict[str, object]:
    return over_time(
        "Workers that joined",
        RESTARTS,
        about="A worker that is started again joins as a new member. The embedded broker does not "
        "tell who reads.",
        empty="No worker joined in the time shown.",
        bars=True,
        least_interval="5m",
        name="${__field.labels.reader}",
        colours={"watch": BLUE, "archive": GREEN, "notify": PURPLE},
    )


def _members() -> dict[str, object]:
    return table(
        "Who reads",
        MEMBERS,
        about="Members of the groups seen within the hour; gone: not seen for half a minute.",
        empty=_UNSEEN,
        columns=[
            by_name("partitions", width(90)),
            by_name("unseen", named("seen"), styled("unit", "s"), width(80)),
        ],
    )


def _parts() -> dict[str, object]:
    return table(
        "ClickHouse parts",
        PARTS,
        about="Many parts: too many small inserts, or merges that do not keep up.",
        empty="The store has no tables: run sogawatch migrate.",
        columns=[
            by_name(
                "parts",
                styled("thresholds", thresholds((150, ORANGE), (300, VERMILION))),
                styled("custom.cellOptions", {"type": "color-text"}),
            ),
            by_name("rows", styled("unit", "short")),
            by_name("bytes", styled("unit", "bytes")),
        ],
    )


def _attempts() -> dict[str, object]:
    return over_time(
        "Attempts to deliver",
        ATTEMPTS,
        about="E-mails and webhooks to subscribers, by what came of each attempt.",
        empty="Nothing was to be delivered in the time shown.",
        bars=True,
        least_interval="5m",
        name="${__field.labels.outcome}",
        colours={"delivered": GREEN, "retry": ORANGE, "gave_up": VERMILION},
    )


def _failing() -> dict[str, object]:
    return table(
        "Deliveries that failed or wait",
        FAILING,
        about="The last attempt of each in four days; given up: read its reason, then send it "
        "again.",
        empty="Every message of the last four days was delivered.",
        columns=[by_name("latest", width(160)), by_name("next", width(160))],
    )
