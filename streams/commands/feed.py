"""`sogawatch feed`: run a live feed into match-feed, or look at what it tells."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from markets.records import Record
from streams import live
from streams.commands.options import Config, KafkaAt, complaints, with_bootstrap
from streams.commands.topics import Prefix, require_bootstrap
from streams.configuration import Settings, load
from streams.feeds.feed import Refusal
from streams.feeds.fixture_register import open_register
from streams.feeds.joining import Joining
from streams.feeds.live import LiveFeed, Start, Telling, Told
from streams.feeds.live_feeds import LIVE_FEEDS, live_feed
from streams.frames import encode_one
from streams.publish import publisher
from streams.screen import Screen
from streams.seen import Seen
from streams.topics import create_topics

_CHECKED_S = 60.0


def feed_(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(LIVE_FEEDS)}.")],
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files, for a feed that reads files.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="How foreign fields are read; YAML, see `sogawatch map`.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Connect, read, print what is seen; write nothing.")
    ] = False,
    seconds: Annotated[
        float | None,
        typer.Option(min=0.1, help="Stop after so long; a check takes 60 s by default."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write records to this file instead, one a line.")
    ] = None,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="From the oldest there is, where kept.")
    ] = False,
    prefix: Prefix = "",
    bootstrap: KafkaAt = None,
    config: Config = None,
) -> None:
    """Run a live feed into match-feed until it is told to stop, or its files end.

    Keys and passwords are settings, best given in the environment. A feed that was stopped goes
    on where it was; what it was doing is kept in `feeds.directory`.

    Example: sogawatch feed betfair --check --config watch.toml
    """
    screen = Screen()
    with complaints(screen):
        settings = with_bootstrap(load(config), bootstrap)
        chosen = live_feed(name)
        seen, begun = Seen(_now), time.monotonic()
        limit = seconds or (_CHECKED_S if check else None)
        kept = _state(chosen, settings, mapping, forget=check or out is not None)
        start = _start(chosen, settings, kept, paths or [], mapping, from_beginning=from_beginning)
        try:
            with _joined(chosen.run(start), settings, alone=check or out is not None) as told:
                _run(told, kept, seen, _until(begun, limit), settings, prefix, check=check, out=out)
        finally:
            if not seen.nothing or sys.exception() is None:
                for line in seen.lines(time.monotonic() - begun):
                    screen.say(line)


def _run(
    told: Iterator[Told],
    kept: live.KeptState,
    seen: Seen,
    until: Callable[[], bool],
    settings: Settings,
    prefix: str,
    *,
    check: bool,
    out: Path | None,
) -> None:
    with _sink(settings, prefix, check=check, out=out) as sink:
        try:
            live.run(told, sink, kept, now=_now, seen=seen.take, until=until)
        except KeyboardInterrupt:
            # To be stopped is how a live feed ends.
            sink.flush()
            kept.write(kept.resume, sink.homes())


@contextmanager
def _joined(feed: Telling, settings: Settings, *, alone: bool) -> Iterator[Iterator[Told]]:
    """Let the matches of a feed meet those of others; alone it keeps its own names."""
    path = None if alone else settings.feeds.directory / "fixtures.db"
    with closing(feed), open_register(path) as register:
        yield Joining(register).joined(feed)


def _now() -> datetime:
    return datetime.now(UTC)


def _until(begun: float, limit: float | None) -> Callable[[], bool]:
    return lambda: limit is not None and time.monotonic() - begun >= limit


def _state(
    feed: LiveFeed, settings: Settings, mapping: Path | None, *, forget: bool
) -> live.KeptState:
    """Read how far a feed came; feeds with a mapping have a file for each."""
    if forget:
        return live.KeptState()
    name = feed.name if mapping is None else f"{feed.name}-{mapping.stem}"
    return live.KeptState.read(settings.feeds.directory / f"{name}.json")


def _start(
    feed: LiveFeed,
    settings: Settings,
    kept: live.KeptState,
    paths: list[Path],
    mapping: Path | None,
    *,
    from_beginning: bool,
) -> Start:
    return Start(
        settings=getattr(settings.feeds, feed.section),
        now=_now,
        wait=time.sleep,
        resume=kept.resume,
        paths=paths,
        mapping=mapping,
        from_beginning=from_beginning,
    )


@contextmanager
def _sink(settings: Settings, prefix: str, *, check: bool, out: Path | None) -> Iterator[live.Sink]:
    if check:
        yield _Nowhere()
    elif out is not None:
        with _opened(out) as file:
            yield _IntoFile(file.write)
    else:
        require_bootstrap(settings)
        create_topics(settings.broker, prefix)
        with publisher(settings.broker, prefix) as sending:
            yield sending


def _opened(out: Path) -> BinaryIO:
    try:
        return out.open("ab")
    except OSError as error:
        raise typer.BadParameter(f"--out {out}: cannot be written: {error.strerror}") from None


class _Nowhere:
    """Takes what a look at a feed sees; nothing is written."""

    def add(self, record: Record) -> None:
        """Let it go."""

    def refuse(self, refusal: Refusal) -> None:
        """Let it go."""

    def push(self) -> None:
        """Nothing waits."""

    def flush(self) -> None:
        """Nothing waits."""

    def homes(self) -> Mapping[str, set[int]]:
        """Nobody heard of anything."""
        return {}

    def remember(self, homes: object) -> None:
        """Nothing to remember."""


class _IntoFile(_Nowhere):
    """Writes records as JSON lines, to be replayed as `records:`."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write

    def add(self, record: Record) -> None:
        """Write a record."""
        self._write(encode_one(record) + b"\n")
