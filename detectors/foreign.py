"""river's objects as plain numbers, for a snapshot of a watch that holds them."""

from collections.abc import Callable, Sequence
from typing import Any

from river import stats

Numbers = Sequence[float]


def _of_mean(mean: stats.EWMean) -> Numbers:
    return mean.fading_factor, mean.get()


def _to_mean(numbers: Numbers) -> stats.EWMean:
    """Make a mean anew; the first number that one is told it takes over as it is."""
    fading, value = numbers
    mean = stats.EWMean(fading)
    mean.update(value)
    return mean


PLAIN: dict[type[Any], tuple[Callable[[Any], Numbers], Callable[[Numbers], Any]]] = {
    stats.EWMean: (_of_mean, _to_mean),
}
"""How each foreign class goes out and in again; our own need no entry.

A mean that was never told anything comes back as one that was told 0; ours are told at once.
"""
