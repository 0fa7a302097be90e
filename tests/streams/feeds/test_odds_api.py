import copy
import io
import json
import lzma
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markets.records import Fixture, Gap, Heartbeat, Price, Record
from streams.feeds.feed import Broken, Refusal
from streams.feeds.odds_api import FORMAT
from streams.feeds.opening import open_feed

RECORDING = (
    Path(__file__).parents[3].parent / "shared/data/worldcup-2026/odds-api-snapshots.jsonl.xz"
)
Json = dict[str, Any]
T = TypeVar("T")


def outcomes(home: float, draw: float | None, away: float) -> list[Json]:
    told: list[Json] = [{"name": "Mexico", "price": home}, {"name": "South Africa", "price": away}]
    return told if draw is None else [*told, {"name": "Draw", "price": draw}]


def totals(point: float, over: float, under: float) -> Json:
    each = ({"name": "Over", "price": over}, {"name": "Under", "price": under})
    return {"key": "totals", "outcomes": [outcome | {"point": point} for outcome in each]}


def h2h(home: float = -225, draw: float | None = 333, away: float = 650) -> Json:
    return {"key": "h2h", "outcomes": outcomes(home, draw, away)}


def book(*markets: Json, key: str = "betmgm", seen: str = "18:59:00") -> Json:
    return {"key": key, "last_update": f"2026-06-11T{seen}Z", "markets": list(markets)}


def event(*books: Json, start: str = "2026-06-11T19:00:00Z", **other: object) -> Json:
    return {
        "id": "e1",
        "sport_key": "soccer_fifa_world_cup",
        "sport_title": "FIFA World Cup",
        "commence_time": start,
        "home_team": "Mexico",
        "away_team": "South Africa",
        "bookmakers": list(books),
    } | other


def poll(clock: str, *events: Json) -> Json:
    return {"timestamp": f"2026-06-11T{clock}:00Z", "data": list(events)}


def read(*documents: object) -> list[Record | Refusal]:
    data = b"\n".join(json.dumps(document).encode() for document in documents)
    return list(FORMAT.read(io.BytesIO(data), "polls"))


def prices(told: list[Record | Refusal]) -> list[tuple[str, str, str, float, str]]:
    return [
        (f"{each.at:%H:%M}", each.market, each.selection, round(each.price, 3), each.status)
        for each in told
        if isinstance(each, Price)
    ]


def refusals(told: list[Record | Refusal]) -> list[Refusal]:
    return [each for each in told if isinstance(each, Refusal)]


def of(kind: type[T], told: list[Record | Refusal]) -> list[T]:
    return [each for each in told if isinstance(each, kind)]


def test_first_poll() -> None:
    told = read(poll("12:00", event(book(h2h(), totals(2.5, 115, -135)))))
    fixture, *offers, beat = told
    assert fixture == Fixture(
        at=datetime(2026, 6, 11, 12, tzinfo=UTC),
        match="mexico-v-south-africa-2026-06-11",
        source="odds-api",
        sport="football",
        competition="FIFA World Cup",
        tier=1,
        home="Mexico",
        away="South Africa",
        start=datetime(2026, 6, 11, 19, tzinfo=UTC),
    )
    assert prices(offers) == [
        ("12:00", "1x2", "home", 1.444, "open"),
        ("12:00", "1x2", "away", 7.5, "open"),
        ("12:00", "1x2", "draw", 4.33, "open"),
        ("12:00", "total", "over", 2.15, "open"),
        ("12:00", "total", "under", 1.741, "open"),
    ]
    assert {each.line for each in of(Price, told) if each.market == "total"} == {2.5}
    assert beat == Heartbeat(at=datetime(2026, 6, 11, 12, tzinfo=UTC), source="odds-api")


def test_only_changes_are_told() -> None:
    first, second = event(book(h2h())), event(book(h2h(away=700)))
    told = read(poll("12:00", first), poll("12:10", first), poll("12:20", second))
    assert prices(told)[3:] == [("12:20", "1x2", "away", 8.0, "open")]
    assert len(of(Heartbeat, told)) == 3


