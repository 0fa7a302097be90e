"""Actions as columns: the published JSON, flat where it is asked about, whole beside it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import pyarrow as pa
from pydantic import ValidationError

from alerts.action import Action
from alerts.cases import matches_of
from forensics.columns import MICROSECONDS, TEXT, provenance

ActionMessage = tuple[int, int, datetime, bytes]
_OF_ACTION: dict[str, pa.DataType] = {
    "action_id": TEXT, "at": MICROSECONDS, "actor": TEXT, "role": TEXT, "kind": TEXT,
    "case_id": TEXT, "alert_id": TEXT, "comment": TEXT, "reason": TEXT,
}  # fmt: skip


def published_action(body: bytes) -> Action | str:
    """Read one published action, or say why it cannot be read.

    >>> published_action(b'{"actor": "ana"}')
    'action_id: Field required'
    """
    try:
        return Action.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        return f"{name}: {first['msg']}" if name else first["msg"]


def action_columns(actions: Sequence[tuple[Action, ActionMessage]]) -> pa.Table:
    """Turn actions into rows of `actions`."""
    read = [action for action, _ in actions]
    messages = [message for _, message in actions]
    return pa.table(
        {
            name: pa.array((getattr(action, name) for action in read), kind)
            for name, kind in _OF_ACTION.items()
        }
        | {
            name: pa.array((_json(getattr(action, name)) for action in read), TEXT)
            for name in ("old", "new")
        }
        | {
            "seen": pa.array((_json(action.model_dump()["seen"]) for action in read), TEXT),
            "match": pa.array((action.match or "" for action in read), TEXT),
            "matches": pa.array((matches_of(action) for action in read), pa.list_(TEXT)),
            "body": pa.array((message[3].decode() for message in messages), TEXT),
        }
        | provenance([message[:3] for message in messages])
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
