"""Betfair recordings written by hand: what each kind of message becomes."""

import gzip
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.json import encode

from markets.door import admit_json
from markets.records import Event, Fixture, Gap, Heartbeat, Ladder, Matched, Price, Record
from streams.feeds.betfair import FORMAT, read
from streams.feeds.betfair_names import definition, teams
from streams.feeds.feed import Refusal

NOON = 1_760_000_000_000


# -- writing small recordings


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(NOON / 1000, tz=UTC) + timedelta(seconds=seconds)


def runner(runner_id: int, order: int, **more: Any) -> dict[str, Any]:
    return {"id": runner_id, "sortPriority": order, "status": "ACTIVE", **more}


SIDES = [runner(11, 1, name="Ajax"), runner(12, 2, name="PSV"), runner(58805, 3, name="The Draw")]


def defined(**more: Any) -> dict[str, Any]:
    return {
        "eventId": "77",
        "eventTypeId": "1",
        "bettingType": "ODDS",
        "marketType": "MATCH_ODDS",
        "marketTime": "2025-10-09T12:00:00.000Z",
        "status": "OPEN",
        "inPlay": False,
        "eventName": "Ajax v PSV",
        "runners": SIDES,
        **more,
    }


def change(rc: Any = None, *, definition: Any = None, market: str = "1.1", **more: Any) -> Any:
    found: dict[str, Any] = {"id": market, **more}
    if definition is not None:
        found["marketDefinition"] = definition
    if rc is not None:
        found["rc"] = rc
    return found


def mcm(seconds: float, *changes: Any, **more: Any) -> dict[str, Any]:
    message: dict[str, Any] = {"op": "mcm", "pt": NOON + round(seconds * 1000), **more}
    if changes:
        message["mc"] = list(changes)
    return message


def ccm(seconds: float, **sections: Any) -> dict[str, Any]:
    cc = [{"eventId": "88", "marketId": "1.8", **sections}]
    return {"op": "ccm", "pt": NOON + round(seconds * 1000), "cc": cc}


def told(*messages: Any) -> list[Record | Refusal]:
    text = b"\n".join(m if isinstance(m, bytes) else json.dumps(m).encode() for m in messages)
    return list(read(io.BytesIO(text), "feed.bz2"))


def only(kind: Any, records: list[Record | Refusal]) -> list[Any]:
    return [record for record in records if isinstance(record, kind)]


def prices(records: list[Record | Refusal]) -> list[tuple[Any, ...]]:
    return [(p.selection, p.price, p.size, p.status) for p in only(Price, records)]


def levels(records: list[Record | Refusal]) -> list[tuple[Any, ...]]:
    return [(lv.selection, lv.side, lv.price, lv.size) for lv in only(Ladder, records)]


def amounts(records: list[Record | Refusal]) -> list[tuple[Any, ...]]:
    return [(m.selection, m.amount, m.last) for m in only(Matched, records)]


def events(records: list[Record | Refusal]) -> list[tuple[Any, ...]]:
    return [(e.event, e.team, e.score, e.clock) for e in only(Event, records)]


def reasons(records: list[Record | Refusal]) -> list[str]:
    return [refusal.reason for refusal in only(Refusal, records)]


OPENED = mcm(0, change(definition=defined()))


def test_recognises(tmp_path: Path) -> None:
    packed = tmp_path / "feed.gz"
    packed.write_bytes(gzip.compress(json.dumps(OPENED).encode()))
    with gzip.open(packed) as stream:
        assert FORMAT.recognises(stream.read(65536))
        stream.seek(0)
        assert only(Fixture, list(FORMAT.read(stream, packed.name)))
    assert FORMAT.recognises(b'{"op": "ccm", ')
    assert not FORMAT.recognises(b'{"kind": "price", "book": "betfair"}')


# -- fixtures and names


def test_fixture_at_first_sight_and_on_change() -> None:
    records = told(
        OPENED,
        mcm(1, change(definition=defined(version=2))),
        mcm(2, change(definition=defined(marketTime="2025-10-09T13:00:00.000Z"))),
    )
    first, second = only(Fixture, records)
    assert (first.sport, first.competition, first.tier) == ("football", "unknown", 3)
    assert (first.match, first.home, first.away) == ("betfair-77", "Ajax", "PSV")
    assert (first.start.hour, second.start.hour, second.at) == (12, 13, at(2))


