"""Tokens: who may enter, kept as hashes in a file that is read again when it changes."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from dashboards.board.settings import BoardRefused

Role = Literal["viewer", "officer", "supervisor"]
ROLES: tuple[Role, ...] = ("viewer", "officer", "supervisor")
_LINE = re.compile(r"(?P<name>[\w.@-]{1,64})\s+(?P<role>\w+)\s+sha256:(?P<digest>[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may enter."""

    name: str
    role: Role

    @property
    def acts(self) -> bool:
        """Whether the role may do more than look."""
        return self.role != "viewer"


def new_token() -> str:
    """Make a token of 256 random bits, so that its plain hash cannot be guessed back."""
    return "sw_" + secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """Hash a token as the file keeps it.

    >>> digest_of("sw_example")[:12]
    '7fcc54de21c8'
    """
    return hashlib.sha256(token.encode()).hexdigest()


def line_for(name: str, role: Role, token: str) -> str:
    """Write the line of the file that lets this token in.

    Raises
    ------
    ValueError
        When the name does not fit the file.

    Examples
    --------
    >>> line_for("ana", "officer", "sw_example")[:26]
    'ana officer sha256:7fcc54d'
    """
    line = f"{name} {role} sha256:{digest_of(token)}"
    if not _LINE.fullmatch(line):
        raise ValueError(f"{name!r}: a name is letters, digits, '.', '_', '@' or '-', at most 64")
    return line


class Tokens:
    """The tokens of a file. A line that is taken out shuts its sessions out as well, at once.

    Raises
    ------
    BoardRefused
        When the file cannot be read, holds no token or a line that is none. The message names the
        line's number and never its text.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._signature: tuple[int, int, int] | None = None
        self._known: dict[str, Person] = {}
        self._renew()

    def person_of(self, token: str) -> Person | None:
        """Who a token belongs to; None when it is unknown."""
        return self.of_digest(digest_of(token))

    def of_digest(self, digest: str) -> Person | None:
        """Who a hash belongs to; all are compared, each in constant time."""
        self._renew()
        found = None
        for known, person in self._known.items():
            if hmac.compare_digest(known, digest):
                found = person
        return found

    def names(self) -> list[str]:
        """Names of those who may act, for whom a case can be assigned to."""
        return sorted({person.name for person in self._known.values() if person.acts})

    def _renew(self) -> None:
        try:
            stat = self._path.stat()
            signature = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if signature != self._signature:
                self._known = _read(self._path)
                self._signature = signature
        except (OSError, UnicodeDecodeError) as error:
            raise BoardRefused(f"board.tokens_file {self._path} cannot be read: {error}") from None


def _read(path: Path) -> dict[str, Person]:
    known: dict[str, Person] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.split("#")[0].strip()
        if not text:
            continue
        match = _LINE.fullmatch(text)
        if match is None or match["role"] not in ROLES:
            raise BoardRefused(
                f"board.tokens_file {path}, line {number}: NAME ROLE sha256:HASH is wanted, as "
                f"`sogawatch token` prints it; roles are {', '.join(ROLES)}"
            )
        known[match["digest"]] = Person(match["name"], cast(Role, match["role"]))
    if not known:
        raise BoardRefused(f"board.tokens_file {path} holds no token")
    return known
