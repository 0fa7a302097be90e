"""`sogawatch worker`: the long-running processes."""

import logging
import re
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from forensics.store import open_store
from streams.commands.options import (
    Config,
    KafkaAt,
    StoreDir,
    complaints,
    with_bootstrap,
    with_store,
)
from streams.configuration import load
from streams.screen import Screen
from streams.workers import READY

worker = typer.Typer(help="Run a worker until it is told to stop.", no_args_is_help=True)
Prefix = Annotated[str, typer.Option(help="Before topic and group names, to keep runs apart.")]
Embedded = Annotated[bool, typer.Option("--embedded", help="The broker is the embedded one.")]


def _nameable(name: str | None) -> str | None:
    if name is not None and not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", name):
        raise typer.BadParameter("1 to 100 letters, digits, dots, hyphens and underscores")
    return name


Name = Annotated[
    str | None,
    typer.Option(
        callback=_nameable,
        help="A name that this worker keeps over restarts and no other of its kind has: its "
        "partitions then wait for it, and do not change hands twice.",
    ),
]


Health = Annotated[
    int | None,
    typer.Option(
        min=0, max=65_535,
        help="Serve /live and /ready on this port of loopback, judged by what is committed.",
    ),
]  # fmt: skip


@worker.command("watch")
def worker_watch(
    prefix: Prefix = "",
    embedded: Embedded = False,
    name: Name = None,
    health: Health = None,
    bootstrap: KafkaAt = None,
    config: Config = None,
) -> None:
    """Watch match-feed and raise alerts."""
    # Faust takes a second to import, which only workers need.
    from streams.agents import watch_app
    from streams.app import run_app
    from streams.liveness import kept_alive

    logging.basicConfig(format="%(message)s")
    logging.getLogger("streams.recovering").setLevel(logging.INFO)
    with complaints(Screen()):
        settings = with_bootstrap(load(config), bootstrap)
        watch = watch_app(
            settings, data_dir=Path(".faust"), prefix=prefix, embedded=embedded, member=name
        )
        with kept_alive(watch, settings.broker, settings.liveness, health):
            run_app(watch, on_ready=say_ready)


@worker.command("archive")
def worker_archive(
    store: StoreDir = None,
    prefix: Prefix = "",
    embedded: Embedded = False,
    name: Name = None,
    health: Health = None,
    bootstrap: KafkaAt = None,
    config: Config = None,
    board: Annotated[
        bool, typer.Option("--board", help="Serve the board as well, from the same store.")
    ] = False,
    event_time: Annotated[
        bool, typer.Option("--event-time", help="Ages on the board count in the feed's time.")
    ] = False,
) -> None:
    """Write feed, alerts, actions, cases and dead letters to ClickHouse."""
    from streams.agents import archive_app
    from streams.app import run_app
    from streams.board.running import live_board
    from streams.liveness import kept_alive

    with complaints(Screen()):
        settings = with_store(with_bootstrap(load(config), bootstrap), store)
        with open_store(settings.store) as opened:
            archive = archive_app(
                settings, opened, data_dir=Path(".faust"), prefix=prefix, embedded=embedded,
                member=name,
            )  # fmt: skip
            with ExitStack() as stack:
                if board:
                    serving = live_board(settings, opened, prefix=prefix, event_time=event_time)
                    Screen().warn(f"the board is at {stack.enter_context(serving)}")
                stack.enter_context(kept_alive(archive, settings.broker, settings.liveness, health))
                run_app(archive, on_ready=say_ready)


@worker.command("notify")
def worker_notify(
    prefix: Prefix = "",
    embedded: Embedded = False,
    name: Name = None,
    health: Health = None,
    bootstrap: KafkaAt = None,
    config: Config = None,
) -> None:
    """Tell subscribers of alerts, by e-mail and webhooks."""
    from streams.app import run_app
    from streams.liveness import kept_alive
    from streams.notify import notify_app

    with complaints(Screen()):
        settings = with_bootstrap(load(config), bootstrap)
        notify = notify_app(
            settings, data_dir=Path(".faust"), prefix=prefix, embedded=embedded, member=name
        )
        with kept_alive(notify, settings.broker, settings.liveness, health):
            run_app(notify, on_ready=say_ready)


def say_ready() -> None:
    """Tell the parent process that records flow."""
    print(READY, flush=True)
