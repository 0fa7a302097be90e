"""All detectors there are: every `Detector` in a file of this folder."""

import importlib
import inspect
import pkgutil
from functools import cache

import detectors
from detectors.detector import Detector


@cache
def catalogue() -> tuple[type[Detector], ...]:
    """Find the detectors, in order of their names; a new one needs its file and nothing else.

    >>> [detector.name for detector in catalogue()][:2]
    ['book-divergence', 'book-split']
    """
    found: set[type[Detector]] = set()
    for module in pkgutil.iter_modules(detectors.__path__):
        members = vars(importlib.import_module(f"detectors.{module.name}")).values()
        found.update(m for m in members if inspect.isclass(m) and issubclass(m, Detector))
    return tuple(sorted((d for d in found if not inspect.isabstract(d)), key=_name))


def _name(detector: type[Detector]) -> str:
    return detector.name
