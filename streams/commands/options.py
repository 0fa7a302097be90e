"""Options that commands share, and how foreseen failures are told."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from kafka.errors import KafkaError

from alerts.delivery.metrics import MetricsUnavailable
from alerts.secrets import KeyMissing
from dashboards.board.settings import BoardRefused
from forensics.failures import StoreRefused, StoreUnavailable
from forensics.migrate import MigrationRefused
from streams.base_rates import NothingCounted
from streams.broker import BrokerUnavailable
from streams.configuration import BadConfiguration, Settings
from streams.feeds.fixture_register import RegisterUnusable
from streams.feeds.football_data import BadSeasonFile
from streams.feeds.formats import UnknownFormat
from streams.feeds.live import FeedRefused
from streams.feeds.live_feeds import UnknownFeed
from streams.feeds.mapping import BadMapping
from streams.feeds.opening import CannotOpen
from streams.injected import NothingToInject
from streams.live import StateUnreadable
from streams.screen import Screen
from streams.topics import TopicMismatch
from streams.workers import WorkerFailed

FAILURES = (
    BoardRefused,
    BadSeasonFile,
    BrokerUnavailable,
    MetricsUnavailable,
    FeedRefused,
    MigrationRefused,
    NothingCounted,
    NothingToInject,
    RegisterUnusable,
    StateUnreadable,
    StoreRefused,
    StoreUnavailable,
    TopicMismatch,
    WorkerFailed,
    KafkaError,
)
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
    except (
        BadConfiguration, BadMapping, CannotOpen, KeyMissing, UnknownFeed, UnknownFormat,
    ) as error:  # fmt: skip
        screen.warn(f"sogawatch: {error}")
        raise SystemExit(USAGE) from None
    except FAILURES as error:
        screen.warn(f"sogawatch: {error}")
        raise SystemExit(FAILED) from None
    except KeyboardInterrupt:
        screen.warn("sogawatch: stopped")
        raise SystemExit(FAILED) from None
