"""`sogawatch board`: the page on which officers act; `sogawatch token`: who may enter it."""

import time
from collections.abc import Callable
from typing import Annotated

import typer

from dashboards.board.settings import BoardSettings
from dashboards.board.tokens import Role, line_for, new_token
from forensics.store import open_existing, open_store
from streams.commands.options import (
    Config,
    KafkaAt,
    StoreDir,
    complaints,
    with_bootstrap,
    with_store,
)
from streams.configuration import Settings, load
from streams.screen import Screen


def board_(
    store: StoreDir = None,
    bootstrap: KafkaAt = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; others than loopback need tokens.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = None,
    config: Config = None,
) -> None:
    """Serve the board, on which officers see cases and act, until it is told to stop.

    With a Kafka it is live, and needs a ClickHouse server: an embedded store is held by its
    archive, which serves the board itself (`sogawatch worker archive --board`). Without a Kafka it
    shows what a store holds, as after `sogawatch demo`, and keeps there what officers do.
    """
    from streams.board.running import board_of_store, live_board

    screen = Screen()
    with complaints(screen):
        settings = with_store(with_bootstrap(load(config), bootstrap), store)
        settings = settings.model_copy(update={"board": _listening(settings.board, host, port)})
        live = settings.broker.bootstrap is not None and store is None
        with (open_store if live else open_existing)(settings.store) as opened:
            serving = live_board(settings, opened) if live else board_of_store(settings, opened)
            with serving as address:
                say_address(screen, address, settings)
                until_stopped()


def token_(
    name: Annotated[str, typer.Argument(help="Who it is for; actions are signed with it.")],
    role: Annotated[
        Role, typer.Option(help="viewer looks, officer acts, supervisor also reopens.")
    ] = "officer",
) -> None:
    """Make a token for the board: the line for board.tokens_file, and the token, shown once."""
    screen, token = Screen(), new_token()
    try:
        line = line_for(name, role, token)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    screen.say(line)
    screen.warn(f"Append that line to the file of board.tokens_file. For {name}, shown only now:")
    screen.warn(token)


def say_address(screen: Screen, address: str, settings: Settings) -> None:
    """Say where the board is, and who may enter."""
    who = "with a token" if settings.board.tokens_file else "whoever uses this machine"
    screen.say(f"The board: {address}  ({who}; Ctrl-C ends it)")


def until_stopped(check: Callable[[], None] | None = None) -> None:
    """Wait for Ctrl-C or SIGTERM, looking now and then whether all still runs."""
    try:
        while True:
            if check is not None:
                check()
            time.sleep(0.5)
    except KeyboardInterrupt:
        return


def _listening(board: BoardSettings, host: str | None, port: int | None) -> BoardSettings:
    given = {"host": host, "port": port}
    return board.model_copy(update={name: v for name, v in given.items() if v is not None})
