"""Market withdrawal: one book after another takes down a match that it does not trust.

Nothing else is done to the match, so that withdrawal alone has to be seen. Limit cuts, which come
before a withdrawal in life, are not told by feeds of odds and are not simulated.
"""

import math
from random import Random

from streams.simulator.scheme import Fix, Scene, Scheme
from streams.simulator.trading import Interruption

STRENGTHS = (0.3, 0.8)
_FEWEST = 3
_APART_S = 61.0
_QUIET_S = 1800.0


def work_out(fix: Fix, rng: Random, scene: Scene) -> Scheme:
    """Draw 30 to 80 % of the books, three at least; they leave within an hour and stay away."""
    books = list(scene.books)
    share = fix.strength or rng.uniform(*STRENGTHS)
    count = min(len(books), max(_FEWEST, math.ceil(share * len(books))))
    leaving = rng.sample(books, count)
    since = float(-rng.randint(3600, 8 * 3600))
    length = min(max(rng.uniform(600, 3600), _APART_S * count), -since - _QUIET_S)
    steps = [rng.uniform(1, 3) for _ in leaving[1:]]
    breaks: dict[str, tuple[Interruption, ...]] = {}
    second = since
    for book, step in zip(leaving, [0.0, *steps], strict=True):
        second += step / max(sum(steps), 1.0) * length
        breaks[book] = (Interruption(second, 0.0, "withdrawn"),)
    return Scheme(
        typology=fix.typology, market="1x2", selection="all", strength=count / len(books),
        since=since, until=0.0, breaks=breaks,
        note=f"{count} of {len(books)} books leave within {length / 60:.0f} min from "
        f"{-since / 60:.0f} min before kick-off",
    )  # fmt: skip
