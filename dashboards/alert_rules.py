"""Grafana's own alerts: on the health of the pipeline, never on matches.

One list serves both ways of provisioning: the API takes rules as they are here, files take them in
groups. Each question gives one row, a time and a number: alerts want wide series, and a row limit
that is reached would cut a long one without a word.
"""

from dataclasses import dataclass
from typing import Any

from dashboards.links import PIPELINE
from dashboards.queries import DATA_SOURCE, query
from forensics.silence import SILENT_AFTER_MIN, last_heard

FOLDER, FOLDER_TITLE = "sogawatch", "sogawatch"
GROUP, EVERY_S = "pipeline", 60
CONTACT, CONTACT_TITLE = "sogawatch-operations", "sogawatch operations"
_EXPRESSION = "__expr__"
_LOOK_BACK_S = 600

Rule = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Watch:
    """A number and the value above which it is an alert, once it lasts."""

    name: str
    title: str
    sql: str
    above: float
    lasting: str
    summary: str
    todo: str
    silent_is: str = "OK"


_WATCHES = (
    _Watch(
        "lag",
        "A group is far behind",
        """
SELECT $__toTime AS time, max(behind) AS behind
FROM (
    SELECT reader, sum(greatest(ended, committed) - committed) AS behind
    FROM (
        SELECT reader, topic, partition, argMax(ended, at) AS ended,
               argMax(committed, at) AS committed
        FROM group_lags
        WHERE at > $__toTime - INTERVAL 5 MINUTE AND at <= $__toTime
        GROUP BY reader, topic, partition
    )
    GROUP BY reader
)
HAVING count() > 0
""",
        10_000,
        "5m",
        "A consumer group is more than 10,000 records behind.",
        "Look at the dashboard Pipeline, which group; start another worker of it.",
    ),
    _Watch(
        "archive",
        "The archive has stopped",
        """
SELECT $__toTime AS time, dateDiff('second', max(at), $__toTime) AS silent
FROM group_lags
WHERE at > $__toTime - INTERVAL 1 DAY AND at <= $__toTime
HAVING count() > 0
""",
        120,
        "2m",
        "The archive has not looked at the groups for two minutes.",
        "Run sogawatch doctor, and read the log of the archive.",
        silent_is="Alerting",
    ),
    _Watch(
        "feeds",
        "A feed has gone silent",
        f"""
SELECT $__toTime AS time, countIf(last <= $__toTime - INTERVAL {SILENT_AFTER_MIN} MINUTE) AS silent
FROM (
{last_heard("$__toTime")}
)
HAVING count() > 0
""",
        0,
        "1m",
        f"A source that told something today has told nothing for {SILENT_AFTER_MIN} minutes.",
        "sogawatch doctor says which; run its sogawatch feed again, and read its log.",
    ),
    _Watch(
        "canary",
        "No canary comes through",
        """
SELECT $__toTime AS time, max(silent) AS silent
FROM (
    SELECT partition, dateDiff('second', max(sent), $__toTime) AS silent
    FROM canaries
    WHERE fed > $__toTime - INTERVAL 1 DAY AND fed <= $__toTime
    GROUP BY partition
)
HAVING count() > 0
""",
        120,
        "1m",
        "For two minutes no canary has gone from the feed to the store, on one partition at least.",
        "Run sogawatch doctor --canary, which says where they end; read the log of that worker.",
        silent_is="Alerting",
    ),
    _Watch(
        "dead-letters",
        "Many records cannot be read",
        """
SELECT $__toTime AS time, count() AS letters
FROM dead_letters FINAL
WHERE arrived > $__toTime - INTERVAL 15 MINUTE AND arrived <= $__toTime
""",
        50,
        "1m",
        "More than 50 dead letters within 15 minutes.",
        "Read their reasons on the dashboard Pipeline: a feed may have changed its format.",
    ),
    _Watch(
        "deliveries",
        "Alerts do not reach subscribers",
        """
SELECT $__toTime AS time, count() AS waiting
FROM (
    SELECT delivery, argMax(outcome, (at, attempt)) AS last, min(at) AS since
    FROM delivery_attempts
    WHERE at > $__toTime - INTERVAL 4 DAY AND at <= $__toTime
    GROUP BY subscription, delivery
)
WHERE last = 'gave_up' AND since > $__toTime - INTERVAL 1 HOUR
   OR last = 'retry' AND since <= $__toTime - INTERVAL 15 MINUTE
""",
        0,
        "1m",
        "A message to a subscriber waits for more than 15 minutes or was given up.",
        "Read the reasons on the dashboard Pipeline, and see to the mail server or the receiver.",
    ),
)


