"""`sogawatch replay`: recorded feeds through the live code."""

import time
from pathlib import Path
from typing import Annotated

import typer

from streams import recorded, replay
from streams.commands.options import (
    FAILED,
    Bootstrap,
    Config,
    StoreDir,
    complaints,
    with_bootstrap,
)
from streams.configuration import load
from streams.feeds.fixture_register import open_register
from streams.feeds.formats import FORMATS
from streams.feeds.joining import Joining
from streams.screen import Screen, Watching, show_refusals, show_tally
from streams.sweeping import sweep_rarely
from streams.tally import Tally


def replay_(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="[FORMAT:]PATH...",
            help=f"Recorded feeds, merged on event time. FORMAT is one of {', '.join(FORMATS)}; "
            "recognised when left out. Read as they are: .gz .bz2 .xz .zst .zip.",
        ),
    ],
    alerts: Annotated[
        Path | None, typer.Option(help="Write alerts to this file, one JSON object a line.")
    ] = None,
    direct: Annotated[
        bool, typer.Option("--direct", help="Without a broker, on all cores; same alerts.")
    ] = False,
    speed: Annotated[
        float | None,
        typer.Option(min=0.001, help="Times faster than life; as fast as it goes by default."),
    ] = None,
    join: Annotated[
        bool,
        typer.Option("--join", help="Let matches meet that feeds name differently, where sure."),
    ] = False,
    store: StoreDir = None,
    bootstrap: Bootstrap = None,
    config: Config = None,
) -> None:
    """Replay recorded feeds through the live code.

    By default through an embedded broker and Faust workers, as in production; with --direct
    without a broker. The same files give the same alerts either way.

    Example: sogawatch replay odds-api:snapshots.jsonl.xz openfootball:results.json --alerts a.jsonl
    """
    screen = Screen()
    sweep_rarely()
    with complaints(screen), open_register() as register:
        settings = with_bootstrap(load(config), bootstrap)
        merged = recorded.read(
            [file for source in sources for file in recorded.Source.all(source)], screen.at
        )
        told = Joining(register).joined(merged) if join else merged
        if direct and speed:
            raise typer.BadParameter("--speed needs a broker; leave --direct out")
        if alerts is not None and alerts.is_dir():
            raise typer.BadParameter(f"--alerts {alerts}: is a folder; name a file in it")
        if alerts is not None and not alerts.parent.is_dir():
            raise typer.BadParameter(f"--alerts {alerts}: there is no folder {alerts.parent}")
        tally, begun = Tally(), time.monotonic()
        watching = Watching(screen, tally)
        with screen.progress():
            if direct:
                replay.replay_direct(told, settings, tally, watching.alert, store=store)
            else:
                replay.replay_through_kafka(
                    told,
                    settings,
                    tally,
                    watching.alert,
                    store=store,
                    config=config,
                    speed=speed,
                    on_watched=watching.watched,
                )
        if alerts is not None:
            alerts.write_bytes(b"".join(tally.alert_lines()))
        show_refusals(screen, tally.refusals, tally.refused)
        show_tally(screen, tally, time.monotonic() - begun)
        if merged.broken:
            raise SystemExit(FAILED)
        if not tally.records:
            screen.warn("nothing could be read: no record in any of the files")
            raise SystemExit(FAILED)
