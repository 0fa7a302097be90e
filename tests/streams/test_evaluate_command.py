import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from detectors.catalogue import catalogue
from markets.records import Fixture, Heartbeat
from streams.beside import PEERS
from streams.cli import app
from streams.comparison import Highest
from streams.cost import Cost
from streams.evaluate import Evaluation, Watched, assembled
from streams.evaluation_tables import against, show
from streams.figures import share
from streams.partition_watch import WatchSettings
from streams.quality import Judged
from streams.screen import Screen
from streams.simulator.typologies import TYPOLOGIES
from tests.streams.made_up_feed import polled

LONGEST_NAME = "stake-out-of-character"


def run(*arguments: str):
    return CliRunner().invoke(app, ["evaluate", *arguments])


@pytest.mark.parametrize(
    ("hits", "of", "said"),
    [
        (0, 100, "kept in this sample"),
        (0, 1000, "kept"),
        (1, 100, "kept in this sample"),
        (3, 100, "above, but within chance"),
        (9, 100, "EXCEEDED beyond chance"),
        (0, 0, "not measured"),
    ],
)
def test_the_budget_is_held_against_the_interval(hits, of, said):
    assert against(share([True] * hits + [False] * (of - hits)), 1.0) == said


def made_up(clean: int, fixed: int) -> Evaluation:
    """Figures of matches that all went as wide as a table can get."""
    peers = {kind.name: Highest(1.0, 1.0) for kind in PEERS}
    names = sorted({*TYPOLOGIES, LONGEST_NAME})
    judged = [Judged(None, "amber", tuple(names), score=0.97)] * min(clean, 3)
    judged += [Judged(None, "nothing")] * (clean - len(judged))
    for name in names:
        judged += [
            Judged(name, "red", (name,), 0.99, lead_s=1e6, delay_s=1e6, seen_s=1e4, nab=1.0)
        ] * fixed
        judged += [Judged(name, "explained", false=(name,), late=True)] * (fixed // 2)
    cost = [
        Cost(detector=d.name, microseconds_per_update=999.9, looks=9999, bytes_per_match=10**7)
        for d in catalogue()
    ]
    watched = [Watched(one, peers, 10**6, 10.0) for one in judged]
    return assembled(1, WatchSettings(), watched, tuple(cost) if clean else ())


def printed(found: Evaluation, capsys, monkeypatch, columns: int) -> str:
    monkeypatch.setenv("COLUMNS", str(columns))
    show(Screen(), found, 600.0)
    return capsys.readouterr().out


@pytest.mark.parametrize("columns", [80, 120])
def test_everything_fits_into_the_terminal_without_a_cut_word(capsys, monkeypatch, columns):
    shown = printed(made_up(clean=2012, fixed=40), capsys, monkeypatch, columns)

    assert max(map(len, shown.splitlines())) <= 80
    assert "…" not in shown
    assert all(shown.count(typology) >= 5 for typology in TYPOLOGIES)
    assert all(kind.name.split("-")[0] in shown for kind in PEERS)
    assert all(detector.name in shown for detector in catalogue())


def test_a_table_is_not_shown_of_nothing(capsys, monkeypatch):
    no_clean = printed(made_up(clean=0, fixed=2), capsys, monkeypatch, 80)
    no_fixed = printed(made_up(clean=1, fixed=0), capsys, monkeypatch, 80)

    assert "No clean matches: false alerts are not measured." in no_clean
    assert not any(word in no_clean for word in ("Reliability", "Recall", "Cost", "budget"))
    assert no_fixed.startswith("1 clean match, seed 1;")
    assert "budget 1: kept in this sample" in no_fixed
    assert "Fixes found" not in no_fixed
    assert "None" not in no_clean + no_fixed


def test_misses_are_listed_when_there_are_any(capsys, monkeypatch):
    all_found = printed(made_up(clean=2, fixed=1), capsys, monkeypatch, 80)
    some_missed = printed(made_up(clean=2, fixed=2), capsys, monkeypatch, 80)

    assert "All fixes were raised in time" in all_found
    assert "too late" in some_missed


def test_json_on_standard_output_progress_on_standard_error():
    ran = run("--matches", "1", "--fixed", "0", "--format", "json", "--seed", "2")

    assert ran.exit_code == 0, ran.output
    found = Evaluation.model_validate(json.loads(ran.stdout))
    assert (found.clean.red.matches, found.seed, found.fixed) == (1, 2, {})
    assert ran.stderr == "matches: 100%\n"


def test_one_scenario_alone():
    ran = run("--matches", "0", "--fixed", "1", "--scenario", "steam-move")

    assert ran.exit_code == 0, ran.output
    assert "steam-move" in ran.stdout
    assert "late-drift" not in ran.stdout


def test_a_recorded_feed_and_its_fixtures_in_files_of_their_own(tmp_path: Path):
    told = polled()
    odds = [record for record in told if not isinstance(record, Fixture)]
    fixtures = [record for record in told if isinstance(record, Fixture | Heartbeat)]
    for name, records in (("odds.jsonl", odds), ("fixtures.jsonl", fixtures)):
        (tmp_path / name).write_bytes(b"\n".join(map(msgspec.json.encode, records)))

    ran = run(
        "--inject", f"records:{tmp_path / 'odds.jsonl'}", str(tmp_path / "fixtures.jsonl"),
        "--scenario", "steam-move", "--format", "json",
    )  # fmt: skip

    assert ran.exit_code == 0, ran.output
    found = Evaluation.model_validate(json.loads(ran.stdout))
    assert found.clean.red.matches == 1
    assert found.fixed["steam-move"].red.matches == 1
    assert found.peers is not None
    assert "read odds.jsonl: 100%\n" in ran.stderr


def test_a_snapshot_file_of_the_odds_api(tmp_path: Path):
    path = tmp_path / "odds.jsonl"
    path.write_text("\n".join(map(json.dumps, snapshots())))

    ran = run("--inject", str(path), "--scenario", "late-drift", "--format", "json")

    assert ran.exit_code == 0, ran.output
    found = Evaluation.model_validate(json.loads(ran.stdout))
    assert (found.clean.red.matches, found.fixed["late-drift"].red.matches) == (1, 1)


def snapshots():
    """A day of polls of one match, at the same prices throughout."""
    prices = {"Mexico": -110, "Draw": 240, "South Africa": 310}
    outcomes = [{"name": name, "price": asked} for name, asked in prices.items()]
    for number in range(60):
        hour, quarter = divmod(number, 4)
        books = [
            {"key": key, "markets": [{"key": "h2h", "outcomes": outcomes}]}
            for key in ("betmgm", "bovada", "draftkings", "fanduel", "betus")
        ]
        event = {
            "id": "e1", "sport_key": "soccer_fifa_world_cup", "sport_title": "FIFA World Cup",
            "commence_time": "2026-06-11T19:00:00Z", "home_team": "Mexico",
            "away_team": "South Africa", "bookmakers": books,
        }  # fmt: skip
        yield {"timestamp": f"2026-06-11T{6 + hour:02}:{15 * quarter:02}:00Z", "data": [event]}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--matches", "0", "--fixed", "0"], "nothing to evaluate"),
        (["--matches", "-1"], "--matches"),
        (["--format", "xml"], "xml"),
        (["--config", "no-such.toml"], "no-such.toml: no such file"),
        (["--scenario", "weather"], "--scenario weather: is none of "),
        (["day.jsonl"], "day.jsonl: a feed to overlay is given with --inject"),
        (["--inject", "no-such.jsonl"], "no-such.jsonl"),
    ],
)
def test_wrong_usage_is_told(tmp_path: Path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)

    ran = run(*arguments)

    assert ran.exit_code == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.output


def test_a_feed_that_holds_nothing_to_inject_is_told(tmp_path: Path):
    path = tmp_path / "beats.jsonl"
    path.write_bytes(msgspec.json.encode(polled()[-1]) + b"\n")

    ran = run("--inject", str(path))

    assert ran.exit_code == 1
    assert ran.stderr.endswith(
        "sogawatch: --inject: no match with prices and a known kick-off; add a file of fixtures\n"
    )


def test_help_teaches():
    ran = run("--help")

    assert ran.exit_code == 0
    assert "sogawatch evaluate --inject odds.jsonl.xz results.json" in ran.stdout
    assert "sogawatch evaluate --matches 60 --fixed 2" in ran.stdout