@pytest.mark.parametrize(
    ("event_name", "runners", "sides"),
    [
        ("Ajax v PSV", SIDES, ("Ajax", "PSV")),
        ("Cavaliers @ Wolves", SIDES, ("Wolves", "Cavaliers")),
        (None, SIDES, ("Ajax", "PSV")),
        (None, [runner(11, 1), runner(12, 2), runner(58805, 3)], ("runner 11", "runner 12")),
        ("Ascot 9th Oct", [runner(i, i) for i in range(1, 9)], ("Ascot 9th Oct", "unknown")),
    ],
)
def test_home_and_away(event_name: str | None, runners: list[Any], sides: tuple[str, str]) -> None:
    records = told(mcm(0, change(definition=defined(eventName=event_name, runners=runners))))
    assert [(f.home, f.away) for f in only(Fixture, records)] == [sides]


def test_a_known_competition_gets_its_tier() -> None:
    records = told(mcm(0, change(definition=defined(competitionName="English Premier League"))))
    assert [(f.competition, f.tier) for f in only(Fixture, records)] == [("EPL", 2)]


def offered(market_type: str, runners: list[Any], **more: Any) -> list[tuple[Any, ...]]:
    read_as = defined(marketType=market_type, runners=runners, **more)
    rc = [
        {"id": r["id"], "hc": r.get("hc", 0), "atb": [[1.5 + i, 5]]} for i, r in enumerate(runners)
    ]
    records = told(mcm(0, change(rc, definition=read_as)))
    assert reasons(records) == []
    return [(p.market, p.line, p.selection) for p in only(Price, records)]


@pytest.mark.parametrize(
    ("market_type", "runners", "more", "spots"),
    [
        ("MATCH_ODDS", SIDES, {},
         [("1x2", None, "home"), ("1x2", None, "away"), ("1x2", None, "draw")]),
        ("MATCH_ODDS", [runner(11, 1), runner(12, 2), runner(58805, 3)], {"eventName": None},
         [("1x2", None, "home"), ("1x2", None, "away"), ("1x2", None, "draw")]),
        ("MATCH_ODDS", SIDES[:2], {"eventName": "Ajax @ PSV"},
         [("1x2", None, "away"), ("1x2", None, "home")]),
        ("MATCH_ODDS", SIDES[:2], {"eventName": "PSV v Ajax"},
         [("1x2", None, "away"), ("1x2", None, "home")]),
        ("MATCH_ODDS", [runner(11, 1, name="Norrie"), runner(12, 2)], {"eventTypeId": "2"},
         [("winner", None, "Norrie"), ("winner", None, "12")]),
        ("ASIAN_HANDICAP",
         [runner(11, 1, hc=-0.5), runner(12, 2, hc=0.5), runner(11, 3), runner(12, 4)], {},
         [("asian_handicap", -0.5, "home"), ("asian_handicap", -0.5, "away"),
          ("asian_handicap", 0.0, "home"), ("asian_handicap", 0.0, "away")]),
        ("OVER_UNDER_25", [runner(1, 1, name="Under 2.5 Goals"), runner(2, 2, name="Over 2.5 G")],
         {}, [("total", 2.5, "under"), ("total", 2.5, "over")]),
        ("OVER_UNDER_05", [runner(1, 1), runner(2, 2)], {},
         [("total", 0.5, "under"), ("total", 0.5, "over")]),
        ("OVER_UNDER_105_CORNR", [runner(1, 1, name="Over 10.5"), runner(2, 2, name="Under 10.5")],
         {}, [("corners", 10.5, "over"), ("corners", 10.5, "under")]),
        ("BOTH_TEAMS_TO_SCORE", [runner(30246, 1), runner(110503, 2, name="No")], {},
         [("btts", None, "yes"), ("btts", None, "no")]),
        ("CORRECT_SCORE", [runner(1, 1, name="0 - 0")], {}, [("correct_score", None, "0 - 0")]),
        ("HALF_TIME", SIDES, {},
         [("half_time", None, "home"), ("half_time", None, "away"), ("half_time", None, "draw")]),
        ("SET_WINNER", SIDES[:2], {"eventTypeId": "2", "name": "Set 02 Winner"},
         [("set_winner", 2.0, "Ajax"), ("set_winner", 2.0, "PSV")]),
        ("ALT_TOTAL_GOALS", [runner(1, 1, name="Under", hc=2.5)], {},
         [("alt_total_goals", 2.5, "Under")]),
        ("TOP_BATSMAN", [runner(5, 1)], {}, [("top_batsman", None, "5")]),
    ],
)  # fmt: skip
def test_names(
    market_type: str, runners: list[Any], more: dict[str, Any], spots: list[tuple[Any, ...]]
) -> None:
    assert offered(market_type, runners, **more) == spots


