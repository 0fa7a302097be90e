"""The formats there are: every module of this package that has a `FORMAT`."""

import codecs
import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType

import streams.feeds
from alerts.complaint import Misuse
from streams.feeds.feed import Format

_A_NAME = re.compile(r"[a-z][a-z0-9-]+")


class UnknownFormat(Misuse, ValueError):
    """A format that does not exist, or a file that is of none; the message lists what there is."""


def _discovered() -> Iterator[Format]:
    for module in pkgutil.iter_modules(streams.feeds.__path__, "streams.feeds."):
        if module.name != __name__:
            found = getattr(importlib.import_module(module.name), "FORMAT", None)
            if isinstance(found, Format):
                yield found


FORMATS: Mapping[str, Format] = MappingProxyType({f.name: f for f in _discovered()})


def parse_source(source: str) -> tuple[Format | None, Path]:
    r"""Split `FORMAT:PATH` as given on the command line; the format may be left out.

    A colon in a path is no trouble unless what stands before it could be the name of a format and
    there is no such file; write `./` before such a path.

    Raises
    ------
    UnknownFormat
        When what stands before the colon is no format, or nothing stands behind it.

    Examples
    --------
    >>> found, path = parse_source("odds-api:snapshots.jsonl")
    >>> found.name, str(path)
    ('odds-api', 'snapshots.jsonl')
    >>> parse_source("C:\\feeds\\day.jsonl")[0], parse_source("./at 19:00.jsonl")[0]
    (None, None)
    >>> parse_source("oddsapi:x")
    Traceback (most recent call last):
    ...
    streams.feeds.formats.UnknownFormat: ...did you mean odds-api?...
    """
    name, colon, rest = source.partition(":")
    if colon and name in FORMATS:
        if not rest:
            raise UnknownFormat(f"{source}: a path is missing behind the colon")
        return FORMATS[name], Path(rest)
    if colon and _A_NAME.fullmatch(name.replace("_", "-").lower()) and not Path(source).exists():
        raise UnknownFormat(f"{source}: {name!r} is no format{_nearest(name)}; {_choice()}")
    return None, Path(source)


def detect(head: bytes, name: str) -> Format:
    """Recognise the format of a file by its first bytes.

    Parameters
    ----------
    head
        The first bytes of the decompressed stream, at most 64 KiB of them.
    name
        The file, for the message.

    Raises
    ------
    UnknownFormat
        When no format, or more than one, recognises it.
    """
    found = [known for known in FORMATS.values() if known.recognises(head)]
    if len(found) == 1:
        return found[0]
    if found:
        names = " and ".join(known.name for known in found)
        raise UnknownFormat(f"{name}: could be {names}; say which: {found[0].name}:PATH")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnknownFormat(f"{name}: is UTF-16; write it as UTF-8, as iconv -f utf-16 -t utf-8")
    if not head.strip():
        raise UnknownFormat(f"{name}: has nothing in it; leave it out")
    raise UnknownFormat(
        f"{name}: not recognised, begins with {head[:40]!r}; if you know what it is, put the"
        f" format before the path, as in records:PATH; {_choice()}"
    )


def _nearest(name: str) -> str:
    near = get_close_matches(name.replace("_", "-").lower(), FORMATS, 1)
    return f", did you mean {near[0]}?" if near else ""


def _choice() -> str:
    return f"formats: {', '.join(sorted(FORMATS))}"
