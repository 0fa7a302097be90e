"""Late drift: hours of buying that end minutes before kick-off."""

import math
from random import Random

from streams.simulator.buying import plan, ramp, surge, told
from streams.simulator.scheme import Fix, Scene, Scheme

# From the largest innocent move of a day that a top tournament showed (11.4 points in 104
# matches) to the sizes that reports of proved cases give; less cannot be told from innocence.
STRENGTHS = (0.12, 0.30)


def work_out(fix: Fix, rng: Random, scene: Scene) -> Scheme:
    """Buy a selection little by little over the last hours."""
    bought = plan(fix, rng, scene, _window, STRENGTHS)
    return Scheme(
        typology=fix.typology, market=bought.market, selection=bought.selection,
        strength=bought.strength, since=bought.since, until=bought.until,
        note=told(bought, scene.times), goals_from=-math.inf,
        steps=ramp(rng, bought, every_s=240), surges=surge(rng, bought, lead=0, tail=0),
    )  # fmt: skip


def _window(rng: Random, _scene: Scene) -> tuple[float, float]:
    return float(-rng.randint(4200, 5 * 3600)), float(-rng.randint(120, 900))
