"""Surge in a thin market: an obscure match on which many times the usual money is bet."""

import math
from random import Random

from streams.simulator.buying import drawn_selection
from streams.simulator.scheme import Fix, Scene, Scheme
from streams.simulator.trading import OUTCOMES
from streams.simulator.volume import Surge

# Times the money that the match would have had; matches of one tier differ by a factor of two.
STRENGTHS = (10.0, 40.0)
TIERS = frozenset({3, 4, 5})


def work_out(fix: Fix, rng: Random, scene: Scene) -> Scheme:
    """Multiply the money of one to three hours, most of it on one selection."""
    del scene
    strength = fix.strength or math.exp(rng.uniform(*map(math.log, STRENGTHS)))
    until = -rng.uniform(300, 2 * 3600)
    since = until - rng.uniform(3600, 3 * 3600)
    selection = fix.selection or drawn_selection(rng, "1x2")
    surges = tuple(
        Surge(since, until, outcome, strength * (1.3 if name == selection else 0.7))
        for outcome, name in enumerate(OUTCOMES)
    )
    return Scheme(
        typology=fix.typology, market="1x2", selection=selection, strength=strength,
        since=float(int(since)), until=float(int(until)), surges=surges,
        note=f"{strength:.0f} times the usual money for {(until - since) / 60:.0f} min "
        f"until {-until / 60:.0f} min before kick-off",
    )  # fmt: skip
