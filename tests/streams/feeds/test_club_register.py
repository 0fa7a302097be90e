"""The register of clubs: its files, and what a name leads to."""

from collections import Counter
from importlib.resources import files

import pytest

from streams.feeds.club_register import clubs_named, is_whole_name, written
from streams.feeds.countries import countries

FILES = sorted((files("streams.feeds") / "clubs").iterdir(), key=lambda file: file.name)


def lines(file) -> list[str]:
    return [
        line
        for line in file.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_name_is_that_of_one_club_of_its_country(file):
    clubs = [{written(name) for name in line.split(" | ")} for line in lines(file)]
    assert clubs
    names = Counter(name for club in clubs for name in club)
    assert [name for name, count in names.items() if count > 1] == []
    assert [line for line in lines(file) if "" in map(str.strip, line.split("|"))] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_file_says_where_it_is_from(file):
    first = file.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith(
        ("# Source: openfootball/clubs (public domain)", "# Written from general knowledge.")
    )


def test_there_are_clubs_of_most_countries_with_a_league_that_is_bet_on():
    assert len(FILES) >= 100
    assert sum(len(lines(file)) for file in FILES) >= 3000


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("Man Utd", {"england"}),
        ("1. FC Köln", {"germany"}),
        ("FC Barcelona", {"spain"}),
        ("Everton", {"england", "chile"}),
        ("Nacional", {"uruguay", "paraguay", "portugal"}),
        ("Brinsk Rovers", set()),
    ],
)
def test_a_name_leads_to_the_clubs_that_go_by_it(name, where):
    assert {club.country for club in clubs_named(written(name))} >= where
    assert bool(clubs_named(written(name))) is bool(where)


def test_a_name_with_a_number_behind_it_is_not_the_clubs_own():
    assert is_whole_name(written("Zenit"))
    assert not is_whole_name(written("Zenit-2"))


@pytest.mark.parametrize(
    ("competition", "told"),
    [
        ("English Premier League", {"england"}),
        ("Liga BetPlay Dimayor", {"colombia"}),
        ("Bundesliga", {"germany", "austria"}),
        ("Austrian Bundesliga", {"austria"}),
        ("Copa Libertadores", set()),
        ("", set()),
    ],
)
def test_what_a_competition_tells_of_countries(competition, told):
    assert countries(competition) == told
