"""Structuring: one sum is split into stakes just under a threshold, by several accounts.

The thresholds are those that rules and operators use: checks of customers from 2 000 EUR (EU
directive 2015/849, Art. 11), records from 3 000, reports of suspicion from 5 000 and of cash from
10 000 USD (31 CFR 1010.415, 1021.320, 1021.311), and operators' own round limits below them. What
is laundered is a few thousand in a small match and more where limits allow it.
"""

import math
from random import Random

from streams.simulator.buying import drawn_selection
from streams.simulator.scheme import Bet, Fix, Scene, Scheme
from streams.simulator.wagering import sharing

STRENGTHS = (12.0, 60.0)
"""Stakes into which the sum is split."""

_THRESHOLDS = (500, 1000, 2000, 2500, 3000, 5000, 10_000)
# The highest threshold that stakes on a match of a tier can come near.
_HIGHEST = {1: 10_000, 2: 5000, 3: 3000, 4: 2000}
_LONGEST_S, _OVER_BY_S = 3 * 3600.0, -1500.0


def work_out(fix: Fix, rng: Random, scene: Scene) -> Scheme:
    """Let 3 to 15 accounts place 12 to 60 stakes within 0.5 to 3 hours, an hour or more before."""
    least, most = STRENGTHS
    count = round(fix.strength or math.exp(rng.uniform(math.log(least), math.log(most))))
    selection = fix.selection or drawn_selection(rng, fix.market)
    market = "total" if selection in ("over", "under") else "1x2"
    highest = _HIGHEST.get(scene.tier, 1000)
    threshold = rng.choice([t for t in _THRESHOLDS if t <= highest])
    since = float(-int(3600 * math.exp(rng.uniform(0, math.log(8)))))
    until = min(since + rng.uniform(1800, _LONGEST_S), _OVER_BY_S)
    accounts = _accounts(rng, scene, min(15, max(3, round(count / rng.uniform(2, 6)))))
    bets = [
        rng.choice(accounts)._replace(
            second=rng.uniform(since, until),
            market=market,
            selection=selection,
            stake=_stake(rng, threshold),
        )
        for _ in range(count)
    ]
    total = sum(bet.stake for bet in bets)
    return Scheme(
        typology=fix.typology, market=market, selection=selection, strength=count,
        since=since, until=until, bets=tuple(sorted(bets)),
        line=scene.line if market == "total" else None,
        note=f"{total:.0f} put on {selection} in {count} stakes under {threshold} within "
        f"{(until - since) / 60:.0f} min",
    )  # fmt: skip


def _accounts(rng: Random, scene: Scene, count: int) -> list[Bet]:
    """Accounts of those who help, most with a past and a device of their own."""
    crew, operators = rng.getrandbits(32), sharing(scene.books)
    operators = operators[1:] or operators
    return [
        Bet(
            0.0, "", "", f"crew/{crew}/{n}", 0.0, book=rng.choice(operators),
            median_stake=round(rng.lognormvariate(5.0, 0.8), 1),
            device=f"crew/{crew}/{n // 2}" if rng.random() < 0.3 else None,
        )
        for n in range(count)
    ]  # fmt: skip


def _stake(rng: Random, threshold: int) -> float:
    """Draw 90 to 99.9 % of the threshold; most people type it to a unit or to fives or tens."""
    unit = rng.choice((0.01, 1, 1, 5, 10)) if threshold <= 1000 else rng.choice((1, 5, 10, 50))
    wanted = threshold * (0.9 + 0.099 * math.sqrt(rng.random()))
    # A stake that rounds up to the threshold would be told of; it is taken one unit lower.
    stake = unit * round(wanted / unit)
    return round(stake if stake < threshold else threshold - unit, 2)