def test_plus_and_minus_one_hundred_are_one_price() -> None:
    told = read(poll("12:00", event(book(h2h(100)))), poll("12:10", event(book(h2h(-100)))))
    assert len(prices(told)) == 3


def test_a_missing_offer_is_withdrawn_and_comes_back() -> None:
    both, one = event(book(h2h(), totals(2.5, 115, -135))), event(book(h2h()))
    told = read(poll("12:00", both), poll("12:10", one), poll("12:20", one), poll("12:30", both))
    assert prices(told)[5:] == [
        ("12:10", "total", "over", 2.15, "withdrawn"),
        ("12:10", "total", "under", 1.741, "withdrawn"),
        ("12:30", "total", "over", 2.15, "open"),
        ("12:30", "total", "under", 1.741, "open"),
    ]


def test_a_line_that_moves_is_withdrawn() -> None:
    told = read(
        poll("12:00", event(book(totals(2.5, 115, -135)))),
        poll("12:10", event(book(totals(2.75, 115, -135)))),
    )
    told_after = [(p.line, p.status) for p in of(Price, told)[2:]]
    assert sorted(told_after) == [(2.5, "withdrawn")] * 2 + [(2.75, "open")] * 2


def test_a_missing_book_is_withdrawn_but_a_missing_match_is_not() -> None:
    full = event(book(h2h()), book(h2h(), key="fanduel"))
    told = read(poll("12:00", full), poll("12:10", event(book(h2h()))), poll("12:20"))
    assert [(p.book, p.status) for p in of(Price, told)[6:]] == [("fanduel", "withdrawn")] * 3


def test_what_is_refused_is_neither_told_nor_withdrawn() -> None:
    told = read(
        poll("12:00", event(book(h2h()))),
        poll("12:10", event(book(h2h(draw=None) | {"outcomes": "?"}))),
        poll("12:20", event({"key": "betmgm"})),
        poll("12:30", event(book(h2h(home=5)))),
        poll("12:40", event(book(h2h()))),
    )
    assert len(prices(told)) == 3
    assert [(each.place, each.reason) for each in refusals(told)] == [
        (
            "polls:2",
            "data[0].bookmakers[0].markets[0]: outcomes: '?' is not a list",
        ),
        ("polls:3", "data[0].bookmakers[0]: markets: missing"),
        (
            "polls:4",
            "data[0].bookmakers[0].markets[0].outcomes[0]:"
            " price: 5 is no American price, as the others of this document are",
        ),
    ]


def test_decimal_prices() -> None:
    told = read(poll("12:00", event(book(h2h(1.44, 101, 251), totals(2.5, 1.91, 0.9)))))
    assert [price for *_, price, _ in prices(told)] == [1.44, 251, 101, 1.91]
    (refusal,) = refusals(told)
    assert "outcomes[1]: price: Input should be greater than 1" in refusal.reason


def test_a_recording_may_change_from_american_to_decimal() -> None:
    told = read(
        poll("12:00", event(book(h2h(-200, 300, 600)))),
        poll("12:10", event(book(h2h(1.5, 4.0, 7.5)))),
        poll("12:20", event(book(h2h(-200, 300, 650)))),
    )
    assert prices(told)[3:] == [("12:10", "1x2", "away", 7.5, "open")]


def test_the_same_digits_of_the_other_kind_are_another_price() -> None:
    told = read(
        poll("12:00", event(book(h2h(-200, 300, 600)))),
        poll("12:10", event(book(h2h(1.5, 4.0, 600)))),
    )
    assert prices(told)[3:] == [("12:10", "1x2", "away", 600.0, "open")]


def test_outcomes_repeated_in_the_other_kind_are_looked_at_again() -> None:
    longshots = {"key": "outrights", "outcomes": [{"name": "Haiti", "price": 150}]}
    american, decimal = totals(2.5, 110, -110), totals(2.5, 1.9, 1.9)
    told = read(
        poll("12:00", event(book(longshots, american))),
        poll("12:10", event(book(longshots, decimal, totals(3.5, 2, 2) | {"key": "x"}))),
    )
    assert [p[3] for p in prices(told) if p[2] == "Haiti"] == [2.5, 150.0]


