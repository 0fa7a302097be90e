"""What can be said of panels without a day: that they bear an empty store, and how they lie."""

import re

import pytest

from forensics.store import Store
from tests.dashboards.expansion import Shown, expanded
from tests.dashboards.questions import DASHBOARDS, Question, answer, questions, range_of

PANELS = [(name, panel) for name, shown in DASHBOARDS.items() for panel in shown["panels"]]
IDS = [f"{name}-{panel['title']}" for name, panel in PANELS]


@pytest.mark.parametrize("question", questions(), ids=str)
def test_it_is_answered_by_an_empty_store_too(empty: Store, question: Question):
    around = range_of(question.dashboard)
    names = [v["name"] for v in DASHBOARDS[question.dashboard]["templating"]["list"]]
    nothing = Shown(around.begin, around.end, dict.fromkeys(names, ""), around.interval_s)
    rows = answer(empty, expanded(question.sql, nothing))
    if question.shape == "timeseries":
        assert rows == []


@pytest.mark.parametrize(("name", "panel"), PANELS, ids=IDS)
def test_an_empty_panel_says_why(name, panel):
    if panel["type"] == "text":
        return
    assert panel["fieldConfig"]["defaults"]["noValue"]
    if panel["type"] in ("table", "timeseries"):
        assert panel["fieldConfig"]["defaults"]["noValue"].endswith((".", "?"))


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_do_not_overlap_and_stay_on_the_grid(name):
    taken = [cell for panel in DASHBOARDS[name]["panels"] for cell in cells(panel)]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24


def cells(panel):
    pos = panel["gridPos"]
    # One that is repeated takes the whole row.
    width = 24 if "repeat" in panel else pos["w"]
    columns, rows = range(pos["x"], pos["x"] + width), range(pos["y"], pos["y"] + pos["h"])
    return [(x, y) for x in columns for y in rows]


def test_the_watch_floor_does_not_scroll_on_a_wall_screen():
    """A unit is 30 pixels and a gap of 8; header and controls take some 100 of 1080."""
    panels = DASHBOARDS["watch-floor"]["panels"]
    units = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    assert 100 + 38 * units <= 1080
    for panel in panels:
        if panel["type"] == "table":
            limit = int(re.findall(r"LIMIT (\d+)", panel["targets"][0]["rawSql"])[-1])
            inside = 38 * panel["gridPos"]["h"] - 8 - 32 - 36
            assert 36 * limit <= inside


@pytest.mark.parametrize("name", DASHBOARDS)
def test_links_lead_to_dashboards_and_variables_that_are_there(name):
    uids = {shown["uid"]: shown for shown in DASHBOARDS.values()}
    for uid, variable in re.findall(r"/d/([\w-]+)(?:\?var-(\w+))?", str(DASHBOARDS[name])):
        assert uid in uids
        if variable:
            there = {v["name"] for v in uids[uid]["templating"]["list"]}
            assert variable in there
    assert {link["url"] for link in DASHBOARDS[name]["links"]} == {f"/d/{uid}" for uid in uids}
