import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markets.records import Event, Fixture, Heartbeat, Record
from streams.feeds.feed import Refusal
from streams.feeds.openfootball import FORMAT

RESULTS = Path(__file__).parents[3].parent / "shared/data/worldcup-2026/results.json"
Json = dict[str, Any]


def match(*home: str, away: tuple[str, ...] = (), **other: object) -> Json:
    return {
        "date": "2026-06-11",
        "time": "13:00 UTC-6",
        "team1": "Mexico",
        "team2": "South Africa",
        "score": {"ft": [len(home), len(away)]},
        "goals1": [{"minute": minute} for minute in home],
        "goals2": [{"minute": minute} for minute in away],
    } | other


def read(*matches: object, name: object = "World Cup 2026") -> list[Record | Refusal]:
    data = json.dumps({"name": name, "matches": matches}, indent=1).encode()
    assert FORMAT.recognises(data) or not matches
    return list(FORMAT.read(io.BytesIO(data), "results"))


def timeline(told: list[Record | Refusal]) -> list[tuple[str, str, Any, Any]]:
    return [(f"{e.at:%H:%M}", e.event, e.score, e.clock) for e in told if isinstance(e, Event)]


def reasons(told: list[Record | Refusal]) -> list[str]:
    return [f"{each.place}: {each.reason}" for each in told if isinstance(each, Refusal)]


def test_a_match_in_time() -> None:
    told = read(match("9", "45+6", "67", away=("46", "90+8")))
    assert told[0] == Fixture(
        at=datetime(2026, 6, 4, 19, tzinfo=UTC),
        match="mexico-v-south-africa-2026-06-11",
        source="openfootball",
        sport="football",
        competition="FIFA World Cup",
        tier=1,
        home="Mexico",
        away="South Africa",
        start=datetime(2026, 6, 11, 19, tzinfo=UTC),
    )
    assert timeline(told) == [
        ("19:00", "kick_off", (0, 0), 0),
        ("19:09", "goal", (1, 0), 9),
        ("19:51", "goal", (2, 0), 51),  # 45+6, in the first half
        ("19:51", "period_end", (2, 0), 51),  # stoppage as long as the goal shows
        ("20:07", "goal", (2, 1), 46),  # 15 minutes' rest
        ("20:28", "goal", (3, 1), 67),
        ("20:59", "goal", (3, 2), 98),
        ("20:59", "full_time", (3, 2), 98),
    ]


def test_usual_stoppage_without_late_goals() -> None:
    assert timeline(read(match())) == [
        ("19:00", "kick_off", (0, 0), 0),
        ("19:50", "period_end", (0, 0), 50),
        ("20:56", "full_time", (0, 0), 96),
    ]


def test_extra_time() -> None:
    told = read(match("30", "93", "120+1", away=("77",), score={"ft": [1, 1], "et": [3, 1]}))
    assert [row[1:] for row in timeline(told)] == [
        ("kick_off", (0, 0), 0),
        ("goal", (1, 0), 30),
        ("period_end", (1, 0), 50),
        ("goal", (1, 1), 77),
        ("period_end", (1, 1), 96),
        ("goal", (2, 1), 93),
        ("period_end", (2, 1), 106),
        ("goal", (3, 1), 121),
        ("full_time", (3, 1), 121),
    ]
    times = [e.at for e in told if isinstance(e, Event)]
    assert times == sorted(times)


def test_heartbeats_close_every_moment() -> None:
    told = read(match("9", away=("9",)))
    times = [each.at for each in told if not isinstance(each, Refusal)]
    assert times == sorted(times)
    for this, following in zip(told, [*told[1:], None], strict=True):
        assert not isinstance(this, Refusal)
        last_of_its_time = following is None or following.at > this.at  # type: ignore[union-attr]
        assert isinstance(this, Heartbeat) == last_of_its_time


def test_matches_are_told_in_the_order_of_time() -> None:
    later, sooner = match("5", date="2026-06-13"), match("7", date="2026-06-12")
    told = read(later, sooner)
    times = [each.at for each in told if not isinstance(each, Refusal)]
    assert times == sorted(times)


def test_a_match_to_come_is_a_fixture_alone() -> None:
    told = read({k: v for k, v in match().items() if k not in ("score", "goals1", "goals2")})
    assert [type(each) for each in told] == [Fixture, Heartbeat]


