"""`python -m benchmarks`: measure, print the tables, and write docs/performance.md."""

import sys
from pathlib import Path

from benchmarks.cases import ROUNDS, Feed, cases
from benchmarks.measure import measured
from benchmarks.report import page
from streams.screen import Screen

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


def main() -> None:
    screen, feed = Screen(), Feed.simulated()
    with screen.progress(), cases(feed) as found:
        samples = measured(found, ROUNDS, lambda done: screen.at("rounds", done, ROUNDS))
    text = page(feed, samples)
    sys.stdout.write(text)
    PAGE.write_text(text, encoding="utf-8")
    screen.warn(f"written to docs/{PAGE.name}")


if __name__ == "__main__":
    main()
