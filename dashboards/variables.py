"""Variables of dashboards: what a person picks, and what an address carries."""

from typing import Any

from dashboards.queries import DATA_SOURCE, Source

Variable = dict[str, Any]
_ON_TIME_RANGE = 2


def asked(
    name: str, label: str, sql: str, *, source: Source = DATA_SOURCE, about: str = ""
) -> Variable:
    """One to pick from what ClickHouse answers: one column, or value and text.

    Asked again when the time range changes. Use it as `${name:sqlstring}`, which quotes.
    """
    return {
        "type": "query",
        "name": name,
        "label": label,
        "description": about,
        "datasource": source,
        "query": sql,
        "refresh": _ON_TIME_RANGE,
        "sort": 0,
        "multi": False,
        "includeAll": False,
        "hide": 0,
    }


def each(name: str, sql: str, *, source: Source = DATA_SOURCE) -> Variable:
    """All that ClickHouse answers, unseen: what a panel is repeated for."""
    every = {"text": "All", "value": "$__all"}
    hidden = {"multi": True, "includeAll": True, "hide": 2, "current": every}
    return asked(name, name, sql, source=source) | hidden


def text(name: str, label: str, value: str, about: str) -> Variable:
    """Something to type in, or to be set once for an installation."""
    return {
        "type": "textbox",
        "name": name,
        "label": label,
        "description": about,
        "query": value,
        "current": {"text": value, "value": value},
        "hide": 0,
    }


def hidden(variable: Variable) -> Variable:
    """Keep a variable out of sight; an address can still set it."""
    return variable | {"hide": 2}