def test_handicaps_have_the_line_of_the_home_side() -> None:
    spread = {
        "key": "spreads",
        "outcomes": [
            {"name": "South Africa", "price": -110, "point": 1.5},
            {"name": "Mexico", "price": -110, "point": -1.5},
        ],
    }
    told = of(Price, read(poll("12:00", event(book(spread)))))
    assert [(p.market, p.selection, p.line) for p in told] == [
        ("asian_handicap", "away", -1.5),
        ("asian_handicap", "home", -1.5),
    ]


def test_markets_by_sport() -> None:
    tennis = {"sport_key": "tennis_atp", "sport_title": "ATP"}
    assert {p[1] for p in prices(read(poll("12:00", event(book(h2h(draw=None)), **tennis))))} == {
        "winner"
    }
    assert {p[1] for p in prices(read(poll("12:00", event(book(h2h(draw=None))))))} == {"1x2"}


def test_other_markets_keep_their_names() -> None:
    scorer = {"name": "Over", "description": "Kane", "price": 150, "point": 0.5}
    both = {"key": "btts", "outcomes": [{"name": "Yes", "price": 110}]}
    props = {"key": "player_shots", "outcomes": [scorer, scorer | {"description": "Saka"}]}
    told = of(Price, read(poll("12:00", event(book(both, props)))))
    assert [(p.market, p.selection, p.line) for p in told] == [
        ("btts", "yes", None),
        ("player_shots", "Kane Over", 0.5),
        ("player_shots", "Saka Over", 0.5),
    ]


def test_lay_prices_are_left_out_and_said_so_once() -> None:
    lay = h2h() | {"key": "h2h_lay"}
    told = read(poll("12:00", event(book(lay))), poll("12:10", event(book(lay, key="betfair"))))
    assert not prices(told)
    assert [each.place for each in refusals(told)] == ["polls:1"]


def test_in_play_is_decided_by_the_first_kick_off() -> None:
    told = read(
        poll("18:59", event(book(h2h()))),
        poll("19:00", event(book(h2h(-230)), start="2026-06-11T19:04:00Z")),
    )
    assert [p.in_play for p in of(Price, told)] == [False, False, False, True]
    assert len(of(Fixture, told)) == 1


@pytest.mark.parametrize(
    ("clock", "start", "announced"),
    [
        ("12:00", "2026-06-11T19:10:00Z", 1),
        ("12:00", "2026-06-11T19:11:00Z", 2),
        ("19:20", "2026-06-11T19:12:00Z", 1),
        ("19:05", "2026-06-12T19:00:00Z", 2),
    ],
)
def test_a_kick_off_that_moves_is_announced(clock: str, start: str, announced: int) -> None:
    told = read(poll("11:00", event()), poll(clock, event(start=start)))
    assert len(of(Fixture, told)) == announced
    assert {f.match for f in of(Fixture, told)} == {"mexico-v-south-africa-2026-06-11"}


def test_swapped_sides_keep_the_meaning_of_home() -> None:
    swapped = event(book(h2h()), home_team="South Africa", away_team="Mexico")
    told = read(poll("12:00", event(book(h2h()))), poll("12:10", swapped))
    assert (len(of(Fixture, told)), len(prices(told))) == (1, 3)


def test_renamed_team_is_announced() -> None:
    renamed = event(away_team="RSA")
    assert [f.away for f in of(Fixture, read(poll("12:00", event()), poll("12:01", renamed)))] == [
        "South Africa",
        "RSA",
    ]


def test_two_matches_of_the_same_teams_on_one_day() -> None:
    second = event(start="2026-06-11T23:00:00Z", id="e2")
    again = event(id="e3")
    told = read(poll("12:00", event(), second), poll("12:10", again))
    assert [f.match for f in of(Fixture, told)] == [
        "mexico-v-south-africa-2026-06-11",
        "mexico-v-south-africa-2026-06-11-2",
        "mexico-v-south-africa-2026-06-11",
    ]


