"""Spot-fixing: cards or corners are bought while the main markets stay."""

from random import Random

from streams.simulator.buying import ROOM, log_odds
from streams.simulator.scheme import Fix, Scene, Scheme, Slant
from streams.simulator.side_markets import PROPS, prop

# Card markets are thin: the average bet on them was below 100 pounds at a large British book (BBC,
# 2013), and the ring of the FA's case of 2018 played for 10,000, so a few stakes move the price
# by much. How far is not published: 10 to 25 points is our assumption.
STRENGTHS = (0.10, 0.25)


def work_out(fix: Fix, rng: Random, scene: Scene) -> Scheme:
    """Buy over or under within 20 minutes to four hours, at all books that quote the market."""
    since = float(-rng.randint(3600, 8 * 3600))
    until = min(since + rng.randint(1200, 4 * 3600), -float(rng.randint(1500, 2400)))
    wanted = fix.strength or rng.uniform(*STRENGTHS)
    market = fix.market or rng.choice(PROPS)
    selection = fix.selection or rng.choice(("over", "over", "under"))
    line, over = prop(scene.opening, market)
    base = over if selection == "over" else 1.0 - over
    target = min(base + wanted, ROOM[1])
    slant = Slant(since, until, market, selection, log_odds(target) - log_odds(base))
    minutes, points = (until - since) / 60, 100 * (target - base)
    return Scheme(
        typology=fix.typology, market=market, selection=selection, strength=target - base,
        since=since, until=until, slants=(slant,), line=line,
        note=f"{selection} {line:g} {market} bought by {points:.1f} pp in {minutes:.0f} min, "
        "main markets unmoved",
    )  # fmt: skip
