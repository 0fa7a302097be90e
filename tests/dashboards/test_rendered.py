"""The files that are checked in: current, and what the schema of Grafana knows."""

import enum
import json
import types
import typing

import pytest
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from alerts.alert import RANKS
from dashboards.palette import LEVELS
from dashboards.rendered import FOLDER, dashboards, rendered

# Keys of one query of the ClickHouse plug-in, which the SDK does not know.
QUERY = {"refId", "datasource", "pluginVersion", "editorType", "queryType", "format", "rawSql"}


def test_the_files_are_what_the_code_makes():
    found = {
        path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8")
        for path in FOLDER.rglob("*")
        if path.is_file()
    }
    made = rendered()
    assert {name: found.get(name) for name in made} == made, "run `python -m dashboards`"
    assert {name for name in found if name.endswith(".json")} <= made.keys()


@pytest.fixture(scope="module", autouse=True)
def kinds_of_panels():
    plugins.register_default_plugins()


@pytest.mark.parametrize("name", dashboards())
def test_every_field_is_in_the_schema_of_grafana(name):
    """What the official models do not know is lost on the way through them."""
    shown = dashboards()[name]
    through = json.loads(json.dumps(Dashboard.from_json(shown), cls=JSONEncoder))
    assert lost(shown, through) == []


@pytest.mark.parametrize("name", dashboards())
def test_every_value_is_of_the_kind_that_the_schema_names(name):
    assert list(wrong(Dashboard.from_json(dashboards()[name]), "dashboard")) == []


def test_a_wrong_field_and_a_wrong_value_would_be_seen():
    shown = dashboards()["watch-floor"]
    other = json.loads(json.dumps(shown))
    other["panels"][0]["titel"] = "x"
    other["panels"][0]["options"]["colourMode"] = "x"
    other["graphTooltip"] = "both"
    read = Dashboard.from_json(other)
    through = json.loads(json.dumps(read, cls=JSONEncoder))
    assert sorted(lost(other, through)) == ["panels[0].options.colourMode", "panels[0].titel"]
    assert list(wrong(read, "dashboard")) == ["dashboard.graph_tooltip: 'both'"]


def lost(before, after, where=""):
    """Paths of what was there before and is not, or is other, after."""
    if isinstance(before, dict) and isinstance(after, dict):
        if before.keys() == QUERY:
            return []
        return [
            path
            for key, value in before.items()
            for path in lost(value, after.get(key, ...), f"{where}.{key}".lstrip("."))
        ]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [
            path
            for place, (one, other) in enumerate(zip(before, after, strict=True))
            for path in lost(one, other, f"{where}[{place}]")
        ]
    return [] if before == after else [where]


def wrong(model, where):
    """Values that are not of the type that a model of the SDK declares, by path."""
    scope = vars(__import__(type(model).__module__, fromlist=["_"]))
    for name, kind in typing.get_type_hints(type(model), scope).items():
        value = getattr(model, name)
        yield from of_kind(value, kind, f"{where}.{name}")


def of_kind(value, kind, where):
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        if not any(not list(of_kind(value, one, where)) for one in inside):
            yield f"{where}: {value!r}"
    elif origin is list:
        for place, one in enumerate(value if isinstance(value, list) else [None]):
            yield from of_kind(one, inside[0], f"{where}[{place}]")
    elif origin is typing.Literal:
        if value not in inside:
            yield f"{where}: {value!r}"
    elif origin is None and isinstance(kind, type):
        yield from of_class(value, kind, where)


def of_class(value, kind, where):
    if issubclass(kind, enum.Enum):
        if value not in {member.value for member in kind}:
            yield f"{where}: {value!r}"
    elif kind in (int, float):
        if not isinstance(value, int | float) or isinstance(value, bool):
            yield f"{where}: {value!r}"
    elif kind in (str, bool, type(None)):
        if not isinstance(value, kind):
            yield f"{where}: {value!r}"
    elif kind.__module__.startswith("grafana_foundation_sdk.models"):
        if isinstance(value, kind):
            yield from wrong(value, where)
        else:
            yield f"{where}: {value!r}"


@pytest.mark.parametrize("name", dashboards())
def test_queries_are_of_the_shape_of_the_fourth_plug_in(name):
    shown = dashboards()[name]
    asked = [target for panel in shown["panels"] for target in panel.get("targets", ())]
    asked += [one["target"] for one in shown["annotations"]["list"]]
    for query in asked:
        assert query.keys() == QUERY
        assert query["editorType"] == "sql"
        assert (query["queryType"], query["format"]) in {("timeseries", 0), ("table", 1)}
    for panel in shown["panels"]:
        for target in panel.get("targets", ()):
            assert target["datasource"] == panel["datasource"]
            wanted = "timeseries" if panel["type"] == "timeseries" else "table"
            assert target["queryType"] == wanted


def test_only_the_dashboard_of_accounts_asks_with_the_user_who_may_see_them():
    for name, shown in dashboards().items():
        assert ("sogawatch-accounts'" in str(shown["panels"])) is (name == "accounts")


def test_every_level_has_a_colour_and_colours_are_told_apart():
    assert LEVELS.keys() == RANKS.keys()
    assert len(set(LEVELS.values())) == len(LEVELS)