def test_silence_is_a_gap() -> None:
    told = read(poll("12:00"), poll("12:45"), poll("13:31", event(book(h2h()))))
    (gap,) = of(Gap, told)
    assert (gap.reason, f"{gap.at:%H:%M}") == ("no poll for 46 min", "13:31")
    assert told.index(gap) < told.index(of(Fixture, told)[0])


def test_the_live_shape_takes_the_newest_update_for_its_time() -> None:
    first = [event(book(h2h(), seen="12:00:00"), book(h2h(), key="x", seen="12:03:00"))]
    older = [event(book(h2h(-230), seen="12:01:00"))]
    told = read(first, older)
    assert {f"{each.at:%H:%M}" for each in told if not isinstance(each, Refusal)} == {"12:03"}


def test_one_unreadable_update_does_not_hide_the_time_of_the_others() -> None:
    told = read([event(book(h2h(), seen="noon"), book(h2h(), key="x", seen="12:03:00"))])
    assert len(of(Price, told)) == 6
    assert not refusals(told)


@pytest.mark.parametrize("indent", [None, 2])
def test_one_event_or_many_enveloped_or_not_printed_or_not(indent: int | None) -> None:
    one = event(book(h2h()))
    stamp = {"timestamp": "2026-06-11T12:00:00Z"}
    for document in (one, [one], stamp | {"data": one}, stamp | {"data": [one]}):
        data = json.dumps(document, indent=indent).encode()
        assert FORMAT.recognises(data[:65536])
        told = list(FORMAT.read(io.BytesIO(data), "f"))
        assert len(of(Price, told)) == 3
        assert not refusals(told)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"message": "quota"}, "data: None is not a list of events"),
        (5, "data: 5 is not a list of events"),
        ([], "neither a timestamp nor a last_update"),
        ({"timestamp": "today", "data": []}, "timestamp: 'today' is not an ISO 8601 time"),
        (poll("12:00", event(id=None)), "data[0]: id: None is not a text"),
        (poll("12:00", event(home_team=None)), "data[0]: home_team: None"),
        (poll("12:00", event(away_team="Mexico")), "data[0]: away_team: 'Mexico' is the home"),
        (poll("12:00", event(start="2026-06-11 19:00")), "data[0]: commence_time: "),
        (poll("12:00", event(), event()), "data[1]: id: 'e1' is in this document twice"),
        (poll("12:00", event(book(h2h(), h2h()))), "data[0].bookmakers[0].markets[1]: key: 'h2h'"),
        (poll("12:00", event(book(h2h(draw=True)))), "outcomes[2]: price: True is not a number"),
        (poll("12:00", event(book(totals(None, 110, -110)))), "point: None is not a number"),  # type: ignore[arg-type]
        (poll("12:00", event(bookmakers=None)), "data[0]: bookmakers: None is not a list"),
    ],
)
def test_refusals_say_what_and_where(document: object, reason: str) -> None:
    told = refusals(read(document))
    assert told
    assert all(each.place == "polls:1" and each.source == "odds-api" for each in told)
    assert any(reason in each.reason for each in told), told


def test_an_older_poll_of_an_event_is_refused() -> None:
    told = read(poll("12:10", event(book(h2h()))), poll("12:00", event(book(h2h(-300)))))
    assert len(prices(told)) == 3
    assert "older than what was seen" in refusals(told)[0].reason


def test_recognises_no_other_format() -> None:
    assert not FORMAT.recognises(b'{"op":"mcm","clk":"1"}')
    assert not FORMAT.recognises(b'{"name":"World Cup 2026","matches":[{"team1":"Mexico"}]}')
    assert not FORMAT.recognises(b"Div,Date,HomeTeam\n")
    assert not FORMAT.recognises(b"")


GARBAGE = st.sampled_from(
    [None, True, -1, 0, 1e300, 10**30, "", "x", [], [[]], {}, {"key": "h2h"}, "2026-06-11"]
)


def spots(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, dict | list):
            yield from spots(inner, (*at, key))
        else:
            yield (*at, key)