def test_a_second_market_of_one_kind_gets_its_id_into_its_name() -> None:
    back = [{"id": 11, "atb": [[2, 5]]}]
    records = told(
        mcm(0, change(back, definition=defined())),
        mcm(1, change(back, definition=defined(), market="1.2")),
        mcm(2, change([{"id": 12, "atb": [[3, 5]]}], market="1.2")),
    )
    got = [(p.market, p.selection) for p in only(Price, records)]
    assert got == [("1x2", "home"), ("1x2 1.2", "home"), ("1x2 1.2", "away")]


def test_two_runners_of_one_name_are_kept_apart() -> None:
    named = [runner(1, 1, name="Jones"), runner(2, 2, name="Jones")]
    assert [selection for _, _, selection in offered("TO_SCORE", named)] == ["Jones", "Jones 2 0"]


def test_names_of_teams_and_faults_in_a_definition() -> None:
    assert teams("Navratilova/Kvitova v Graf") == ("Navratilova/Kvitova", "Graf")
    read_as, faults = definition(defined(status="ODD", runners=[SIDES[0], {"id": "x"}]))
    assert [r.id for r in read_as.runners] == [11]
    assert [where for where, _, _ in faults] == ["status", "runners[1]"]


# -- ladders, prices, matched amounts


def test_deltas_change_and_remove_levels() -> None:
    records = told(
        OPENED,
        mcm(1, change([{"id": 11, "atb": [[2.0, 50], [2.1, 8]], "atl": [[2.2, 9]]}])),
        mcm(2, change([{"id": 11, "atb": [[2.1, 8], [2.0, 60]]}])),
        mcm(3, change([{"id": 11, "atb": [[2.1, 0], [1.9, 0]]}])),
        mcm(4, change([{"id": 11, "atb": [[2.0, 0]]}])),
    )
    assert levels(records) == [
        ("home", "back", 2.0, 50), ("home", "back", 2.1, 8), ("home", "lay", 2.2, 9),
        ("home", "back", 2.0, 60),
        ("home", "back", 2.1, 0),
        ("home", "back", 2.0, 0),
    ]  # fmt: skip
    assert prices(records) == [
        ("home", 2.1, 8, "open"),
        ("home", 2.0, 60, "open"),
        ("home", 2.0, None, "withdrawn"),
    ]


def test_an_image_replaces_everything() -> None:
    first = [{"id": 11, "atb": [[2.0, 50], [2.1, 8]], "trd": [[2.1, 40]], "tv": 40, "ltp": 2.1},
             {"id": 12, "atl": [[3.0, 7]]}]  # fmt: skip
    again = [{"id": 11, "atb": [[2.0, 50], [2.05, 3]], "trd": [[2.0, 10]], "tv": 10, "ltp": 2.0}]
    records = told(
        mcm(0, change(first, definition=defined(), img=True)), mcm(5, change(again, img=True))
    )
    later = [record for record in records if record.at == at(5)]  # type: ignore[union-attr]
    assert [gap.reason for gap in only(Gap, records)] == ["re-image"]
    assert levels(later) == [
        ("home", "back", 2.1, 0), ("away", "lay", 3.0, 0), ("home", "back", 2.05, 3),
    ]  # fmt: skip
    assert prices(later) == [("home", 2.05, 3, "open")]
    assert amounts(records) == [("home", 40, 2.1), ("home", 10, 2.0)]


def test_an_image_without_a_runner_has_nothing_matched_on_it() -> None:
    first = [{"id": 11, "tv": 40, "ltp": 2.1}]
    records = told(mcm(0, change(first, definition=defined())), mcm(1, change(img=True)))
    assert amounts(records) == [("home", 40, 2.1), ("home", 0, 2.1)]


