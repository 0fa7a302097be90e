"""Replays through a broker: the same alerts as without one, and nothing lost on the way."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alerts.alert import Alert
from forensics.store import StoreSettings, open_store
from markets.records import Record
from streams import recorded, replay, workers
from streams.broker import BrokerSettings
from streams.configuration import Settings
from streams.following import AlertTail, GroupProgress
from streams.frames import framed
from streams.publish import publisher
from streams.simulator.match_day import match_day
from streams.tally import Tally, tallied
from streams.topics import ALERTS, MATCH_FEED, create_topics
from tests.inject import read, shortened

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
ODDS = DATA / "worldcup-2026" / "odds-api-snapshots.jsonl.xz"
RESULTS = DATA / "worldcup-2026" / "results.json"
START = datetime(2026, 7, 4, 12, tzinfo=UTC)
needs_world_cup = pytest.mark.skipif(
    not ODDS.exists(), reason="needs the recordings in ../shared/data, which may not be copied here"
)


def quiet(_: Alert) -> None:
    """Nobody looks at the alerts as they open."""


def direct(told: replay.Told) -> Tally:
    tally = Tally()
    replay.replay_direct(told, Settings(), tally, tally.raised)
    return tally


def through(kafka: str, told: replay.Told, store: Path | None = None) -> Tally:
    tally = Tally()
    settings = Settings(broker=BrokerSettings(bootstrap=kafka))
    replay.replay_through_kafka(told, settings, tally, tally.raised, store=store)
    return tally


def asked(store: Path, sql: str) -> list[dict[str, Any]]:
    with open_store(StoreSettings(directory=store)) as opened:
        return opened.rows(sql)


def write(path: Path, records: Iterator[Record], *more: bytes) -> Path:
    path.write_bytes(b"\n".join([*map(msgspec.json.encode, records), *more]))
    return path


def source(*texts: str) -> replay.Told:
    return recorded.read([recorded.Source.parse(text) for text in texts])


def test_a_match_day_gives_the_same_alerts_through_a_broker(kafka: str, tmp_path: Path) -> None:
    day = match_day(7, matches=4, start=START)
    feed = write(tmp_path / "day.jsonl", day.records, b'{"kind":"price","price":0}', b"nonsense")
    without = direct(source(str(feed)))
    with_broker = through(kafka, source(str(feed)), tmp_path / "store")
    assert without.alert_lines()
    assert with_broker.alert_lines() == without.alert_lines()
    assert with_broker.records == without.records
    assert {alert.match for alert in without.alerts.values() if alert.level != "green"} >= {
        label.match for label in day.truth
    }

    counts = (
        "SELECT (SELECT count() FROM prices) AS price, (SELECT count() FROM matched) AS matched,"
        " (SELECT count() FROM events) AS event, (SELECT count() FROM fixtures) AS fixture"
    )
    (stored,) = asked(tmp_path / "store", counts)
    assert stored == {kind: with_broker.records[kind] for kind in stored}
    bodies = asked(tmp_path / "store", "SELECT body FROM alerts ORDER BY opened_at, alert_id")
    assert [row["body"].encode() + b"\n" for row in bodies] == without.alert_lines()
    letters = asked(tmp_path / "store", "SELECT place, reason FROM dead_letters ORDER BY offset")
    line = sum(with_broker.records.values()) + 1
    assert [letter["place"] for letter in letters] == [f"day.jsonl:{line}", f"day.jsonl:{line + 1}"]


def test_a_watch_killed_in_the_middle_raises_the_same_alerts(
    kafka: str, prefix: str, *, embedded: bool
) -> None:
    """The next worker re-reads its partitions up to what was committed, then goes on."""
    records = list(match_day(7, matches=4, start=START).records)
    without, tally, settings = direct(records), Tally(), BrokerSettings(bootstrap=kafka)
    create_topics(settings, prefix)
    command = {"watch": ["watch", "--prefix", prefix, *(["--embedded"] if embedded else [])]}
    environment = {"SOGAWATCH_BROKER__BOOTSTRAP": kafka}
    with publisher(settings, prefix) as sending:
        for record in tallied(records, Tally(), sending.refuse):
            sending.add(record)
    with GroupProgress(settings, prefix) as progress, AlertTail(settings, prefix) as tail:
        published = progress.lag("watch", [MATCH_FEED])
        with workers.running(command, environment) as (first,):
            while progress.lag("watch", [MATCH_FEED]) in (0, published):
                first.check()
            first.process.send_signal(signal.SIGKILL)
            first.process.wait()
        assert 0 < progress.lag("watch", [MATCH_FEED]) < published
        with workers.running(command, environment) as (second,):
            while progress.lag("watch", [MATCH_FEED]):
                second.check()
        tail.pass_on(tally.raised, until=progress.ends([ALERTS]))
    assert tally.alert_lines() == without.alert_lines()


@needs_world_cup
def test_the_world_cup_through_a_broker(kafka: str, tmp_path: Path) -> None:
    sources = (f"odds-api:{ODDS}", f"openfootball:{RESULTS}")
    without = direct(source(*sources))
    with_broker = through(kafka, source(*sources), tmp_path / "store")
    assert with_broker.alert_lines() == without.alert_lines()
    assert (with_broker.refused, len(with_broker.matches)) == (0, 72)

    quotes, moves = count_price_changes()
    assert with_broker.price_changes == quotes + moves
    stored = asked(
        tmp_path / "store",
        "SELECT (SELECT count() FROM price_changes) AS moves,"
        " (SELECT count() FROM last_prices) AS quotes,"
        " (SELECT count() FROM prices) AS prices,"
        " (SELECT count() FROM dead_letters) AS dead_letters",
    )
    assert stored == [
        {
            "moves": moves,
            "quotes": quotes,
            "prices": with_broker.records["price"],
            "dead_letters": 0,
        }
    ]


@needs_world_cup
def test_the_clean_world_cup_stays_within_the_budget_and_a_fix_stands_out(tmp_path: Path) -> None:
    clean = direct(source(f"odds-api:{ODDS}", f"openfootball:{RESULTS}"))
    levels = [alert.level for alert in clean.alerts.values() if alert.status == "open"]
    assert levels.count("red") <= 1
    assert levels.count("amber") <= 4

    fixed_file = tmp_path / "fixed.jsonl"
    with fixed_file.open("w") as out:
        for document in shortened(read(ODDS), home="Croatia", selection="Croatia", factor=0.8):
            print(json.dumps(document), file=out)
    fixed = direct(source(f"odds-api:{fixed_file}", f"openfootball:{RESULTS}"))
    match = "croatia-v-ghana-2026-06-27"
    before = [
        alert
        for alert in fixed.alerts.values()
        if alert.match == match and alert.level != "green" and alert.status == "open"
    ]
    assert before
    assert before[0].fixture.start is not None
    assert fixed.flagged_at[before[0].alert_id] < before[0].fixture.start
    assert by_match(fixed, but=match) == by_match(clean, but=match)


def by_match(tally: Tally, *, but: str) -> dict[str, set[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = {}
    for alert in tally.alerts.values():
        if alert.match != but:
            found.setdefault(alert.match, set()).add((alert.alert_id, alert.level))
    return found


def count_price_changes() -> tuple[int, int]:
    """Count first prices and moves in the raw file, without any of our code."""
    last: dict[tuple[object, ...], int] = {}
    moves = 0
    for document in read(ODDS):
        for event in document["data"]:
            for book in event["bookmakers"]:
                for market in book["markets"]:
                    for outcome in market["outcomes"]:
                        key = (
                            event["id"],
                            book["key"],
                            market["key"],
                            outcome["name"],
                            outcome.get("point"),
                        )
                        moves += last.get(key, outcome["price"]) != outcome["price"]
                        last[key] = outcome["price"]
    return len(last), moves


def test_two_runs_of_the_command_write_the_same_bytes(tmp_path: Path) -> None:
    feed = write(tmp_path / "day.jsonl", match_day(3, matches=2, start=START).records)
    written = []
    for way in ([], ["--direct"], []):
        alerts = tmp_path / f"alerts{len(written)}.jsonl"
        command = [sys.executable, "-P", "-m", "streams.cli", "replay", str(feed)]
        command += ["--alerts", str(alerts), *way]
        subprocess.run(command, check=True, capture_output=True, timeout=120, cwd=tmp_path)
        written.append(alerts.read_bytes())
    assert written[0]
    assert written[0] == written[1] == written[2]


def test_a_paced_replay_takes_its_time(tmp_path: Path) -> None:
    line = (
        '{{"kind":"price","at":"2026-06-11T10:00:{:02}Z","match":"m","market":"1x2",'
        '"selection":"home","book":"b","price":{}}}'
    )
    feed = tmp_path / "feed.jsonl"
    feed.write_text("\n".join(line.format(second, 2 + second / 100) for second in range(30)))
    begun, tally = time.monotonic(), Tally()
    replay.replay_through_kafka(source(str(feed)), Settings(), tally, quiet, speed=10.0)
    assert time.monotonic() - begun >= 2.9
    assert tally.records["price"] == 30


def test_frames_are_cut_alike_whatever_the_partitions_hold() -> None:
    records = list(match_day(5, matches=3, start=START).records)
    first, second = (list(framed(iter(records), MATCH_FEED.count(BrokerSettings()))) for _ in "ab")
    assert first == second
    assert {offset for _, offset, _ in first} == set(range(max(o for _, o, _ in first) + 1))


def test_a_replay_that_is_told_to_end_takes_its_workers_along(tmp_path: Path) -> None:
    feed = write(tmp_path / "day.jsonl", match_day(3, matches=2, start=START).records)
    command = [sys.executable, "-P", "-m", "streams.cli", "replay", str(feed), "--speed", "60"]
    command += ["--store", str(tmp_path / "store")]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as replaying:
        deadline = time.monotonic() + 30
        while not (tmp_path / "store" / "status").exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        replaying.terminate()
        _, told = replaying.communicate(timeout=60)
    assert replaying.returncode == 1
    assert "sogawatch: stopped" in told
    with open_store(StoreSettings(directory=tmp_path / "store")):
        """Nobody holds it any more."""
