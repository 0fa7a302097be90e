"""All fixes there are: every file in the folder `fixes`."""

import importlib
import pkgutil
from functools import cache
from random import Random
from types import ModuleType

from streams.simulator import fixes
from streams.simulator.scheme import Fix, Scene, Scheme, Typology

TYPOLOGIES: tuple[Typology, ...] = tuple(
    sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(fixes.__path__))
)


def work_out(fix: Fix, rng: Random, scene: Scene) -> Scheme:
    """Draw when and how a fix is done, and what it does to the match.

    Raises
    ------
    ValueError
        For a typology that cannot be simulated.
    NoRoom
        When the match leaves no room for it.
    """
    if fix.typology not in TYPOLOGIES:
        raise ValueError(f"fix: {fix.typology!r} is none of {', '.join(TYPOLOGIES)}")
    scheme: Scheme = _module(fix.typology).work_out(fix, rng, scene)
    return scheme


def in_play(typology: Typology) -> bool:
    """Whether a fix is done while the match is played."""
    return bool(getattr(_module(typology), "IN_PLAY", False))


def made_up(typology: Typology) -> bool:
    """Whether the match itself is made up."""
    return bool(getattr(_module(typology), "GHOST", False))


def tiers(typology: Typology) -> frozenset[int]:
    """Tiers of the matches that it is done to; empty for all."""
    found: frozenset[int] = getattr(_module(typology), "TIERS", frozenset())
    return found


@cache
def _module(typology: Typology) -> ModuleType:
    return importlib.import_module(f"{fixes.__name__}.{typology.replace('-', '_')}")
