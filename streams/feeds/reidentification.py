"""Who a pseudonym is: worked out by trying known identities with the key, and in no other way."""

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Literal

from alerts.complaint import Misuse
from streams.feeds.pseudonyms import Pseudonyms

Named = Literal["account", "device", "wager"]
_PSEUDONYM = re.compile(r"p-[0-9a-f]{40}")


class CannotTell(Misuse):
    """Identities or pseudonyms that cannot be used; the message names none of the identities."""


def identities(path: Path) -> list[str]:
    """Read identities from a text file, one a line.

    Raises
    ------
    CannotTell
        When there is none.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise CannotTell(f"{path}: cannot be read as text (UTF-8, one identity a line)") from None
    found = [line.strip() for line in lines if line.strip()]
    if not found:
        raise CannotTell(f"{path}: holds no identity; one a line is wanted")
    return found


def require_pseudonyms(names: Collection[str]) -> None:
    """See that these are pseudonyms: an identity in their place would be kept for ever.

    Raises
    ------
    CannotTell
        When one is none; it is not repeated.
    """
    if wrong := sum(not _PSEUDONYM.fullmatch(name) for name in names):
        raise CannotTell(f"{wrong} of {len(names)} are no pseudonyms (`p-` and 40 digits)")


def require_silent(texts: Iterable[str], known: Iterable[str]) -> None:
    """See that nothing that will be kept names any of the identities.

    Raises
    ------
    CannotTell
        When it does; it is not repeated.
    """
    kept = " ".join(texts).casefold()
    for identity in map(str.casefold, known):
        if identity in kept and re.search(rf"(?<!\w){re.escape(identity)}(?!\w)", kept):
            raise CannotTell("what you say names an identity of the list; write its pseudonym")


def recognised(
    pseudonyms: Pseudonyms, wanted: Collection[str], kind: Named, within: str, known: Iterable[str]
) -> dict[str, str]:
    """Find the identities of these pseudonyms among those known.

    Good at: certainty, for two identities do not share a pseudonym. Bad at: spelling; an identity
    must be written as the operator's file had it.

    >>> made = Pseudonyms(b"k" * 32)
    >>> name = made.of("account", "opr-7", "4711")
    >>> recognised(made, [name], "account", "opr-7", ["4710", "4711"]) == {name: "4711"}
    True
    """
    asked = set(wanted)
    tried = ((pseudonyms.of(kind, within, each), each) for each in known)
    return {name: each for name, each in tried if name in asked}
