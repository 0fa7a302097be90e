"""`sogawatch evaluate`: how often the watch is right, on simulated match days."""

import time
from concurrent.futures.process import BrokenProcessPool
from enum import StrEnum
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from streams.commands.options import FAILED, Config, complaints
from streams.configuration import load
from streams.evaluate import Evaluation, evaluate
from streams.quality import FixedFigures, Outcome, Share
from streams.screen import Screen


class Shown(StrEnum):
    """How the figures are printed."""

    TABLE = "table"
    JSON = "json"


def evaluate_(
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other match days.")] = 1,
    matches: Annotated[int, typer.Option(min=0, help="Clean matches.")] = 240,
    fixed: Annotated[int, typer.Option(min=0, help="Fixed matches of each typology.")] = 24,
    shown: Annotated[Shown, typer.Option("--format", help="What to print.")] = Shown.TABLE,
    config: Config = None,
) -> None:
    """Measure false alerts and found fixes on simulated match days, without a broker.

    Takes about two minutes on two cores. Ends with 0 whatever the figures are; read them. The
    same seed gives the same figures, the CPU time apart.
    """
    screen, begun = Screen(), time.monotonic()
    if not matches and not fixed:
        raise typer.BadParameter("--matches 0 --fixed 0: there is nothing to evaluate")
    with complaints(screen), screen.progress():
        settings = load(config).watch
        try:
            found = evaluate(
                seed,
                clean=matches,
                fixed=fixed,
                settings=settings,
                on_day=lambda done, total: screen.at("match days", done, total),
            )
        except BrokenProcessPool:
            screen.warn("sogawatch: a process was killed, perhaps for want of memory; try again")
            raise SystemExit(FAILED) from None
    if shown is Shown.JSON:
        print(found.model_dump_json(indent=2))
        return
    show_clean(screen, found)
    if fixed:
        show_fixed(screen, found)
    screen.say(
        f"{found.records:,} records, {found.microseconds_per_record:.0f} µs of CPU time each "
        f"in the watch; {time.monotonic() - begun:.0f} s in all"
    )
    screen.say(
        "Simulated fixes are as clean as their definition: recall in life is lower.\n"
        "What is usual in play was itself learned from simulated matches."
    )


def show_clean(screen: Screen, found: Evaluation) -> None:
    """Print how often clean matches were raised, against the alert budget."""
    clean = found.clean
    screen.say(f"{clean.red.matches} clean matches, seed {found.seed}; per 100 (95 % interval):")
    for name, false, budget in (
        ("false red", clean.red, found.red_per_100),
        ("false amber or red", clean.amber_or_red, found.amber_per_100),
    ):
        screen.say(f"  {name:<19} {_range(false):<16} budget {budget:g}: {against(false, budget)}")
    raised = ", ".join(f"{n} {typology}" for typology, n in clean.raised.items())
    screen.say(f"  falsely raised: {raised or 'none'}")
    screen.say()


def against(false: Share, budget: float) -> str:
    """Say whether a share of clean matches is within the budget, or above it beyond chance."""
    if false.per_100 is None:
        return "not measured"
    if false.low > budget:
        return "EXCEEDED beyond chance"
    if false.per_100 > budget:
        return "above, but within chance"
    return "kept" if false.high <= budget else "kept in this sample"


def show_fixed(screen: Screen, found: Evaluation) -> None:
    """Print what was found of each kind of fix."""
    matches = max(figures.red.matches for figures in found.fixed.values())
    table = Table(
        title=f"Fixes found of {matches} each, % (95 % interval)",
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    for name in ("fix", "red", "amber\nor red", "right\nname", "right\nfamily", "min\nbefore",
                 "min\nafter"):  # fmt: skip
        table.add_column(name, no_wrap=True, justify="left" if name == "fix" else "right")
    for typology, figures in found.fixed.items():
        table.add_row(typology, *_row(figures))
    screen.out.print(table)
    screen.say("Right name, right family: of those raised. Minutes, medians: first amber or red")
    screen.say("before kick-off, and after the fix began. Not raised, and raised too early:")
    for typology, figures in found.fixed.items():
        rest: tuple[Outcome, ...] = ("green", "explained", "nothing")
        told = ", ".join(f"{figures.outcomes[outcome]} {outcome}" for outcome in rest)
        screen.say(f"  {typology:<20} {told}; {figures.before} before it began")
    screen.say()


def _row(figures: FixedFigures) -> tuple[str, ...]:
    return (
        *(_range(share, 0) for share in (figures.red, figures.amber_or_red)),
        *(_percent(share) for share in (figures.named, figures.of_family)),
        *("-" if m is None else f"{m:.0f}" for m in (figures.lead_min, figures.delay_min)),
    )


def _range(of: Share, digits: int = 1) -> str:
    if of.per_100 is None:
        return "-"
    return f"{of.per_100:.{digits}f} ({of.low:.{digits}f}-{of.high:.{digits}f})"


def _percent(of: Share) -> str:
    return "-" if of.per_100 is None else f"{of.per_100:.0f}"
