"""Repeat pattern: the home team has lost again and again as late money said.

Between 15 and 30 % of its last matches are suspicious, four at least and ten at most: a club with
more than fifty reports of the monitoring unit in five years (CAS 2016/A/4650) had about that share.
Nothing is done to the match itself.
"""

from random import Random

from markets.records import Played
from streams.simulator.pasts import HIGH, innocent, one
from streams.simulator.scheme import Fix, Scene, Scheme

STRENGTHS = (0.15, 0.30)
_FEWEST, _MOST = 4, 10
_RATE, _COMES_TRUE = 0.01, 0.93


def work_out(fix: Fix, rng: Random, _scene: Scene) -> Scheme:
    """Draw 20 to 60 matches of the home team, some of them bought to be lost."""
    matches = rng.randint(20, 60)
    wanted = fix.strength or rng.uniform(*STRENGTHS)
    bought = min(max(_FEWEST, round(wanted * matches)), _MOST)
    chosen = set(rng.sample(range(matches), bought))
    past = tuple(_bought(rng) if i in chosen else innocent(rng, _RATE) for i in range(matches))
    since = float(-rng.randint(6 * 3600, 20 * 3600))
    return Scheme(
        typology=fix.typology, market="1x2", selection="away", strength=bought / matches,
        since=since, until=0.0, past=past,
        note=f"{bought} of the home team's last {matches} matches were bought to be lost",
    )  # fmt: skip


def _bought(rng: Random) -> Played:
    opened = rng.uniform(0.25, 0.5)
    closed = opened + rng.uniform(HIGH + 0.005, 0.22)
    return one(opened, closed, happened=rng.random() < _COMES_TRUE)
