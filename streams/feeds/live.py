"""The contract of a live feed: a connection in; records, refusals, pauses and checkpoints out.

A live feed is a generator, so it runs on one thread and its order is the order of the topic. It
knows nothing of Kafka: who runs it (`streams.live`) publishes what it yields.

- **`PAUSE`** is yielded before the feed waits for anything, so that what was read is sent first.
- **`Checkpoint`** says that what came before it need not be asked for again once the broker has it.
  Its `state` is kept in a file, and given back as `Start.resume` when the feed is started again;
  `done` then tells the other side (acknowledges, commits).
- **Health** is told in records: a `heartbeat` whenever the feed has told all it knew, a `gap` when
  something may have been missed. Silence is not told: whoever hears nothing knows.
- **Trouble that passes** (a drop, a slow or silent server, a limit) is waited out with `Start.wait`
  and told as a gap. Trouble that does not pass raises `FeedRefused`, without any secret in it.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from alerts.complaint import Complaint, Misuse
from markets.records import Record
from streams.feeds.feed import Refusal


class FeedRefused(Complaint):
    """A live feed that cannot go on: wrong keys, wrong settings; the message says what to do."""


class FeedMisused(FeedRefused, Misuse):
    """A live feed that was not told what it needs on the command line."""


class Pause:
    """Type of `PAUSE`."""


PAUSE: Final = Pause()


def _nothing() -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What came before is complete: how to go on from here, and whom to tell once it is kept."""

    state: Mapping[str, Any] = field(default_factory=dict)
    done: Callable[[], None] = _nothing


Told = Record | Refusal | Pause | Checkpoint
Telling = Generator[Told, None, None]
"""What a live feed tells; closing it closes its connections."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a live feed is started with.

    `settings` are the feed's own, `resume` the state of its last checkpoint (empty at first),
    `now` the clock, `wait` sleeps. `paths` and `mapping` are those of the command line.
    """

    settings: Any
    now: Callable[[], datetime]
    wait: Callable[[float], None]
    resume: Mapping[str, Any] = field(default_factory=dict)
    paths: Sequence[Path] = ()
    mapping: Path | None = None
    from_beginning: bool = False


@dataclass(frozen=True, slots=True)
class LiveFeed:
    """A live feed: its name on the command line, the section of its settings, how it is run."""

    name: str
    section: str
    run: Callable[[Start], Telling]


def secret(value: SecretStr | None, setting: str) -> str:
    """Reveal a secret: as given, or the content of the file that `file:PATH` names.

    >>> secret(SecretStr("k3y"), "feeds.odds_api.api_key")
    'k3y'
    >>> secret(None, "feeds.odds_api.api_key")
    Traceback (most recent call last):
    ...
    streams.feeds.live.FeedRefused: feeds.odds_api.api_key: is needed; set it in the environment...
    """
    if value is None:
        variable = "SOGAWATCH_" + setting.upper().replace(".", "__")
        raise FeedRefused(
            f"{setting}: is needed; set it in the environment ({variable}), or as file:PATH"
        )
    text = value.get_secret_value()
    if not text.startswith("file:"):
        return text
    try:
        return Path(text.removeprefix("file:")).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise FeedRefused(f"{setting}: the file that it names cannot be read") from None


class Backoff:
    """Waits that double from one try to the next, up to a longest; a success begins anew.

    >>> waits: list[float] = []
    >>> backoff = Backoff(waits.append, first_s=1.0, longest_s=5.0)
    >>> for _ in range(4): backoff.wait()
    >>> waits
    [1.0, 2.0, 4.0, 5.0]
    """

    def __init__(
        self, wait: Callable[[float], None], *, first_s: float = 0.5, longest_s: float = 60.0
    ) -> None:
        self._wait = wait
        self._first_s = first_s
        self._longest_s = longest_s
        self._next_s = first_s

    def wait(self, at_least_s: float = 0.0) -> None:
        """Wait, at least for as long as the other side asked for."""
        self._wait(max(at_least_s, self._next_s))
        self._next_s = min(self._longest_s, self._next_s * 2)

    def reset(self) -> None:
        """Begin anew after a success."""
        self._next_s = self._first_s
