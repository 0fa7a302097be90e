"""Steam move: minutes of buying at every book, away from any news."""

import math
from random import Random

from streams.simulator.buying import plan, ramp, surge, told
from streams.simulator.scheme import Fix, Scene, Scheme

# From the limit of BuzzFeed and BBC 2016 (ten points between opening and close) on.
STRENGTHS = (0.10, 0.25)


def work_out(fix: Fix, rng: Random, scene: Scene) -> Scheme:
    """Buy a selection within two to eight minutes, half an hour to six hours before kick-off."""
    bought = plan(fix, rng, scene, _window, STRENGTHS)
    return Scheme(
        typology=fix.typology, market=bought.market, selection=bought.selection,
        strength=bought.strength, since=bought.since, until=bought.until,
        note=told(bought, scene.times), goals_from=-math.inf,
        steps=ramp(rng, bought, every_s=25), surges=surge(rng, bought, lead=300, tail=1200),
    )  # fmt: skip


def _window(rng: Random, scene: Scene) -> tuple[float, float]:
    news = [a.steps[0].second for a in scene.announcements]
    while True:
        since = float(-int(1800 * math.exp(rng.uniform(0, math.log(12)))))
        until = since + rng.randint(120, 480)
        if all(n + 2400 < since or until + 1200 < n for n in news):
            return since, until
