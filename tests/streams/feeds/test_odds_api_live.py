"""The Odds API live, against an HTTP server with quota headers, faults and limits."""

import io
import itertools
import json
import logging
import lzma
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from markets.records import Gap, Heartbeat, Price, Record
from streams.feeds import odds_api
from streams.feeds.feed import Refusal
from streams.feeds.live import Checkpoint, FeedRefused, Pause, Start
from streams.feeds.odds_api_live import run
from streams.feeds.settings import OddsApiSettings
from tests.streams.odds_api_server import API_KEY, Answer, OddsApiServer, odds_api_server

DATA = Path(__file__).parents[4] / "shared" / "data" / "worldcup-2026"
NOON = datetime(2026, 6, 11, 12, tzinfo=UTC)


class Clock:
    """A clock that waits move on; it tells each time of `times` once, if there are any."""

    def __init__(self, times: list[datetime] | None = None) -> None:
        self.at = NOON
        self.times = times or []
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at = self.times.pop(0) if self.times else self.at + timedelta(seconds=seconds)


def event(price: float, *, start: str = "2026-06-11T19:00:00Z") -> dict[str, Any]:
    outcomes = [{"name": n, "price": p} for n, p in (("A", price), ("Draw", 3.2), ("B", 4.0))]
    markets = [{"key": "h2h", "outcomes": outcomes}]
    return {
        "id": "e1", "sport_key": "soccer_epl", "sport_title": "EPL", "commence_time": start,
        "home_team": "A", "away_team": "B",
        "bookmakers": [{"key": "bk", "last_update": "2026-06-11T12:00:00Z", "markets": markets}],
    }  # fmt: skip


def live(
    server: OddsApiServer, clock: Clock, *, rests: int, **given: Any
) -> list[Record | Refusal]:
    """Read until it has rested so many times."""
    held = {"api_key": API_KEY, "url": server.url} | given
    settings = OddsApiSettings.model_validate(held)
    told: list[Record | Refusal] = []
    with closing(run(Start(settings=settings, now=clock.now, wait=clock.wait))) as feed:
        for one in feed:
            if isinstance(one, Pause):
                if len(clock.slept) + 1 == rests:
                    break
            elif not isinstance(one, Checkpoint):
                told.append(one)
    return told


def gaps(told: list[Record | Refusal]) -> list[str]:
    return [one.reason for one in told if isinstance(one, Gap)]


def prices(told: list[Record | Refusal]) -> list[float]:
    return [one.price for one in told if isinstance(one, Price) and one.selection == "home"]


def test_only_what_changed_is_told() -> None:
    answers = [Answer([event(2.0)]), Answer([event(2.0)]), Answer([event(2.1)])]
    with odds_api_server(answers) as server:
        told = live(server, Clock(), rests=3)
    assert prices(told) == [2.0, 2.1]
    assert sum(isinstance(one, Heartbeat) for one in told) == 3
    assert server.asked[0]["path"] == "/v4/sports/soccer_epl/odds"
    assert server.asked[0]["markets"] == "h2h,spreads,totals"


