"""`sogawatch retain`, `hold`, `release`, `holds` and `forget`: what is kept, and for how long."""

import getpass
from datetime import UTC, datetime
from typing import Annotated

import typer

from forensics.asking import Asker, NotAllowed
from forensics.erasure import NotErased, forget
from forensics.retention import held, hold, retain
from forensics.store import Store, open_existing
from streams.commands.options import FAILED, Config, StoreDir, complaints, with_store
from streams.configuration import load
from streams.screen import Screen, when

Why = Annotated[str, typer.Option(help="Why; kept with who and when.")]
Who = Annotated[
    str | None, typer.Option(help="Who does it; the user of this machine when left out.")
]
Match = Annotated[str, typer.Argument(metavar="MATCH", help="The match.")]


def retain_(store: StoreDir = None, config: Config = None) -> None:
    """Delete what has expired, unless its match is held; the archive worker does so hourly."""
    screen = Screen()
    with complaints(screen):
        settings = with_store(load(config), store)
        with open_existing(settings.store) as opened:
            deleted = retain(opened, settings.retention, datetime.now(UTC))
            for table, count in deleted.items():
                screen.say(f"{table}: {count:,} rows deleted")
            screen.say(f"{len(held(opened))} matches under hold; nothing else has expired")


def hold_(
    match: Match, why: Why, who: Who = None, store: StoreDir = None, config: Config = None
) -> None:
    """Put a match under legal hold: nothing of it expires until `sogawatch release`."""
    screen = Screen()
    with complaints(screen):
        with open_existing(with_store(load(config), store).store) as opened:
            _hold(opened, match, Asker(who or getpass.getuser(), why, _now), on=True)
        screen.say(f"{match} is under hold; make a pack now as well (`sogawatch evidence --help`)")


def release_(
    match: Match, why: Why, who: Who = None, store: StoreDir = None, config: Config = None
) -> None:
    """End the legal hold of a match; what has expired goes with the next retention."""
    screen = Screen()
    with complaints(screen):
        with open_existing(with_store(load(config), store).store) as opened:
            _hold(opened, match, Asker(who or getpass.getuser(), why, _now), on=False)
        screen.say(f"{match} is not under hold any more")


def holds_(store: StoreDir = None, config: Config = None) -> None:
    """List the matches under legal hold."""
    screen = Screen()
    with complaints(screen), open_existing(with_store(load(config), store).store) as opened:
        rows = held(opened)
        for row in rows:
            screen.say(f"{row['match']}  since {when(row['since'])} by {row['who']}: {row['why']}")
        if not rows:
            screen.say("no match is under hold")


def forget_(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Pseudonym of the account.")],
    why: Why,
    who: Who = None,
    store: StoreDir = None,
    config: Config = None,
) -> None:
    """Erase an account everywhere in the store; counts of every market stay.

    Not undone by anything. Topics, backups and packs that were handed out are beyond it.
    """
    screen = Screen()
    with complaints(screen):
        settings = with_store(load(config), store)
        try:
            with open_existing(settings.store) as opened:
                asker = Asker(who or getpass.getuser(), why, _now)
                erased = forget(opened, account, asker)
        except NotAllowed as error:
            raise typer.BadParameter(str(error)) from None
        except NotErased as error:
            screen.warn(f"sogawatch: {error}")
            raise SystemExit(FAILED) from None
        for table, count in erased.rows.items():
            screen.say(f"{table}: {count:,} rows")
        if not erased.rows:
            screen.say("no row named that account")
        for match in erased.packs:
            screen.warn(f"a pack was made about {match}, which this account bet on: call it in")
        screen.warn(
            "not erased: match-feed keeps records until its retention; so do backups and, on a "
            "server, system.query_log"
        )


def _hold(store: Store, match: str, asker: Asker, *, on: bool) -> None:
    try:
        hold(store, match, asker, on=on)
    except NotAllowed as error:
        raise typer.BadParameter(str(error)) from None


def _now() -> datetime:
    return datetime.now(UTC)
