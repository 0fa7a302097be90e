"""football-data.co.uk as a replay format: every season's columns, and the recorded seasons."""

import csv
import io
import math
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from markets.records import Event, Fixture, Heartbeat, Price, Record
from streams import recorded
from streams.feeds.feed import Refusal
from streams.feeds.football_data_replay import FORMAT, read

DATA = Path(__file__).parents[4] / "shared" / "data" / "football-data"
_STATS = "Referee HS AS HST AST HF AF HC AC HY AY HR AR"


def columns(books: str, more: str = "", closing: str = "") -> list[str]:
    """The 1X2 columns of some books, early and closing, and what else a season has."""
    early = [f"{book}{side}" for book in books.split() for side in "HDA"]
    late = [f"{book}C{side}" for book in closing.split() for side in "HDA"]
    return [*early, *late, *more.split()]


_BEST = "Bb1X2 BbMxH BbAvH BbMxD BbAvD BbMxA BbAvA BbOU BbMx>2.5 BbAv>2.5 BbMx<2.5 BbAv<2.5"
_BEST_HANDICAP = "BbAH BbAHh BbMxAHH BbAvAHH BbMxAHA BbAvAHA"
_OU = "B365>2.5 B365<2.5 P>2.5 P<2.5 Max>2.5 Max<2.5 Avg>2.5 Avg<2.5"
_AH = "AHh B365AHH B365AHA PAHH PAHA MaxAHH MaxAHA AvgAHH AvgAHA"
_CLOSING = (
    "B365C>2.5 B365C<2.5 PC>2.5 PC<2.5 MaxC>2.5 MaxC<2.5 AvgC>2.5 AvgC<2.5 AHCh"
    " B365CAHH B365CAHA PCAHH PCAHA MaxCAHH MaxCAHA AvgCAHH AvgCAHA"
)
_OF_2019 = "B365 BW IW PS WH VC Max Avg"
_OF_2024 = "B365 BW BF PS WH 1XB Max Avg BFE"
_OF_2025 = "B365 BFD BMGM BV BW CL LB PS Max Avg BFE"
_EXCHANGE = "BFE>2.5 BFE<2.5 BFEAHH BFEAHA BFEC>2.5 BFEC<2.5 BFECAHH BFECAHA"
_WITH_BLUE_SQUARE = columns("B365 BS BW GB IW LB SB WH SJ VC", f"{_BEST} {_BEST_HANDICAP}")
# Columns as the notes list them, by the season in which a book begins or ends, and how many of them
# are prices of books. Whole headers of 2000-01, 2003-04, 2013-14 and 2017 to 2026 were compared.
SEASONS = {
    "2000-01": (columns("GB IW LB SB WH"), 15),
    "2003-04": (
        columns("B365 GB IW LB SB WH SO SY", "GB>2.5 GB<2.5 GBAHH GBAHA GBAH LBAHH LBAHA LBAH"),
        30,
    ),
    "2005-06": (columns("B365 BW GB IW LB SB WH SJ VC", f"{_BEST} {_BEST_HANDICAP}"), 27),
    "2006-07": (columns("B365 BW GB IW LB SB WH SJ VC", f"{_BEST} {_BEST_HANDICAP}"), 27),
    "2007-08": (_WITH_BLUE_SQUARE, 30),
    "2008-09": (_WITH_BLUE_SQUARE, 30),
    "2009-10": (_WITH_BLUE_SQUARE, 30),
    "2010-11": (_WITH_BLUE_SQUARE, 30),
    "2011-12": (_WITH_BLUE_SQUARE, 30),
    "2012-13": (columns("B365 BW IW LB PS WH SJ VC", f"{_BEST} {_BEST_HANDICAP}", "PS"), 27),
    "2004-05": (
        columns(
            "B365 GB IW LB SB WH",
            "GB>2.5 GB<2.5 B365>2.5 B365<2.5 GBAHH GBAHA GBAH LBAHH LBAHA LBAH"
            " B365AHH B365AHA B365AH",
        ),
        28,
    ),
    "2013-14": (columns("B365 BW IW LB PS WH SJ VC", f"{_BEST} {_BEST_HANDICAP}", "PS"), 27),
    "2014-15": (columns("B365 BW IW LB PS WH SJ VC", f"{_BEST} {_BEST_HANDICAP}", "PS"), 27),
    "2015-16": (columns("B365 BW IW LB PS WH VC", f"{_BEST} {_BEST_HANDICAP}", "PS"), 24),
    "2016-17": (columns("B365 BW IW LB PS WH VC", f"{_BEST} {_BEST_HANDICAP}", "PS"), 24),
    "2017-18": (columns("B365 BW IW LB PS WH VC", f"{_BEST} {_BEST_HANDICAP}", "PS"), 24),
    "2018-19": (columns("B365 BW IW PS WH VC", f"{_BEST} {_BEST_HANDICAP}", "PS"), 21),
    "2019-20": (columns(_OF_2019, f"{_OU} {_AH} {_CLOSING}", _OF_2019), 52),
    "2020-21": (columns(_OF_2019, f"{_OU} {_AH} {_CLOSING}", _OF_2019), 52),
    "2021-22": (columns(_OF_2019, f"{_OU} {_AH} {_CLOSING}", _OF_2019), 52),
    "2022-23": (columns(_OF_2019, f"{_OU} {_AH} {_CLOSING}", _OF_2019), 52),
    "2023-24": (columns(_OF_2019, f"{_OU} {_AH} {_CLOSING}", _OF_2019), 52),
    "2024-25": (columns(_OF_2024, f"{_OU} {_AH} {_CLOSING} {_EXCHANGE}", _OF_2024), 66),
    "2025-26": (columns(_OF_2025, f"{_OU} {_AH} {_CLOSING} {_EXCHANGE}", _OF_2025), 78),
}
# How many columns the files of a division without referees have, by the audit of Turkish seasons.
WIDTHS = {"2017-18": 64, "2018-19": 61, "2024-25": 119, "2025-26": 131} | dict.fromkeys(
    ("2019-20", "2020-21", "2021-22", "2022-23", "2023-24"), 105
)
# The books of notes.txt, those that are no longer collected too.
NOTED = "1XB B365 BF BFD BFE BMGM BV BS BW CL GB IW LB PS P SO SB SJ SY VC WH"


