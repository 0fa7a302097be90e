"""Actions whose words named an account that is erased: they are sealed again without it."""

import json
import re
from typing import Any

from alerts.action import Action, action_id
from forensics.actions_table import ActionMessage, action_columns
from forensics.store import Store

_NAMING = """
SELECT body, partition, offset, arrived FROM actions WHERE position(body, {account:String}) > 0
"""


def without(body: str, account: str) -> Action | None:
    """The action with a tombstone for the account; None when it does not name it.

    The id of an action is a hash of all that it says, and cases are made of those that fit only.
    So it gets a new one; otherwise a verdict would be lost because its comment named an account.
    """
    bare = re.compile(rf"(?<![A-Za-z0-9_-]){re.escape(account)}(?![A-Za-z0-9_-])")
    if not bare.search(body):
        return None
    fields = json.loads(bare.sub("erased", body))
    del fields["action_id"]
    return Action.model_validate(fields | {"action_id": action_id(fields)})


def seal_again(store: Store, account: str) -> int:
    """Write the actions that name the account again without it, and delete those that do."""
    changed: list[tuple[Action, ActionMessage]] = []
    old: list[str] = []
    for row in store.rows(_NAMING, {"account": account}):
        if (action := without(row["body"], account)) is not None:
            place = (row["partition"], row["offset"], row["arrived"])
            changed.append((action, (*place, action.to_json())))
            old.append(json.loads(row["body"])["action_id"])
    if changed:
        store.insert("actions", action_columns(changed))
        gone: dict[str, Any] = {"old": old}
        store.command(
            "ALTER TABLE actions DELETE WHERE has({old:Array(String)}, action_id) "
            "SETTINGS mutations_sync = 2",
            gone,
        )
    return len(changed)
