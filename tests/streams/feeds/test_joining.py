"""Matches of several feeds meet in the register, or wait for an officer."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from detectors.health import FeedHealth
from markets.book import MatchBook
from markets.records import Event, Fixture, Gap, Heartbeat, Price, Record, Wager
from streams.cli import app
from streams.feeds.feed import Refusal
from streams.feeds.fixture_register import FixtureRegister, RegisterUnusable
from streams.feeds.joining import Joining

START = datetime(2026, 8, 1, 15, tzinfo=UTC)
AT = START - timedelta(days=1)


@pytest.fixture
def register(tmp_path: Path) -> Iterator[FixtureRegister]:
    with closing(FixtureRegister(tmp_path / "fixtures.db")) as opened:
        yield opened


def fixture(source: str, home: str, away: str, *, hours: float = 0, name: str = "") -> Fixture:
    return Fixture(
        at=AT, match=name or f"{source}-{home}".lower().replace(" ", "-"), source=source,
        sport="football", competition="EPL", tier=2, home=home, away=away,
        start=START + timedelta(hours=hours),
    )  # fmt: skip


def price(match: str, selection: str = "home", **more: object) -> Price:
    held = {"market": "1x2", "selection": selection, "book": "b", "price": 2.0} | more
    return Price(at=AT, match=match, **held)  # type: ignore[arg-type]


def joined(register: FixtureRegister, *told: Record) -> list[Record | Refusal]:
    return list(Joining(register).joined(list(told)))


def test_a_second_feed_joins_the_match_of_the_first(register: FixtureRegister) -> None:
    first = fixture("odds", "Manchester United", "Tottenham Hotspur")
    joined(register, first)
    second = fixture("betfair", "Man Utd", "Spurs", hours=0.1)
    told = joined(register, second, price(second.match))
    assert [one.match for one in told if not isinstance(one, Refusal)] == [first.match] * 2  # type: ignore[union-attr]
    assert isinstance(told[0], Fixture)
    assert (told[0].home, told[0].source, told[0].start) == (first.home, "betfair", second.start)


def test_swapped_sides_are_turned_round(register: FixtureRegister) -> None:
    first = fixture("odds", "Brazil", "Germany")
    joined(register, first)
    second = fixture("betfair", "Germany", "Brazil")
    told = joined(
        register, second,
        price(second.match, "home"),
        price(second.match, "home", market="asian_handicap", line=-0.5),
        price(second.match, "over", market="total", line=2.5),
        Event(at=AT, match=second.match, event="goal", team="home", score=(2, 1)),
        price(second.match, "2-1", market="correct_score"),
    )  # fmt: skip
    assert isinstance(told[0], Fixture)
    assert (told[0].home, told[0].away) == ("Brazil", "Germany")
    found = [(p.selection, p.line) for p in told if isinstance(p, Price)]
    assert found == [("away", None), ("away", 0.5), ("over", 2.5)]
    (goal,) = [event for event in told if isinstance(event, Event)]
    assert (goal.team, goal.score) == ("away", (1, 2))
    assert isinstance(told[-1], Refusal)


def test_two_matches_of_one_name_are_kept_apart(register: FixtureRegister) -> None:
    """The women of two clubs on the day that the men play: one slug, two matches."""
    joined(register, fixture("odds", "Arsenal", "Chelsea", name="arsenal-v-chelsea-2026-08-01"))
    women = Fixture(
        at=AT, match="arsenal-v-chelsea-2026-08-01", source="wsl", sport="football",
        competition="Women's Super League", home="Arsenal", away="Chelsea", start=START,
    )  # fmt: skip
    told = joined(register, women, price(women.match))
    assert {one.match for one in told} == {"arsenal-v-chelsea-2026-08-01-wsl"}  # type: ignore[union-attr]


def test_what_is_unsure_waits_and_an_officer_settles_it(
    register: FixtureRegister, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (
        fixture("odds", "Independiente", "Celtic"),
        fixture("uof", "Independiente Oeste", "Celtic"),
    )
    joined(register, first)
    feed = Joining(register)
    told = list(feed.joined([second, price(second.match)]))
    assert {one.match for one in told} == {second.match}  # type: ignore[union-attr]
    monkeypatch.setenv("SOGAWATCH_FEEDS__DIRECTORY", str(tmp_path))
    listed = CliRunner().invoke(app, ["fixtures"])
    assert "1 fixtures wait" in listed.stdout
    assert f"may be {first.match}" in listed.stdout
    settled = CliRunner().invoke(
        app, ["fixtures", f"uof:{second.match}", "--join", first.match, "--by", "eve"]
    )
    assert settled.exit_code == 0, settled.output
    more = list(feed.joined([Heartbeat(at=AT, source="uof"), price(second.match)]))
    assert isinstance(more[1], Price)
    assert more[1].match == first.match
    assert register.waiting() == []
    assert first.match in CliRunner().invoke(app, ["fixtures", "--joined"]).stdout


def test_an_officer_may_keep_them_apart(register: FixtureRegister) -> None:
    first, second = (
        fixture("odds", "Independiente", "Celtic"),
        fixture("uof", "Independiente Oeste", "Celtic"),
    )
    joined(register, first, second)
    register.settle("uof", second.match, None, "eve", AT)
    assert register.waiting() == []
    assert register.announce(second).match == second.match


@pytest.mark.parametrize(
    "arguments",
    [
        ["x"],
        ["x:y"],
        ["x:y", "--join", "m", "--apart"],
        ["x:y", "--join", "nothing"],
        ["--join", "m"],
        ["--apart"],
    ],
)
def test_wrong_settlements_are_refused(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOGAWATCH_FEEDS__DIRECTORY", str(tmp_path))
    ran = CliRunner().invoke(app, ["fixtures", *arguments])
    assert ran.exit_code in (1, 2)
    assert "Traceback" not in ran.output


def test_a_source_never_joins_with_itself(register: FixtureRegister) -> None:
    one = fixture("odds", "Arsenal", "Chelsea", name="e1")
    other = fixture("odds", "Arsenal", "Chelsea", name="e2")
    assert [one.match for one in joined(register, one, other)] == ["e1", "e2"]  # type: ignore[union-attr]


def test_two_candidates_are_not_chosen_between(register: FixtureRegister) -> None:
    """One source announces a match twice; whoever comes later cannot know which is meant."""
    joined(register, fixture("odds", "Arsenal", "Chelsea", name="e1"))
    joined(register, fixture("odds", "Arsenal", "Chelsea", name="e2", hours=1))
    (told,) = joined(register, fixture("uof", "Arsenal", "Chelsea", hours=0.5))
    assert isinstance(told, Fixture)
    assert told.match == "uof-arsenal"
    assert [c.match for c in register.waiting()[0].candidates] == ["e1", "e2"]


def test_a_damaged_register_is_told(tmp_path: Path) -> None:
    (tmp_path / "fixtures.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(RegisterUnusable, match="cannot be used"):
        FixtureRegister(tmp_path / "fixtures.db")


def test_a_joined_register_vouches_for_the_match(register: FixtureRegister) -> None:
    """odds and an official register under another spelling: its source is on the book, no ghost."""
    official = fixture("fa", "Man Utd", "Spurs")
    odds = fixture("odds", "Manchester United", "Tottenham Hotspur")
    records = [*joined(register, odds), *joined(register, official)]
    (match,) = {one.match for one in records}  # type: ignore[union-attr]
    book, health = MatchBook(match), FeedHealth()
    for record in records:
        book.apply(record)  # type: ignore[arg-type]
    health.apply(Heartbeat(at=AT, source="fa", covers=("EPL",)))
    assert set(book.sources) == {"odds", "fa"}
    assert health.registers("EPL", AT.timestamp()) == ("fa",)


def test_other_records_pass(register: FixtureRegister) -> None:
    first, second = (
        fixture("odds", "Lyon", "Nice"),
        fixture("opr", "Olympique Lyonnais", "OGC Nice"),
    )
    joined(register, first)
    wager = Wager(
        at=AT, match=second.match, market="1x2", selection="draw", book="opr", wager="w",
        account="p-1", price=3.0, stake=5.0,
    )  # fmt: skip
    gap = Gap(at=AT, source="opr", reason="x")
    told = joined(register, second, wager, gap)
    assert isinstance(told[1], Wager)
    assert (told[1].match, told[1].stake) == (first.match, 5.0)
    assert told[2] is gap
