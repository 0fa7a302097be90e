"""In-play move without a reason on the pitch: minutes of buying in quiet play."""

from random import Random

from streams.simulator.buying import plan, ramp, surge, told
from streams.simulator.scheme import Fix, Scene, Scheme

IN_PLAY = True
STRENGTHS = (0.10, 0.25)
_TRIES = 60


def work_out(fix: Fix, rng: Random, scene: Scene) -> Scheme:
    """Buy a selection within three to ten minutes of play."""
    bought = plan(fix, rng, scene, _window, STRENGTHS)
    return Scheme(
        typology=fix.typology, market=bought.market, selection=bought.selection,
        strength=bought.strength, since=bought.since, until=bought.until,
        note=told(bought, scene.times), goals_from=bought.until,
        steps=ramp(rng, bought, every_s=25), surges=surge(rng, bought, lead=60, tail=600),
    )  # fmt: skip


def _window(rng: Random, scene: Scene) -> tuple[float, float]:
    """Minutes of play without a goal or a red card in or near them."""
    for _ in range(_TRIES):
        since = scene.times.kick_off + rng.randint(10 * 60, 85 * 60)
        until = since + rng.randint(180, 600)
        edges = (since - 120, until + 120)
        quiet = not any(edges[0] < i.second < edges[1] for i in scene.incidents)
        if quiet and all(scene.times.playing(s) for s in (*edges, since, until)):
            break
    return since, until
