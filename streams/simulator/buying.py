"""Buying a selection: how far the rating has to move for it, in which steps, with what money."""

import math
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from streams.simulator.play import Timetable
from streams.simulator.prices import Step, Truth
from streams.simulator.scheme import Fix, NoRoom, Scene
from streams.simulator.trading import OUTCOMES
from streams.simulator.volume import Surge

NOWHERE = Step(0, 0, 0)
# Bought selections stay within these probabilities; a fix weaker than `_LEAST` is none.
ROOM = (0.05, 0.93)
_ON_TOTALS = 0.2
_FURTHEST = 3.0
_TRIES = 60
_LEAST = 0.03

Window = Callable[[Random, Scene], tuple[float, float]]


class Plan(NamedTuple):
    """Between two seconds a selection is bought by `strength`, which takes this shift."""

    since: float
    until: float
    selection: str
    strength: float
    shift: Step

    @property
    def market(self) -> str:
        """Market of the selection."""
        return "total" if self.selection in ("over", "under") else "1x2"


def plan(
    fix: Fix, rng: Random, scene: Scene, window: Window, strengths: tuple[float, float]
) -> Plan:
    """Draw when and how far a selection is bought.

    A match can leave no room for the strength asked for (a team at 0-3 in the 80th minute); then
    the strongest of the tries is taken and its true strength told.

    Raises
    ------
    NoRoom
        When none of the tries moves anything worth the name.
    """
    best = None
    wanted = fix.strength or rng.uniform(*strengths)
    for _ in range(_TRIES):
        since, until = window(rng, scene)
        selection = fix.selection or drawn_selection(rng, fix.market)
        shift, strength = shift_for(scene, until, selection, wanted)
        if best is None or strength > best.strength:
            best = Plan(since, until, selection, strength, shift)
        if strength > wanted - 0.005:
            break
    if best is None or best.strength < _LEAST:
        raise NoRoom(
            f"fixes: match {fix.match} leaves no room for {fix.typology} on "
            f"{fix.selection or fix.market or 'anything'}; choose another match or selection"
        )
    return best


def drawn_selection(rng: Random, market: str | None) -> str:
    """Draw a selection, of a market if one is named; the draw is rarely worth a fix."""
    if market == "total" or (market is None and rng.random() < _ON_TOTALS):
        return rng.choice(("over", "under"))
    return rng.choice(("home", "away"))


def shift_for(scene: Scene, second: float, selection: str, wanted: float) -> tuple[Step, float]:
    """Find the shift of the rating that moves a selection as far as wanted at a second."""
    base = probability(scene.price(second, NOWHERE), selection)
    if base is None or not ROOM[0] < base < ROOM[1]:
        return NOWHERE, 0.0
    wanted = min(wanted, ROOM[1] - base)
    near, far = 0.0, _FURTHEST
    for _ in range(18):
        middle = (near + far) / 2
        moved = probability(scene.price(second, _towards(selection, middle)), selection)
        near, far = (middle, far) if (moved or 0.0) - base < wanted else (near, middle)
    shift = _towards(selection, near)
    return shift, (probability(scene.price(second, shift), selection) or base) - base


def probability(truth: Truth, selection: str) -> float | None:
    """Probability of a selection of the 1x2 or the total; None once it is decided."""
    if selection in OUTCOMES:
        return truth.outcome[OUTCOMES.index(selection)]
    if truth.over is None:
        return None
    return truth.over if selection == "over" else 1 - truth.over


def ramp(rng: Random, bought: Plan, every_s: float) -> tuple[Step, ...]:
    """Spread the shift over the window, in uneven steps."""
    length = bought.until - bought.since
    count = max(6, int(length / every_s))
    parts = [rng.expovariate(1) for _ in range(count)]
    _, supremacy, total = bought.shift
    return tuple(
        Step(float(int(bought.since + length * i / (count - 1))), supremacy * part, total * part)
        for i, part in enumerate(p / sum(parts) for p in parts)
    )


def surge(rng: Random, bought: Plan, lead: float, tail: float) -> tuple[Surge, ...]:
    """Draw the money that buys it, from `lead` seconds before the move to `tail` after."""
    if bought.selection not in OUTCOMES:
        return ()
    outcome = OUTCOMES.index(bought.selection)
    return (Surge(bought.since - lead, bought.until + tail, outcome, rng.uniform(3, 8)),)


def told(bought: Plan, times: Timetable) -> str:
    """Say shortly what was bought, how far and when."""
    minutes = (bought.until - bought.since) / 60
    if bought.since >= times.kick_off:
        when = f"from minute {times.clock(bought.since):.0f}"
    else:
        when = f"from {-bought.since / 60:.0f} min before kick-off"
    pp = 100 * bought.strength
    return f"{bought.selection} bought by {pp:.1f} pp in {minutes:.0f} min {when}"


def _towards(selection: str, far: float) -> Step:
    if selection in ("home", "away"):
        return Step(0, far if selection == "home" else -far, 0)
    return Step(0, 0, far if selection == "over" else -far)


def log_odds(p: float) -> float:
    """Log-odds of a probability."""
    return math.log(p / (1 - p))
