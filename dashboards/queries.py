"""Questions to ClickHouse as the Grafana data source writes them down.

Two sources ask with two users of ClickHouse: one sees nothing of accounts, the other is for the
dashboard of accounts. Version 4 of the plug-in wants `editorType` and `queryType`; older shapes are
taken for questions of its query builder and run empty.
"""

from typing import Any, Literal

PLUGIN, PLUGIN_VERSION = "grafana-clickhouse-datasource", "4.21.2"
# Provisioned under these uids, so that dashboards find them in every installation.
DATA_SOURCE = {"type": PLUGIN, "uid": "sogawatch-clickhouse"}
ACCOUNTS_SOURCE = {"type": PLUGIN, "uid": "sogawatch-accounts"}

Shape = Literal["timeseries", "table"]
Source = dict[str, str]
# `format` is what the plug-in's backend reads, `queryType` what its editor shows.
_FORMATS: dict[Shape, int] = {"timeseries": 0, "table": 1}


def query(
    sql: str, shape: Shape, *, source: Source = DATA_SOURCE, ref_id: str = "A"
) -> dict[str, Any]:
    """One question of a panel or an annotation.

    >>> query("SELECT 1", "table")["queryType"], query("SELECT 1", "table")["format"]
    ('table', 1)
    """
    return {
        "refId": ref_id,
        "datasource": source,
        "pluginVersion": PLUGIN_VERSION,
        "editorType": "sql",
        "queryType": shape,
        "format": _FORMATS[shape],
        "rawSql": sql,
    }
