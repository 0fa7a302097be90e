"""Stakes out of character: a few new or dormant accounts stake all that they are let.

What operators report to IBIA most: accounts opened days before, or not used for months, that come
for one match and stake at their limit, or ten to sixty times what they used to, on one selection.
"""

import math
from random import Random

from streams.simulator.accounts import LIMITS
from streams.simulator.buying import drawn_selection
from streams.simulator.scheme import Bet, Fix, Scene, Scheme
from streams.simulator.wagering import sharing

STRENGTHS = (3.0, 8.0)
"""Accounts; one or two with a large stake each are as likely to be two lucky customers."""


def work_out(fix: Fix, rng: Random, scene: Scene) -> Scheme:
    """Let 3 to 8 accounts back a selection over one to four hours, the last an hour before it."""
    count = round(fix.strength or rng.uniform(*STRENGTHS))
    selection = fix.selection or drawn_selection(rng, fix.market)
    market = "total" if selection in ("over", "under") else "1x2"
    length = 3600 * rng.uniform(1, 4)
    since = float(-int(length + 3600 * math.exp(rng.uniform(math.log(0.5), math.log(4)))))
    seconds = sorted(since + rng.uniform(0, length) for _ in range(count))
    name = rng.getrandbits(32)
    bets = tuple(
        _bet(rng, scene.tier)._replace(
            second=second, market=market, selection=selection, account=f"{name}/{n}",
            book=rng.choice(sharing(scene.books)[1:]),
        )
        for n, second in enumerate(seconds)
    )  # fmt: skip
    return Scheme(
        typology=fix.typology, market=market, selection=selection, strength=count,
        since=since, until=since + length, bets=bets,
        line=scene.line if market == "total" else None,
        note=f"{count} accounts stake far more than ever on {selection} in {length / 3600:.1f} h",
    )  # fmt: skip


def _bet(rng: Random, tier: int) -> Bet:
    """A stake near the limit, by an account of some days or one that slept for months."""
    limit = LIMITS.get(tier, 100.0)
    new = rng.random() < 0.5
    part = rng.uniform(0.85, 1) if new else rng.uniform(0.4, 1)
    stake = float(5 * round(part * limit / 5))
    if new:
        days = rng.randint(0, 11)
        wagers = min(days, rng.randint(0, 4))
        usual = round(rng.uniform(5, 25), 1) if wagers else None
        idle = rng.uniform(0, days) if wagers else None
        return _of(stake, limit, days, wagers, usual, idle)
    usual = round(stake / math.exp(rng.uniform(math.log(10), math.log(60))), 1)
    days = rng.randint(200, 2500)
    return _of(stake, limit, days, rng.randint(10, 300), usual, rng.uniform(61, days / 2))


def _of(
    stake: float, limit: float, days: int, wagers: int, usual: float | None, idle: float | None
) -> Bet:
    return Bet(
        0.0, "", "", "", stake, opened_days=days, wagers=min(wagers, days), median_stake=usual,
        idle_days=idle, limit=limit,
    )  # fmt: skip