def test_ladders_by_rank() -> None:
    records = told(
        OPENED,
        mcm(1, change([{"id": 11, "batb": [[0, 2.0, 50], [1, 1.9, 20]]}])),
        mcm(2, change([{"id": 11, "batb": [[0, 2.1, 8], [1, 2.0, 50], [2, 1.9, 20]]}])),
        mcm(3, change([{"id": 11, "batb": [[0, 2.0, 50], [1, 1.9, 20], [2, 0, 0]]}])),
    )
    assert levels(records) == [
        ("home", "back", 2.0, 50), ("home", "back", 1.9, 20),
        ("home", "back", 2.1, 8),
        ("home", "back", 2.1, 0),
    ]  # fmt: skip
    assert prices(records) == [
        ("home", 2.0, 50, "open"), ("home", 2.1, 8, "open"), ("home", 2.0, 50, "open"),
    ]  # fmt: skip


def test_the_full_ladder_goes_before_the_ranked_one() -> None:
    both_kinds = [{"id": 11, "batb": [[0, 2.0, 50]], "atb": [[2.0, 50], [1.5, 5]]}]
    records = told(OPENED, mcm(1, change([{"id": 11, "batb": [[0, 2.1, 5]]}])),
                   mcm(2, change(both_kinds)))  # fmt: skip
    assert levels(records) == [
        ("home", "back", 2.1, 5),
        ("home", "back", 2.1, 0), ("home", "back", 2.0, 50), ("home", "back", 1.5, 5),
    ]  # fmt: skip


def test_voided_bets_let_the_amount_fall() -> None:
    records = told(
        OPENED,
        mcm(1, change([{"id": 11, "tv": 900.5, "ltp": 2.0}])),
        mcm(2, change([{"id": 11, "tv": 300.25}])),
        mcm(3, change([{"id": 11, "tv": 300.25}])),
        mcm(4, change([{"id": 12, "trd": [[3.0, 70], [3.1, 30]]}])),
        mcm(5, change([{"id": 12, "trd": [[3.1, 0]]}])),
    )
    assert amounts(records) == [
        ("home", 900.5, 2.0), ("home", 300.25, 2.0), ("away", 100, None), ("away", 70, None),
    ]  # fmt: skip


def test_last_price_stands_in_only_until_a_ladder_is_seen() -> None:
    basic = [
        mcm(0, change(definition=defined())),
        mcm(1, change([{"id": 11, "ltp": 2.0}])),
        mcm(2, change([{"id": 11, "ltp": 2.0}])),
        mcm(3, change([{"id": 11, "ltp": 2.2}])),
    ]
    records = told(*basic)
    assert prices(records) == [("home", 2.0, None, "open"), ("home", 2.2, None, "open")]
    assert amounts(records) == [], "a volume of 0 would be a claim"
    records = told(*basic, mcm(4, change([{"id": 12, "atl": [[3, 3]]}, {"id": 11, "ltp": 2.5}])))
    assert prices(records)[-1] == ("home", 2.2, None, "withdrawn")


# -- status, play, time


def test_suspension_kick_off_resumption_and_the_end() -> None:
    #  0     1        2          3              4
    #  open  suspend  ladder     in play, open  closed
    records = told(
        mcm(0, change([{"id": 11, "atb": [[2.0, 50]]}], definition=defined())),
        mcm(1, change(definition=defined(status="SUSPENDED"))),
        mcm(2, change([{"id": 11, "atb": [[2.0, 0], [1.8, 5]]}])),
        mcm(3, change(definition=defined(inPlay=True))),
        mcm(4, change(definition=defined(inPlay=True, status="CLOSED"))),
        mcm(5, change(definition=defined(inPlay=True, status="CLOSED"))),
    )
    assert [(e.at, e.event) for e in only(Event, records)] == [
        (at(1), "suspension"), (at(3), "kick_off"), (at(3), "resumption"), (at(4), "full_time"),
    ]  # fmt: skip
    assert [(p.at, p.price, p.size, p.status, p.in_play) for p in only(Price, records)] == [
        (at(0), 2.0, 50, "open", False),
        (at(1), 2.0, None, "suspended", False),
        (at(3), 1.8, 5, "open", True),
        (at(4), 1.8, None, "closed", True),
    ]


def test_a_recording_that_begins_in_play_saw_no_kick_off() -> None:
    assert events(told(mcm(0, change(definition=defined(inPlay=True))))) == []