def season(names: list[str], *, day: str = "14/08/04", late: bool = False) -> bytes:
    head = ["Div", "Date", *(["Time"] if late else []), "HomeTeam", "AwayTeam"]
    head += ["FTHG", "FTAG", "FTR", "HTHG", "HTAG", "HTR", *_STATS.split(), *names]
    values = dict.fromkeys(names, "1.95") | {n: "-0.5" for n in names if re.search("AHC?h?$", n)}
    told = {"Div": "E0", "Date": day, "Time": "17:30", "HomeTeam": "Arsenal", "AwayTeam": "Chelsea"}
    told |= {"FTHG": "2", "FTAG": "1", "FTR": "H", "HTHG": "1", "HTAG": "0", "HTR": "H"}
    row = [{**dict.fromkeys(_STATS.split(), "3"), **values, **told}[name] for name in head]
    return (",".join(head) + "\n" + ",".join(row) + ",,\n").encode("latin-1")


def told(data: bytes) -> list[Record | Refusal]:
    return list(read(io.BytesIO(data), "E0.csv"))


def prices(records: list[Record | Refusal]) -> list[Price]:
    return [record for record in records if isinstance(record, Price)]


@pytest.mark.parametrize("years", SEASONS)
def test_the_columns_of_every_season(years: str) -> None:
    names, count = SEASONS[years]
    records = told(season(names, late=years >= "2019"))
    assert [one for one in records if isinstance(one, Refusal)] == []
    assert len(prices(records)) == count
    assert FORMAT.recognises(season(names))


@pytest.mark.parametrize("years", WIDTHS)
def test_the_lists_are_as_wide_as_the_files(years: str) -> None:
    """Div, Date, teams, three of full and of half time, 12 statistics; Time since 2019."""
    assert len(SEASONS[years][0]) + 4 + 6 + 12 + (years >= "2019") == WIDTHS[years]


@pytest.mark.parametrize("book", NOTED.split())
def test_every_book_of_the_notes_is_known(book: str) -> None:
    names = columns(book, f"{book}>2.5 {book}<2.5 {book}AHH {book}AHA", book)
    names += f"{book}C>2.5 {book}C<2.5 {book}CAHH {book}CAHA AHh AHCh".split()
    records = told(season(names, late=True))
    assert len({price.book for price in prices(records)}) == 1
    assert len(prices(records)) == 14
    assert sum(price.at.hour == 16 for price in prices(records)) == 7


def test_old_greek_files_call_the_teams_otherwise() -> None:
    data = season(["GBH"]).replace(b"HomeTeam,AwayTeam", b"HT,AT")
    assert FORMAT.recognises(data)
    assert [price.book for price in prices(told(data))] == ["gamebookers"]


def test_a_mark_before_latin_letters() -> None:
    data = b"\xef\xbb\xbf" + season(["PSH"]).replace(b"Chelsea", b"C\xe1diz \x92")
    (fixture,) = (record for record in told(data) if isinstance(record, Fixture))
    assert fixture.away == "C\u00e1diz \u2019"


@pytest.mark.parametrize("goals", [b"1_0", b"-1", b"2.0", b"9" * 5000, b"x", "\u0661".encode()])
def test_wrong_goals_are_refused_and_the_prices_stand(goals: bytes) -> None:
    records = told(season(["PSH"]).replace(b",2,1,H,", b",%s,1,H," % goals))
    (refusal,) = (record for record in records if isinstance(record, Refusal))
    assert refusal.reason.startswith("FTHG: ")
    assert len(refusal.reason) < 200
    assert len(prices(records)) == 1
    assert not any(isinstance(record, Event) for record in records)


def test_a_team_does_not_play_itself() -> None:
    (refusal,) = told(season(["PSH"]).replace(b"Chelsea", b"Arsenal"))
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "AwayTeam: 'Arsenal' is the home team as well"


