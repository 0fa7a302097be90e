"""What a run shows in a terminal: progress bars there, plain lines elsewhere."""

import resource
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from alerts.alert import RANKS, Alert, Level
from streams.feeds.feed import Refusal
from streams.tally import Tally

COLOURS: dict[Level, str] = {"red": "bold red", "amber": "yellow", "green": "green"}
_SHOWN = 10
_PLAIN_EVERY = 0.25


class Screen:
    """Shows progress, alerts as they open, and how a run ended.

    Standard output carries what was found, standard error how far the work is, so either can be
    redirected without the other.
    """

    def __init__(self) -> None:
        self.out = Console(highlight=False)
        self.err = Console(stderr=True, highlight=False)
        # A terminal gets whole words, a pipe whole lines.
        self.out.soft_wrap = not self.out.is_terminal
        self.err.soft_wrap = not self.err.is_terminal
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._said: dict[str, float] = {}

    @contextmanager
    def progress(self) -> Iterator[None]:
        """Show progress while the block lasts."""
        if not self.err.is_terminal:
            yield
            return
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.err, transient=True) as self._progress:
            yield
        self._progress = None
        self._tasks.clear()

    def at(self, work: str, done: float, total: float) -> None:
        """Say how far a piece of work is."""
        if self._progress is not None:
            if work not in self._tasks:
                self._tasks[work] = self._progress.add_task(work, total=total)
            self._progress.update(self._tasks[work], completed=done, total=total)
            return
        share = done / total if total else 1.0
        if share >= self._said.get(work, 0.0) + _PLAIN_EVERY or (
            share >= 1.0 > self._said.get(work, 0.0)
        ):
            self._said[work] = share
            self.err.print(f"{work}: {share:.0%}")

    def alert(self, alert: Alert) -> None:
        """Print an alert that has just opened or risen."""
        line = Text(f"{when(alert.last_at)}  ")
        line.append(f"{alert.level.upper():<5}", style=COLOURS[alert.level])
        line.append(f"  {alert.typology:<20}  {alert.headline}")
        above_bar = self._progress is not None and self.out.is_terminal
        (self._progress.console if self._progress and above_bar else self.out).print(line)

    def say(self, text: str = "") -> None:
        """Print a line of the result."""
        self.out.print(text, markup=False)

    def warn(self, text: str) -> None:
        """Print a line that is not part of the result."""
        self.err.print(text, markup=False, style="yellow" if self.err.is_terminal else "")


def when(at: datetime) -> str:
    """Show a time shortly, in UTC.

    >>> from datetime import UTC
    >>> when(datetime(2026, 6, 11, 19, 5, tzinfo=UTC))
    '2026-06-11 19:05Z'
    """
    return f"{at:%Y-%m-%d %H:%M}Z"


def alert_table(alerts: list[Alert], title: str) -> Table:
    """Lay out alerts, strongest first."""
    table = Table(title=title, title_justify="left", title_style="bold", expand=False)
    for name in ("level", "opened (UTC)", "match", "typology", "score"):
        table.add_column(name, no_wrap=name != "match")
    for alert in sorted(alerts, key=lambda a: (-RANKS[a.level], -a.score)):
        table.add_row(
            Text(alert.level, style=COLOURS[alert.level]),
            f"{alert.opened_at:%m-%d %H:%M}",
            f"{alert.fixture.home} v {alert.fixture.away}",
            alert.typology,
            f"{alert.score:.4f}",
        )
    return table


def show_tally(screen: Screen, tally: Tally, seconds: float, *, listed: bool = True) -> None:
    """Print what a replay read and what it raised."""
    total = sum(tally.records.values())
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(tally.records.items()))
    rate = total / max(seconds, 1e-9)
    matches = "1 match" if len(tally.matches) == 1 else f"{len(tally.matches):,} matches"
    screen.say(f"read {total:,} records of {matches} in {seconds:.1f} s ({rate:,.0f}/s): {kinds}")
    moves = tally.price_changes - tally.first_prices
    screen.say(
        f"{tally.price_changes:,} price changes ({tally.first_prices:,} first prices, {moves:,} "
        f"moves), {tally.refused:,} refused (dead letters)"
    )
    screen.say(f"peak memory {memory_mb('self'):.0f} MB{_workers_memory()}")
    for spot in tally.blind_spots():
        screen.say(f"of {matches}, {spot}")
    levels = Counter(f"{a.level}" if a.status == "open" else a.status for a in _alerts(tally))
    told = ", ".join(f"{levels[name]} {name}" for name in ("red", "amber", "green", "explained"))
    screen.say(f"alerts: {told}")
    serious = [a for a in _alerts(tally) if a.level != "green"]
    if serious and listed:
        screen.out.print(alert_table(serious, "Red and amber alerts. A pattern is not proof."))


def show_refusals(screen: Screen, refusals: list[Refusal], count: int) -> None:
    """Print the first refusals, each with its place and reason."""
    for refusal in refusals[:_SHOWN]:
        screen.warn(f"refused {refusal.place}: {refusal.reason}")
    if count > _SHOWN:
        screen.warn(f"… and {count - _SHOWN:,} more; all are dead letters")


def memory_mb(whose: str) -> float:
    """Peak resident memory of this process ('self') or its largest child ('children')."""
    who = resource.RUSAGE_SELF if whose == "self" else resource.RUSAGE_CHILDREN
    return resource.getrusage(who).ru_maxrss / 1024.0


def _workers_memory() -> str:
    largest = memory_mb("children")
    # A child's peak begins with what we held when it began, so only more than ours tells anything.
    return f", largest worker {largest:.0f} MB" if largest > memory_mb("self") else ""


def _alerts(tally: Tally) -> list[Alert]:
    return list(tally.alerts.values())


class Watching:
    """Shows a run's alerts and progress as they come."""

    def __init__(self, screen: Screen, tally: Tally) -> None:
        self._screen = screen
        self._tally = tally

    def alert(self, alert: Alert) -> None:
        """Keep an alert, and show it when it is new or has risen above green."""
        if self._tally.raised(alert) and alert.level != "green":
            self._screen.alert(alert)

    def watched(self, done: int, total: int) -> None:
        """Show how much of the feed has been watched."""
        self._screen.at("watched", done, total)
