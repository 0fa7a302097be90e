"""How an evaluation is printed: false alerts against the budget, finds, peers, costs."""

from collections.abc import Iterable, Sequence
from textwrap import fill

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from streams.comparison import Comparison
from streams.cost import Cost
from streams.evaluate import Evaluation
from streams.figures import FixedFigures, Share
from streams.quality import Outcome
from streams.screen import Screen

_WIDE = 79


def show(screen: Screen, found: Evaluation, seconds: float) -> None:
    """Print an evaluation, the most important first; it fits into 80 columns."""
    show_clean(screen, found)
    if found.fixed:
        show_fixed(screen, found)
        show_times(screen, found)
        show_misses(screen, found)
    if found.peers:
        show_peers(screen, found.peers)
    if found.clean.red.matches:
        show_reliability(screen, found)
    if found.costs:
        show_costs(screen, found.costs)
    screen.say(
        f"{found.records:,} records, {found.microseconds_per_record:.0f} µs of CPU time each "
        f"in the watch; {seconds:.0f} s in all"
    )
    screen.say(
        "Fixes made by us are as clean as their definition: recall in life is lower.\n"
        "What is usual was itself learned from simulated matches, of other seeds."
    )


def show_clean(screen: Screen, found: Evaluation) -> None:
    """Print how often clean matches were raised, against the alert budget."""
    clean = found.clean
    if not clean.red.matches:
        screen.say(f"Seed {found.seed}. No clean matches: false alerts are not measured.\n")
        return
    count = "1 clean match" if clean.red.matches == 1 else f"{clean.red.matches:,} clean matches"
    screen.say(f"{count}, seed {found.seed}; false alerts per 100 (95 % interval)")
    for name, false, budget in (
        ("red", clean.red, found.red_per_100),
        ("amber or red", clean.amber_or_red, found.amber_per_100),
    ):
        screen.say(f"  {name:<13} {_range(false):<16}  budget {budget:g}: {against(false, budget)}")
    raised = ", ".join(f"{n}\xa0{typology}" for typology, n in clean.raised.items())
    told = fill(
        f"as {raised}" if raised else "none raised",
        _WIDE, initial_indent="  ", subsequent_indent="     ", break_on_hyphens=False,
    )  # fmt: skip
    screen.say(told.replace("\xa0", " "))
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
    table = _table(("fix", "of", "amber or red", "red", "right\nname", "right\nfamily", "NAB"))
    for typology, own in found.fixed.items():
        shares = (_range(own.amber_or_red, 0), _range(own.red, 0))
        names = (_percent(own.named), _percent(own.of_family))
        table.add_row(typology, str(own.red.matches), *shares, *names, _number(own.nab))
    _show(screen, "Fixes found, % (95 % interval)", table)
    overall = "-" if found.nab is None else f"{found.nab:.1f}"
    screen.say(
        "Right name, right family: of those raised amber or red. NAB: score of the\n"
        f"Numenta benchmark, 100 at best; over all matches, false alerts too: {overall}"
    )
    screen.say()


def show_times(screen: Screen, found: Evaluation) -> None:
    """Print how fast fixes were found, and how much an alert's name can be relied on."""
    table = _table(
        ("fix", "min before\nkick-off", "min after\nit began", "s after\nvisible",
         "precision\nhere", "precision\nin life"),
    )  # fmt: skip
    for typology, own in found.fixed.items():
        table.add_row(typology, *_times(own))
    _show(screen, "First amber or red, medians of those raised; precision of the name", table)
    screen.say(
        "Visible, in play: the move exceeds twice the normal noise. Precision: share of\n"
        "the fix among matches that alerts of its name raised; in life, if 0.3 % of\n"
        "matches were fixed, and one more false alert assumed than was seen."
    )
    screen.say()


def show_misses(screen: Screen, found: Evaluation) -> None:
    """Print what became of the fixes that were not raised, or raised at the wrong time."""
    rest: tuple[Outcome, ...] = ("green", "explained", "nothing")
    table = _table(("fix", *rest, "too late", "before"))
    for typology, own in found.fixed.items():
        counts = (*(own.outcomes[outcome] for outcome in rest), own.late, own.before)
        if any(counts):
            table.add_row(typology, *(str(count or "-") for count in counts))
    if table.row_count:
        _show(
            screen, "Not raised in time, by gravest alert; raised too late; before the fix", table
        )
    else:
        screen.say("All fixes were raised in time, none of the matches before its fix.")
    screen.say()


def show_peers(screen: Screen, peers: Comparison) -> None:
    """Print the recall of every method at the same rate of false alerts."""
    table = _table(
        ("fix", *(method.name.replace("-", "-\n") for method in peers.methods)),
    )
    for typology in peers.methods[0].found:
        table.add_row(typology, *_beside(m.found[typology] for m in peers.methods))
    table.add_section()
    table.add_row("mean", *_beside(m.mean for m in peers.methods))
    title = f"Recall in %, every method at {peers.false_per_100:g} false alerts per 100 matches"
    _show(screen, title, table)
    screen.say(
        "The others see prices alone: a fix that moves none is beyond them. Their limits\n"
        "were set afterwards on these very matches; the watch had set its own before."
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
    table = _table(("detector", "µs an\nupdate", "looks a\nmatch", "bytes a\nmatch"))
    for cost in costs:
        micros = f"{cost.microseconds_per_update:.2f}"
        table.add_row(cost.detector, micros, f"{cost.looks:.0f}", f"{cost.bytes_per_match:,}")
    _show(screen, "Cost of each detector", table)
    screen.say()


def _table(columns: Iterable[str]) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for number, name in enumerate(columns):
        table.add_column(name, no_wrap=True, justify="right" if number else "left")
    return table


def _show(screen: Screen, title: str, table: Table) -> None:
    # Not the table's own title, which wraps where the table is narrow.
    screen.out.print(Text(title, style="bold"))
    screen.out.print(table)


def _times(own: FixedFigures) -> tuple[str, ...]:
    times = (own.lead_min, own.delay_min, own.seen_s)
    precision = (own.precision, own.precision_in_life)
    return (*(_number(time) for time in times), *(_number(share, 2) for share in precision))


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
