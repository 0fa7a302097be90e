"""`python -m benchmarks`: measure, print the tables, and write docs/performance.md.

With `--steps` the steps of a record's way alone, which needs no environment of peers. With
`--large` 100,000 matches as well, which take ten gigabytes and ten minutes.
"""

import sys
from pathlib import Path

from benchmarks import latency, onward, picture, report_sides, scale, side_by_side, together
from benchmarks.cases import ROUNDS, Feed, cases
from benchmarks.measure import measured
from benchmarks.report import page
from streams.screen import Screen

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "performance.md"


def main() -> None:
    screen, feed = Screen(), Feed.simulated()
    with screen.progress(), cases(feed) as found:
        samples = measured(found, ROUNDS, lambda done: screen.at("rounds", done, ROUNDS))
    if "--steps" in sys.argv:
        sys.stdout.write(page(feed, samples))
        return
    with screen.progress():
        sides = side_by_side.side_by_side(lambda done, of: screen.at("contestants", done, of))
        costs = scale.costs(
            lambda done, of: screen.at("sizes", done, of), large="--large" in sys.argv
        )
        delays = latency.latencies(lambda done, of: screen.at("loads", done, of))
        ways = onward.onward(lambda done, of: screen.at("ways of alerts", done, of))
        shared = together.together(lambda done, of: screen.at("workers", done, of))
    more = [
        *report_sides.side_by_side(sides),
        *report_sides.delays(delays),
        *report_sides.onward(ways),
        *report_sides.together(shared),
        *report_sides.scale(costs),
    ]
    text = page(feed, samples, more)
    sys.stdout.write(text)
    PAGE.write_text(text, encoding="utf-8")
    picture.draw(report_sides.groups(sides), DOCS / report_sides.PICTURE)
    screen.warn(f"written to docs/{PAGE.name}")
    if below := side_by_side.below_bars(side_by_side.ratios(sides)):
        sys.exit("below its bar: " + "; ".join(below))


if __name__ == "__main__":
    main()