def test_only_the_match_odds_stand_for_the_match() -> None:
    goals = [runner(47972, 1), runner(47973, 2)]

    def total(**more: Any) -> Any:
        return change(
            definition=defined(marketType="OVER_UNDER_05", runners=goals, **more), market="1.9"
        )

    records = told(
        mcm(0, total(), change(definition=defined())),
        mcm(1, total(status="SUSPENDED")),
        mcm(2, total(status="CLOSED")),
        mcm(3, change(definition=defined(status="CLOSED"))),
    )
    assert [(e.at, e.event) for e in only(Event, records)] == [(at(3), "full_time")]


def test_a_removed_runner_is_withdrawn() -> None:
    gone = [SIDES[0] | {"status": "REMOVED"}, *SIDES[1:]]
    records = told(
        mcm(0, change([{"id": 11, "atb": [[2.0, 50]]}], definition=defined())),
        mcm(1, change(definition=defined(runners=gone))),
        mcm(2, change([{"id": 11, "atb": [[2.0, 40]]}])),
    )
    assert prices(records) == [("home", 2.0, 50, "open"), ("home", 2.0, None, "withdrawn")]


def test_a_runner_that_appears_late_is_told_of_once_it_has_a_name() -> None:
    early = [{"id": 13, "atb": [[9.0, 4]], "tv": 3, "ltp": 8.8}]
    records = told(
        OPENED,
        mcm(1, change(early)),
        mcm(2, change(definition=defined(runners=[*SIDES, runner(13, 4, name="Feyenoord")]))),
    )
    assert levels(records) == [("Feyenoord", "back", 9.0, 4)]
    assert prices(records) == [("Feyenoord", 9.0, 4, "open")]
    assert amounts(records) == [("Feyenoord", 3, 8.8)]
    assert {r.at for r in only((Ladder, Price, Matched), records)} == {at(2)}


def test_what_is_never_named_is_refused_at_the_end() -> None:
    records = told(OPENED, mcm(1, change([{"id": 13, "hc": 0.5, "atb": [[9.0, 4]]}])))
    assert reasons(records) == ["market 1.1: runner 13 (hc 0.5) is in no market definition"]
    assert isinstance(records[-1], Heartbeat)


def test_a_market_without_definition_is_refused() -> None:
    assert reasons(told(mcm(0, change([{"id": 11, "tv": 4}])))) == [
        "mc[0]: market '1.1' has had no market definition yet"
    ]


def test_line_markets_are_left_out() -> None:
    runs = change([{"id": 1, "atb": [[180.5, 5]]}], definition=defined(bettingType="LINE"))
    records = told(mcm(0, runs), mcm(0, change([{"id": 1, "atb": [[181.5, 5]]}])))
    assert len(only(Refusal, records)) == 1
    assert not only((Price, Ladder, Fixture), records)


def test_heartbeats_come_after_the_records_of_their_time() -> None:
    def back(size: float) -> Any:
        return change([{"id": 11, "atb": [[2.0, size]]}])

    records = told(
        OPENED, mcm(0, back(1)), mcm(0.4, back(2)), mcm(1.2, back(3)), mcm(1.2, back(4)),
        mcm(9, ct="HEARTBEAT"), mcm(9.5, back(5)),
    )  # fmt: skip
    shape = [(r.at, type(r).__name__) for r in records if isinstance(r, Heartbeat | Price)]
    assert shape == [
        (at(0), "Price"), (at(0), "Heartbeat"),
        (at(0.4), "Price"),
        (at(1.2), "Price"), (at(1.2), "Price"), (at(1.2), "Heartbeat"),
        (at(9), "Heartbeat"),
        (at(9.5), "Price"), (at(9.5), "Heartbeat"),
    ]  # fmt: skip


def test_gaps() -> None:
    def conflated(seconds: float, *, con: bool = True, market: str = "1.1") -> Any:
        return mcm(seconds, change([], market=market, con=con))

    records = told(
        mcm(0, change(definition=defined()), change(definition=defined(), market="1.2")),
        conflated(1), conflated(2), conflated(300),            # once, however long
        conflated(301, con=False), conflated(302),             # turned again after five minutes
        conflated(303, market="1.2"),                          # within a minute of the last
        mcm(304, ct="RESUB_DELTA"),
        mcm(300.5),
    )  # fmt: skip
    assert [(gap.at, gap.reason) for gap in only(Gap, records)] == [
        (at(1), "conflated"),
        (at(302), "conflated"),
        (at(304), "resubscribed"),
        (at(300.5), "time ran backwards by 3.5 s"),
    ]


