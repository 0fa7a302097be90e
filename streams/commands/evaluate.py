"""`sogawatch evaluate`: how often the watch is right, on simulated matches or an overlaid feed."""

import time
from concurrent.futures.process import BrokenProcessPool
from enum import StrEnum
from typing import Annotated

import typer

from streams.commands.options import FAILED, Config, complaints
from streams.configuration import load
from streams.evaluate import Evaluation, evaluate
from streams.evaluation_tables import show
from streams.injected import evaluate_injected
from streams.partition_watch import WatchSettings
from streams.recorded import Source
from streams.screen import Screen
from streams.simulator.typologies import TYPOLOGIES


class Shown(StrEnum):
    """How the figures are printed."""

    TABLE = "table"
    JSON = "json"


def evaluate_(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE", help="With --inject: further files of the feed, such as results."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other matches and fixes.")] = 1,
    matches: Annotated[int, typer.Option(min=0, help="Clean matches to simulate.")] = 2000,
    fixed: Annotated[int, typer.Option(min=0, help="Fixed ones of each typology.")] = 36,
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TYPOLOGY", help="Only fixes of this kind; repeat it for more. Else all."
        ),
    ] = None,
    inject: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[FORMAT:]FILE",
            help="Lay fixes over a recorded feed instead, taken to be clean; any file that "
            "replay reads.",
        ),
    ] = None,
    shown: Annotated[Shown, typer.Option("--format", help="What to print.")] = Shown.TABLE,
    config: Config = None,
) -> None:
    """Measure how often the watch is right, on matches of which the truth is known.

    Tells false alerts against the alert budget, what was found of each kind
    of fix and how early, what simpler methods find of the same matches at as
    many false alerts, whether scores mean what they say, and what each
    detector costs. Needs no broker.

    A first look, a minute or two: sogawatch evaluate --matches 60 --fixed 2

    One kind of fix: sogawatch evaluate --matches 200 --scenario steam-move

    Over a feed: sogawatch evaluate --inject odds.jsonl.xz results.json

    The same seed gives the same figures, times apart. Ends with 0 whatever
    they are; read them.
    """
    screen, begun = Screen(), time.monotonic()
    feed = [*(inject or []), *(files or [])]
    if files and not inject:
        raise typer.BadParameter(f"{files[0]}: a feed to overlay is given with --inject")
    typologies = _typologies(scenario)
    if not feed and not matches and not fixed:
        raise typer.BadParameter("--matches 0 --fixed 0: there is nothing to evaluate")
    with complaints(screen), screen.progress():
        settings = load(config).watch
        try:
            found = (
                _injected(screen, feed, seed, typologies, settings)
                if feed
                else _simulated(screen, seed, matches, fixed, typologies, settings)
            )
        except BrokenProcessPool:
            screen.warn("sogawatch: a process was killed, perhaps for want of memory; try again")
            raise SystemExit(FAILED) from None
    if shown is Shown.JSON:
        print(found.model_dump_json(indent=2))
        return
    show(screen, found, time.monotonic() - begun)


def _simulated(
    screen: Screen, seed: int, matches: int, fixed: int, typologies: list[str],
    settings: WatchSettings,
) -> Evaluation:  # fmt: skip
    return evaluate(
        seed,
        clean=matches,
        fixed=fixed,
        typologies=typologies,
        settings=settings,
        on_match=lambda done, total: screen.at("matches", done, total),
    )


def _injected(
    screen: Screen, feed: list[str], seed: int, typologies: list[str], settings: WatchSettings
) -> Evaluation:
    return evaluate_injected(
        [Source.parse(each) for each in feed],
        seed,
        typologies=typologies,
        settings=settings,
        on_match=lambda done, total: screen.at("matches", done, total),
        on_read=screen.at,
    )


def _typologies(asked: list[str] | None) -> list[str]:
    for name in asked or []:
        if name not in TYPOLOGIES:
            raise typer.BadParameter(f"--scenario {name}: is none of {', '.join(TYPOLOGIES)}")
    return sorted(set(asked)) if asked else list(TYPOLOGIES)
