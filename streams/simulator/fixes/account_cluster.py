"""Account cluster: a ring of mule accounts backs one selection within the hour.

Sizes, ages and shared attributes are those that integrity units and police report: thousands of
bought or rented accounts split sums at licensed operators (INTERPOL SOGA X, 2024), a ring runs
several of them on one phone, opens most shortly before they are used, and keeps each stake small
enough to pass.
"""

import math
from random import Random

from streams.simulator.buying import drawn_selection
from streams.simulator.scheme import Bet, Fix, Scene, Scheme
from streams.simulator.wagering import sharing

STRENGTHS = (8.0, 40.0)
"""Accounts in the ring."""

_COUNTRIES = ("GB", "DE", "IT", "PL", "GR", "RO", "BR", "KE", "PH", "VN")
_BETS_TWICE = 0.15


def work_out(fix: Fix, rng: Random, scene: Scene) -> Scheme:
    """Let 8 to 40 accounts back a selection within 8 to 60 minutes, an hour or more before it."""
    least, most = STRENGTHS
    count = round(fix.strength or math.exp(rng.uniform(math.log(least), math.log(most))))
    selection = fix.selection or drawn_selection(rng, fix.market)
    market = "total" if selection in ("over", "under") else "1x2"
    since = float(-int(3600 * math.exp(rng.uniform(0, math.log(8)))))
    length = rng.uniform(8, 60) * 60
    bets = [
        bet._replace(second=since + rng.uniform(0, length))
        for bet in _ring(rng, scene, count, (market, selection))
        for _ in range(2 if rng.random() < _BETS_TWICE else 1)
    ]
    return Scheme(
        typology=fix.typology, market=market, selection=selection, strength=count,
        since=since, until=since + length, bets=tuple(sorted(bets)),
        line=scene.line if market == "total" else None,
        note=f"{count} accounts back {selection} within {length / 60:.0f} min",
    )  # fmt: skip


def _ring(rng: Random, scene: Scene, count: int, bought: tuple[str, str]) -> list[Bet]:
    """One bet of each account; they share phones, mostly a country, and half or more are new."""
    phones = max(2, round(count / rng.uniform(1.4, 4)))
    new, usual = rng.uniform(0.5, 0.95), rng.uniform(40, 150)
    home, away = rng.sample(_COUNTRIES, 2)
    at_home = rng.uniform(0.7, 1)
    operators = rng.sample(sharing(scene.books)[1:], rng.randint(1, len(sharing(scene.books)) - 1))
    ring = rng.getrandbits(32)
    return [
        _aged(rng, new, usual)._replace(
            market=bought[0],
            selection=bought[1],
            account=f"ring/{ring}/{n}",
            book=rng.choice(operators),
            device=f"phone/{ring}/{rng.randrange(phones)}",
            country=home if rng.random() < at_home else away,
        )
        for n in range(count)
    ]


def _aged(rng: Random, new: float, usual: float) -> Bet:
    """A bet by a new account, or by a bought one that has been used for this before."""
    stake = float(max(5, 5 * round(usual * rng.lognormvariate(0, 0.5) / 5)))
    bet = Bet(0.0, "", "", "", stake)
    if rng.random() < new:
        days, wagers = rng.randint(0, 27), rng.randint(0, 6)
        wagers = min(wagers, days)
        return bet._replace(
            opened_days=days, wagers=wagers, median_stake=_about(rng, stake) if wagers else None,
            idle_days=rng.uniform(0, days) if wagers else None,
        )  # fmt: skip
    return bet._replace(median_stake=_about(rng, stake))


def _about(rng: Random, stake: float) -> float:
    return round(stake * rng.uniform(0.3, 1.2), 1)