def test_scores_and_markets_are_two_streams_in_time() -> None:
    assert only(Gap, told(mcm(1), ccm(0.9), mcm(1.1), ccm(1.0))) == []


# -- scores


def innings(*played: tuple[str, int, str, int], **more: Any) -> dict[str, Any]:
    stats = [
        {"inningsNum": i, "battingTeam": team, "inningsRuns": runs, "inningsOvers": overs,
         "inningsWickets": wickets}
        for i, (team, runs, overs, wickets) in enumerate(played, 1)
    ]  # fmt: skip
    return {"currentInnings": len(played), "inningsStats": stats, **more}


INFO = {"homeTeam": "Kent", "awayTeam": "Essex", "expectedStartTime": NOON + 60_000}
PLAYING = INFO | {"fixtureStatus": "IN_RUNNING", "eventStatus": "MATCH_STABLE"}


def test_cricket() -> None:
    records = told(
        ccm(0, fixtureInfo={"fixtureStatus": "PRE_MATCH"}),
        ccm(1, fixtureInfo=INFO | {"fixtureStatus": "PRE_MATCH"}),
        ccm(2, fixtureInfo=PLAYING, matchStats=innings(("Essex", 0, "0.0", 0))),
        ccm(3, fixtureInfo=PLAYING | {"eventStatus": "BALL_IN_PROGRESS"}),
        ccm(4, matchStats=innings(("Essex", 4, "0.1", 0))),
        ccm(5, matchStats=innings(("Essex", 4, "0.2", 1))),
        ccm(6, matchStats=innings(("Essex", 3, "0.2", 1))),
        ccm(7, matchStats=innings(("Essex", 3, "0.3", 1), ("Kent", 0, "0.0", 0))),
        ccm(8, matchStats=innings(("Essex", 3, "0.3", 1), ("Kent", 6, "0.1", 0))),
        ccm(9, fixtureInfo=INFO | {"fixtureStatus": "FINISHED", "eventStatus": "MATCH_COMPLETE"}),
        ccm(10, fixtureInfo=INFO | {"fixtureStatus": "FINISHED", "eventStatus": "EVENT_CLOSED"}),
    )
    assert reasons(records) == []
    assert [(f.at, f.sport, f.home, f.away, f.start) for f in only(Fixture, records)] == [
        (at(1), "cricket", "Kent", "Essex", at(60))
    ]
    assert events(records) == [
        ("kick_off", None, None, None),
        ("score", None, (0, 4), 0.1),
        ("wicket", "away", (0, 4), 0.2),
        ("score", None, (0, 3), 0.2),
        ("period_end", None, (0, 3), 0.3),
        ("score", None, (6, 3), 0.1),
        ("full_time", None, (6, 3), None),
    ]


def test_cricket_told_from_the_middle_has_no_old_wickets() -> None:
    records = told(
        ccm(0, fixtureInfo=PLAYING),
        ccm(1, matchStats=innings(("Kent", 90, "12.0", 4))),
        ccm(2, matchStats=innings(("Kent", 90, "12.1", 5))),
        ccm(3, matchStats=innings(("Kent", 90, "12.1", 5), ("Essex", 0, "0.1", 1))),
    )
    assert events(records) == [
        ("score", None, (90, 0), 12.0),
        ("wicket", "home", (90, 0), 12.1),
        ("period_end", None, (90, 0), 12.1),
        ("wicket", "away", (90, 0), 0.1),
    ]


