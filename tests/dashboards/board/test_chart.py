"""Series of the chart, and what the store tells of a case."""

import pytest

from dashboards.board import questions
from dashboards.board.chart import by_book, chart, consensus, money
from dashboards.board.questions import Line
from forensics.store import Store
from tests.dashboards.board.conftest import Serve
from tests.dashboards.board.scene import KICK_OFF, NOW, an_alert


def rows(*told: tuple[int, str, str, float, str]) -> list[dict[str, object]]:
    return [dict(zip(("t", "book", "selection", "price", "status"), r, strict=True)) for r in told]


def test_a_book_counts_from_its_first_whole_quote_until_it_closes() -> None:
    """
    t     0      60        120      180
    home  2.0              (closed)
    away         2.0
    """
    told = rows(
        (0, "a", "home", 2.0, "open"),
        (60, "a", "away", 2.0, "open"),
        (120, "a", "home", 2.0, "suspended"),
    )
    series = by_book(told, [0, 60, 120, 180], ["home", "away"])
    assert series["a"]["home"] == [None, 0.5, None, None]


def test_quotes_before_the_span_still_stand_in_it() -> None:
    told = rows((0, "a", "home", 4.0, "open"), (0, "a", "away", 1.25, "open"))
    assert by_book(told, [600, 660], ["home", "away"])["a"]["home"] == [0.2381, 0.2381]


def test_consensus_is_the_median_of_who_quotes() -> None:
    books = {"a": {"x": [0.2, None]}, "b": {"x": [0.3, None]}, "c": {"x": [0.9, 0.4]}}
    assert consensus(books, 2, ["x"]) == {"x": [0.3, 0.4]}


def test_money_is_what_was_added_and_a_void_adds_nothing() -> None:
    told = [
        {"t": t, "book": "e", "selection": "x", "amount": amount}
        for t, amount in ((-60, 100.0), (0, 150.0), (60, 120.0), (120, 200.0))
    ]
    assert money(told, [0, 60, 120], ["x"]) == {"x": [50.0, 0.0, 80.0]}
    assert money([], [0], ["x"]) is None


def test_a_match_in_the_store_becomes_a_chart(fed: Store) -> None:
    line = questions.priced_lines(fed, "a-v-b")[0]
    assert (line["market"], line["line"], line["told"]) == ("1x2", None, 132)
    drawn = chart(fed, Line("a-v-b", "1x2", None, line["since"], line["until"]))
    assert drawn["selections"] == ["home", "draw", "away"]
    assert set(drawn["books"]) == {"alder", "birch"}
    away = drawn["consensus"]["away"]
    assert away[0] == pytest.approx(0.3 / 1.05, abs=0.02)
    assert away[-1] == pytest.approx(0.5 / 1.05, abs=0.03)
    assert sum(drawn["money"]["away"]) == pytest.approx(1000 + 50 * 210)
    assert drawn["currency"] == "GBP"


def test_the_goal_model_is_drawn_in_play_and_sums_to_one(fed: Store) -> None:
    line = questions.priced_lines(fed, "a-v-b")[0]
    drawn = chart(fed, Line("a-v-b", "1x2", None, line["since"], line["until"]))
    sums = {
        t: sum(drawn["expected"][name][n] for name in drawn["selections"])
        for n, t in enumerate(drawn["t"])
        if drawn["expected"]["home"][n] is not None
    }
    assert sums
    assert min(sums) >= KICK_OFF.timestamp()
    assert all(total == pytest.approx(1.0, abs=0.001) for total in sums.values())
    early = chart(fed, Line("a-v-b", "1x2", None, line["since"], line["since"]))
    assert early["expected"] is None


def test_chart_data_carry_marks_and_refuse_nonsense(fed: Store, serve: Serve) -> None:
    floor = serve()
    floor.live.take([(an_alert(), None)])
    path = f"/cases/{floor.live.all()[0].case_id}/chart"
    with floor.client() as client:
        told = client.get(path, params={"market": "1x2", "line": "", "span": "near"}).json()
        assert [mark["kind"] for mark in told["marks"]] == ["kick_off", "start", "goal", "alert"]
        assert told["names"]["away"] == "Brinsk"
        assert client.get(path, params={"market": "1x2", "line": "x"}).status_code == 422
        none = client.get(path, params={"market": "total", "line": "2.5"}).json()
        assert none == {"trouble": "No price of this line is in the store."}


def test_a_case_says_what_was_not_told(fed: Store, serve: Serve) -> None:
    floor = serve()
    floor.live.take([(an_alert(), None), (an_alert("unknown"), None)])
    with floor.client() as client:
        known = client.get(f"/cases/{floor.live.find('a-v-b').case_id}").text  # type: ignore[union-attr]
        assert "Only one source (register) knows the fixture" in known
        assert "No news and no line-up was fed" in known
        assert "No kick-off" not in known
        unknown = client.get(f"/cases/{floor.live.find('unknown').case_id}").text  # type: ignore[union-attr]
        assert "No register or feed has told of this fixture" in unknown
        assert "No price of this match is in the store" in unknown


def test_feeds_of_a_day(fed: Store) -> None:
    told = questions.feed(fed, NOW)
    assert [row["book"] for row in told["books"]] == ["alder", "birch"]
    assert told["matches"] == 1
    assert questions.newest(fed) == NOW
    assert [row["match"] for row in questions.matches(fed, KICK_OFF)] == ["a-v-b"]
    assert questions.deliveries(fed, ["a-1"]) == []
    assert [row["account"] for row in questions.accounts(fed, "a-v-b")] == ["acct-2", "acct-1"]
