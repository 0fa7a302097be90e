"""Divergence: one or two books leave the others for hours."""

from random import Random

from streams.simulator.books import EXCHANGE
from streams.simulator.buying import NOWHERE, ROOM, drawn_selection, log_odds, probability
from streams.simulator.scheme import Fix, Scene, Scheme
from streams.simulator.trading import OUTCOMES, Lean

STRENGTHS = (0.07, 0.15)


def work_out(fix: Fix, rng: Random, scene: Scene) -> Scheme:
    """Move one selection at one or two books from hours before until kick-off."""
    names = [name for name in scene.books if name != EXCHANGE]
    books = sorted(rng.sample(names, min(len(names), rng.randint(1, 2))))
    wanted = fix.strength or rng.uniform(*STRENGTHS)
    since, until = float(-rng.randint(4 * 3600, 18 * 3600)), 0.0
    selection = fix.selection or drawn_selection(rng, "1x2")
    if selection not in OUTCOMES:
        raise ValueError(f"fix: book-divergence is done on home or away, not on {selection!r}")
    base = probability(scene.price(since, NOWHERE), selection) or 0.5
    target = min(base + wanted, ROOM[1])
    lean = Lean(since, until, OUTCOMES.index(selection), log_odds(target) - log_odds(base))
    return Scheme(
        typology=fix.typology, market="1x2", selection=selection, strength=target - base,
        since=since, until=until, leans=dict.fromkeys(books, lean),
        note=f"{selection} {100 * (target - base):.1f} pp above the others at {', '.join(books)}",
    )  # fmt: skip
