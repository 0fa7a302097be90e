"""Whether what a Grafana has is what is wanted, though it adds fields of its own."""

import hashlib
import json
from typing import Any


def holds(found: Any, wanted: Any) -> bool:
    """Whether everything wanted is there with its value; what is there besides does not count.

    Lists must be as long as wanted, so that one more panel is a difference. Numbers are equal by
    value, for Grafana gives 5 back as 5.0 or the other way.

    >>> holds({"a": 1, "id": 7}, {"a": 1}), holds({"a": [1, 2]}, {"a": [1]})
    (True, False)
    """
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            key in found and holds(found[key], value) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(holds(one, other) for one, other in zip(found, wanted, strict=True))
        )
    return bool(found == wanted)


def fingerprint(thing: Any) -> str:
    """Short digest of something wanted, to know again what was written.

    >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(thing, sort_keys=True).encode()).hexdigest()[:16]
