"""Tails of independent events, for detectors whose score is -log10 of a chance."""

import math
from collections.abc import Sequence

_LEAST = 1e-300


def upper_tail(chances: Sequence[float], count: int) -> float:
    """Chance that at least `count` of independent events happen (Poisson-binomial, exact).

    >>> round(upper_tail([0.5, 0.5], 1), 3), upper_tail([0.5], 0), upper_tail([], 1)
    (0.75, 1.0, 0)
    """
    if count <= 0:
        return 1.0
    exactly = [1.0] + [0.0] * len(chances)
    for number, chance in enumerate(chances, 1):
        for happened in range(number, 0, -1):
            exactly[happened] += chance * (exactly[happened - 1] - exactly[happened])
        exactly[0] *= 1.0 - chance
    return min(1.0, sum(exactly[count:]))


def fused(one: float, other: float) -> float:
    """Fuse two independent tails by Fisher's method.

    >>> fused(1.0, 1.0), round(fused(0.01, 0.05), 5)
    (1.0, 0.0043)
    """
    product = max(one * other, _LEAST)
    return product * (1.0 - math.log(product))


def rarity(chance: float) -> float:
    """-log10 of a chance, at least 0 and finite.

    >>> rarity(1.0), rarity(0.001), rarity(0.0)
    (0.0, 3.0, 300.0)
    """
    return max(0.0, -math.log10(max(chance, _LEAST)))