def test_times_and_lines() -> None:
    """Saturday 17:30 London: early prices on Friday 15:00, closing ones at 17:29."""
    names = ["PSH", "PSCH", "AHh", "PAHH", "AHCh", "PCAHA", "P>2.5"]
    records = told(season(names, day="17/08/2019", late=True))
    found = {(p.selection, p.market, p.line, p.at) for p in prices(records)}
    friday = datetime(2019, 8, 16, 14, tzinfo=UTC)
    closing = datetime(2019, 8, 17, 16, 29, tzinfo=UTC)
    assert found == {
        ("home", "1x2", None, friday), ("home", "1x2", None, closing),
        ("home", "asian_handicap", -0.5, friday), ("away", "asian_handicap", -0.5, closing),
        ("over", "total", 2.5, friday),
    }  # fmt: skip
    (fixture,) = [record for record in records if isinstance(record, Fixture)]
    assert (fixture.competition, fixture.match) == ("EPL", "arsenal-v-chelsea-2019-08-17")
    events = [(e.event, e.score) for e in records if isinstance(e, Event)]
    assert events == [("kick_off", (0, 0)), ("period_end", (1, 0)), ("full_time", (2, 1))]
    times = [record.at for record in records if not isinstance(record, Refusal)]
    assert times == sorted(times)


def test_a_gap_stands_before_closing_prices_alone() -> None:
    """They moved at some time in a day; no detector may say that it was within minutes."""
    kinds = [type(record).__name__ for record in told(season(["PSH", "PSCH"], day="17/08/2019"))]
    assert kinds[:6] == ["Fixture", "Price", "Heartbeat", "Gap", "Price", "Heartbeat"]
    assert "Gap" not in [type(record).__name__ for record in told(season(["PSH"]))]


def test_a_midweek_match_is_collected_on_tuesday() -> None:
    records = told(season(["PSH"], day="21/08/2019", late=True))
    assert prices(records)[0].at == datetime(2019, 8, 20, 14, tzinfo=UTC)


def test_an_extra_league_is_read() -> None:
    head = "Country,League,Season,Date,Time,Home,Away,HG,AG,Res,PSCH,PSCD,PSCA,MaxCH,B365CH"
    row = (
        "Argentina,Liga Profesional,2024,09/05/2024,23:00,Boca Juniors,Vélez,1,0,H,2.1,3.2,3.9,2.2,"
    )
    data = f"{head}\n{row}\n".encode()
    assert FORMAT.recognises(data)
    records = told(data)
    assert [p.price for p in prices(records)] == [2.1, 3.2, 3.9]
    assert {one.competition for one in records if isinstance(one, Fixture)} == {
        "Liga Profesional - Argentina"
    }


def test_a_wrong_cell_is_refused_and_the_rest_stands() -> None:
    data = season(["PSH", "PSD", "PAHH"]).replace(b",1.95,1.95,1.95", b",1.95,x,1.95")
    records = told(data)
    reasons = [one.reason for one in records if isinstance(one, Refusal)]
    assert reasons == ["PSD: 'x' is no decimal price above 1",
                       "PAHH: the handicap that it is for is missing"]  # fmt: skip
    assert len(prices(records)) == 1


@pytest.mark.parametrize("name", ["E0", "G1", "I2", "T1"])
def test_recorded_seasons_equal_a_naive_count(name: str) -> None:
    """Counted with csv alone: matches, and cells that are prices of a book by their column."""
    path = DATA / "2019-20" / f"{name}.csv"
    if not path.exists():
        pytest.skip(f"no recording {path.name}; recordings are not part of the project")
    text = path.read_bytes().decode("latin-1")
    rows = [row for row in csv.DictReader(io.StringIO(text)) if any(row.values())]
    wanted = re.compile(r"(B365|BW|IW|PS|WH|VC|P)C?([HDA]|AH[HA]|[<>]2\.5)")
    naive = Counter[str]()
    for row in rows:
        for column, cell in row.items():
            if column and cell and wanted.fullmatch(column) and column not in ("PA", "PD", "PH"):
                naive[column] += 1
    records = list(recorded.read([recorded.Source.parse(str(path))]))
    kinds = Counter(type(record).__name__ for record in records)
    assert kinds["Fixture"] == len(rows)
    assert kinds["Refusal"] == 0
    assert kinds["Price"] == naive.total()
    assert sum(isinstance(r, Event) and r.event == "full_time" for r in records) == len(rows)
    assert kinds["Heartbeat"] == len({r.at for r in records if not isinstance(r, Refusal)})
    goals = sum(int(row["FTHG"]) + int(row["FTAG"]) for row in rows)
    ends = [r.score for r in records if isinstance(r, Event) and r.event == "full_time" and r.score]
    assert sum(map(sum, ends)) == goals
    assert math.isclose(
        sum(r.price for r in records if isinstance(r, Price)),
        sum(float(row[c]) for row in rows for c in row if c and row[c] and c in naive),
    )
    assert any(isinstance(record, Heartbeat) for record in records)
