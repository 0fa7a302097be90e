"""Cross-market inconsistency: the handicap or the total is bought while the 1x2 stays."""

from random import Random

from markets.handicaps import cover_probability
from streams.simulator.buying import NOWHERE, ROOM, log_odds, probability
from streams.simulator.prices import rating_at
from streams.simulator.scheme import Fix, NoRoom, Scene, Scheme, Slant
from streams.simulator.side_markets import HANDICAP, handicap_line

# UEFA's system watches the Asian handicap, totals and 1x2 at European and Asian books, against
# calculated odds (UEFA on CAS 2016/A/4650); how far each moved is not published. 6 to 15 points is
# what moves of the 1x2 reach in few clean matches (10 points: 0.6 % of 20,608 closing prices).
STRENGTHS = (0.06, 0.15)
_ON_TOTAL = 0.2


def work_out(fix: Fix, rng: Random, scene: Scene) -> Scheme:
    """Buy a selection of the handicap (or the total) over one to six hours, at all who quote it."""
    since = float(-rng.randint(5400, 8 * 3600))
    until = min(since + rng.randint(3600, 6 * 3600), -float(rng.randint(1800, 3600)))
    wanted = fix.strength or rng.uniform(*STRENGTHS)
    market = fix.market or _market_of(fix.selection) or _drawn(rng)
    selection = fix.selection or rng.choice(
        ("over", "under") if market == "total" else ("home", "away")
    )
    base = _base(scene, market, selection, until)
    target = min(base + wanted, ROOM[1])
    if target - base < wanted / 2:
        raise NoRoom(f"fixes: match {fix.match} leaves no room for {fix.typology} on {selection}")
    slant = Slant(since, until, market, selection, log_odds(target) - log_odds(base))
    hours, points = (until - since) / 3600, 100 * (target - base)
    return Scheme(
        typology=fix.typology, market=market, selection=selection, strength=target - base,
        since=since, until=until, slants=(slant,),
        line=handicap_line(scene.opening) if market == HANDICAP else None,
        note=f"{selection} of {market} bought by {points:.1f} pp in {hours:.1f} h, 1x2 unmoved",
    )  # fmt: skip


def _drawn(rng: Random) -> str:
    return "total" if rng.random() < _ON_TOTAL else HANDICAP


def _market_of(selection: str | None) -> str | None:
    if selection is None:
        return None
    return "total" if selection in ("over", "under") else HANDICAP


def _base(scene: Scene, market: str, selection: str, second: float) -> float:
    """Probability of the selection as it would be without the fix."""
    if market == "total":
        return probability(scene.price(second, NOWHERE), selection) or 0.5
    rates = rating_at(scene.opening, scene.steps, second).rates()
    home = cover_probability(rates, handicap_line(scene.opening))
    return home if selection == "home" else 1.0 - home
