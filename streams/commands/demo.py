"""`sogawatch demo`: a day of simulated matches, two of them fixed, watched end to end."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dashboards.board.settings import BoardSettings
from forensics.connection import place
from forensics.settings import StoreSettings
from forensics.store import open_store
from streams import replay
from streams.board.serving import address_at, choose_port
from streams.commands.board import until_stopped
from streams.commands.options import (
    Bootstrap,
    Config,
    complaints,
    with_bootstrap,
    with_store,
)
from streams.configuration import load
from streams.screen import Screen, Watching, show_tally
from streams.simulator.match_day import MatchDay, match_day
from streams.tally import Tally
from streams.truth import outcomes, truth_table

FIRST_KICK_OFF = datetime(2026, 7, 4, 12, tzinfo=UTC)
_TABLES = ("prices", "matched", "events", "alerts")


def demo_(
    seed: Annotated[int, typer.Option(help="Another seed, another match day.")] = 7,
    store: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the embedded ClickHouse engine; when left out the server that settings "
            "name, else a folder by seed."
        ),
    ] = None,
    bootstrap: Bootstrap = None,
    config: Config = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="Keep the board up afterwards, until Ctrl-C.")
    ] = False,
) -> None:
    """Watch a simulated match day: 12 matches, 11 books, two of the matches fixed.

    Runs through a Kafka broker, Faust workers and ClickHouse, all embedded unless settings name
    others, at high speed, and ends by itself. The watch is not told which matches are fixed.
    """
    screen = Screen()
    with complaints(screen):
        settings = with_bootstrap(load(config), bootstrap)
        if store is None and settings.store.host is None:
            store = Path("sogawatch-data") / f"demo-{seed}"
        day = match_day(seed, books=11, start=FIRST_KICK_OFF)
        board = _at_free_port(settings.board) if serve else None
        screen.say(f"A simulated match day, seed {seed}: {len(day.matches)} matches, 11 books.")
        if board is not None:
            screen.say(f"The board fills as alerts open: {address_at(board.host, board.port)}")
        screen.say("Two matches are fixed; the watch is not told which. Alerts as they open:\n")
        tally, begun = Tally(), time.monotonic()
        watching = Watching(screen, tally)
        with ExitStack() as progress:
            progress.enter_context(screen.progress())

            def stay(check: Callable[[], None]) -> None:
                progress.close()
                if board is not None:
                    _show(screen, day, tally, begun)
                    screen.say(f"\nThe board: {address_at(board.host, board.port)}")
                    screen.say("Broker, workers and board stay up until Ctrl-C.")
                    until_stopped(check)

            replay.replay_through_kafka(
                day.records,
                settings,
                tally,
                watching.alert,
                store=store,
                to_server=True,
                config=config,
                on_watched=watching.watched,
                board_port=board.port if board else None,
                stay=stay,
            )
        if board is None:
            _show(screen, day, tally, begun)
        _show_store(screen, with_store(settings, store).store, seed)


def _at_free_port(board: BoardSettings) -> BoardSettings:
    return board.model_copy(update={"port": choose_port(board)})


def _show(screen: Screen, day: MatchDay, tally: Tally, begun: float) -> None:
    screen.say()
    show_tally(screen, tally, time.monotonic() - begun, listed=False)
    show_truth(screen, day, tally)


def _show_store(screen: Screen, kept: StoreSettings, seed: int) -> None:
    """Say what the store holds now, and what to do next."""
    with open_store(kept) as opened:
        counts = [opened.rows(f"SELECT count() AS n FROM {t}")[0]["n"] for t in _TABLES]
    rows = ", ".join(f"{n:,} {name}" for n, name in zip(counts, _TABLES, strict=True))
    screen.say(f"\nIn {place(kept)}: {rows}.")
    screen.say("Next:")
    look = "sogawatch board" + (f" --store {kept.directory}" if kept.host is None else "")
    screen.say(f"  {look}")
    screen.say("                                     the board of this day, to act on")
    screen.say("  sogawatch demo --serve             the same, live while it runs")
    screen.say(f"  sogawatch demo --seed {seed + 1}            another day, other fixes")
    screen.say("  sogawatch evaluate                 how often it is right, over many days")
    screen.say("  sogawatch replay --help            your own recordings")


def show_truth(screen: Screen, day: MatchDay, tally: Tally) -> None:
    """Print what was found, missed and raised in vain."""
    fixtures = [
        (m.fixture.match, f"{m.fixture.home} v {m.fixture.away}", m.fixture.start)
        for m in day.matches
    ]
    rows = outcomes(fixtures, day.truth, tally)
    screen.say()
    screen.out.print(truth_table(rows))
    for row in rows:
        if row.label is not None:
            screen.say(f"{row.teams}: {row.label.note}")
