"""How far prices usually move: counted again by other means, and on files made up to be awkward."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from markets.implied import Method
from streams.base_rates import LeftOut, NothingCounted, base_rates, largest_move
from streams.feeds.football_data import Season, read_seasons

SEASON = Path(__file__).parents[2].parent / "shared/data/football-data/2019-20"
real = pytest.mark.skipif(
    not SEASON.is_dir(), reason="shared data absent: football-data/2019-20 beside the checkout"
)
HEADER = "Div,Date,HomeTeam,AwayTeam,PSH,PSD,PSA,PSCH,PSCD,PSCA"
# A fair book of 50, 25 and 25 % in which the home side gains so many points.
STILL = "2,4,4,2,4,4"
UP_10 = "2,4,4,1.666667,5,5"
UP_12_5 = "2,4,4,1.6,5.333333,5.333333"
UP_30 = "2,4,4,1.25,10,10"


def moves(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-P", "-m", "streams.cli", "moves", *map(str, arguments)]
    wide = os.environ | {"COLUMNS": "200"}  # no cell of the table is folded
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=wide)


def write(path: Path, *prices: str, header: str = HEADER) -> Path:
    rows = [f"T1,0{n % 9 + 1}/09/2019,Home {n},Away {n},{six}" for n, six in enumerate(prices)]
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def season(path: Path, *prices: str, header: str = HEADER) -> Season:
    (found,) = read_seasons(write(path, *prices, header=header))
    return found


# Counted again, by none of our code


def counted_apart(path: Path, book: str) -> tuple[list[float], int]:
    """Largest moves in percentage points, and how many matches lack a price."""
    found, missing = [], 0
    with path.open(encoding="latin-1", newline="") as file:
        for row in csv.DictReader(file):
            earlier = [row[book + s] for s in "HDA"]
            closing = [row[book + "C" + s] for s in "HDA"]
            if "" in earlier + closing:
                missing += 1
                continue
            before = [100 / float(price) for price in earlier]
            after = [100 / float(price) for price in closing]
            found.append(
                max(
                    abs(100 * b / sum(before) - 100 * a / sum(after))
                    for b, a in zip(before, after, strict=True)
                )
            )
    return found, missing


def middle(values: list[float]) -> float:
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def agrees(told: dict[str, object], found: list[float], missing: int) -> None:
    assert told["counted"] == len(found)
    assert told["left_out"] == ({"price missing": missing} if missing else {})
    assert told["median_pp"] == pytest.approx(middle(found), abs=1e-9)
    shares = {str(pp): len([m for m in found if m > pp]) / len(found) for pp in (5, 10, 15)}
    assert told["share_over_pp"] == pytest.approx(shares, abs=1e-12)


@real
@pytest.mark.parametrize("book", ["PS", "Avg"])
def test_real_seasons_agree_with_an_independent_count(book: str) -> None:
    ran = moves(SEASON, "--book", book, "--format", "json")
    assert (ran.returncode, ran.stderr) == (0, "")
    told = json.loads(ran.stdout)
    every: list[float] = []
    all_missing = 0
    assert [Path(one["name"]).name for one in told["files"]] == [
        "E0.csv", "G1.csv", "I2.csv", "T1.csv",
    ]  # fmt: skip
    for one in told["files"]:
        found, missing = counted_apart(Path(one["name"]), book)
        agrees(one, found, missing)
        assert one["divisions"] == [Path(one["name"]).stem]
        every += found
        all_missing += missing
    agrees(told["together"], every, all_missing)
    assert told["together"]["counted"] + all_missing == 983


@real
def test_the_table_shows_the_figures_that_are_documented() -> None:
    page = (Path(__file__).parents[2] / "docs/detectors.md").read_text(encoding="utf-8")
    ran = moves(SEASON)
    for name in ("E0", "G1", "I2", "T1", "all"):
        (line,) = [
            at for at in ran.stdout.splitlines() if at.split()[:1] in ([name + ".csv"], [name])
        ]
        (row,) = [at for at in page.splitlines() if at.startswith(f"| {name}") and "pp" in at]
        _, matches, over_5, over_10, over_15, median = row.strip("| ").split(" | ")
        told = line.replace("files", "").split()[1:6]
        shares = [f"{float(share.strip(' %')):.2f}%" for share in (over_5, over_10, over_15)]
        assert told == [matches, *shares, median.split()[0]]


# Arithmetic


@pytest.mark.parametrize("method", ["multiplicative", "power", "shin"])
def test_a_fair_book_moves_alike_by_every_method(method: Method) -> None:
    assert largest_move([2, 4, 4], [1.6, 16 / 3, 16 / 3], method) == pytest.approx(12.5)


def test_margin_alone_is_no_move() -> None:
    assert largest_move([2.0, 4.0, 4.0], [1.9, 3.8, 3.8]) == pytest.approx(0.0, abs=1e-9)


def test_methods_differ_where_there_is_a_margin() -> None:
    before, after = [1.2, 6.5, 13.0], [1.35, 5.0, 8.5]
    told = {round(largest_move(before, after, m), 3) for m in ("multiplicative", "power", "shin")}
    assert len(told) == 3


def test_shares_and_median(tmp_path: Path) -> None:
    found, refused = base_rates([season(tmp_path / "T1.csv", STILL, UP_12_5, UP_30, STILL)], "PS")
    assert found.together.share_over_pp == {5: 0.5, 10: 0.5, 15: 0.25}
    assert found.together.median_pp == pytest.approx(6.25, abs=1e-4)
    assert refused == []


def test_over_means_over(tmp_path: Path) -> None:
    """A price of 5/3 cut to six digits is a hair short of 10 points."""
    found, _ = base_rates([season(tmp_path / "T1.csv", UP_10)], "PS")
    assert found.together.share_over_pp == {5: 1.0, 10: 0.0, 15: 0.0}


def test_files_are_weighed_by_their_matches(tmp_path: Path) -> None:
    one = season(tmp_path / "a.csv", UP_30)
    three = season(tmp_path / "b.csv", STILL, STILL, STILL)
    found, _ = base_rates([one, three], "PS")
    assert [moved.share_over_pp[15] for moved in found.files] == [1.0, 0.0]
    assert (found.together.counted, found.together.share_over_pp[15]) == (4, 0.25)


# What is left out


def test_every_match_is_counted_or_left_out_with_a_reason(tmp_path: Path) -> None:
    prices = (STILL, "2,4,4,,,", "2,,4,2,4,4", "2,4,4,0,4,4", "2,4,x,2,4,4", STILL + ",9")
    found, refused = base_rates([season(tmp_path / "T1.csv", *prices)], "PS")
    assert found.together.counted == 1
    assert found.together.left_out == {
        LeftOut.UNREADABLE: 1, LeftOut.MISSING: 2, LeftOut.WRONG: 2,
    }  # fmt: skip
    assert sorted(refusal.place.rpartition(":")[2] for refusal in refused) == ["5", "6", "7"]
    assert {r.reason for r in refused} >= {"PSCH: '0' is no decimal price above 1"}


def test_a_file_without_the_book_leaves_its_matches_out(tmp_path: Path) -> None:
    with_it = season(tmp_path / "a.csv", STILL)
    without = season(tmp_path / "b.csv", STILL, STILL, header=HEADER.replace("PS", "WH"))
    found, _ = base_rates([with_it, without], "PS")
    assert found.files[1].median_pp is None
    assert found.files[1].share_over_pp == {5: None, 10: None, 15: None}
    assert found.together.left_out == {LeftOut.NO_COLUMNS: 2}


def test_an_unknown_book_is_told_those_there_are(tmp_path: Path) -> None:
    files = [
        season(tmp_path / "a.csv", STILL),
        season(tmp_path / "b.csv", STILL, header=HEADER.replace("PS", "WH")),
    ]
    with pytest.raises(NothingCounted, match=r"prices of 'XX'; they have PS, WH$"):
        base_rates(files, "XX")


def test_a_file_without_closing_prices_is_told(tmp_path: Path) -> None:
    old = season(tmp_path / "a.csv", "2,4,4", header=HEADER.removesuffix(",PSCH,PSCD,PSCA"))
    with pytest.raises(NothingCounted, match=r"of 'PS', or of any book$"):
        base_rates([old], "PS")


@pytest.mark.parametrize(
    ("prices", "why"), [((), "there are none"), (("2,4,4,,,",), "1 price missing")]
)
def test_nothing_to_count_is_told(tmp_path: Path, prices: tuple[str, ...], why: str) -> None:
    with pytest.raises(NothingCounted, match=f"no match has all prices of PS: {why}"):
        base_rates([season(tmp_path / "T1.csv", *prices)], "PS")


# The command


def test_the_command_counts_each_file_once_and_names_what_it_left_out(tmp_path: Path) -> None:
    inner = tmp_path / "2019-20"
    inner.mkdir()
    first = write(tmp_path / "T1.csv", STILL, "2,4,4,0,4,4")
    write(inner / "[E0].CSV", UP_30)
    (tmp_path / "notes.txt").write_text("not a season")
    ran = moves(first, tmp_path, inner)
    assert ran.returncode == 0
    table = [line.split() for line in ran.stdout.splitlines() if "pp" in line][-3:]
    assert [(row[0], row[-3:]) for row in table] == [
        ("T1.csv", ["1", "wrong", "value"]),
        ("2019-20/[E0].CSV", ["30.00", "pp", "none"]),
        ("all", ["1", "wrong", "value"]),
    ]
    assert ran.stderr == f"left out {first}:3: PSCH: '0' is no decimal price above 1\n"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.csv", None, "none.csv: no such file"),
        ("n" * 300, None, "cannot be opened"),
        ("empty.csv", "", "empty.csv: is empty"),
        ("text.csv", "Dear all,\nhere is the file", "text.csv: is no season file"),
        ("old.csv", "Div,Date,HomeTeam,AwayTeam,PSH,PSD,PSA\n", "no file has earlier and closing"),
        (".", None, "has no *.csv in it"),
    ],
)
def test_bad_input_is_one_line_and_status_1(
    tmp_path: Path, name: str, content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    ran = moves(tmp_path / name)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("sogawatch: ")
    assert said in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_wrong_usage_is_status_2() -> None:
    ran = moves("a.csv", "--devig", "additive")
    assert ran.returncode == 2
    assert "'multiplicative', 'power', 'shin'" in ran.stderr
