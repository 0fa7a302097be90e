"""`sogawatch detectors`: what is looked for, where, and where the watch is blind."""

import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from detectors.calibration import Prior, shipped_priors
from detectors.catalogue import Kind, catalogue
from streams.screen import Screen

PHASES = ("early", "day", "late", "in_play")


class Shown(StrEnum):
    """How the list is printed."""

    TABLE = "table"
    JSON = "json"


def detectors_(
    name: Annotated[
        str | None, typer.Argument(help="One detector: its doc and its priors.")
    ] = None,
    shown: Annotated[Shown, typer.Option("--format", help="What to print.")] = Shown.TABLE,
) -> None:
    """List the detectors: what they look at, in which sports and phases, and their priors.

    With a name it tells how that one works, where it is weak, and from which raw score on it
    counts as how rare.
    """
    screen = Screen()
    if name is not None and name not in {kind.name for kind in catalogue()}:
        known = ", ".join(kind.name for kind in catalogue())
        raise typer.BadParameter(f"{name}: is none of {known}")
    chosen = [kind for kind in catalogue() if name in (None, kind.name)]
    if shown is Shown.JSON:
        print(json.dumps([described(kind) for kind in chosen], indent=2))
    elif name is None:
        screen.out.print(_overview())
        screen.say("before: until kick-off. Where none of them looks, the watch is blind.")
    else:
        screen.say(_doc(chosen[0]))
        screen.say()
        screen.out.print(_priors(chosen[0]))


def described(kind: Kind) -> dict[str, object]:
    """Describe a detector in plain values, its priors included."""
    return {
        "name": kind.name,
        "typology": kind.typology or kind.name,
        "version": kind.version,
        "family": kind.family,
        "unit": kind.unit,
        "markets": sorted(kind.markets),
        "phases": [phase for phase in PHASES if phase in kind.phases],
        "sports": sorted(kind.sports) or "all",
        "priors": [
            {
                "market": p.market, "phase": p.phase, "feed": p.feed, "knee": p.knee,
                "beyond": p.beyond, "scale": p.scale, "share": p.share, "tiers": p.tiers,
                "source": p.source,
            }
            for p in _own(kind)
        ],
    }  # fmt: skip


def _overview() -> Table:
    table = _table(("detector", "looks at", "when", "sports"))
    for kind in catalogue():
        table.add_row(
            kind.name,
            "the whole match" if "match" in kind.markets else ", ".join(sorted(kind.markets)),
            _when(kind),
            ", ".join(sorted(kind.sports)) or "all",
        )
    return table


def _when(kind: Kind) -> str:
    before = [phase for phase in PHASES[:3] if phase in kind.phases]
    told = ["before" if len(before) == len(PHASES) - 1 else ", ".join(before)] if before else []
    return ", ".join([*told, *(["in play"] if "in_play" in kind.phases else [])])


def _priors(kind: Kind) -> Table:
    table = _table(("market", "phase", "feed", "clean %", "reach", "e times fewer each", "share"))
    for prior in _own(kind):
        table.add_row(
            prior.market, prior.phase, prior.feed, f"{100 * prior.beyond:g}", f"{prior.knee:g}",
            f"{prior.scale:g}", f"{prior.share:g}",
        )  # fmt: skip
    return table


def _own(kind: Kind) -> Iterator[Prior]:
    return (prior for prior in shipped_priors().cells if prior.detector == kind.name)


def _doc(kind: Kind) -> str:
    lines = (kind.__doc__ or "").splitlines()
    return "\n".join(line.removeprefix("    ") for line in lines).rstrip()


def _table(columns: tuple[str, ...]) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for number, name in enumerate(columns):
        table.add_column(name, no_wrap=number == 0)
    return table
