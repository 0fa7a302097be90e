"""How often Python looks for objects that hold one another, in processes that hold millions."""

import gc

_SWEPT_AFTER = 100_000, 20, 20


def sweep_rarely() -> None:
    """Leave what is there by now out of the search for cycles, and search a hundredth as often.

    Records and books hold no cycles, so there is next to nothing to find; looking for it through
    every price that stands costs a fifth of a watch's time, and a quarter of an evaluation's.
    """
    gc.freeze()
    gc.set_threshold(*_SWEPT_AFTER)
