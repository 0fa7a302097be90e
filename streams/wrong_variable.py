"""How a variable of the environment is told that should be a list, or a section, and is no JSON."""

import json
import os

from pydantic_settings import SettingsError

_SHOWN = 80


def not_json(error: SettingsError, prefix: str) -> str:
    """One line with the setting; pydantic-settings names its section alone."""
    if not isinstance(fault := error.__cause__, json.JSONDecodeError):
        return f"environment: {error}"
    name = next((n for n, v in os.environ.items() if v == fault.doc and n.startswith(prefix)), "?")
    setting = name.removeprefix(prefix).lower().replace("__", ".")
    shown = repr(fault.doc[:_SHOWN])
    given = f", got {shown}" if "." in setting else ""  # in a section there may be a password
    return f'{setting}: in the environment it should be JSON, such as ["a", "b"]{given}'
