"""`sogawatch backtest`: what other settings would have raised on stored history."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic_core import to_json
from rich.table import Table

from forensics.backtests import Row, keep
from forensics.store import open_existing
from streams.backtest import backtest
from streams.commands.options import Config, StoreDir, complaints, with_store
from streams.configuration import config_hash, load
from streams.screen import Screen, when


def backtest_(
    since: Annotated[datetime, typer.Option("--from", help="Matches that kick off from here on.")],
    until: Annotated[datetime, typer.Option("--to", help="And before this; both in UTC.")],
    settings: Annotated[
        Path | None,
        typer.Option(help="Settings in TOML to try instead; those in use when left out."),
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="Keep the result in table backtest_alerts under this name.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write every line of the result here, as JSON lines.")
    ] = None,
    store: StoreDir = None,
    config: Config = None,
) -> None:
    """Run stored history through the live watch code, and show the difference to what was raised.

    Nobody is notified, and the alerts that were raised are not touched.

    Example: sogawatch backtest --from 2026-06-01 --to 2026-07-01 --settings doubled.toml
    """
    screen = Screen()
    with complaints(screen):
        watch = load(settings or config).watch
        place = with_store(load(config), store).store
        with open_existing(place) as opened, screen.progress():
            rows = list(
                backtest(
                    opened, _utc(since), _utc(until), watch,
                    lambda done, of: screen.at("watched again", done, of),
                )
            )  # fmt: skip
            if label:
                keep(opened, label, datetime.now(UTC), config_hash(watch), rows)
        if out is not None:
            out.write_bytes(b"".join(to_json(row._asdict()) + b"\n" for row in rows))
        _show(screen, rows)


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _show(screen: Screen, rows: list[Row]) -> None:
    changed = [row for row in rows if row.change != "same"]
    if changed:
        table = Table("change", "match", "typology", "was", "would be")
        for row in changed:
            of = row.alert or row.was
            table.add_row(row.change, row.match, of.typology if of else "", *_sides(row))
        screen.out.print(table)
    counts = Counter(row.change for row in rows)
    told = ", ".join(f"{counts[name]} {name}" for name in sorted(counts)) or "no alert either way"
    screen.say(told)
    if not changed:
        screen.say("no difference to what was raised")


def _sides(row: Row) -> tuple[str, ...]:
    return tuple(
        f"{alert.level} at {when(alert.opened_at)}" if alert else "-"
        for alert in (row.was, row.alert)
    )
