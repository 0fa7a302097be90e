"""Panels of Grafana dashboards, as the plain JSON that Grafana reads."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.palette import thresholds
from dashboards.queries import DATA_SOURCE, Source, query

Panel = dict[str, Any]
Override = dict[str, Any]
Targets = Sequence[tuple[str, str]]


def at(panel: Panel, *, x: int, y: int, width: int, height: int) -> Panel:
    """Place a panel on the grid, which is 24 wide.

    >>> at(table("t", "SELECT 1", empty="None."), x=0, y=0, width=24, height=8)["gridPos"]
    {'x': 0, 'y': 0, 'w': 24, 'h': 8}
    """
    return panel | {"gridPos": {"x": x, "y": y, "w": width, "h": height}}


def table(
    title: str,
    sql: str,
    *,
    empty: str,
    about: str = "",
    columns: Sequence[Override] = (),
    source: Source = DATA_SOURCE,
) -> Panel:
    """Rows as they come; `empty` says why there may be none."""
    return _panel("table", title, about, [query(sql, "table", source=source)], source) | {
        "options": {"showHeader": True, "cellHeight": "sm"},
        "fieldConfig": {
            "defaults": {"noValue": empty, "custom": {"filterable": False}},
            "overrides": list(columns),
        },
    }


def number(
    title: str,
    sql: str,
    *,
    about: str = "",
    empty: str = "0",
    unit: str = "none",
    steps: Sequence[tuple[float, str]] = (),
    source: Source = DATA_SOURCE,
) -> Panel:
    """One number; `steps` colour it from a value on."""
    return _stat(title, sql, about, source, "") | {
        "fieldConfig": {
            "defaults": {"unit": unit, "noValue": empty, "thresholds": thresholds(*steps)},
            "overrides": [],
        },
    }


def words_of(title: str, sql: str, *, empty: str, about: str = "") -> Panel:
    """Texts of one row, each under the name of its column."""
    shown = _stat(title, sql, about, DATA_SOURCE, "/.*/")
    shown["options"] |= {"textMode": "value_and_name", "colorMode": "none", "wideLayout": True}
    return shown | {"fieldConfig": {"defaults": {"noValue": empty}, "overrides": []}}


def over_time(
    title: str,
    targets: str | Targets,
    *,
    empty: str,
    about: str = "",
    unit: str = "short",
    bars: bool = False,
    steps: bool = False,
    name: str = "",
    colours: Mapping[str, str] | None = None,
    overrides: Sequence[Override] = (),
    least_interval: str = "1m",
    limits: tuple[float | None, float | None] = (0, None),
    source: Source = DATA_SOURCE,
) -> Panel:
    """Lines or stacked bars over a column `time`.

    Each other number is a series by its name; with columns of text besides there is one for each
    text, and `name` says what to call it. Several questions are (letter, SQL). Buckets are as wide
    as Grafana finds fit for the screen, but not below `least_interval`.
    """
    asked = [("A", targets)] if isinstance(targets, str) else list(targets)
    queries = [query(sql, "timeseries", source=source, ref_id=letter) for letter, sql in asked]
    painted = [by_name(series, colour(value)) for series, value in (colours or {}).items()]
    defaults: dict[str, Any] = {
        "unit": unit,
        "noValue": empty,
        "custom": _style(bars=bars, steps=steps),
    }
    low, high = limits
    defaults |= {"min": low} if low is not None else {}
    defaults |= {"max": high} if high is not None else {}
    defaults |= {"displayName": name} if name else {}
    return _panel("timeseries", title, about, queries, source) | {
        "interval": least_interval,
        "options": {
            "legend": {
                "displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": [],
            },
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "fieldConfig": {"defaults": defaults, "overrides": [*painted, *overrides]},
    }  # fmt: skip


def text(title: str, markdown: str) -> Panel:
    """Words that do not change."""
    return {
        "type": "text",
        "title": title,
        "options": {"mode": "markdown", "content": markdown},
    }


def by_name(name: str, *properties: dict[str, Any]) -> Override:
    """Style the column or series of a name."""
    return {"matcher": {"id": "byName", "options": name}, "properties": list(properties)}


def by_question(letter: str, *properties: dict[str, Any]) -> Override:
    """Style all that a question of a panel gives."""
    return {"matcher": {"id": "byFrameRefID", "options": letter}, "properties": list(properties)}


def styled(name: str, value: object) -> dict[str, Any]:
    """One property of an override."""
    return {"id": name, "value": value}


def colour(fixed: str) -> dict[str, Any]:
    """Property: a colour of its own."""
    return styled("color", {"mode": "fixed", "fixedColor": fixed})


def painted(*mappings: dict[str, Any], cell: bool = True) -> list[dict[str, Any]]:
    """Properties: words in place of values, the cell or its text in their colour."""
    kind = "color-background" if cell else "color-text"
    return [
        styled("mappings", list(mappings)),
        styled("custom.cellOptions", {"type": kind, "mode": "basic"} if cell else {"type": kind}),
    ]


def width(pixels: int) -> dict[str, Any]:
    """Property: the width of a column."""
    return styled("custom.width", pixels)


def named(shown: str) -> dict[str, Any]:
    """Property: what to call a column."""
    return styled("displayName", shown)


HIDDEN = styled("custom.hidden", value=True)


def _style(*, bars: bool, steps: bool) -> dict[str, Any]:
    if bars:
        stacked = {"mode": "normal", "group": "A"}
        return {"drawStyle": "bars", "fillOpacity": 80, "lineWidth": 0, "stacking": stacked}
    shape = "stepAfter" if steps else "linear"
    return {
        "drawStyle": "line", "showPoints": "auto", "pointSize": 4, "lineWidth": 1,
        "fillOpacity": 0, "lineInterpolation": shape, "spanNulls": True,
    }  # fmt: skip


def _stat(title: str, sql: str, about: str, source: Source, fields: str) -> Panel:
    return _panel("stat", title, about, [query(sql, "table", source=source)], source) | {
        "options": {
            "colorMode": "background",
            "graphMode": "none",
            "justifyMode": "center",
            "reduceOptions": {"calcs": ["lastNotNull"], "values": False, "fields": fields},
        },
    }


def _panel(
    kind: str, title: str, about: str, targets: list[dict[str, Any]], source: Source
) -> Panel:
    return {
        "type": kind,
        "title": title,
        "description": about,
        "datasource": source,
        "targets": targets,
    }
