"""What a Grafana is to have, as its API takes it."""

import copy
from typing import Any

from dashboards.dashboard import Dashboard
from dashboards.provisioning.settings import GrafanaSettings
from dashboards.queries import ACCOUNTS_SOURCE, DATA_SOURCE, PLUGIN
from dashboards.rendered import dashboards

Thing = dict[str, Any]
OFFICERS, SUPERVISORS = "sogawatch officers", "sogawatch supervisors"
VIEW, EDIT = 1, 2
PERMISSIONS = {OFFICERS: VIEW, SUPERVISORS: EDIT}


def data_sources(settings: GrafanaSettings) -> list[Thing]:
    """Both ways to ClickHouse; without passwords, which Grafana never tells."""
    return [
        _data_source("sogawatch", DATA_SOURCE["uid"], settings.username, settings),
        _data_source(
            "sogawatch accounts", ACCOUNTS_SOURCE["uid"], settings.accounts_username, settings
        ),
    ]


def passwords(settings: GrafanaSettings) -> dict[str, str]:
    """Password of each data source, by uid."""
    return {
        DATA_SOURCE["uid"]: settings.password.get_secret_value(),
        ACCOUNTS_SOURCE["uid"]: settings.accounts_password.get_secret_value(),
    }


def shown(settings: GrafanaSettings) -> list[Dashboard]:
    """All dashboards, with links to the board as it is reached here."""
    made = [copy.deepcopy(one) for one in dashboards().values()]
    for one in made:
        for variable in one["templating"]["list"]:
            if variable["name"] == "board":
                variable["query"] = settings.board_url
                variable["current"] = {"text": settings.board_url, "value": settings.board_url}
    return made


def _data_source(name: str, uid: str, username: str, settings: GrafanaSettings) -> Thing:
    return {
        "uid": uid,
        "name": name,
        "type": PLUGIN,
        "access": "proxy",
        "isDefault": False,
        "jsonData": {
            "host": settings.clickhouse_host,
            "port": settings.clickhouse_port,
            "protocol": "native",
            "secure": settings.clickhouse_secure,
            "username": username,
            "defaultDatabase": settings.database,
            "queryTimeout": "30",
        },
    }
