"""Every question that the dashboards ask, and how a person who opens them would ask it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from dashboards.rendered import dashboards
from forensics.store import Store
from tests.dashboards.conftest import ARRIVED
from tests.dashboards.expansion import Shown, Value, expanded

DASHBOARDS = dashboards()
BEGIN = datetime(2026, 7, 3, 12, tzinfo=UTC)
END = datetime(2026, 7, 4, 14, 30, tzinfo=UTC)
# The pipeline is looked at by time of arrival, the matches by their own.
RANGES = {"pipeline": (ARRIVED - timedelta(hours=1), ARRIVED + timedelta(minutes=3))}


@dataclass(frozen=True)
class Question:
    """One SQL: of a panel, an annotation or a variable."""

    dashboard: str
    kind: str
    name: str
    sql: str
    shape: str = "table"

    def __str__(self) -> str:
        return f"{self.dashboard}-{self.kind}-{self.name}"


def questions() -> list[Question]:
    return [one for name in DASHBOARDS for one in of_dashboard(name)]


def of_dashboard(name: str) -> Iterator[Question]:
    shown = DASHBOARDS[name]
    for variable in shown["templating"]["list"]:
        if variable["type"] == "query":
            yield Question(name, "variable", variable["name"], variable["query"])
    for one in shown["annotations"]["list"]:
        yield Question(name, "annotation", one["name"], one["target"]["rawSql"])
    for panel in shown["panels"]:
        for target in panel.get("targets", ()):
            label = f"{panel['title']}-{target['refId']}"
            yield Question(name, "panel", label, target["rawSql"], target["queryType"])


def range_of(dashboard: str) -> Shown:
    return Shown(*RANGES.get(dashboard, (BEGIN, END)), interval_s=300)


def opened(store: Store, dashboard: str, **chosen: Value) -> Shown:
    """What is shown when a dashboard is opened: each variable takes its first answer."""
    shown = replace(range_of(dashboard), chosen=chosen)
    for variable in DASHBOARDS[dashboard]["templating"]["list"]:
        name = variable["name"]
        if name in shown.chosen:
            continue
        if variable["type"] != "query":
            value: Value = variable["current"]["value"]
        else:
            answers = values(store, expanded(variable["query"], shown))
            value = answers[0] if answers else ""
        shown = replace(shown, chosen={**shown.chosen, name: value})
    return shown


def values(store: Store, sql: str) -> list[str]:
    """The values that a variable can take: the first column."""
    return [str(next(iter(row.values()))) for row in answer(store, sql)]


def answer(store: Store, sql: str) -> list[dict[str, object]]:
    """Ask as the data source does: without our setting final = 1, so no panel may lean on it."""
    return store.rows(f"SELECT * FROM ({sql}) SETTINGS final = 0")