def test_a_real_recording_polled_equals_the_recording() -> None:
    path = DATA / "odds-api-snapshots.jsonl.xz"
    if not path.exists():
        pytest.skip(f"no recording {path.name}; recordings are not part of the project")
    with lzma.open(path) as stream:
        lines = list(itertools.islice(stream, 15))
    snapshots = [json.loads(line) for line in lines]
    answers = []
    for snapshot in snapshots:
        answers += [Answer(status=503), Answer(snapshot["data"], cut=True)] if answers else []
        answers.append(Answer(snapshot["data"]))
    times = [datetime.fromisoformat(s["timestamp"]) for s in snapshots]
    clock = Clock()
    clock.at = times[0]
    later = [[at] * 3 for at in times[1:]]  # two failures and the rest before each
    clock.times = [at for three in later for at in three]
    with odds_api_server(answers) as server:
        told = live(server, clock, rests=len(answers))
    recorded = list(odds_api.read(io.BytesIO(b"".join(lines)), "f"))
    assert len(recorded) > 500
    assert [one for one in told if not isinstance(one, Refusal)] == recorded


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(Answer(status=503), "status 503", id="fails"),
        pytest.param(Answer([event(9.0)], cut=True), "no answer: RemoteProtocolError", id="half"),
        pytest.param(Answer(body=b"<html>"), "the answer is no list of events", id="not JSON"),
        pytest.param(Answer(body=b"[" * 9000), "the answer is no list of events", id="nested"),
        pytest.param(Answer({"data": 1}), "the answer is no list of events", id="no list"),
        pytest.param(Answer([], delay_s=30.0), "no answer: ReadTimeout", id="silent"),
    ],
)
def test_trouble_is_waited_out_and_told_once(bad: Answer, reason: str) -> None:
    """good, bad x 4 (waits 1, 2, 4, 8 s; a gap at the third), good."""
    answers = [Answer([event(2.0)]), bad, bad, bad, bad, Answer([event(2.1)])]
    clock = Clock()
    with odds_api_server(answers) as server:
        timeout = 0.5 if bad.delay_s else 20.0
        told = live(server, clock, rests=6, timeout_s=timeout)
    assert prices(told) == [2.0, 2.1]
    assert gaps(told) == [reason]
    assert clock.slept[1:5] == [1.0, 2.0, 4.0, 8.0]


def test_a_limit_is_kept() -> None:
    answers = [Answer(status=429, headers={"Retry-After": "90"}), Answer([event(2.0)])]
    clock = Clock()
    with odds_api_server(answers) as server:
        live(server, clock, rests=2)
    assert clock.slept == [90.0]


def test_a_quota_that_runs_low_slows_the_feed() -> None:
    low = {"x-requests-remaining": "7"}
    answers = [Answer([event(2.0)], headers=low), Answer([event(2.1)], headers=low)]
    clock = Clock()
    with odds_api_server(answers) as server:
        told = live(server, clock, rests=2, keep_requests=10)
    assert gaps(told)[0] == "quota: 7 requests are left"
    assert clock.slept == [3600.0]


def test_a_quota_that_is_used_up_is_a_gap() -> None:
    spent = Answer({"error_code": "OUT_OF_USAGE_CREDITS"}, status=401)
    clock = Clock()
    with odds_api_server([spent, Answer([event(2.0)])]) as server:
        told = live(server, clock, rests=2)
    assert gaps(told) == ["quota: it is used up"]
    assert clock.slept == [3600.0]


def test_the_pace_follows_the_matches() -> None:
    far, near = "2026-06-12T19:00:00Z", "2026-06-11T13:00:00Z"
    clock = Clock()
    with odds_api_server([Answer([event(2.0, start=far)]), Answer([event(2.0, start=near)])]) as s:
        live(s, clock, rests=3)
    assert clock.slept == [600.0, 60.0]


def test_many_sports_are_one_round() -> None:
    other = event(3.0) | {"id": "e2", "sport_key": "tennis_atp", "home_team": "C", "away_team": "D"}
    with odds_api_server([Answer([event(2.0)]), Answer([other])]) as server:
        told = live(server, Clock(), rests=1, sports=["soccer_epl", "tennis_atp"])
    assert [a["path"].split("/")[3] for a in server.asked] == ["soccer_epl", "tennis_atp"]
    assert sum(isinstance(one, Heartbeat) for one in told) == 1


@pytest.mark.parametrize("status", [401, 422])
def test_wrong_keys_and_questions_end_the_feed(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key = API_KEY if status == 422 else "wr0ng-key"
    with (
        odds_api_server([Answer(status=422)]) as server,
        pytest.raises(FeedRefused, match=str(status)) as refused,
    ):
        live(server, Clock(), rests=1, api_key=key)
    assert key not in str(refused.value)
    assert not [r for r in caplog.records if key in r.getMessage() and r.levelno >= logging.INFO]