def test_football_incidents() -> None:
    def happened(*incidents: Any) -> Any:
        return {"incidentList": list(incidents)}

    start = {"incidentType": "KickOff", "matchTime": 0, "updateId": 1}
    goal = {"incidentType": "Goal", "team": "home", "matchTime": 36, "updateId": 2}
    half = {"incidentType": "FirstHalfEnd", "matchTime": 47, "updateId": 3}
    card = {"incidentType": "RED_CARD", "team": "PSV", "matchTime": 70, "updateId": 4}
    info = {"homeTeam": "Ajax", "awayTeam": "PSV", "eventTypeId": "1"}
    records = told(
        ccm(0, fixtureInfo=info, incidentListWrapper=happened(start)),
        ccm(1, incidentListWrapper=happened(start, goal)),
        ccm(2, incidentListWrapper=happened(goal, half, {"incidentType": "YellowCard"})),
        ccm(3, incidentListWrapper=happened(card)),
        ccm(4, fixtureInfo={"fixtureStatus": "FINISHED"}),
    )
    assert events(records) == [
        ("kick_off", None, (0, 0), 0),
        ("goal", "home", (1, 0), 36),
        ("period_end", None, (1, 0), 47),
        ("red_card", "away", (1, 0), 70),
        ("full_time", None, (1, 0), None),
    ]


# -- wrong input


@pytest.mark.parametrize(
    ("bad", "where", "why"),
    [
        ({"atb": [[0, 5]]}, "mc[0].rc[1].atb[0]", "greater than 1"),
        ({"atb": [[1e9, 5]]}, "mc[0].rc[1].atb[0]", "less than or equal"),
        ({"atb": [[2.0, float("nan")]]}, "mc[0].rc[1].atb[0]", "size: nan"),
        ({"atb": [["2.0", 5]]}, "mc[0].rc[1].atb[0]", "price: '2.0' is not a number"),
        ({"atb": [[True, 5]]}, "mc[0].rc[1].atb[0]", "price: True"),
        ({"atb": [[2.0, -5]]}, "mc[0].rc[1].atb[0]", "greater than or equal to 0"),
        ({"atb": [[2.0]]}, "mc[0].rc[1].atb[0]", "[price, size]"),
        ({"atb": {"2.0": 5}}, "mc[0].rc[1].atb", "[price, size]"),
        ({"batb": [["0", 2.0, 5]]}, "mc[0].rc[1].batb[0]", "[level, price, size]"),
        ({"trd": [[2.0, 1e300]]}, "mc[0].rc[1].trd[0]", "amount"),
        ({"trd": [[0.5, 5]]}, "mc[0].rc[1].trd[0]", "last"),
        ({"tv": "5"}, "mc[0].rc[1]", "tv: '5'"),
        ({"tv": -5}, "mc[0].rc[1].tv", "amount"),
        ({"ltp": 0}, "mc[0].rc[1].ltp", "last"),
        ({"id": "12"}, "mc[0].rc[1]", "id: '12'"),
        ({"id": None}, "mc[0].rc[1]", "id: None"),
        ({"hc": [[[]]]}, "mc[0].rc[1]", "hc: [[[]]]"),
    ],
)
def test_one_bad_value_is_refused_and_the_rest_read(bad: Any, where: str, why: str) -> None:
    good = {"id": 11, "atb": [[2.0, 50]]}
    other = {"id": 58805, "atb": [[3.5, 5]], "tv": 4.0}
    records = told(OPENED, mcm(1, change([good, {"id": 12, "atl": [[4.0, 1]]} | bad, other])))
    refusal, *more = only(Refusal, records)
    assert not more
    assert (refusal.source, refusal.place) == ("betfair", "feed.bz2:2")
    assert refusal.reason.startswith(f"{where}: ")
    assert why in refusal.reason
    assert refusal.raw
    assert prices(records) == [("home", 2.0, 50, "open"), ("draw", 3.5, 5, "open")]
    assert amounts(records) == [("draw", 4, None)]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"\x00\xff", "not JSON"),
        (b'"mcm"', "is not an object"),
        (b'{"pt": 5}', "op: missing"),
        (b'{"op": "ocm", "pt": 5}', "op: 'ocm' is not one of mcm, ccm"),
        (b'{"op": "mcm"}', "pt: missing"),
        (b'{"op": "mcm", "pt": "5"}', "pt: '5' is not a time"),
        (b'{"op": "mcm", "pt": 1e12}', "pt: "),
        (b'{"op": "mcm", "pt": 999999999999999999}', ""),
        (b'{"op": "mcm", "pt": 5, "mc": {"id": "1.1"}}', "mc: "),
        (b'{"op": "mcm", "pt": 5, "mc": [5]}', "mc[0]: 5 is not an object"),
        (b'{"op": "ccm", "pt": 5, "cc": [{}]}', "cc[0]: eventId: missing"),
        (b'{"op": "mcm", "pt": 5, "mc": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", ""),
    ],
)
def test_lines_that_cannot_be_used(line: bytes, why: str) -> None:
    records = told(line, OPENED)
    refusal, *more = only(Refusal, records)
    assert not more
    assert refusal.place == "feed.bz2:1"
    assert why in refusal.reason
    assert len(only(Fixture, records)) == 1


