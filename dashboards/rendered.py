"""All dashboards and rules as the files that Grafana's provisioning reads."""

import json
from pathlib import Path

from dashboards.accounts import accounts
from dashboards.alert_rules import rules_file
from dashboards.dashboard import Dashboard
from dashboards.history import history
from dashboards.match import match
from dashboards.pipeline import pipeline
from dashboards.watch_floor import watch_floor

# Grafana puts the variable of its environment in.
_CONTACT = "${OPERATIONS_CONTACT}"
FOLDER = Path(__file__).parent / "grafana"


def dashboards() -> dict[str, Dashboard]:
    """Every dashboard, by the name of its file.

    >>> [name for name in dashboards()]
    ['watch-floor', 'match', 'accounts', 'history', 'pipeline']
    """
    return {
        "watch-floor": watch_floor(),
        "match": match(),
        "accounts": accounts(),
        "history": history(),
        "pipeline": pipeline(),
    }


def rendered() -> dict[str, str]:
    """Every file, by its path below `FOLDER`."""
    files = {f"{name}.json": written(shown) for name, shown in dashboards().items()}
    return files | {"provisioning/alerting/sogawatch.json": written(rules_file(_CONTACT))}


def written(value: object) -> str:
    """JSON as it is checked in."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
