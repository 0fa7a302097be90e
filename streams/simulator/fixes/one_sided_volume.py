"""One-sided volume: money on one selection for hours, which the price does not follow."""

import math
from random import Random

from streams.simulator.buying import NOWHERE, drawn_selection, probability
from streams.simulator.scheme import Fix, Scene, Scheme
from streams.simulator.trading import OUTCOMES
from streams.simulator.volume import Surge

# Times its usual money. Otting, Langrock and Deutscher 2018 find fixed matches of liquid markets
# by volume alone, those of illiquid ones by the odds; so does a fix without a move need liquidity.
STRENGTHS = (8.0, 25.0)
TIERS = frozenset({1, 2, 3})
# Of a heavy favourite most of the money is on it anyway; nobody can tell more of it.
_ROOM = (0.08, 0.50)


def work_out(fix: Fix, rng: Random, scene: Scene) -> Scheme:
    """Put money on one selection for hours that end minutes to hours before."""
    strength = fix.strength or math.exp(rng.uniform(*map(math.log, STRENGTHS)))
    until = -rng.uniform(300, 3 * 3600)
    since = until - rng.uniform(2 * 3600, 5 * 3600)
    selection = fix.selection or _selection(rng, scene, since)
    surge = Surge(since, until, OUTCOMES.index(selection), strength)
    return Scheme(
        typology=fix.typology, market="1x2", selection=selection, strength=strength,
        since=float(int(since)), until=float(int(until)), surges=(surge,),
        note=f"{strength:.1f} times the usual money on {selection} for "
        f"{(until - since) / 60:.0f} min until {-until / 60:.0f} min before kick-off",
    )  # fmt: skip


def _selection(rng: Random, scene: Scene, second: float) -> str:
    """Choose one on which money is neither rare nor usual already, as far as there is one."""
    first = drawn_selection(rng, "1x2")
    chance = probability(scene.price(second, NOWHERE), first) or 0.0
    return first if _ROOM[0] < chance < _ROOM[1] else {"home": "away", "away": "home"}[first]
