"""Bad input against the command line: a clear message, and the rest of the file is read."""

import gzip
import json
import lzma
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

FIXTURE = {
    "kind": "fixture", "at": "2026-06-10T09:00:00Z", "match": "a-v-b", "source": "test",
    "sport": "football", "competition": "Cup", "tier": 1, "home": "A", "away": "B",
    "start": "2026-06-11T19:00:00Z",
}  # fmt: skip
GOOD = 40


def price(minute: int, **wrong: object) -> dict[str, object]:
    return {
        "kind": "price", "at": f"2026-06-11T1{minute // 60}:{minute % 60:02}:00Z",
        "match": "a-v-b", "market": "1x2", "line": None, "selection": "home", "book": "x",
        "price": 2.0 + minute / 1000, "size": None, "status": "open", "in_play": False,
    } | wrong  # fmt: skip


def lines(bad: bytes | None = None, good: int = GOOD) -> bytes:
    """A fixture, prices a minute apart, and one bad line as line 11."""
    told = [json.dumps(one).encode() for one in [FIXTURE, *map(price, range(good))]]
    if bad is not None:
        told.insert(10, bad)
    return b"\n".join(told) + b"\n"


def replay(*arguments: object, cwd: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-P", "-m", "streams.cli", "replay", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120)


@dataclass(frozen=True)
class Bad:
    """A wrong record on line 11 of a good file, and what is said of it."""

    line: bytes
    reason: str


def bad(reason: str, **wrong: object) -> Bad:
    return Bad(json.dumps(price(10, **wrong)).encode(), reason)


WRONG_RECORDS = {
    "price-0": bad("price: Input should be greater than 1, got 0", price=0),
    "price-1": bad("price: Input should be greater than 1, got 1", price=1),
    "price-minus-1": bad("price: Input should be greater than 1, got -1", price=-1),
    "price-nan": Bad(
        json.dumps(price(10, price=float("nan"))).encode(), "not JSON: JSON is malformed"
    ),
    "price-nan-text": bad("price: Input should be a finite number, got 'NaN'", price="NaN"),
    "price-1e9": bad("price: Input should be less than or equal to 100000", price=1e9),
    "naive-time": bad("at: Input should have timezone info", at="2026-06-11T10:10:00"),
    "no-time": bad("at: Input should be a valid datetime", at="yesterday"),
    "time-backwards": bad("at: time ran backwards by 5 days", at="2026-06-06T10:08:00Z"),
    "time-far-ahead": bad("is far ahead, and the next record is back", at="2030-01-01T00:00:00Z"),
    "unknown-kind": bad("kind: 'prize' is not one of", kind="prize"),
    "unknown-field": bad("odds: Extra inputs are not permitted", odds=2),
    "missing-field": Bad(
        json.dumps({k: v for k, v in price(10).items() if k != "book"}).encode(), "book: missing"
    ),
    "wrong-type": bad("price: Input should be a valid number", price={"eu": 2}),
    "status": bad("status: Input should be 'open'", status="maybe"),
    "empty-match": bad("match: String should have at least 1 character", match=""),
    "long-match": bad("match: String should have at most 200 characters", match="m" * 10_000),
    "truncated-line": Bad(b'{"kind":"price","at":"2026-06', "not JSON: Input data was truncated"),
    "not-json": Bad(b"<html>busy</html>", "not JSON"),
    "not-an-object": Bad(b"[1,2]", "not a JSON object but list"),
    "not-text": Bad(b"\xff\xfe\x00\x01", "not JSON"),
    "deep": Bad(b"[" * 100_000, "not JSON"),
}


@pytest.mark.parametrize("case", WRONG_RECORDS.values(), ids=WRONG_RECORDS)
def test_a_wrong_record_is_refused_and_the_rest_is_read(case: Bad, tmp_path: Path) -> None:
    (tmp_path / "feed.jsonl").write_bytes(lines(case.line))
    ran = replay("records:feed.jsonl", "--direct", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    assert case.reason in ran.stderr
    assert "feed.jsonl" in ran.stderr
    assert f"read {GOOD + 1} records of 1 match in" in ran.stdout
    assert "1 refused" in ran.stdout
    if "time" not in case.reason and "ahead" not in case.reason:
        assert "refused feed.jsonl:11: " in ran.stderr


HARMLESS = {
    "unknown-market": (json.dumps(price(10, market="first_throw_in")).encode(), 1),
    "late-selection": (json.dumps(price(10, selection="draw")).encode(), 1),
    "duplicate": (json.dumps(price(8)).encode(), 0),
    "reordered": (json.dumps(price(2, price=2.5)).encode(), 1),
    "blank": (b"   ", 0),
    "other-zone": (json.dumps(price(10, at="2026-06-11T12:10:30+02:00")).encode(), 1),
}


@pytest.mark.parametrize(("line", "more"), HARMLESS.values(), ids=HARMLESS)
def test_what_is_odd_but_right_is_read(line: bytes, more: int, tmp_path: Path) -> None:
    (tmp_path / "feed.jsonl").write_bytes(lines(line))
    ran = replay("feed.jsonl", "--direct", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "refused" not in ran.stderr
    assert f"read {GOOD + 1 + more} records" in ran.stdout


def write_files(folder: Path) -> None:
    whole = lines(good=400)
    (folder / "empty.jsonl").write_bytes(b"")
    (folder / "blank.jsonl").write_bytes(b"\n\n")
    (folder / "folder").mkdir()
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10)
    (folder / "all-bad.jsonl").write_bytes(b"nonsense\n" * 5)
    (folder / "cut.jsonl.gz").write_bytes(gzip.compress(whole)[:-300])
    (folder / "cut.jsonl.xz").write_bytes(lzma.compress(whole)[:-300])
    damaged = bytearray(gzip.compress(whole))
    damaged[len(damaged) // 2] ^= 0xFF
    (folder / "damaged.jsonl.gz").write_bytes(damaged)
    with zipfile.ZipFile(folder / "cut.zip", "w") as archive:
        archive.writestr("day.jsonl", whole)
    (folder / "cut.zip").write_bytes((folder / "cut.zip").read_bytes()[:-200])
    (folder / "good.jsonl").write_bytes(lines())


FILES = {
    "missing": ("none.jsonl", 2, "no such file"),
    "directory": ("folder", 2, "is a directory"),
    "empty": ("empty.jsonl", 2, "empty"),
    "blank": ("blank.jsonl", 2, "nothing in it"),
    "wrong-format": ("picture.png", 2, "not recognised"),
    "unknown-format": ("oddsapi:good.jsonl", 2, "did you mean odds-api?"),
    "no-path": ("records:", 2, "a path is missing"),
    "all-bad": ("records:all-bad.jsonl", 1, "refused all-bad.jsonl:5: not JSON"),
    "cut-gz": ("cut.jsonl.gz", 1, "cut.jsonl.gz"),
    "cut-xz": ("cut.jsonl.xz", 1, "cut.jsonl.xz"),
    "damaged-gz": ("damaged.jsonl.gz", 1, "damaged.jsonl.gz"),
    "cut-zip": ("cut.zip", 2, "cut.zip"),
    "declared-wrong": ("betfair:good.jsonl", 1, "refused good.jsonl:1: "),
}


@pytest.mark.parametrize(("source", "status", "message"), FILES.values(), ids=FILES)
def test_a_wrong_file_is_told(source: str, status: int, message: str, tmp_path: Path) -> None:
    write_files(tmp_path)
    ran = replay(source, "--direct", cwd=tmp_path)
    assert ran.returncode == status, ran.stderr
    assert "Traceback" not in ran.stderr
    assert message in ran.stderr
    if source.startswith(("cut.jsonl", "damaged")):
        read = int(ran.stdout.split("read ")[1].split(" records")[0].replace(",", ""))
        assert read > 50, "what came before the damage is read"


def test_a_good_file_beside_a_wrong_one_is_not_read_half(tmp_path: Path) -> None:
    write_files(tmp_path)
    ran = replay("good.jsonl", "none.jsonl", "--direct", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, ""), "found out before anything is begun"


WRONG_USE = {
    "no-sources": ([], "Missing argument"),
    "speed-0": (["good.jsonl", "--speed", "0"], "0.001"),
    "speed-direct": (["good.jsonl", "--speed", "9", "--direct"], "--speed needs a broker"),
    "no-folder": (["good.jsonl", "--alerts", "nowhere/a.jsonl"], "there is no folder"),
    "bootstrap": (["good.jsonl", "--bootstrap", "x"], "HOST:PORT is wanted"),
    "config": (["good.jsonl", "--config", "none.toml"], "none.toml: no such file"),
    "option": (["good.jsonl", "--fast"], "No such option"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG_USE.values(), ids=WRONG_USE)
def test_wrong_use_is_told(arguments: list[str], message: str, tmp_path: Path) -> None:
    write_files(tmp_path)
    ran = replay(*arguments, cwd=tmp_path)
    assert ran.returncode == 2, ran.stderr
    assert message in " ".join(ran.stderr.split())
    assert "Traceback" not in ran.stderr


def test_a_file_that_says_gzip_and_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "day.gz").write_bytes(b"\x1f\x8b" + lines())
    done = replay("day.gz", cwd=tmp_path)
    assert done.returncode == 2
    assert "day.gz: cannot be read beyond byte 0" in done.stderr
    assert "Traceback" not in done.stderr
