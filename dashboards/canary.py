"""Panels of the canary: how long it takes through feed and watch, and how old the newest is."""

from dashboards.palette import ORANGE, VERMILION, thresholds
from dashboards.panels import by_name, over_time, styled, table, width

CANARY = """
SELECT $__timeInterval(fed) AS time, toString(partition) AS lane,
       max(dateDiff('millisecond', sent, arrived)) / 1000 AS seconds
FROM canaries
WHERE fed >= $__fromTime AND fed <= $__toTime
GROUP BY time, lane
ORDER BY time, lane
"""
CANARY_AGES = """
SELECT partition, dateDiff('second', max(sent), $__toTime) AS age,
       argMax(dateDiff('millisecond', sent, arrived), sent) / 1000 AS took,
       argMax(reached, sent) AS reached
FROM canaries
WHERE fed > $__toTime - INTERVAL 1 DAY AND fed <= $__toTime
GROUP BY partition
ORDER BY age DESC, partition
LIMIT 1000
"""


def canary_delay() -> dict[str, object]:
    """From sending to the answer, by partition."""
    return over_time(
        "Canaries, sent to answered",
        CANARY,
        about="Through feed and watch, the slowest of each partition. A gap: none came through to "
        "the store.",
        empty="No canary came through in the time shown: does sogawatch canary run?",
        unit="s",
        least_interval="10s",
        name="partition ${__field.labels.lane}",
    )


def canary_ages() -> dict[str, object]:
    """Age of the newest that is in the store, by partition."""
    return table(
        "Newest canary, by partition",
        CANARY_AGES,
        about="Age: since the newest one that is in the store was sent; one is sent every ten "
        "seconds. Reached: the event time that the watch had come to.",
        empty="No canary came through within a day: does sogawatch canary run?",
        columns=[
            by_name("partition", width(90)),
            by_name(
                "age",
                styled("unit", "s"),
                styled("thresholds", thresholds((60, ORANGE), (120, VERMILION))),
                styled("custom.cellOptions", {"type": "color-text"}),
            ),
            by_name("took", styled("unit", "s")),
        ],
    )
