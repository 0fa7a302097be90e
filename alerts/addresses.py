"""Hosts, URLs, names and paths as settings take them; others are refused with what is allowed."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

_HOST = re.compile(
    r"[A-Za-z0-9_]([A-Za-z0-9_.\-]*[A-Za-z0-9_])?\.?|\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.%\w]*\]?"
)
_BROKER = re.compile(r"[^\s,:/\x00-\x1f]+:\d{1,5}")
_NAME = re.compile(r"[A-Za-z0-9._\-]{1,249}")


def _checked(holds: Callable[[str], bool], allowed: str) -> AfterValidator:
    def check(value: str) -> str:
        if not holds(value):
            raise ValueError(allowed)
        return value

    return AfterValidator(check)


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return (
            parts.scheme in ("http", "https")
            and _HOST.fullmatch(parts.hostname or "") is not None
            and (parts.port is None or parts.port > 0)
            and re.search(r"[\s\x00-\x1f]", value) is None
        )
    except ValueError:  # a port that is none
        return False


def _are_brokers(value: str) -> bool:
    return all(
        _BROKER.fullmatch(one) and 0 < int(one.rpartition(":")[2]) < 65536
        for one in value.split(",")
    )


def _is_plain(value: str) -> bool:
    return value.isprintable() and value.strip() != ""


Host = Annotated[
    str,
    _checked(
        lambda value: _HOST.fullmatch(value) is not None,
        "should be a host name or an address, without a scheme or port",
    ),
]
"""Name or address of a machine."""

Url = Annotated[str, _checked(_is_url, "should be a URL that begins with http:// or https://")]
"""Address of a web server."""

Brokers = Annotated[
    str, _checked(_are_brokers, "should be HOST:PORT of brokers, with commas between")
]
"""Addresses of Kafka brokers."""

KafkaName = Annotated[
    str,
    _checked(
        lambda value: _NAME.fullmatch(value) is not None,
        "should be 1 to 249 letters, digits, dots, hyphens and underscores",
    ),
]
"""Name of a topic or a consumer group."""

Name = Annotated[str, _checked(_is_plain, "should be a name of printable characters")]
"""Name of a user or a database."""


def _no_nul(value: Path) -> Path:
    if "\0" in str(value):
        raise ValueError("should be a path, without a NUL in it")
    return value


PlainPath = Annotated[Path, AfterValidator(_no_nul)]
"""Path of a file or folder that need not exist yet."""
