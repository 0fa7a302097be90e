"""Pseudonyms of accounts, devices and bets: a keyed hash, made at the door.

HMAC-SHA256 with a key that stays with the operator of the door. Whoever has the key can make the
pseudonym of an account they know, which is how an investigator asks an operator about one; nobody
can go back from a pseudonym without trying all accounts with the key. A new key makes all accounts
strangers to those of before.

Good at keeping identities out of everything behind the door. Bad at hiding behaviour: stakes and
times stay what they are, and may give away an account to whoever knows it otherwise.
"""

import hmac
import os
import re
import secrets
import stat
from hashlib import sha256
from pathlib import Path

from streams.feeds.live import FeedRefused

_KEY = re.compile(r"[0-9a-f]{64}")
_DIGITS = 40


class Pseudonyms:
    """Makes pseudonyms with one key.

    The same value of the same kind has the same pseudonym, in every file and feed of an operator.
    Accounts of two operators are apart even if they are called alike; devices are not.

    >>> Pseudonyms(b"k" * 32).of("account", "opr-7", " 4711 ")[:14]
    'p-0323de217131'
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, kind: str, within: str, value: str) -> str:
        """Pseudonym of a value: `p-` and hexadecimal digits."""
        text = "\0".join((kind, within, value.strip())).encode("utf-8", "replace")
        return "p-" + hmac.new(self._key, text, sha256).hexdigest()[:_DIGITS]


def make_key(path: Path) -> None:
    """Write a new key to a file that only its owner may read; one that exists is never replaced.

    Raises
    ------
    FeedRefused
        When the file exists or cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise FeedRefused(
            f"{path}: exists, and a new key would make strangers of all accounts; name another file"
        ) from None
    except OSError as error:
        raise FeedRefused(f"{path}: cannot be made: {error.strerror}") from None
    with os.fdopen(made, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")


def read_key(path: Path | None) -> Pseudonyms:
    """Read the key that the settings name.

    Raises
    ------
    FeedRefused
        When there is none, it is no key, or others than its owner may read it.
    """
    if path is None:
        raise FeedRefused(
            "feeds.wagers.key_file: is needed for account wagers; make one with"
            " `sogawatch pseudonym-key FILE` and name it there"
        )
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise FeedRefused(f"{path}: the key of the pseudonyms cannot be read") from None
    if stat.S_IMODE(mode) & 0o077:
        raise FeedRefused(f"{path}: others may read this key; run chmod 600 on it")
    if not _KEY.fullmatch(text):
        raise FeedRefused(f"{path}: is no key; make one with `sogawatch pseudonym-key FILE`")
    return Pseudonyms(bytes.fromhex(text))
