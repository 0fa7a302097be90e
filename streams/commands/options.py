"""Options that commands share, and how foreseen failures are told."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from kafka.errors import KafkaError

from alerts.complaint import Complaint, Misuse
from streams.configuration import Settings
from streams.screen import Screen

FAILED, USAGE = 1, 2

Config = Annotated[
    Path | None, typer.Option("--config", help="Settings in TOML; see `sogawatch check-config`.")
]
Bootstrap = Annotated[
    str | None,
    typer.Option(help="HOST:PORT of a Kafka. Without it an embedded broker is started."),
]
KafkaAt = Annotated[
    str | None,
    typer.Option("--bootstrap", help="HOST:PORT of the Kafka to work with; else the settings'."),
]
StoreDir = Annotated[
    Path | None, typer.Option("--store", help="Folder of the embedded ClickHouse engine.")
]


def with_bootstrap(settings: Settings, bootstrap: str | None) -> Settings:
    """Let --bootstrap win over the settings."""
    if bootstrap is None:
        return settings
    try:
        broker = type(settings.broker).model_validate(
            settings.broker.model_dump() | {"bootstrap": bootstrap}
        )
    except ValueError:
        raise typer.BadParameter(f"--bootstrap {bootstrap}: HOST:PORT is wanted") from None
    return settings.model_copy(update={"broker": broker})


def with_store(settings: Settings, store: Path | None) -> Settings:
    """Let --store win over the settings."""
    if store is None:
        return settings
    place = settings.store.model_copy(update={"directory": store, "host": None})
    return settings.model_copy(update={"store": place})


@contextmanager
def complaints(screen: Screen) -> Iterator[None]:
    """Turn foreseen failures into a message and an exit status: 2 wrong usage, 1 failed.

    Being told to end unwinds like Ctrl-C, so that workers and broker are stopped in order.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    except (Complaint, KafkaError) as error:
        screen.warn(f"sogawatch: {error}")
        raise SystemExit(USAGE if isinstance(error, Misuse) else FAILED) from None
    except KeyboardInterrupt:
        screen.warn("sogawatch: stopped")
        raise SystemExit(FAILED) from None
