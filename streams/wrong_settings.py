"""How a wrong setting is told: one line with its name, what was given and what is allowed."""

import json
import math
import os
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

_LONGEST = 200


def told(model: type[BaseModel], error: ErrorDetails) -> str:
    """Line for one fault that pydantic found.

    A secret is not shown, nor what stands under a name that is unknown: it may be one misspelt.
    """
    where, field = error["loc"], _field(model, error["loc"])
    line = f"{'.'.join(map(str, where)) or 'settings'}: {_allowed(error, field)}"
    return line if _hidden(error, field) else line + _given(error["input"])


def not_finite(settings: BaseModel, prefix: str = "") -> Iterator[str]:
    """Lines for settings that are infinite, which no bound but an upper one keeps out."""
    for name, value in settings:
        if isinstance(value, BaseModel):
            yield from not_finite(value, f"{prefix}{name}.")
        elif isinstance(value, float) and not math.isfinite(value):
            yield f"{prefix}{name}: Input should be a finite number{_given(value)}"


def not_json(error: SettingsError, prefix: str) -> str:
    """Line for a variable of the environment that is to be a list, or a whole section, and is none.

    pydantic-settings names the section but not the variable.
    """
    if not isinstance(fault := error.__cause__, json.JSONDecodeError):
        return f"environment: {error}"
    name = next((n for n, v in os.environ.items() if v == fault.doc and n.startswith(prefix)), "?")
    setting = name.removeprefix(prefix).lower().replace("__", ".")
    given = "" if "." not in setting else _given(fault.doc)  # a section may hold a password
    return f'{setting}: in the environment it should be JSON, such as ["a", "b"]{given}'


def _given(value: object) -> str:
    shown = repr(value)
    return f", got {shown if len(shown) <= _LONGEST else shown[:_LONGEST] + '...'}"


def _field(model: type[BaseModel], where: tuple[int | str, ...]) -> FieldInfo | None:
    found: FieldInfo | None = None
    kind: Any = model
    for part in where:
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            break  # within a list, say
        if (found := kind.model_fields.get(str(part))) is None:
            return None
        kind = found.annotation
    return found


def _allowed(error: ErrorDetails, field: FieldInfo | None) -> str:
    if error["type"] in ("bool_parsing", "bool_type"):
        return "Input should be true or false"
    if error["type"] == "string_pattern_mismatch" and field is not None:
        return f"{error['msg']} ({field.description})"
    return error["msg"]


def _hidden(error: ErrorDetails, field: FieldInfo | None) -> bool:
    given = error["input"]
    if isinstance(given, Mapping) or field is None:  # of several settings, or an unknown one
        return True
    return field.annotation is SecretStr or SecretStr in get_args(field.annotation)
