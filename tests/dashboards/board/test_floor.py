"""What needs an officer now, in which order, and what the page says when nothing does."""

from datetime import timedelta

import pytest

from alerts.action import Action, Kind
from alerts.alert import Level
from alerts.case import Case
from alerts.cases import Cases
from alerts.request import Request
from dashboards.board.floor import counts
from dashboards.board.ranking import Need, calling, due, need, ranked
from dashboards.board.words import rarity
from tests.dashboards.board.conftest import Serve
from tests.dashboards.board.scene import KICK_OFF, NOW, an_alert


def raised(*told: tuple[str, Level, int]) -> Cases:
    """Cases of alerts: match, level, minute of the match at which it was raised."""
    cases = Cases()
    for match, level, minute in told:
        cases.take_alert(an_alert(match, level, opened=KICK_OFF + timedelta(minutes=minute)))
    return cases


def do(cases: Cases, kind: Kind, case: str, **more: object) -> None:
    request = Request.model_validate({"kind": kind, "case": case, "comment": "so it is", **more})
    done = cases.decide(request, at=NOW, actor="sue", role="supervisor")
    assert isinstance(done, Action), done
    cases.take_action(done)


def names(cases: list[Case]) -> list[str]:
    return [case.match for case in cases]


def test_late_then_red_then_the_nearer_deadline_then_what_somebody_has() -> None:
    """
    minute     0        10        20        30 = now      red: 15 min, amber: 60
    late red   *──────────────┤due 15
    red 25                              *────────────┤40
    red 20                         *──────────────┤35
    amber 5       *──────────────────────────────────── ... ┤65
    """
    cases = raised(
        ("amber-5", "amber", 5),
        ("red-25", "red", 25),
        ("red-20", "red", 20),
        ("late-red", "red", 0),
        ("green", "green", 1),
        ("given-up", "red", 2),
        ("taken", "red", 3),
        ("done", "red", 4),
    )
    do(cases, Kind.ESCALATE, "given-up")
    do(cases, Kind.ACKNOWLEDGE, "taken")
    do(cases, Kind.CLOSE, "done", verdict="undecided")
    found = ranked(cases.all(), NOW)
    assert names(found) == [
        "late-red", "red-20", "red-25", "amber-5", "given-up", "taken", "green", "done",
    ]  # fmt: skip
    assert counts(found, NOW) == {
        "red": 3, "amber": 1, "late": 1, "escalated": 1, "in_hand": 1, "recorded": 1, "closed": 1,
    }  # fmt: skip


def test_a_case_that_calls_again_shows_at_the_level_of_its_news() -> None:
    cases = raised(("a", "red", 0))
    do(cases, Kind.ACKNOWLEDGE, "a")
    assert need(cases.all()[0]) is Need.IN_HAND
    cases.take_alert(an_alert("a", "amber", typology="steam-move", opened=NOW))
    case = cases.all()[0]
    assert (need(case), calling(case)) == (Need.CALLS, "amber")
    assert due(case) == NOW + timedelta(hours=1)


def test_a_reported_miss_calls() -> None:
    cases = Cases()
    do(cases, Kind.REPORT_MISS, "a", typology="late-drift", when=KICK_OFF)
    assert need(cases.all()[0]) is Need.CALLS


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (0.5, "1 in 2 clean matches"),
        (0.9987, "1 in 770 clean matches"),
        (0.9999, "1 in 10,000 clean matches"),
        (0.9999999, "fewer than 1 in 100,000 clean matches"),
    ],
)
def test_rarity_claims_no_more_than_is_known(score: float, words: str) -> None:
    assert rarity(score) == words


def test_an_empty_floor_says_why(serve: Serve) -> None:
    floor = serve()
    with floor.client() as client:
        assert "because nothing is fed" in client.get("/").text
        floor.live.read = False
        assert "Reading the alerts" in client.get("/").text
        assert client.get("/health").status_code == 503
        floor.live.caught_up()
        assert client.get("/health").status_code == 200
        floor.live.take([(an_alert(level="green"), None)])
        assert "Nobody is called" in client.get("/").text
        assert "Nothing matches these filters" in client.get("/?show=recorded&level=red").text
        assert client.get("/matches/a-v-b").headers["location"].startswith("/cases/c-")
        assert client.get("/matches/unknown").status_code == 404
        assert client.post("/").status_code == 405