SOUND = [
    poll("12:00", event(book(h2h(), totals(2.5, 115, -135)), book(h2h(), key="fanduel"))),
    poll("12:10", event(book(h2h(-250), totals(2.75, 115, -135)))),
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(spots(SOUND))), GARBAGE), min_size=1, max_size=4))
def test_mangled_polls_give_records_and_refusals_only(
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    documents = copy.deepcopy(SOUND)
    for spot, garbage in changes:
        holder: Any = documents
        try:
            for key in spot[:-1]:
                holder = holder[key]
            holder[spot[-1]] = copy.deepcopy(garbage)
        except (KeyError, IndexError, TypeError):
            continue
    for each in read(*documents):
        assert isinstance(each, Record | Refusal)


@given(st.data())
def test_cut_and_flipped_bytes_give_records_and_refusals_only(data: st.DataObject) -> None:
    sound = b"\n".join(json.dumps(document).encode() for document in SOUND)
    mangled = bytearray(sound[: data.draw(st.integers(0, len(sound)))])
    for spot in data.draw(st.lists(st.integers(0, max(0, len(mangled) - 1)), max_size=5)):
        if mangled:
            mangled[spot] = data.draw(st.integers(0, 255))
    for each in FORMAT.read(io.BytesIO(bytes(mangled)), "f"):
        assert isinstance(each, Record | Refusal)


@pytest.fixture(scope="module")
def recording() -> Path:
    if not RECORDING.exists():
        pytest.skip("the World Cup recording is not in ../shared/data")
    return RECORDING


def naive_changes(recording: Path) -> tuple[int, int]:
    """Count prices that differ from the last of the same event, book, market, outcome, point."""
    last: dict[object, object] = {}
    changes = seen = 0
    with lzma.open(recording) as lines:
        for line in lines:
            for each in json.loads(line)["data"]:
                for maker in each["bookmakers"]:
                    for market in maker["markets"]:
                        for outcome in market["outcomes"]:
                            key = each["id"], maker["key"], market["key"], outcome["name"]
                            key += (outcome.get("point"),)
                            seen += 1
                            changes += last.get(key) != outcome["price"]
                            last[key] = outcome["price"]
    return seen, changes


def test_the_world_cup(recording: Path) -> None:
    with lzma.open(recording) as stream:
        told = list(FORMAT.read(stream, "worldcup"))  # type: ignore[arg-type]
    last: dict[object, float] = {}
    changes = 0
    for each in of(Price, told):
        key = each.match, each.market, each.line, each.selection, each.book
        if each.status == "open":
            changes += last.get(key) != each.price
            last[key] = each.price
    assert not refusals(told)
    assert (1_047_554, changes) == naive_changes(recording)
    assert changes == 70_540
    assert len(of(Heartbeat, told)) == 894
    assert len({p.match for p in of(Price, told)}) == 72
    assert len({p.book for p in of(Price, told)}) == 11
    times = [each.at for each in told if not isinstance(each, Refusal)]
    assert times == sorted(times)


def test_every_withdrawal_follows_an_open_price(recording: Path) -> None:
    with lzma.open(recording) as stream:
        told = of(Price, list(FORMAT.read(stream, "worldcup")))  # type: ignore[arg-type]
    state: dict[object, Price] = {}
    for each in told:
        key = each.match, each.market, each.line, each.selection, each.book
        before = state.get(key)
        if each.status == "withdrawn":
            assert before is not None
            assert (before.status, before.price) == ("open", each.price)
        else:
            assert before is None or (before.status, before.price) != ("open", each.price)
        state[key] = each


def test_a_recording_cut_short_breaks_after_its_whole_polls(tmp_path: Path) -> None:
    polls = [poll(f"12:{minute:02}", event(book(h2h(away=600 + minute)))) for minute in range(60)]
    path = tmp_path / "polls.xz"
    packed = lzma.compress(b"\n".join(json.dumps(each).encode() for each in polls))
    path.write_bytes(packed[:-40])
    told: list[Record | Refusal] = []

    def read_on() -> None:
        for opened in open_feed(path):
            for each in FORMAT.read(opened.stream, opened.name):
                told.append(each)  # noqa: PERF402 - what came before the break counts

    with pytest.raises(Broken, match=r"polls\.xz: cannot be read beyond byte"):
        read_on()
    assert 0 < len(of(Heartbeat, told)) < 60
    assert not refusals(told)
