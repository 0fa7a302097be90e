"""A dashboard: panels put together, with variables, annotations and links."""

from collections.abc import Sequence
from typing import Any

from dashboards.links import TITLES, between, board
from dashboards.panels import Panel
from dashboards.queries import DATA_SOURCE, query
from dashboards.variables import Variable

Dashboard = dict[str, Any]
Annotation = dict[str, Any]
SCHEMA_VERSION = 41


def dashboard(
    uid: str,
    about: str,
    panels: Sequence[Panel],
    *,
    variables: Sequence[Variable] = (),
    annotations: Sequence[Annotation] = (),
    since: str = "now-6h",
    until: str = "now",
    refresh: str = "30s",
) -> Dashboard:
    """Put panels together; a dashboard of the same uid replaces the one before."""
    numbered = [panel | {"id": number} for number, panel in enumerate(panels, start=1)]
    return {
        "uid": uid,
        "title": f"sogawatch: {TITLES[uid]}",
        "description": about,
        "tags": ["sogawatch"],
        "timezone": "utc",
        "editable": False,
        "graphTooltip": 1,
        "refresh": refresh,
        "time": {"from": since, "to": until},
        "schemaVersion": SCHEMA_VERSION,
        "links": between(),
        "templating": {"list": [board(), *variables]},
        "annotations": {"list": list(annotations)},
        "panels": numbered,
    }


def annotation(name: str, sql: str, colour: str) -> Annotation:
    """Marks on every graph: rows with `time`, and `text`, `tags`, `timeEnd` where there are."""
    return {
        "name": name,
        "datasource": DATA_SOURCE,
        "enable": True,
        "hide": False,
        "iconColor": colour,
        "target": query(sql, "table", ref_id="annotation"),
    }
