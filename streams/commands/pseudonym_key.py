"""`sogawatch pseudonym-key`: make the key of the pseudonyms."""

from pathlib import Path
from typing import Annotated

import typer

from streams.commands.options import complaints
from streams.feeds.pseudonyms import make_key
from streams.screen import Screen


def pseudonym_key(
    file: Annotated[Path, typer.Argument(help="Where to; must not exist yet.")],
) -> None:
    """Make a key for the pseudonyms of accounts, readable by you alone.

    Name it in `feeds.wagers.key_file`. Keep a copy in a safe: without it no operator can say which
    account a pseudonym is, and with another one all accounts are strangers.

    Example: sogawatch pseudonym-key /etc/sogawatch/pseudonyms.key
    """
    screen = Screen()
    with complaints(screen):
        make_key(file)
        screen.say(f"{file}: a new key, readable by its owner alone")
