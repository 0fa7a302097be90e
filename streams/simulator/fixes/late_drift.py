"""Late drift: hours of buying that end minutes before kick-off."""

import math
from random import Random

from streams.simulator.buying import plan, ramp, surge, told
from streams.simulator.scheme import Fix, Scene, Scheme

STRENGTHS = (0.08, 0.20)


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
