"""In-play move without a reason on the pitch: minutes of buying in quiet play.

How strong it is, is our choice: at the World Cup 2026 nearly all jumps of more than 10 pp between
polls came with a goal or the clock, so less would not have to be explained, and UEFA's reports hold
the odds of every minute against calculated ones (CAS 2016/A/4650). Over and under are left to
wrong-way-decay.
"""

from dataclasses import replace
from random import Random

from streams.simulator.buying import plan, ramp, surge, told
from streams.simulator.scheme import Fix, NoRoom, Scene, Scheme
from streams.simulator.visibility import visible_at

IN_PLAY = True
STRENGTHS = (0.12, 0.30)
_TRIES = 60
_LEAST_PART = 0.7


def work_out(fix: Fix, rng: Random, scene: Scene) -> Scheme:
    """Buy a selection of the 1x2, or what is asked for, within two to eight minutes of play."""
    wish = fix if fix.market or fix.selection else replace(fix, market="1x2")
    bought = plan(wish, rng, scene, _window, STRENGTHS)
    if fix.selection is None and bought.strength < _LEAST_PART * STRENGTHS[0]:
        raise NoRoom(f"fixes: match {fix.match} leaves no room for {fix.typology}")
    steps = ramp(rng, bought, every_s=25)
    return Scheme(
        typology=fix.typology, market=bought.market, selection=bought.selection,
        strength=bought.strength, since=bought.since, until=bought.until,
        note=told(bought, scene.times), goals_from=bought.until,
        steps=steps, surges=surge(rng, bought, lead=60, tail=600),
        visible_at=visible_at(scene, steps, bought.selection),
    )  # fmt: skip


def _window(rng: Random, scene: Scene) -> tuple[float, float]:
    """Minutes of play without a goal or a red card in or near them."""
    for _ in range(_TRIES):
        since = scene.times.kick_off + rng.randint(10 * 60, 85 * 60)
        until = since + rng.randint(120, 480)
        edges = (since - 120, until + 120)
        quiet = not any(edges[0] < i.second < edges[1] for i in scene.incidents)
        if quiet and all(scene.times.playing(s) for s in (*edges, since, until)):
            break
    return since, until
