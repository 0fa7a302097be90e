"""`sogawatch moves`: how far prices usually move between an earlier price and the close."""

import os
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from streams.base_rates import OVER_PP, BaseRates, Moves, base_rates
from streams.commands.options import complaints
from streams.feeds.football_data import BadSeasonFile, read_seasons
from streams.screen import Screen

_TOLD = 10


class Devig(StrEnum):
    """How the overround is taken out."""

    MULTIPLICATIVE = "multiplicative"
    POWER = "power"
    SHIN = "shin"


class Shown(StrEnum):
    """How the figures are printed."""

    TABLE = "table"
    JSON = "json"


def moves_(
    places: Annotated[
        list[Path],
        typer.Argument(metavar="FILE|FOLDER", help="Season files, or folders with *.csv in them."),
    ],
    book: Annotated[
        str,
        typer.Option(help="Prefix of the price columns: PS (Pinnacle), B365, WH, Max, Avg, ..."),
    ] = "PS",
    devig: Annotated[
        Devig, typer.Option(help="How the overround is taken out.")
    ] = Devig.MULTIPLICATIVE,
    shown: Annotated[Shown, typer.Option("--format", help="What to print.")] = Shown.TABLE,
) -> None:
    """Count how far 1X2 prices moved until the close, in season files of football-data.co.uk.

    For each match the largest move of any selection's probability, overround taken out, from the
    earlier to the closing price of one book: the share of matches over 5, 10 and 15 percentage
    points, and the median. The earlier price was collected some days before the match; a true
    opening price lies further from the close, so moves from it are larger.
    """
    screen = Screen()
    with complaints(screen):
        seasons = [season for path in _files(places) for season in read_seasons(path)]
        found, refused = base_rates(seasons, book, devig.value)
    for refusal in refused[:_TOLD]:
        screen.warn(f"left out {refusal.place}: {refusal.reason}")
    if len(refused) > _TOLD:
        screen.warn(f"... and {len(refused) - _TOLD:,} more")
    if shown is Shown.JSON:
        print(found.model_dump_json(indent=2))
        return
    _show(screen, found)


def _files(places: list[Path]) -> list[Path]:
    """All files that are meant, each once, those of a folder in the order of their paths."""
    found: dict[str, Path] = {}
    for place in places:
        for path in _within(place):
            found.setdefault(os.path.realpath(path), path)
    return list(found.values())


def _within(place: Path) -> Iterator[Path]:
    if not os.path.isdir(place):  # noqa: PTH112 - Path.is_dir raises on a name too long
        yield place
        return
    inside = sorted(p for p in place.rglob("*") if p.suffix.lower() == ".csv" and p.is_file())
    if not inside:
        raise BadSeasonFile(f"{place}: has no *.csv in it")
    yield from inside


def _show(screen: Screen, found: BaseRates) -> None:
    screen.say(
        f"Largest move of a 1X2 probability, earlier to closing price; book {found.book},\n"
        f"{found.devig} de-vig. Shares of the matches counted; pp are percentage points."
    )
    table = Table(box=SIMPLE_HEAD)
    table.add_column("file", overflow="fold", min_width=9)
    for name in ("matches", *(f">{pp} pp" for pp in OVER_PP), "median"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("left out")
    names = [os.path.abspath(moves.name) for moves in found.files]  # noqa: PTH100 - links stay
    shared = os.path.commonpath([Path(name).parent for name in names])
    for name, moves in zip(names, found.files, strict=True):
        table.add_row(escape(os.path.relpath(name, shared)), *_cells(moves))
    if len(names) > 1:
        table.add_section()
        table.add_row(found.together.name, *_cells(found.together))
    screen.out.print(table)


def _cells(moves: Moves) -> Iterator[str]:
    yield f"{moves.counted:,}"
    for share in moves.share_over_pp.values():
        yield "-" if share is None else f"{share:.2%}"
    yield "-" if moves.median_pp is None else f"{moves.median_pp:.2f} pp"
    yield ", ".join(f"{count:,} {reason}" for reason, count in moves.left_out.items()) or "none"
