"""All detectors there are: every `Detector` in a file of this folder."""

import importlib
import inspect
import pkgutil
from functools import cache
from typing import Any

import detectors
from detectors.detector import Detector, MarketDetector, MatchDetector

Kind = type[Detector[Any]]


@cache
def catalogue() -> tuple[Kind, ...]:
    """Find the detectors, in order of their names; a new one needs its file and nothing else.

    >>> [detector.name for detector in catalogue()][:2]
    ['account-cluster', 'book-divergence']
    """
    found: set[Kind] = set()
    for module in pkgutil.iter_modules(detectors.__path__):
        members = vars(importlib.import_module(f"detectors.{module.name}")).values()
        found.update(m for m in members if inspect.isclass(m) and issubclass(m, Detector))
    return tuple(sorted((d for d in found if not inspect.isabstract(d)), key=_name))


@cache
def market_detectors(market: str) -> tuple[type[MarketDetector], ...]:
    """Detectors that understand a market."""
    kinds = [k for k in catalogue() if issubclass(k, MarketDetector) and market in k.markets]
    return tuple(kinds)


@cache
def match_detectors() -> tuple[type[MatchDetector], ...]:
    """Detectors that look at whole matches."""
    return tuple(kind for kind in catalogue() if issubclass(kind, MatchDetector))


def _name(detector: Kind) -> str:
    return detector.name
