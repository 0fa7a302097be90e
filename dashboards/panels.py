"""Panels of Grafana dashboards, as the plain JSON that Grafana reads."""

from collections.abc import Mapping
from typing import Any

Panel = dict[str, Any]

PLUGIN, PLUGIN_VERSION = "grafana-clickhouse-datasource", "4.21.2"
# Provisioned under this uid, so that dashboards find it in every installation.
DATA_SOURCE = {"type": PLUGIN, "uid": "sogawatch-clickhouse"}
_TIME_SERIES, _TABLE = ("timeseries", 0), ("table", 1)


def at(panel: Panel, *, x: int, y: int, width: int, height: int) -> Panel:
    """Place a panel on the grid, which is 24 wide.

    >>> at(table("t", "SELECT 1"), x=0, y=0, width=24, height=8)["gridPos"]
    {'x': 0, 'y': 0, 'w': 24, 'h': 8}
    """
    return panel | {"gridPos": {"x": x, "y": y, "w": width, "h": height}}


def table(
    title: str, sql: str, *, about: str = "", colours: Mapping[str, str] | None = None
) -> Panel:
    """Rows as they come; `colours` paints the cells of a column `level` by its value."""
    overrides = [_by_name("level", _painted_cells(colours))] if colours else []
    return _panel("table", title, about, sql, _TABLE) | {
        "options": {"showHeader": True, "cellHeight": "sm"},
        "fieldConfig": {"defaults": {"custom": {"filterable": True}}, "overrides": overrides},
    }


def number(title: str, sql: str, *, about: str = "", colour: str) -> Panel:
    """One number, painted while it is not 0."""
    steps = [{"color": "text", "value": None}, {"color": colour, "value": 1}]
    return _panel("stat", title, about, sql, _TABLE) | {
        "options": {
            "colorMode": "background",
            "graphMode": "none",
            "reduceOptions": {"calcs": ["lastNotNull"], "values": False},
        },
        "fieldConfig": {
            "defaults": {"thresholds": {"mode": "absolute", "steps": steps}, "noValue": "0"},
            "overrides": [],
        },
    }


def over_time(
    title: str,
    sql: str,
    *,
    about: str = "",
    bars: bool = False,
    colours: Mapping[str, str] | None = None,
    least_interval: str = "1m",
) -> Panel:
    """Lines or stacked bars over a column `time`; each other column is a series by its name.

    Buckets are as wide as Grafana finds fit for the screen, but not below `least_interval`.
    """
    style: dict[str, Any] = {"drawStyle": "line", "showPoints": "never", "fillOpacity": 10}
    if bars:
        style = {"drawStyle": "bars", "fillOpacity": 80, "stacking": {"mode": "normal"}}
    overrides = [
        _by_name(name, [{"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}])
        for name, colour in (colours or {}).items()
    ]
    return _panel("timeseries", title, about, sql, _TIME_SERIES) | {
        "interval": least_interval,
        "options": {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True}},
        "fieldConfig": {"defaults": {"min": 0, "custom": style}, "overrides": overrides},
    }


def dashboard(uid: str, title: str, about: str, panels: list[Panel]) -> dict[str, Any]:
    """Put panels together; a dashboard of the same uid replaces the one before."""
    numbered = [panel | {"id": number} for number, panel in enumerate(panels, start=1)]
    return {
        "uid": uid,
        "title": title,
        "description": about,
        "tags": ["sogawatch"],
        "timezone": "utc",
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "schemaVersion": 41,
        "panels": numbered,
    }


def _panel(kind: str, title: str, about: str, sql: str, shape: tuple[str, int]) -> Panel:
    query_type, fmt = shape
    target = {
        "refId": "A",
        "datasource": DATA_SOURCE,
        "pluginVersion": PLUGIN_VERSION,
        "editorType": "sql",
        "queryType": query_type,
        "format": fmt,
        "rawSql": sql,
    }
    return {
        "type": kind,
        "title": title,
        "description": about,
        "datasource": DATA_SOURCE,
        "targets": [target],
    }


def _by_name(name: str, properties: list[dict[str, Any]]) -> dict[str, Any]:
    return {"matcher": {"id": "byName", "options": name}, "properties": properties}


def _painted_cells(colours: Mapping[str, str]) -> list[dict[str, Any]]:
    options = {value: {"color": colour} for value, colour in colours.items()}
    return [
        {"id": "mappings", "value": [{"type": "value", "options": options}]},
        {"id": "custom.cellOptions", "value": {"type": "color-background"}},
    ]
