"""Whether two graphs of objects say the same, whatever is shared in one and equal in the other."""

from collections import deque
from enum import Enum
from functools import partial

from streams.snapshots.kinds import fields, kinds

_SEQUENCES = list, tuple, deque


def difference(one, other, where="", seen=None):
    """Name the first place where they differ; None where they do not."""
    seen = set() if seen is None else seen
    if one is other or (id(one), id(other)) in seen:
        return None
    if type(one) is not type(other):
        return f"{where}: {one!r} and {other!r}"
    seen.add((id(one), id(other)))
    parts = _parts(one), _parts(other)
    if None in parts:
        return None if one == other else f"{where}: {one!r} and {other!r}"
    if parts[0].keys() != parts[1].keys() or list(parts[0]) != list(parts[1]):
        return f"{where}: {list(parts[0])} and {list(parts[1])}"
    found = (difference(parts[0][n], parts[1][n], f"{where}.{n}", seen) for n in parts[0])
    return next((text for text in found if text), None)


def _parts(one):
    kind = type(one)
    if kind in _SEQUENCES or (isinstance(one, tuple) and kind in kinds()):
        return dict(enumerate(one))
    if kind is dict:
        return one
    if kind is partial:
        return {"func": one.func, "args": one.args, "keywords": one.keywords}
    if kind in kinds() and not isinstance(one, Enum):
        return {name: getattr(one, name) for name in fields(kind) if hasattr(one, name)}
    if kind.__name__ == "EWMean":
        return {"mean": one.get(), "fading": one.fading_factor}
    return None
