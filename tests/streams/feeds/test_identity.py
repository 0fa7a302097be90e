from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.feeds.competitions import competition
from streams.feeds.identity import match_id, slug


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("South Africa", "south-africa"),
        ("Curaçao", "curacao"),
        ("Curac\u0327ao", "curacao"),
        ("Bosnia & Herzegovina", "bosnia-and-herzegovina"),
        ("Bosnia and Herzegovina", "bosnia-and-herzegovina"),
        ("1. FC Köln", "1-fc-koln"),
        ("D.C. United", "dc-united"),
        ("  Real   Madrid ", "real-madrid"),
    ],
)
def test_slug(name: str, expected: str) -> None:
    assert slug(name) == expected


@given(st.text())
def test_slug_is_ascii_never_empty_and_settled(name: str) -> None:
    made = slug(name)
    assert made
    assert made.isascii()
    assert slug(made) == made


def test_names_in_other_scripts_stay_apart() -> None:
    assert slug("浦和レッズ") != slug("鹿島アントラーズ")


def test_the_date_of_a_match_is_in_utc() -> None:
    evening = datetime(2026, 6, 11, 20, tzinfo=timezone(timedelta(hours=-6)))
    assert match_id("South Korea", "Czech Republic", evening).endswith("2026-06-12")
    assert match_id("A", "B", evening) == match_id("A", "B", evening.astimezone(UTC))


@pytest.mark.parametrize(
    ("title", "name", "tier"),
    [
        ("World Cup 2026", "FIFA World Cup", 1),
        ("FIFA World Cup", "FIFA World Cup", 1),
        ("UEFA Euro 2024", "UEFA Euro", 1),
        ("English Premier League 2019/20", "EPL", 2),
        ("Superliga - Denmark", "Superliga - Denmark", 3),
        ("2026", "2026", 3),
    ],
)
def test_competitions_under_one_name(title: str, name: str, tier: int) -> None:
    assert competition(title) == (name, tier)
