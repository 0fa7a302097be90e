"""How often Python looks for objects that hold one another, in processes that hold millions."""

import gc

_SWEPT_AFTER = 700, 5, 10_000
"""New objects, then rounds of the younger: the oldest are looked at every 35 million."""


def sweep_rarely() -> None:
    """Leave what is there by now out of the search for cycles, and search the rest rarely.

    Records and books hold no cycles, so there is next to nothing to find; looking for it through
    every price that stands costs a fifth of a watch's time, and a quarter of an evaluation's. Few
    objects at once, or the watch stands still meanwhile. What replaces others does not count as
    new, so several times as many are looked at: with ten thousand up to 85,000, in 50 ms.
    """
    gc.freeze()
    gc.set_threshold(*_SWEPT_AFTER)
