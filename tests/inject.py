"""Shorten one selection in a recording of The Odds API: a fix that never happened.

Used by tests, and from a shell to make a file to replay:
python tests/inject.py snapshots.jsonl.xz fixed.jsonl "Mexico" --factor 0.75
"""

import argparse
import json
import lzma
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

Document = dict[str, Any]


def shortened(
    documents: Iterable[Document],
    *,
    home: str,
    selection: str,
    books: int = 6,
    minutes: float = 45.0,
    factor: float = 0.75,
) -> Iterator[Document]:
    """Shorten the price of `selection` in the match of `home`, step by step until kick-off.

    From `minutes` before the first announced kick-off on, the decimal prices of the first `books`
    books (by name) fall in a straight line to `factor` of what they would have been.
    """
    start: datetime | None = None
    chosen: list[str] = []
    for document in documents:
        at = datetime.fromisoformat(document["timestamp"])
        for event in document["data"]:
            if event["home_team"] != home:
                continue
            start = start or datetime.fromisoformat(event["commence_time"])
            share = 1.0 - (start - at) / timedelta(minutes=minutes)
            if not 0.0 < share <= 1.0:
                continue
            chosen = chosen or sorted(book["key"] for book in event["bookmakers"])[:books]
            for book in event["bookmakers"]:
                if book["key"] in chosen:
                    _shorten(book, selection, 1.0 - (1.0 - factor) * share)
        yield document


def _shorten(book: Document, selection: str, factor: float) -> None:
    for market in book["markets"]:
        for outcome in market["outcomes"]:
            if market["key"] == "h2h" and outcome["name"] == selection:
                decimal = max(1.01, _decimal(outcome["price"]) * factor)
                outcome["price"] = _american(decimal)


def _decimal(american: int) -> float:
    return 1.0 + (american / 100.0 if american > 0 else 100.0 / -american)


def _american(decimal: float) -> int:
    return round((decimal - 1.0) * 100.0) if decimal >= 2.0 else -round(100.0 / (decimal - 1.0))


def read(path: Path) -> Iterator[Document]:
    with lzma.open(path, "rt") as lines:
        yield from map(json.loads, lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("snapshots", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("home", help="home team of the match")
    parser.add_argument("--selection", help="team or Draw; the home team when left out")
    parser.add_argument("--books", type=int, default=6)
    parser.add_argument("--minutes", type=float, default=45.0)
    parser.add_argument("--factor", type=float, default=0.75)
    given = parser.parse_args()
    with given.out.open("w") as out:
        for document in shortened(
            read(given.snapshots),
            home=given.home,
            selection=given.selection or given.home,
            books=given.books,
            minutes=given.minutes,
            factor=given.factor,
        ):
            print(json.dumps(document, separators=(",", ":")), file=out)


if __name__ == "__main__":
    main()
