"""Every panel's SQL on the embedded engine, with macros expanded as the data source does it."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.alert import RANKS, Alert, AlertFixture, Provenance
from dashboards.__main__ import FOLDER, rendered
from dashboards.watch_floor import COLOURS, watch_floor
from forensics.archive import Archive, DeadLetter
from markets.records import Gap, Price

SEVEN = datetime(2026, 7, 4, 19, tzinfo=UTC)
ARRIVED = datetime.now(UTC).replace(microsecond=0)
INTERVAL_S = 60
PANELS = {panel["title"]: panel for panel in watch_floor()["panels"]}
SQL = {title: panel["targets"][0]["rawSql"] for title, panel in PANELS.items()}


def expanded(sql: str, begin: datetime, end: datetime) -> str:
    """As pkg/macros/macros.go of grafana-clickhouse-datasource 4 expands the macros we use."""
    first, last = f"toDateTime({int(begin.timestamp())})", f"toDateTime({int(end.timestamp())})"
    sql = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 >= {first} AND \1 <= {last}", sql)
    bucket = rf"toStartOfInterval(toDateTime(\1), INTERVAL {INTERVAL_S} second)"
    sql = re.sub(r"\$__timeInterval\((\w+)\)", bucket, sql)
    return sql.replace("$__interval_s", str(INTERVAL_S))


def ask(store, title, begin=SEVEN, end=SEVEN + timedelta(hours=1)):
    sql = expanded(SQL[title], begin, end)
    assert "$" not in sql, "a macro that this test does not know"
    # The data source asks without our setting final = 1, so a panel must not lean on it.
    return store.rows(f"{sql} SETTINGS final = 0")


def alert(name, level="red", status="open", opened=SEVEN, home="A"):
    return Alert(
        alert_id=name, match="a-v-b", typology="steam-move", level=level, score=0.999,
        fixture=AlertFixture(
            sport="football", competition="Cup", tier=1, home=home, away="B", start=SEVEN
        ),
        opened_at=opened, peak_at=opened, last_at=opened, status=status, market="1x2",
        line=None, selection="home", headline=f"headline of {name}", evidence=(),
        provenance=Provenance(
            topic="match-feed", partition=0, first_offset=1, last_offset=2, config_hash="c"
        ),
    )  # fmt: skip


def write_alerts(store, *alerts):
    archive = Archive(store)
    for _ in range(2):  # every batch twice, as after a crash
        archive.write_alerts([(0, n, ARRIVED, a.to_json()) for n, a in enumerate(alerts)])


def price(seconds, value, book="b1"):
    at = SEVEN + timedelta(seconds=seconds)
    return Price(at=at, match="a-v-b", market="1x2", selection="home", book=book, price=value)


def seconds(after_seven):
    """Buckets are DateTime, which Arrow, unlike the data source, hands over as a number."""
    return int(SEVEN.timestamp()) + after_seven


def write(store, *records):
    for _ in range(2):
        Archive(store).write([(0, 1, ARRIVED, list(records))])


def test_open_alerts_are_red_first_and_newest_first_each_once(store):
    write_alerts(
        store,
        alert("amber", "amber", opened=SEVEN + timedelta(minutes=9)),
        alert("red-1"),
        alert("red-2", opened=SEVEN + timedelta(minutes=5)),
        alert("green", "green"),
        alert("explained", status="explained"),
        alert("closed", status="closed"),
        alert("escalated", status="escalated", opened=SEVEN - timedelta(days=9)),
    )
    rows = ask(store, "Open alerts, red and amber")
    assert [row["alert_id"] for row in rows] == ["red-2", "red-1", "escalated", "amber"]
    assert rows[0] == {
        "level": "red", "status": "open", "opened_at": SEVEN + timedelta(minutes=5),
        "last_at": SEVEN + timedelta(minutes=5), "teams": "A v B", "competition": "Cup",
        "typology": "steam-move", "score": 0.999, "headline": "headline of red-2",
        "marking": "TLP:AMBER", "alert_id": "red-2",
    }  # fmt: skip
    assert ask(store, "Open, red") == [{"open": 3}]
    assert ask(store, "Open, amber") == [{"open": 1}]


def test_only_the_newest_update_of_an_alert_counts(store):
    write_alerts(store, alert("a", "amber"), alert("a", "red"), alert("b"), alert("b", "green"))
    assert [row["alert_id"] for row in ask(store, "Open alerts, red and amber")] == ["a"]
    assert ask(store, "Open, amber") == [{"open": 0}]


def test_a_match_without_a_fixture_is_shown_by_its_name(store):
    write_alerts(store, alert("a", home=""))
    assert [row["teams"] for row in ask(store, "Open alerts, red and amber")] == ["a-v-b"]


def test_alerts_are_counted_by_level_in_the_time_shown(store):
    late = SEVEN + timedelta(minutes=2, seconds=30)
    write_alerts(
        store,
        alert("a"), alert("b", "amber"), alert("c", "green", "explained"), alert("d", opened=late),
        alert("before", opened=SEVEN - timedelta(seconds=1)),
    )  # fmt: skip
    none = {"red": 0, "amber": 0, "green": 0}
    assert ask(store, "Alerts opened, by present level") == [
        none | {"time": seconds(0), "red": 1, "amber": 1, "green": 1},
        none | {"time": seconds(120), "red": 1},
    ]


def test_price_changes_are_counted_per_minute_without_repeats_and_first_prices(store):
    write(
        store,
        price(-5, 3.0),  # before the time shown
        price(0, 2.0), price(1, 2.0), price(2, 2.1), price(3, 2.0),
        price(4, 1.5, "b2"), price(130, 1.6, "b2"),
    )  # fmt: skip
    assert ask(store, "Price changes per minute") == [
        {"time": seconds(0), "changes": 2.0},
        {"time": seconds(120), "changes": 1.0},
    ]


def test_gaps_are_shown_once_however_many_partitions_were_told(store):
    gap = Gap(at=SEVEN, source="betfair", reason="conflated")
    Archive(store).write([(n, 1, ARRIVED, [gap]) for n in range(3)])
    write(store, Gap(at=SEVEN + timedelta(hours=2), source="betfair", reason="later"))
    shown = {"time": SEVEN, "source": "betfair", "reason": "conflated", "partitions": 3}
    assert ask(store, "Gaps of feeds") == [shown]


def test_dead_letters_are_shown_by_arrival_and_without_their_bytes(store):
    letter = DeadLetter("uof", "feed.xml:7", "price: <= 1", b"<secret/>", "t", 0, 4, ARRIVED)
    for _ in range(2):
        Archive(store).write_dead_letters([letter])
    window = ARRIVED - timedelta(minutes=1), ARRIVED + timedelta(minutes=1)
    shown = {"time": ARRIVED, "source": "uof", "place": "feed.xml:7", "reason": "price: <= 1"}
    assert ask(store, "Dead letters", *window) == [shown]
    assert ask(store, "Dead letters") == []


@pytest.mark.parametrize("title", PANELS)
def test_every_panel_answers_on_an_empty_store(store, title):
    rows = ask(store, title)
    assert rows in ([], [{"open": 0}])


def test_time_series_have_a_time_and_series_that_colours_name(store):
    write_alerts(store, alert("a"))
    write(store, price(0, 2.0), price(1, 2.1))
    for panel in PANELS.values():
        if panel["type"] != "timeseries":
            continue
        sql = expanded(panel["targets"][0]["rawSql"], SEVEN, SEVEN + timedelta(hours=1))
        columns = store.query(sql).column_names
        kinds = store.rows(f"SELECT DISTINCT toTypeName(time) AS kind FROM ({sql})")
        painted = {o["matcher"]["options"] for o in panel["fieldConfig"]["overrides"]}
        assert columns[0] == "time"
        assert kinds == [{"kind": "DateTime('UTC')"}]
        assert painted <= set(columns[1:])


def test_panels_do_not_overlap_and_stay_on_the_grid():
    taken = [cell for panel in PANELS.values() for cell in cells(panel["gridPos"])]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24


def cells(pos):
    columns, rows = range(pos["x"], pos["x"] + pos["w"]), range(pos["y"], pos["y"] + pos["h"])
    return [(x, y) for x in columns for y in rows]


def test_every_level_has_a_colour():
    assert COLOURS.keys() == RANKS.keys()


def test_the_files_are_what_the_code_makes():
    found = {path.name: path.read_text(encoding="utf-8") for path in Path(FOLDER).glob("*.json")}
    assert found == rendered(), "run `python -m dashboards`"
    assert json.loads(found["watch-floor.json"])["uid"] == "sogawatch-watch-floor"
