"""The live feeds there are: every module of this package that has a `LIVE`."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from types import MappingProxyType

import streams.feeds
from alerts.complaint import Misuse
from streams.feeds.live import LiveFeed


class UnknownFeed(Misuse, ValueError):
    """A live feed that does not exist; the message lists those that do."""


def _discovered() -> Iterator[LiveFeed]:
    for module in pkgutil.iter_modules(streams.feeds.__path__, "streams.feeds."):
        if module.name != __name__:
            found = getattr(importlib.import_module(module.name), "LIVE", None)
            yield from (one for one in _each(found) if isinstance(one, LiveFeed))


def _each(found: object) -> tuple[object, ...]:
    return found if isinstance(found, tuple) else (found,)


LIVE_FEEDS: Mapping[str, LiveFeed] = MappingProxyType({f.name: f for f in _discovered()})


def live_feed(name: str) -> LiveFeed:
    """Find a live feed by its name.

    >>> live_feed("betfare")
    Traceback (most recent call last):
    ...
    streams.feeds.live_feeds.UnknownFeed: 'betfare' is no live feed, did you mean betfair? ...
    """
    if name in LIVE_FEEDS:
        return LIVE_FEEDS[name]
    near = get_close_matches(name.replace("_", "-").lower(), LIVE_FEEDS, 1)
    hint = f", did you mean {near[0]}?" if near else ";"
    raise UnknownFeed(f"{name!r} is no live feed{hint} there are {', '.join(sorted(LIVE_FEEDS))}")
