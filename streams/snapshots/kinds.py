"""What may stand in a snapshot: our own classes and functions, found by module, and their fields.

A snapshot names them by their place in this list. The fingerprint of the list is part of every
snapshot, so one that was written by other code is refused rather than misread.
"""

import dis
import enum
import hashlib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache
from types import FunctionType, ModuleType
from typing import Any, get_origin

from msgspec import Struct
from pydantic import BaseModel

FORMAT = 1
"""Raise it when a field keeps its name and type but changes its meaning."""
_PACKAGES = "markets", "detectors"
_MODULES = (
    "alerts.alert", "alerts.lifecycle", "streams.leap", "streams.noted_frames",
    "streams.partition_watch",
)  # fmt: skip

Kind = type[object]


@cache
def kinds() -> tuple[Kind, ...]:
    """Classes whose objects may stand in a snapshot, in order of their names."""
    found = {_name(c): c for m in _modules() for c in vars(m).values() if _is_kind(c, m)}
    return tuple(found[name] for name in sorted(found))


@cache
def functions() -> tuple[Callable[..., Any], ...]:
    """Functions that a `partial` in a snapshot may hold, in order of their names."""
    found = {
        _name(f): f
        for m in _modules()
        for name, f in vars(m).items()
        if callable(f)
        and not inspect.isclass(f)  # a cached function is no FunctionType
        and (f.__module__, getattr(f, "__qualname__", None)) == (m.__name__, name)
    }
    return tuple(found[name] for name in sorted(found))


def fields(kind: Kind) -> tuple[str, ...]:
    """Names of all that an object holds, those of its bases first.

    >>> from markets.rows import Row
    >>> fields(Row)
    ('book', 'offers', 'columns', 'moved_at', 'fair', 'log_odds')
    """
    if issubclass(kind, Struct):
        return tuple(kind.__struct_fields__)
    if issubclass(kind, BaseModel):
        return tuple(kind.model_fields)
    if issubclass(kind, tuple):
        return tuple(vars(kind)["_fields"])
    names: dict[str, None] = {}
    for base in reversed(kind.__mro__):
        names |= dict.fromkeys(slot for slot in _slots(base) if not slot.startswith("__"))
        if "__dict__" in dir(kind) and not issubclass(kind, enum.Enum):
            names |= dict.fromkeys(_assigned(base))
    return tuple(names)


def fingerprint(config_hash: str) -> str:
    """Schema of the snapshots of this code, under one configuration of the watch."""
    text = f"{FORMAT}\n{config_hash}\n" + "\n".join(
        f"{_name(kind)}({', '.join(_described(kind))})" for kind in kinds()
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _modules() -> Iterator[ModuleType]:
    for package in map(importlib.import_module, _PACKAGES):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            yield importlib.import_module(module.name)
    yield from map(importlib.import_module, _MODULES)


def _is_kind(member: object, module: ModuleType) -> bool:
    return (
        inspect.isclass(member)
        and get_origin(member) is None
        and member.__module__ == module.__name__
        and not issubclass(member, BaseException)
    )


def _name(member: Kind | Callable[..., Any]) -> str:
    return f"{member.__module__}.{member.__qualname__}"


def _slots(base: Kind) -> tuple[str, ...]:
    slots = base.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _assigned(base: Kind) -> Iterator[str]:
    """Attributes that the methods of a class without slots set."""
    for member in vars(base).values():
        if isinstance(member, FunctionType) and base.__module__.partition(".")[0] in _ours():
            for step in dis.get_instructions(member):
                if step.opname == "STORE_ATTR":
                    yield step.argval


def _ours() -> set[str]:
    return {*_PACKAGES, *(module.partition(".")[0] for module in _MODULES)}


def _described(kind: Kind) -> Iterator[str]:
    declared = {n: a for base in reversed(kind.__mro__) for n, a in _annotations(base).items()}
    for name in fields(kind):
        yield f"{name}: {declared[name]}" if name in declared else name


def _annotations(base: Kind) -> dict[str, object]:
    return inspect.get_annotations(base)