def rules() -> list[Rule]:
    """All rules, as the provisioning API takes them.

    >>> [rule["uid"] for rule in rules()]  # doctest: +NORMALIZE_WHITESPACE
    ['sogawatch-lag', 'sogawatch-archive', 'sogawatch-feeds', 'sogawatch-canary',
     'sogawatch-dead-letters', 'sogawatch-deliveries']
    """
    return [_rule(watch) | {"folderUID": FOLDER, "ruleGroup": GROUP} for watch in _WATCHES]


def contact_point(to: str) -> dict[str, Any]:
    """Where Grafana sends these: an e-mail address, or an address that takes webhooks.

    >>> contact_point("ops@example.org")["type"], contact_point("https://example.org/h")["type"]
    ('email', 'webhook')
    """
    mail = "://" not in to
    return {
        "uid": CONTACT,
        "name": CONTACT_TITLE,
        "type": "email" if mail else "webhook",
        "settings": {"addresses": to, "singleEmail": True} if mail else {"url": to},
        "disableResolveMessage": False,
    }


def rules_file(to: str) -> dict[str, Any]:
    """The same as a file of Grafana's provisioning."""
    point = contact_point(to)
    name = point.pop("name")
    group = {
        "orgId": 1,
        "name": GROUP,
        "folder": FOLDER_TITLE,
        "interval": f"{EVERY_S}s",
        "rules": [_rule(watch) for watch in _WATCHES],
    }
    contacts = [{"orgId": 1, "name": name, "receivers": [point]}]
    return {"apiVersion": 1, "contactPoints": contacts, "groups": [group]}


def _rule(watch: _Watch) -> Rule:
    return {
        "uid": f"sogawatch-{watch.name}",
        "title": watch.title,
        "condition": "C",
        "data": [_asked(watch), _last("B", "A"), _above("C", "B", watch.above)],
        "for": watch.lasting,
        "noDataState": watch.silent_is,
        "execErrState": "Error",
        "isPaused": False,
        "annotations": {
            "summary": watch.summary,
            "description": watch.todo,
            "__dashboardUid__": PIPELINE,
            "__panelId__": "1",
        },
        "labels": {"service": "sogawatch", "about": "pipeline"},
        "notification_settings": {"receiver": CONTACT_TITLE},
    }


def _asked(watch: _Watch) -> dict[str, Any]:
    return {
        "refId": "A",
        "queryType": "timeseries",
        "relativeTimeRange": {"from": _LOOK_BACK_S, "to": 0},
        "datasourceUid": DATA_SOURCE["uid"],
        "model": query(watch.sql, "timeseries"),
    }


def _last(letter: str, of: str) -> dict[str, Any]:
    return _expression(letter, {"type": "reduce", "expression": of, "reducer": "last"})


def _above(letter: str, of: str, value: float) -> dict[str, Any]:
    condition = {"evaluator": {"type": "gt", "params": [value]}}
    return _expression(letter, {"type": "threshold", "expression": of, "conditions": [condition]})


def _expression(letter: str, what: dict[str, Any]) -> dict[str, Any]:
    source = {"type": _EXPRESSION, "uid": _EXPRESSION}
    return {
        "refId": letter,
        "queryType": "",
        "relativeTimeRange": {"from": 0, "to": 0},
        "datasourceUid": _EXPRESSION,
        "model": {"refId": letter, "datasource": source} | what,
    }