def test_connection_and_status_lines_and_a_byte_order_mark_are_passed_over() -> None:
    opening = b'\xef\xbb\xbf{"op":"connection","connectionId":"1"}'
    status = b'{"op":"status","id":1,"statusCode":"SUCCESS"}'
    assert only(Refusal, told(opening, status, OPENED)) == []


PLAUSIBLE = [
    OPENED,
    mcm(1, change([{"id": 11, "hc": 0, "atb": [[2.0, 50]], "atl": [[2.1, 4]]}], img=True)),
    mcm(2, change([{"id": 12, "batb": [[0, 2.0, 50]], "trd": [[2.0, 5]], "tv": 5, "ltp": 2.0}])),
    mcm(3, change([{"id": 11, "atb": [[2.0, 0]]}], definition=defined(inPlay=True), con=True)),
    mcm(4, change([{"id": 11, "atb": [[2.5, 7]]}, {"id": 12}], img=True), ct="SUB_IMAGE"),
    mcm(5, change(definition=defined(marketType="ASIAN_HANDICAP", runners=[
        runner(11, 1, hc=-0.5), runner(12, 2, hc=0.5)]), market="1.2")),
    ccm(5, fixtureInfo=PLAYING, matchStats=innings(("Kent", 4, "0.1", 0))),
    ccm(6, fixtureInfo=PLAYING, matchStats=innings(("Kent", 5, "0.2", 2)),
        homeTeam={"name": "Kent"}, incidentListWrapper={"incidentList": [
            {"incidentType": "Goal", "team": "home", "matchTime": 3, "actualTime": NOON}]}),
    mcm(7, ct="HEARTBEAT"),
]  # fmt: skip
ODD_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.floats(), st.text(max_size=3),
    st.sampled_from([10**30, -1, 0, 1e9, "", "1.1", "é" * 300, "\ud800", [], {}, [[]], [[2.0, 3]],
                     [[0, 2.0, 3]], {"id": 11}, "OPEN", "CLOSED", "LINE", "OVER_UNDER_25",
                     float("nan"), float("inf"), 253402300799999, "9999-12-31T23:59:59-14:00",
                     "DEEP 100", "DEEP 400", "DEEP 900"]),
    st.lists(st.lists(st.integers() | st.floats(), max_size=3), max_size=3),
)  # fmt: skip


def spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """All places in a document that can be overwritten."""
    found = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(found):
        yield value, key
        if isinstance(inner, dict | list):
            yield from spots(inner)


def nested(line: bytes) -> bytes:
    for depth in (100, 400, 900):
        line = line.replace(b'"DEEP %d"' % depth, b"[" * depth + b"]" * depth)
    return line


@st.composite
def mangled(draw: st.DrawFn) -> list[bytes]:
    messages = json.loads(json.dumps(PLAUSIBLE))
    for _ in range(draw(st.integers(1, 4))):
        holder, key = draw(st.sampled_from(list(spots(messages))))
        if draw(st.booleans()) and isinstance(holder, dict):
            holder.pop(key, None)
        elif not isinstance(holder, list) or key < len(holder):
            holder[key] = draw(ODD_VALUES)
    lines = [nested(json.dumps(message).encode()) for message in messages]
    if draw(st.booleans()):
        index = draw(st.integers(0, len(lines) - 1))
        cut = draw(st.integers(0, len(lines[index])))
        lines[index] = lines[index][:cut] + draw(st.binary(max_size=3)) + lines[index][cut + 1 :]
    return lines


@settings(max_examples=300, deadline=None)
@given(mangled())
def test_whatever_comes_only_records_and_refusals_come_out(lines: list[bytes]) -> None:
    for found in told(*lines):
        if isinstance(found, Refusal):
            assert found.place.startswith("feed.bz2")
            assert found.reason
        else:
            assert isinstance(found, get_args(Record))
            assert admit_json(encode(found)) == found
