"""How often Python looks for objects that hold one another, in processes that hold millions."""

import gc

_SWEPT_AFTER = 2_000, 10, 2_000
"""New objects, then rounds: what is older is looked at every two million."""


def sweep_rarely() -> None:
    """Leave what is there by now out of the search for cycles, and search the rest rarely.

    Records and books hold no cycles, so there is next to nothing to find; looking for it through
    every price that stands costs a fifth of a watch's time, and a quarter of an evaluation's. Few
    objects at once, or the watch stands still meanwhile: a hundred thousand take 0.1 s and more.
    """
    gc.freeze()
    gc.set_threshold(*_SWEPT_AFTER)
