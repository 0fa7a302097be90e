"""`sogawatch fixtures`: which fixtures of several feeds are one match; settling those that wait."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from markets.records import Fixture
from streams.commands.options import Config, complaints
from streams.configuration import Settings, load
from streams.feeds.fixture_register import FixtureRegister, open_register
from streams.screen import Screen, when


def fixtures_(
    fixture: Annotated[
        str | None,
        typer.Argument(metavar="[SOURCE:FIXTURE]", help="The one to settle, as it is listed."),
    ] = None,
    join: Annotated[
        str | None, typer.Option("--join", metavar="MATCH", help="It is this match.")
    ] = None,
    apart: Annotated[bool, typer.Option("--apart", help="It is a match of its own.")] = False,
    joined: Annotated[
        bool, typer.Option("--joined", help="List matches that several feeds announce.")
    ] = False,
    by: Annotated[
        str | None, typer.Option(help="Who settles it; the user of this machine by default.")
    ] = None,
    config: Config = None,
) -> None:
    """List fixtures that may be a match of another feed, and settle them.

    Feeds join a match when they are sure. What they are not sure of waits here, under its own
    name. What is settled counts from the next record on; what was told before keeps its name.

    Example: sogawatch fixtures betfair:betfair-31573045 --join arsenal-v-chelsea-2026-08-15
    """
    screen = Screen()
    with complaints(screen):
        settings = load(config)
        with open_register(_path(settings)) as register:
            if fixture is not None or join is not None or apart:
                _settle(screen, register, fixture, join, by, apart=apart)
            elif joined:
                _list_joined(screen, register)
            else:
                _list_waiting(screen, register)


def _path(settings: Settings) -> Path:
    return settings.feeds.directory / "fixtures.db"


def _settle(
    screen: Screen,
    register: FixtureRegister,
    fixture: str | None,
    join: str | None,
    by: str | None,
    *,
    apart: bool,
) -> None:
    source, colon, own = (fixture or "").partition(":")
    if not colon or (join is None) == (not apart):
        raise typer.BadParameter("name SOURCE:FIXTURE, and either --join MATCH or --apart")
    register.settle(source, own, join, by or getpass.getuser(), datetime.now(UTC))
    screen.say(f"{fixture}: " + (f"is {join}" if join else "is a match of its own"))


def _list_waiting(screen: Screen, register: FixtureRegister) -> None:
    waiting = register.waiting()
    screen.say(f"{len(waiting)} fixtures wait")
    for one in waiting:
        screen.say(f"{one.fixture.source}:{one.fixture.match}  {_shown(one.fixture)}")
        for candidate in one.candidates:
            screen.say(f"    may be {candidate.match}  {_shown(candidate)}")


def _list_joined(screen: Screen, register: FixtureRegister) -> None:
    matches = register.joined()
    screen.say(f"{len(matches)} matches are announced by several feeds")
    for match, held in matches:
        screen.say(match)
        for fixture in held:
            screen.say(f"    {fixture.source}:{fixture.match}  {_shown(fixture)}")


def _shown(fixture: Fixture) -> str:
    return f"{fixture.home} v {fixture.away}, {fixture.competition}, {when(fixture.start)}"