def test_scores_without_goals() -> None:
    bare = {k: v for k, v in match().items() if not k.startswith("goals")}
    told = read(bare | {"score": {"ht": [1, 0], "ft": [2, 1]}})
    assert [row[1:3] for row in timeline(told)] == [
        ("kick_off", (0, 0)),
        ("period_end", (1, 0)),
        ("full_time", (2, 1)),
    ]
    assert not reasons(told)


def test_goals_that_do_not_add_up_are_left_out_and_said() -> None:
    told = read(match("9", score={"ft": [2, 0], "ht": [1, 0]}))
    assert [row[1:3] for row in timeline(told)] == [
        ("kick_off", (0, 0)),
        ("period_end", (1, 0)),
        ("full_time", (2, 0)),
    ]
    assert reasons(told) == [
        "results:1: matches[0]: score.ft: (2, 0), but the goals listed make (1, 0);"
        " the goals of this match are left out"
    ]


@pytest.mark.parametrize(
    ("time", "utc"),
    [
        ("13:00 UTC-6", "19:00"),
        ("20:00 UTC+5:30", "14:30"),
        ("9:05 UTC", "09:05"),
        ("18:00 UTC+02", "16:00"),
    ],
)
def test_offsets(time: str, utc: str) -> None:
    assert timeline(read(match(time=time)))[0][0] == utc


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"time": "13:00"}, "time: '13:00' is not a time with its offset"),
        ({"time": None}, "time: None is not a text"),
        ({"time": "25:00 UTC"}, "date, time: '2026-06-11T25:00+00:00' is not an ISO 8601 time"),
        ({"date": "0001-01-01"}, "date"),
        ({"team1": ""}, "team1: '' is not a text"),
        ({"score": {"ht": [0, 0]}}, "score.ft: missing"),
        ({"score": {"ft": [0]}}, "score.ft: [0] is not the goals of both sides"),
        ({"score": {"ft": [0, -1]}}, "score.ft: [0, -1]"),
        ({"score": {"ft": [True, 0]}}, "score.ft: [True, 0]"),
        ({"score": 7}, "7 is not an object"),
        ({"goals1": [{"minute": "late"}]}, "minute: 'late' is not a minute"),
        ({"goals1": [5]}, "5 is not an object"),
        ({"goals1": "none"}, "goals1: 'none' is not a list"),
    ],
)
def test_faults_are_refused_match_by_match(other: Json, reason: str) -> None:
    told = read(match(), match() | other)
    assert len({e.match for e in told if isinstance(e, Event)}) == 1
    assert [r for r in reasons(told) if r.startswith("results:1: matches[1]: " + reason)], told


@pytest.mark.parametrize(
    "document", [[], {"name": "x"}, {"matches": []}, {"name": 1, "matches": 2}]
)
def test_other_documents_are_refused(document: object) -> None:
    (refusal,) = FORMAT.read(io.BytesIO(json.dumps(document).encode()), "f")
    assert isinstance(refusal, Refusal)


@given(st.data())
def test_mangled_bytes_give_records_and_refusals_only(data: st.DataObject) -> None:
    sound = json.dumps({"name": "World Cup", "matches": [match("9", "45+2"), match()]}).encode()
    mangled = bytearray(sound)
    for spot in data.draw(st.lists(st.integers(0, len(sound) - 1), min_size=1, max_size=6)):
        mangled[spot] = data.draw(st.sampled_from(b'09-{}[]",:nulT+ \xff'))
    for each in FORMAT.read(io.BytesIO(bytes(mangled)), "f"):
        assert isinstance(each, Record | Refusal)


@pytest.mark.skipif(not RESULTS.exists(), reason="the results are not in ../shared/data")
def test_the_world_cup() -> None:
    with RESULTS.open("rb") as stream:
        told = list(FORMAT.read(stream, "results"))
    raw = json.loads(RESULTS.read_bytes())["matches"]
    ends = {e.match: e.score for e in told if isinstance(e, Event) and e.event == "full_time"}
    assert not reasons(told)
    assert sorted(map(str, ends.values())) == sorted(str(tuple(m["score"]["ft"])) for m in raw)
    assert sum(e.event == "goal" for e in told if isinstance(e, Event)) == sum(
        sum(m["score"]["ft"]) for m in raw
    )
    assert ends["mexico-v-south-africa-2026-06-11"] == (2, 0)
    assert len(ends) == len(raw) == 72
