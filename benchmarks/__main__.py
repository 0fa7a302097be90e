"""`python -m benchmarks`: measure, print each table when it is, and write docs/performance.md."""

import argparse
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TypeVar

from benchmarks import latency, onward, picture, report_sides, scale, side_by_side, together
from benchmarks.cases import ROUNDS, Feed, cases
from benchmarks.measure import measured
from benchmarks.report import page
from streams.screen import Screen

T = TypeVar("T")
DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "performance.md"


def main() -> None:
    asked = _arguments().parse_args()
    screen, feed = Screen(), Feed.simulated()
    with screen.progress(), cases(feed) as found:
        samples = measured(found, ROUNDS, lambda done: screen.at("rounds", done, ROUNDS))
    sys.stdout.write(page(feed, samples))
    if asked.steps:
        return
    sides = _while_told(screen, "contestants", side_by_side.side_by_side)
    more = _printed(report_sides.side_by_side(sides))
    delays = _while_told(screen, "loads", latency.latencies)
    more += _printed(report_sides.delays(delays))
    ways = _while_told(screen, "ways of alerts", onward.onward)
    more += _printed(report_sides.onward(ways))
    shared = _while_told(screen, "workers", together.together)
    more += _printed(report_sides.together(shared))
    costs = _while_told(screen, "sizes", partial(scale.costs, large=asked.large))
    more += _printed(report_sides.scale(costs))
    PAGE.write_text(page(feed, samples, more), encoding="utf-8")
    picture.draw(report_sides.groups(sides), DOCS / report_sides.PICTURE)
    screen.warn(f"written to docs/{PAGE.name}")
    if below := side_by_side.below_bars(side_by_side.ratios(sides)):
        sys.exit("below its bar: " + "; ".join(below))


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--steps",
        action="store_true",
        help="the steps of a record's way alone, which need no environment of peers",
    )
    which.add_argument(
        "--large",
        action="store_true",
        help="100,000 matches as well, which take ten gigabytes and ten minutes",
    )
    return parser


def _while_told(
    screen: Screen, doing: str, measure: Callable[[Callable[[int, int], None]], T]
) -> T:
    """Measure, telling how far it has come."""
    with screen.progress():
        return measure(lambda done, of: screen.at(doing, done, of))


def _printed(section: Iterable[str]) -> list[str]:
    """Print a section at once, so that it is there should a later one fail."""
    lines = list(section)
    sys.stdout.write("\n".join([*lines, ""]))
    sys.stdout.flush()
    return lines


if __name__ == "__main__":
    main()
