"""Late goals bought: over does not lengthen while the clock runs, or it shortens.

The pattern is Forrest and McHale's and UEFA's "expected reaction" that fails: at a standing score
over must drift out with every minute. How strong it is, is our choice: over loses about 1 pp a
minute in the second half, so the weakest fix holds it level for some ten minutes.
"""

from dataclasses import replace
from random import Random

from streams.simulator.buying import plan, ramp, told
from streams.simulator.scheme import Fix, NoRoom, Scene, Scheme
from streams.simulator.visibility import visible_at

IN_PLAY = True
STRENGTHS = (0.10, 0.25)
_TRIES = 60
_LEAST_PART = 0.7


def work_out(fix: Fix, rng: Random, scene: Scene) -> Scheme:
    """Buy over, or what is asked for, within four to twelve minutes of the second half."""
    wish = fix if fix.selection else replace(fix, market="total", selection="over")
    bought = plan(wish, rng, scene, _window, STRENGTHS)
    if fix.selection is None and bought.strength < _LEAST_PART * STRENGTHS[0]:
        raise NoRoom(f"fixes: match {fix.match} leaves no room for {fix.typology}")
    steps = ramp(rng, bought, every_s=30)
    return Scheme(
        typology=fix.typology, market=bought.market, selection=bought.selection,
        strength=bought.strength, since=bought.since, until=bought.until,
        note=told(bought, scene.times), goals_from=bought.until,
        steps=steps, visible_at=visible_at(scene, steps, bought.selection),
    )  # fmt: skip


def _window(rng: Random, scene: Scene) -> tuple[float, float]:
    """Minutes from the fiftieth to the ninetieth without a goal or a red card in or near them."""
    for _ in range(_TRIES):
        since = scene.times.restart + rng.randint(5 * 60, 30 * 60)
        until = since + rng.randint(240, 720)
        edges = (since - 120, until + 120)
        quiet = not any(edges[0] < i.second < edges[1] for i in scene.incidents)
        if quiet and all(scene.times.playing(s) for s in (*edges, since, until)):
            break
    return since, until
