"""Every feed format as `replay` reads it: files that are nearly right, plain and compressed."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.json import encode

from alerts.complaint import Complaint
from streams import recorded
from streams.feeds.feed import Refusal
from streams.feeds.formats import FORMATS
from streams.simulator.match_day import match_day
from tests.mutations import bounded_memory, fuzzed, nearly
from tests.streams.made_up_uof import day, fixture

START = datetime(2026, 7, 4, 12, tzinfo=UTC)


@pytest.fixture(autouse=True, scope="module")
def memory() -> Iterator[None]:
    with bounded_memory():
        yield


def records() -> bytes:
    told = match_day(1, matches=1, books=3, start=START).records
    return b"\n".join(map(encode, islice(told, 40)))


def odds_api() -> bytes:
    prices = [{"name": name, "price": price} for name, price in (("A", 2.1), ("B", 3.4))]
    market = {"key": "h2h", "last_update": "2026-06-11T10:00:00Z", "outcomes": prices}
    book = {"key": "x", "title": "X", "last_update": "2026-06-11T10:00:00Z", "markets": [market]}
    event = {
        "id": "8", "sport_key": "soccer_fifa_world_cup", "sport_title": "Cup",
        "commence_time": "2026-06-11T19:00:00Z", "home_team": "A", "away_team": "B",
        "bookmakers": [book],
    }  # fmt: skip
    lines = ({"timestamp": f"2026-06-11T1{n}:00:31Z", "data": [event]} for n in range(3))
    return b"\n".join(json.dumps(line).encode() for line in lines)


def openfootball() -> bytes:
    match = {
        "round": "1", "date": "2026-06-11", "time": "13:00 UTC-6", "team1": "Mexico",
        "team2": "Canada", "score": {"ft": [1, 0], "ht": [0, 0]},
        "goals1": [{"name": "N", "minute": "67"}], "goals2": [],
    }  # fmt: skip
    return json.dumps({"name": "World Cup 2026", "matches": [match]}, indent=1).encode()


def betfair() -> bytes:
    runners = [
        {"id": n, "sortPriority": n, "status": "ACTIVE", "name": name}
        for n, name in ((1, "Ajax"), (2, "PSV"), (3, "The Draw"))
    ]
    definition = {
        "eventId": "77", "eventTypeId": "1", "bettingType": "ODDS", "marketType": "MATCH_ODDS",
        "marketTime": "2025-10-09T12:00:00.000Z", "status": "OPEN", "inPlay": False,
        "eventName": "Ajax v PSV", "runners": runners,
    }  # fmt: skip
    changes = [{"id": 1, "ltp": 2.5, "tv": 12.0, "atb": [[2.4, 10]], "atl": [[2.6, 9]]}]
    market = {"id": "1.1", "marketDefinition": definition, "rc": changes}
    said = [
        {"op": "mcm", "clk": str(n), "pt": 1_760_000_000_000 + 1000 * n, "mc": [market]}
        for n in range(3)
    ]
    return b"\n".join(json.dumps(one).encode() for one in said)


def football_data() -> bytes:
    return (
        b"Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,FTR,HTHG,HTAG,HTR,B365H,B365D,B365A,PSH,PSD,"
        b"PSA,B365CH,B365CD,B365CA\nE0,09/08/2019,20:00,Liverpool,Norwich,4,1,H,4,0,H,1.14,10,19,"
        b"1.15,9.59,18.05,1.14,9.5,21\nE0,10/08/2019,12:30,West Ham,Man City,0,5,A,0,1,A,12,6.5,"
        b"1.22,11.11,6.68,1.27,12,7,1.2\n"
    )


def uof() -> bytes:
    return b"\n".join([fixture("sr:match:1"), fixture("sr:match:2"), *day(20)])


GOOD: dict[str, Callable[[], bytes]] = {
    "records": records,
    "odds-api": odds_api,
    "openfootball": openfootball,
    "betfair": betfair,
    "football-data": football_data,
    "uof": uof,
}
PACKED: list[Callable[[bytes], bytes]] = [bytes, gzip.compress, bz2.compress, lzma.compress]


def read(path: Path, format_name: str) -> list[object]:
    """All that a replay would be told, or the message with which it would end."""
    try:
        return list(recorded.read([recorded.Source.parse(f"{format_name}{path}")]))
    except Complaint as told:
        return [str(told)]


def test_every_format_there_is_is_tried() -> None:
    assert GOOD.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", GOOD)
def test_the_good_file_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / "feed"
    path.write_bytes(GOOD[name]())
    told = read(path, "")
    assert [one for one in told if isinstance(one, Refusal)] == []
    assert len(told) > 5


@pytest.mark.parametrize("name", GOOD)
def test_a_file_gives_records_and_refusals_whatever_it_holds(name: str, tmp_path: Path) -> None:
    path = tmp_path / "feed"

    @fuzzed
    @given(nearly(GOOD[name]()), st.sampled_from(PACKED), st.sampled_from(["", f"{name}:"]))
    def tried(text: bytes, pack: Callable[[bytes], bytes], chosen: str) -> None:
        path.write_bytes(pack(text))
        assert all(read(path, chosen))

    tried()


@fuzzed
@given(nearly(*(pack(records()) for pack in PACKED[1:])))
def test_a_damaged_archive_is_told(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "feed"
    path.write_bytes(text)
    assert all(read(path, "records:"))
