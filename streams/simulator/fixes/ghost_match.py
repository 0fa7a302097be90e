"""Ghost match: a fixture that is not played, made up for the feeds of a few books.

It has what made-up friendlies of lower teams had that were found since 2012: three to five books
of the softer half, no fixture with the association, prices in play that follow a play nobody sees.
"""

from random import Random

from streams.simulator.books import EXCHANGE
from streams.simulator.prices import DAY
from streams.simulator.scheme import Fix, Scene, Scheme

STRENGTHS = (3.0, 5.0)
GHOST = True


def work_out(fix: Fix, rng: Random, scene: Scene) -> Scheme:
    """Draw the few books that price it, from the softer half of those there are."""
    names = [name for name in scene.books if name != EXCHANGE]
    count = round(fix.strength or rng.randint(3, 5))
    softer = names[-max(count, (len(names) + 1) // 2) :]
    books = tuple(sorted(rng.sample(softer, min(count, len(softer)))))
    return Scheme(
        typology=fix.typology, market="match", selection="match", strength=float(len(books)),
        since=-DAY, until=scene.times.full_time, ghost=True, books=books,
        note=f"no such match; priced by {', '.join(books)}",
    )  # fmt: skip
