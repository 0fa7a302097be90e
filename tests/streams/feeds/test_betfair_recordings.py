"""Real Betfair recordings against a naive reading of the same lines."""

import bz2
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from markets.records import Event, Fixture, Heartbeat, Ladder, Matched, Price, Record
from streams.feeds.betfair import Recording, read
from streams.feeds.feed import Refusal

DATA = Path(__file__).parents[3] / ".." / "shared" / "data" / "betfair"
FILES = [
    "basketball-1.166811431.bz2",
    "cricket-1.200806927.bz2",
    "football-1.242971311.bz2",
    "tennis-basic-1.223716976.bz2",
]


def recorded(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the recording {name} is not beside this checkout")
    return path


def only(kind: Any, records: list[Record | Refusal]) -> list[Any]:
    return [record for record in records if isinstance(record, kind)]


def reasons(records: list[Record | Refusal]) -> list[str]:
    return [refusal.reason for refusal in only(Refusal, records)]


class Naive:
    """The last word of a recording on every runner, read as simply as can be."""

    def __init__(self) -> None:
        self.definitions: dict[str, Any] = {}
        self.ladders: dict[Any, dict[float, float]] = {}
        self.traded: dict[Any, dict[float, float]] = {}
        self.volume: dict[Any, float] = {}
        self.last: dict[Any, float] = {}
        self.price: dict[Any, float] = {}
        self.amounts: dict[Any, list[tuple[float, float | None]]] = {}

    def line(self, line: bytes) -> None:
        for mc in json.loads(line)["mc"]:
            market = mc["id"]
            if "marketDefinition" in mc:
                self.definitions[market] = mc["marketDefinition"]
            if mc.get("img"):
                for kept in (self.ladders, self.traded):
                    for key in [k for k in kept if k[0] == market]:
                        del kept[key]
            for rc in mc.get("rc", []):
                self.runner((market, rc["id"], rc.get("hc", 0)), rc)
        for market, found in self.definitions.items():
            if found["status"] == "OPEN":
                self.offers(market, found)

    def runner(self, key: Any, rc: dict[str, Any]) -> None:
        for side in ("atb", "atl"):
            for price, size in rc.get(side, []):
                ladder = self.ladders.setdefault((*key, side), {})
                ladder[price] = size
                if not size:
                    del ladder[price]
        for price, size in rc.get("trd", []):
            self.traded.setdefault(key, {})[price] = size
        self.last[key] = rc.get("ltp", self.last.get(key))
        if "tv" in rc:
            self.volume[key] = rc["tv"]
        if key in self.volume:
            amount = sum(self.traded[key].values()) if key in self.traded else self.volume[key]
            self.amounts.setdefault(key, []).append((round(amount, 2), self.last[key]))

    def offers(self, market: str, found: dict[str, Any]) -> None:
        for listed in found["runners"]:
            key = (market, listed["id"], listed.get("hc", 0))
            back = self.ladders.get((*key, "atb"))
            if back:
                self.price[key] = max(back)
            elif not self.ladders and self.last.get(key):
                self.price[key] = self.last[key]

    def address(self, market: str, runner_id: int, handicap: float) -> tuple[Any, ...]:
        found = self.definitions[market]
        match = f"betfair-{found['eventId']}"
        order = {r["id"]: r["sortPriority"] for r in reversed(found["runners"])}
        side = "draw" if runner_id == 58805 else ("home", "away")[order[runner_id] % 2 == 0]
        if found["marketType"] == "ASIAN_HANDICAP":
            line = handicap if side == "home" else -handicap
            return match, "asian_handicap", line, side
        if found["eventTypeId"] == "1":
            return match, "1x2", None, side
        names = {r["id"]: r.get("name", str(r["id"])) for r in found["runners"]}
        return match, "winner", None, names[runner_id]


@pytest.fixture(scope="module", params=FILES)
def both(request: pytest.FixtureRequest) -> tuple[Naive, list[Record | Refusal], Recording]:
    lines = bz2.decompress(recorded(request.param).read_bytes()).splitlines()
    naive, recording, records = Naive(), Recording(), []
    for number, line in enumerate(lines, 1):
        naive.line(line)
        records += recording.read(line, f"f:{number}")
    records += recording.end("f")
    return naive, records, recording


def spot(record: Any) -> tuple[Any, ...]:
    return record.match, record.market, record.line, record.selection


def test_real_ladders(both: Any) -> None:
    naive, records, _ = both
    folded: dict[Any, dict[float, float]] = {}
    for record in only(Ladder, records):
        ladder = folded.setdefault((*spot(record), record.side), {})
        assert ladder.get(record.price, 0.0) != record.size, "only changes are told"
        ladder[record.price] = record.size
    got = {key: {p: s for p, s in ladder.items() if s} for key, ladder in folded.items()}
    side = {"atb": "back", "atl": "lay"}
    want = {(*naive.address(*key[:3]), side[key[3]]): la for key, la in naive.ladders.items()}
    assert {k: v for k, v in got.items() if v} == {k: v for k, v in want.items() if v}


def test_real_amounts(both: Any) -> None:
    naive, records, _ = both
    got: dict[Any, list[tuple[float, float | None]]] = {}
    for record in only(Matched, records):
        got.setdefault(spot(record), []).append((record.amount, record.last))
    want = {naive.address(*key): told for key, told in naive.amounts.items()}
    assert got.keys() == want.keys()
    for key, told_amounts in want.items():
        distinct = [
            pair for pair, before in zip(told_amounts, [None, *told_amounts], strict=False)
            if pair != before
        ]  # fmt: skip
        assert len(got[key]) == len(distinct), key
        for (amount, last), (wanted, wanted_last) in zip(got[key], distinct, strict=True):
            assert amount == pytest.approx(wanted, abs=0.011)
            assert last == wanted_last


def test_real_prices(both: Any) -> None:
    naive, records, _ = both
    got = {spot(record): record.price for record in only(Price, records)}
    assert got == {naive.address(*key): price for key, price in naive.price.items()}


def test_real_states(both: Any) -> None:
    naive, _, recording = both
    for market_id, market in recording.markets.markets.items():
        for (runner_id, handicap), kept in market.runners.items():
            key = (market_id, runner_id, handicap)
            assert kept.back == naive.ladders.get((*key, "atb"), {})
            assert kept.lay == naive.ladders.get((*key, "atl"), {})
            assert kept.last == naive.last.get(key)
            amount = naive.amounts[key][-1][0] if key in naive.amounts else None
            assert kept.amount() == (None if amount is None else pytest.approx(amount, abs=0.011))


def test_real_files_have_nothing_to_refuse_and_keep_time(both: Any) -> None:
    _, records, _ = both
    assert reasons(records) == []
    assert [r.at for r in records] == sorted(r.at for r in records)
    assert isinstance(records[-1], Heartbeat)
    told_until = datetime.min.replace(tzinfo=UTC)
    for record in records:
        assert record.at > told_until, "nothing comes at or before a heartbeat already told"
        if isinstance(record, Heartbeat):
            told_until = record.at


def test_real_volume_of_the_historical_data_service_is_cumulative() -> None:
    # Its `tv` is that of the prices in the update; ending in 76,618 and 97,614 before settlement.
    path = recorded("basketball-1.166811431.bz2")
    with bz2.open(path) as stream:
        found = only(Matched, list(read(stream, path.name)))
    most = {m.selection: m.amount for m in sorted(found, key=lambda m: m.amount)}
    assert most == {"Cleveland Cavaliers": 76618.2, "Minnesota Timberwolves": 97614.92}


def test_real_scores_of_a_cricket_match() -> None:
    path = recorded("cricket-1.200806927.scores.bz2")
    with bz2.open(path) as stream:
        records = list(read(stream, path.name))
    assert reasons(records) == []
    fixtures = only(Fixture, records)
    assert [(f.match, f.home, f.away) for f in fixtures] == [
        ("betfair-31573045", "Netherlands", "Papua New Guinea"),
        ("betfair-31563715", "England Women", "South Africa Women"),
    ]
    assert fixtures[0].start == datetime(2022, 7, 11, 11, 30, tzinfo=UTC)
    match = [r for r in records if isinstance(r, Event) and r.match == "betfair-31573045"]
    marks = [(e.event, e.team, e.clock) for e in match if e.event != "score"]
    overs = {"home": [7.3, 8.5, 10.1, 10.5, 14.0, 15.4, 19.0],
             "away": [2.1, 4.0, 11.3, 13.4, 16.0, 16.1, 16.2, 17.3, 19.3, 19.4]}  # fmt: skip
    assert marks == [
        ("kick_off", None, None),
        *(("wicket", "home", over) for over in overs["home"]),
        ("period_end", None, 20.0),
        *(("wicket", "away", over) for over in overs["away"]),
        ("full_time", None, None),
    ]
    assert match[-1].score == (163, 111)
    assert match[0].at < fixtures[0].start < match[1].at
    # The other match was well under way when this recording first heard of it.
    others = [r for r in records if isinstance(r, Event) and r.match == "betfair-31563715"]
    assert "kick_off" not in {e.event for e in others}


def test_badly_formatted_recording_is_refused_with_its_lines() -> None:
    path = recorded("badly-formatted.txt")
    with path.open("rb") as stream:
        found = list(read(stream, path.name))
    assert found
    assert all(isinstance(f, Refusal) and f.place.startswith(f"{path.name}:") for f in found)
    assert "not JSON" in found[0].reason
