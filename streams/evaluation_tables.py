"""How an evaluation is printed: false alerts against the budget, finds, peers, costs."""

from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from streams.comparison import Comparison
from streams.cost import Cost
from streams.evaluate import Evaluation
from streams.figures import FixedFigures, Share
from streams.quality import Outcome
from streams.screen import Screen


def show(screen: Screen, found: Evaluation, seconds: float) -> None:
    """Print an evaluation, the most important first."""
    show_clean(screen, found)
    if found.fixed:
        show_fixed(screen, found)
        show_misses(screen, found)
    if found.peers:
        show_peers(screen, found.peers)
    show_reliability(screen, found)
    if found.costs:
        show_costs(screen, found.costs)
    screen.say(
        f"{found.records:,} records, {found.microseconds_per_record:.0f} µs of CPU time each "
        f"in the watch; {seconds:.0f} s in all"
    )
    screen.say(
        "Simulated fixes are as clean as their definition: recall in life is lower.\n"
        "What is usual was itself learned from simulated matches, of other seeds."
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
    table = _table(
        f"Fixes found, of up to {matches} each, % (95 % interval)",
        ("fix", "amber\nor red", "red", "right\nname", "right\nfamily", "min\nbefore",
         "min\nafter", "s after\nvisible", "NAB", "preci-\nsion", "in\nlife"),
    )  # fmt: skip
    for typology, figures in found.fixed.items():
        table.add_row(typology, *_row(figures))
    screen.out.print(table)
    screen.say(
        "Right name, right family: of those raised. Medians of the first amber or red: minutes\n"
        "before kick-off and after the fix began; in play seconds after the move exceeded twice\n"
        "the normal noise. NAB: Numenta score. Precision: of the matches here that alerts of this\n"
        "name raised, and in life, where 0.3 % of matches are fixed."
    )
    overall = "-" if found.nab is None else f"{found.nab:.1f}"
    screen.say(f"Numenta score over all matches, false alerts included: {overall} of 100")
    screen.say()


def show_misses(screen: Screen, found: Evaluation) -> None:
    """Print what became of the fixes that were not raised, or raised at the wrong time."""
    rest: tuple[Outcome, ...] = ("green", "explained", "nothing")
    lines = []
    for typology, figures in found.fixed.items():
        told = [f"{figures.outcomes[o]} {o}" for o in rest if figures.outcomes[o]]
        told += [f"{figures.late} raised too late"] if figures.late else []
        told += [f"{figures.before} raised before it began"] if figures.before else []
        if told:
            lines.append(f"  {typology:<23} {', '.join(told)}")
    screen.say("\n".join(["Not raised, or not in time:", *(lines or ["  none"])]))
    screen.say()


def show_peers(screen: Screen, peers: Comparison) -> None:
    """Print the recall of every method at the same rate of false alerts."""
    table = _table(
        f"Recall in %, every method at {peers.false_per_100:g} false alerts per 100 matches",
        ("fix", *(method.name.replace("-", "-\n", 1) for method in peers.methods)),
    )
    for typology in peers.methods[0].found:
        table.add_row(typology, *_beside(m.found[typology] for m in peers.methods))
    table.add_section()
    table.add_row("mean", *_beside(m.mean for m in peers.methods))
    screen.out.print(table)
    screen.say(
        "The others' thresholds were set afterwards on these very matches, before and in play\n"
        "apart; the watch had set its own beforehand."
    )
    screen.say()


def show_reliability(screen: Screen, found: Evaluation) -> None:
    """Print how often clean matches reach a score, against how often they should."""
    screen.say("Reliability: clean matches of 100 that look as unusual as the score says")
    for one in found.reliability:
        screen.say(f"  claimed {one.claimed:>4g}   observed {_range(one.observed)}")
    screen.say()


def show_costs(screen: Screen, costs: Sequence[Cost]) -> None:
    """Print what each detector costs."""
    table = _table(
        "Cost of each detector", ("detector", "µs an\nupdate", "looks a\nmatch", "bytes a\nmatch")
    )
    for cost in costs:
        micros = f"{cost.microseconds_per_update:.2f}"
        table.add_row(cost.detector, micros, f"{cost.looks:.0f}", f"{cost.bytes_per_match:,}")
    screen.out.print(table)
    screen.say()


def _table(title: str, columns: Iterable[str]) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    for number, name in enumerate(columns):
        table.add_column(name, no_wrap=True, justify="right" if number else "left")
    return table


def _row(figures: FixedFigures) -> tuple[str, ...]:
    return (
        *(_range(share, 0) for share in (figures.amber_or_red, figures.red)),
        *(_percent(share) for share in (figures.named, figures.of_family)),
        *(_number(n) for n in (figures.lead_min, figures.delay_min, figures.seen_s, figures.nab)),
        *(_number(n, 2) for n in (figures.precision, figures.precision_in_life)),
    )


def _range(of: Share, digits: int = 1) -> str:
    if of.per_100 is None:
        return "-"
    return f"{of.per_100:.{digits}f} ({of.low:.{digits}f}-{of.high:.{digits}f})"


def _percent(of: Share) -> str:
    return "-" if of.per_100 is None else f"{of.per_100:.0f}"


def _number(n: float | None, digits: int = 0) -> str:
    return "-" if n is None else f"{n:.{digits}f}"


def _beside(figures: Iterable[float]) -> tuple[str, ...]:
    return tuple(f"{figure:.0f}" for figure in figures)
