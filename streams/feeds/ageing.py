"""A memory of matches that lets go of those of which nothing was told for long."""

from collections.abc import Iterator, MutableMapping
from datetime import datetime, timedelta
from typing import TypeVar

FORGOTTEN_AFTER = timedelta(days=7)

Key = TypeVar("Key")
Value = TypeVar("Value")


class Ageing(MutableMapping[Key, Value]):
    """A dict that forgets what was not looked up for a week of the feed's time, or for two.

    It has two generations: what is looked up moves to the young one, and each week the old one is
    dropped. So it costs no clock for each key. `now` says what time it is; a feed whose time leaps
    ahead and back forgets no more than one generation.

    Examples
    --------
    >>> from datetime import UTC
    >>> noon = datetime(2026, 6, 11, 12, tzinfo=UTC)
    >>> memory = Ageing()
    >>> memory["a"], memory["b"] = 1, 2
    >>> for days in (0, 7, 14):
    ...     memory.now(noon + timedelta(days=days))
    ...     _ = memory.get("b")
    >>> list(memory)
    ['b']
    """

    def __init__(self, span: timedelta = FORGOTTEN_AFTER) -> None:
        self._span = span
        self._since: datetime | None = None
        self._young: dict[Key, Value] = {}
        self._old: dict[Key, Value] = {}

    def now(self, at: datetime) -> None:
        """Move time on."""
        if self._since is None:
            self._since = at
        elif at - self._since >= self._span:
            self._since, self._old, self._young = at, self._young, {}

    def __getitem__(self, key: Key) -> Value:
        if key not in self._young and key in self._old:
            self._young[key] = self._old.pop(key)
        return self._young[key]

    def __setitem__(self, key: Key, value: Value) -> None:
        self._old.pop(key, None)
        self._young[key] = value

    def __delitem__(self, key: Key) -> None:
        if key in self._old:
            del self._old[key]
        else:
            del self._young[key]

    def __iter__(self) -> Iterator[Key]:
        yield from self._old
        yield from self._young

    def __len__(self) -> int:
        return len(self._old) + len(self._young)
