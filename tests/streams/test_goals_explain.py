"""Goals explain jumps: on a real tournament, a jump that follows a goal raises no officer."""

import json
import lzma
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

import pytest

from markets.records import Event, Record
from streams.evaluate import alerts_of
from streams.partition_watch import WatchSettings
from streams.recorded import Source, read

DATA = Path(__file__).parents[3] / "shared" / "data" / "worldcup-2026"
SNAPSHOTS, RESULTS = DATA / "odds-api-snapshots.jsonl.xz", DATA / "results.json"
APART, JUMP = timedelta(minutes=20), 0.10


def probabilities(event) -> dict[str, float]:
    """Median over the books of the de-vigged probability of each outcome, counted by hand."""
    found = defaultdict(list)
    for book in event["bookmakers"]:
        for market in book["markets"]:
            if market["key"] == "h2h":
                odds = {o["name"]: o["price"] for o in market["outcomes"]}
                raw = {n: 100 / (a + 100) if a > 0 else -a / (100 - a) for n, a in odds.items()}
                for name, p in raw.items():
                    found[name].append(p / sum(raw.values()))
    return {name: median(values) for name, values in found.items()}


def jumps() -> list[tuple[str, datetime, datetime]]:
    """Home team, poll before and poll after of every move of more than ten points in play."""
    before: dict[str, tuple[datetime, dict[str, float]]] = {}
    found = []
    with lzma.open(SNAPSHOTS, "rt") as lines:
        for document in map(json.loads, lines):
            at = datetime.fromisoformat(document["timestamp"])
            for event in document["data"]:
                now, home = probabilities(event), event["home_team"]
                then, known = before.get(event["id"], (at, {}))
                before[event["id"]] = at, now
                started = datetime.fromisoformat(event["commence_time"]) < then
                if started and at - then <= APART and known.keys() == now.keys() and any(
                    abs(now[name] - known[name]) > JUMP for name in now
                ):  # fmt: skip
                    found.append((home, then, at))
    return found


@pytest.mark.skipif(not SNAPSHOTS.exists(), reason="the World Cup recording is not here")
def test_a_jump_that_follows_a_goal_raises_no_red_and_no_amber():
    told = read([Source.parse(f"odds-api:{SNAPSHOTS}"), Source.parse(f"openfootball:{RESULTS}")])
    records = [each for each in told if isinstance(each, Record)]
    homes = {r.match: r.home for r in records if hasattr(r, "home")}
    goals = [r for r in records if isinstance(r, Event) and r.event == "goal"]
    raised = [a for a in alerts_of(records, WatchSettings()) if a.level != "green"]
    explained = [
        (home, then, at)
        for home, then, at in jumps()
        if any(homes[g.match] == home and then - APART / 4 < g.at <= at for g in goals)
    ]
    assert len(explained) > 40
    blamed = [
        (home, at, alert.headline)
        for home, then, at in explained
        for alert in raised
        if homes[alert.match] == home and then < alert.last_at <= at + timedelta(minutes=12)
    ]
    assert blamed == []
