"""When a fix in play can be seen: as soon as it has moved the market by twice its normal noise.

Nobody sees the true price: the market has moved when the middle one of its books has had time to
offer it, which takes its delay and half of the time between its looks.
"""

import math
from collections.abc import Sequence

from streams.simulator.buying import NOWHERE, probability
from streams.simulator.prices import Step
from streams.simulator.scheme import Scene

# Measured on 300 clean simulated matches, looks at the consensus every 10 s or more, quiet play
# only: its standard deviation against the goal model at the true score and clock is 2.4 pp on home
# and away before the interval, 1.7 between minutes 45 and 75 and 1.0 after that (2.0 over all).
# At any score and clock that is what one standard deviation of the sway of supremacy and tempo
# brings about, together with 1 pp of ticks, margins and lag.
_SUPREMACY, _TEMPO, _TICKS = 0.11, 0.04, 0.01
_TIMES = 2.0


def visible_at(scene: Scene, steps: Sequence[Step], selection: str) -> float | None:
    """Second at which the market shows twice its noise by these steps; None if it never does."""
    shift = NOWHERE
    for step in sorted(steps):
        shift = Step(step.second, shift.supremacy + step.supremacy, shift.total + step.total)
        base = probability(scene.price(step.second, NOWHERE), selection)
        moved = probability(scene.price(step.second, shift), selection)
        if base is None or moved is None:
            return None
        if moved - base > _TIMES * noise(scene, step.second, selection):
            return step.second + scene.lag
    return None


def noise(scene: Scene, second: float, selection: str) -> float:
    """Standard deviation of a selection's price about the goal model at this score and clock."""
    base = probability(scene.price(second, NOWHERE), selection) or 0.0
    swayed = (
        probability(scene.price(second, Step(second, supremacy, tempo)), selection) or base
        for supremacy, tempo in ((_SUPREMACY, 0.0), (0.0, _TEMPO))
    )
    return math.hypot(_TICKS, *(p - base for p in swayed))
