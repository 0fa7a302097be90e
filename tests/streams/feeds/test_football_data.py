"""The reader of season files: what it reads, what it refuses, and how it says so."""

import gzip
import zipfile
from datetime import date
from pathlib import Path

import pytest

from streams.feeds.football_data import BadSeasonFile, Season, WrongPrice, read_seasons

HEADER = "Div,Date,HomeTeam,AwayTeam,PSH,PSD,PSA,PSCH,PSCD,PSCA"
ROW = "E0,17/08/2019,Aldmar,Brinsk,2.0,3.5,4.0,1.9,3.6,4.2"


def read(folder: Path, content: bytes | str, name: str = "E0.csv") -> Season:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (season,) = read_seasons(path)
    return season


def test_a_row_has_its_line_day_teams_and_prices(tmp_path: Path) -> None:
    season = read(tmp_path, f"{HEADER}\n{ROW}\n")
    (row,) = season.rows
    assert (row.line, row.division, row.day) == (2, "E0", date(2019, 8, 17))
    assert (row.home, row.away, row.price("PSH"), row.price("PSCA")) == ("Aldmar", "Brinsk", 2, 4.2)
    assert row.price("B365H") is None
    assert season.refused == []


@pytest.mark.parametrize(
    "content",
    [
        HEADER.encode() + b"\n" + ROW.replace("Brinsk", "Cádiz").encode("latin-1"),
        b"\xef\xbb\xbf" + f"{HEADER}\r\n{ROW}\r\n".replace("Brinsk", "Cádiz").encode(),
    ],
    ids=["latin-1", "utf-8 with mark"],
)
def test_encodings(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, content).rows[0].away == "Cádiz"


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ("17/08/2019", date(2019, 8, 17)),
        ("17/08/19", date(2019, 8, 17)),
        ("7/8/05", date(2005, 8, 7)),
        ("14/08/93", date(1993, 8, 14)),
    ],
)
def test_years_of_two_and_four_digits(tmp_path: Path, told: str, day: date) -> None:
    season = read(tmp_path, f"{HEADER}\n{ROW.replace('17/08/2019', told)}")
    assert [row.day for row in season.rows] == [day]


def test_blank_rows_and_trailing_columns_are_passed_over(tmp_path: Path) -> None:
    blank = "," * 12
    season = read(tmp_path, f"{HEADER},,\n{blank}\n\n{ROW},,,\n{blank}\n")
    assert [row.line for row in season.rows] == [4]
    assert season.refused == []
    assert list(season.columns) == HEADER.split(",")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (ROW.replace("17/08/2019", "2019-08-17"), "Date: '2019-08-17' is not dd/mm/yy"),
        (ROW.replace("17/08", "31/02"), "Date: '31/02/2019': day is out of range"),
        (ROW.replace("Brinsk", " "), "AwayTeam: missing"),
        (ROW + ",7", "has 11 values for 10 columns"),
    ],
)
def test_a_bad_row_is_refused_with_line_and_reason(tmp_path: Path, row: str, reason: str) -> None:
    season = read(tmp_path, f"{HEADER}\n{ROW}\n{row}\n{ROW}\n")
    assert [r.line for r in season.rows] == [2, 4]
    (refusal,) = season.refused
    assert refusal.place == f"{tmp_path / 'E0.csv'}:3"
    assert refusal.reason.startswith(reason)


@pytest.mark.parametrize(
    "cell", ["1", "1.0", "0", "-2", "nan", "inf", "1e3", "x", "1_5", "9" * 400]
)
def test_a_wrong_price_is_no_price(tmp_path: Path, cell: str) -> None:
    row = read(tmp_path, f"{HEADER}\n{ROW.replace('3.5', cell)}").rows[0]
    with pytest.raises(WrongPrice, match=r"PSD: .* is no decimal price above 1"):
        row.price("PSD")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"a,b\n1,2\n", "'a,b', has no Div, Date, HomeTeam, AwayTeam"),
        (HEADER.replace(",", ";").encode(), "has no Div"),
        (b"\n\n", "is no season file"),
        (f"{HEADER}\n{ROW}\n".encode("utf-16"), "zero bytes"),
        (f"{HEADER},PSH\n{ROW},2\n".encode(), "more than one column PSH"),
        (f'{HEADER}\n{ROW}\n"E0,17/08/2019\n'.encode(), "csv:3: is no CSV from here on"),
        (gzip.compress(f"{HEADER}\n{ROW}\n".encode())[:-12], "cannot be read beyond byte"),
    ],
    ids=["empty", "other", "semicolons", "blank", "utf-16", "twice", "quote", "cut"],
)
def test_what_is_no_season_file_is_told(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(BadSeasonFile) as told:
        read(tmp_path, content)
    assert reason in str(told.value)
    assert str(told.value).count("E0.csv") == 1
    assert "\n" not in str(told.value)


def test_only_books_with_both_prices_are_named(tmp_path: Path) -> None:
    more = "B365H,B365D,B365A,AvgH,AvgD,AvgA,AvgCH,AvgCD,AvgCA,AHH,AHA,HC,AC"
    assert read(tmp_path, f"{HEADER},{more}\n").books() == ["PS", "Avg"]


def test_a_zip_holds_many_seasons(tmp_path: Path) -> None:
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("E1.csv", "E0.csv"):
            archive.writestr(name, f"{HEADER}\n{ROW}\n")
    names = [season.name for season in read_seasons(path)]
    assert names == [str(path / "E0.csv"), str(path / "E1.csv")]
