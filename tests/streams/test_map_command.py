"""`sogawatch map`: a proposal that can be used, and nothing personal in it."""

import gzip
import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli import app
from streams.feeds.mapping import load_mapping
from tests.streams.made_up_wagers import MAPPING, NOON, marks, row, rows, write_csv, write_json


def run(*arguments: object, status: int = 0) -> str:
    ran = CliRunner().invoke(app, ["map", *map(str, arguments)])
    assert ran.exit_code == status, ran.output
    assert "Traceback" not in ran.output
    return ran.stdout


def test_a_complete_proposal_is_a_mapping_and_shows_its_records(tmp_path: Path) -> None:
    held = [
        {"timestamp": (NOON + timedelta(seconds=n)).isoformat(), "home_team": "Arnhem",
         "away_team": "Breda", "kick_off": (NOON + timedelta(hours=7)).isoformat(),
         "market": "1x2", "selection": "Arnhem", "odds": 2.0 + n / 10, "bookmaker": "bk"}
        for n in range(20)
    ]  # fmt: skip
    write_json(tmp_path / "odds.jsonl", held)
    told = run(tmp_path / "odds.jsonl")
    (tmp_path / "odds.yml").write_text(told, encoding="utf-8")
    mapping = load_mapping(tmp_path / "odds.yml")
    assert (mapping.kind, mapping.source, mapping.odds) == ("odds", "odds", "decimal")
    records = [json.loads(line[2:]) for line in told.splitlines() if line.startswith("# {")]
    assert [record["kind"] for record in records] == ["fixture", *["price"] * 9]
    assert records[1]["selection"] == "home"


def test_what_cannot_be_known_is_to_be_filled_in(tmp_path: Path) -> None:
    """An operator's export: local times without a zone, words of its own, columns of people."""
    write_csv(tmp_path / "bets.csv", [row(n, NOON + timedelta(seconds=n)) for n in range(50)])
    told = run(tmp_path / "bets.csv")
    assert "kind: wagers" in told
    assert "timezone: FILL-IN" in told
    assert "Match Result: 1x2" in told
    assert "X: draw" in told
    assert "time_format: '%d/%m/%Y %H:%M:%S'" in told
    outside = next(line for line in told.splitlines() if "stays outside" in line)
    assert all(name in outside for name in ("full_name", "email", "street", "phone", "ip"))
    assert [mark for mark in marks() if mark in told] == []


def test_columns_are_known_by_the_words_in_them_and_shown_as_if_in_utc(tmp_path: Path) -> None:
    held = [
        {"ts": f"2026-08-01 14:00:{n:02}", "fixture_home": "Arnhem", "fixtureAway": "Breda",
         "event_start_time": "2026-08-01 19:00:00", "league": "Eerste Divisie",
         "market_name": market, "outcome": pick, "odd": 2.5, "bookie": "bk"}
        for n, (market, pick) in enumerate(
            [("Match Winner", "1"), ("Match Winner", "X"), ("Match Winner", "2"), ("Mystery", "1")]
        )
    ]  # fmt: skip
    write_json(tmp_path / "odds.jsonl", held)
    told = run(tmp_path / "odds.jsonl")
    assert "Match Winner: 1x2" in told
    assert "Mystery: FILL-IN" in told
    assert "by its name personal" not in told
    assert "# So far, were its times UTC:" in told
    shown = [line[2:] for line in told.splitlines() if line.startswith(("# {", "# refused"))]
    assert [json.loads(line)["kind"] for line in shown[:4]] == ["fixture", *["price"] * 3]
    assert "market: is not in the mapping's vocabulary" in shown[4]


def test_a_mapping_is_tried_on_a_file(tmp_path: Path) -> None:
    write_csv(tmp_path / "bets.csv", rows(60))
    (tmp_path / "m.yml").write_text(MAPPING, encoding="utf-8")
    told = run(tmp_path / "bets.csv", "--mapping", tmp_path / "m.yml")
    assert len(told.splitlines()) == 10
    assert "refused bets.csv:3: price: is not a number" in told
    assert [mark for mark in marks() if mark in told] == []


@pytest.mark.parametrize(
    "content",
    [b"a,b\n", b'{"a": \n', b'[{"a": 1}]', b"PAR1xyz", b"c," * 3000, b"a,a\n1,2\n", b'"a\n1'],
    ids=["header", "half", "list", "parquet", "wide", "twice", "quote"],
)
def test_a_file_without_rows_is_told(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    run(tmp_path / "x", status=2)


def test_a_file_that_is_cut_is_proposed_by_what_there_is(tmp_path: Path) -> None:
    write_csv(tmp_path / "bets.csv", rows(900))
    whole = gzip.compress((tmp_path / "bets.csv").read_bytes())
    (tmp_path / "bets.csv.gz").write_bytes(whole[: len(whole) // 2])
    assert "stake: cents" in run(tmp_path / "bets.csv.gz")


@pytest.mark.parametrize(("encoding", "proposed"), [("utf-16", "utf-16"), ("latin-1", "cp1252")])
def test_an_encoding_is_proposed(encoding: str, proposed: str, tmp_path: Path) -> None:
    write_csv(tmp_path / "u.csv", [row(0, NOON) | {"home_team": "C\u00e1diz"}])
    text = (tmp_path / "u.csv").read_text(encoding="utf-8")
    (tmp_path / "x.csv").write_bytes(text.encode(encoding))
    told = run(tmp_path / "x.csv")
    assert f"encoding: {proposed}" in told
    (tmp_path / "m.yml").write_text(f"{MAPPING}encoding: {proposed}\n", encoding="utf-8")
    assert "C\u00e1diz" in run(tmp_path / "x.csv", "--mapping", tmp_path / "m.yml")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_wrong_encoding_ends_a_trial(encoding: str, tmp_path: Path) -> None:
    write_csv(tmp_path / "u.csv", rows(60))
    text = (tmp_path / "u.csv").read_text(encoding="utf-8")
    (tmp_path / "x.csv").write_bytes(text.encode("utf-16" if encoding == "utf-8" else "utf-8"))
    (tmp_path / "m.yml").write_text(f"{MAPPING}encoding: {encoding}\n", encoding="utf-8")
    run(tmp_path / "x.csv", "--mapping", tmp_path / "m.yml", status=1)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    run(tmp_path / "nowhere.csv", status=2)
