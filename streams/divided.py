"""One watch divided among processes by partition, as workers divide it, without a broker."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from functools import lru_cache, partial
from itertools import chain, islice

from alerts.alert import Alert
from markets.joined_prices import joined
from streams.frames import Frame, decode_own, encode
from streams.partition_watch import WatchSettings
from streams.processes import CORES, processes
from streams.watches import Watches

_WORTH_DIVIDING = 24
_AHEAD = 32


def watched(
    frames: Iterable[Frame], settings: WatchSettings, config_hash: str, count: int = CORES
) -> Iterator[tuple[Frame, Sequence[Alert]]]:
    """Watch frames; yield each, in their order, with the alerts that it opened or changed.

    Good at: recordings of many matches, on several cores. A process takes half a second to begin,
    so a recording of a few frames is watched in this one. Matches of one partition are never
    watched at the same time, so one match alone gains nothing.

    Parameters
    ----------
    frames
        Of each partition in order of their offsets.
    config_hash
        Of the settings; alerts name it.
    count
        Processes at most.

    Raises
    ------
    WorkerFailed
        When one of the processes was killed, or could not begin.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from markets.records import Gap
    >>> gap = Gap(at=datetime(2026, 6, 11, tzinfo=UTC), source="betfair", reason="conflated")
    >>> list(watched([(0, 0, [gap])], WatchSettings(), "3f2a"))[0][1]
    []
    """
    left = iter(frames)
    first = list(islice(left, _WORTH_DIVIDING))
    if count == 1 or len(first) < _WORTH_DIVIDING:
        watches = Watches(settings, config_hash)
        for frame in chain(first, left):
            partition, offset, records = frame
            yield frame, watches.apply(partition, offset, joined(records))
        return
    yield from _divided(chain(first, left), partial(_apply, settings, config_hash), count)


def _divided(
    frames: Iterable[Frame], apply: Callable[[int, int, bytes], list[Alert]], count: int
) -> Iterator[tuple[Frame, Sequence[Alert]]]:
    with ExitStack() as stack:
        # A pool of one process each, for a partition's frames must all reach the same.
        pools = [stack.enter_context(processes(1)) for _ in range(count)]
        asked: deque[tuple[Frame, Future[list[Alert]]]] = deque()
        for frame in frames:
            partition, offset, records = frame
            pool = pools[partition % count]
            asked.append((frame, pool.submit(apply, partition, offset, encode(records))))
            while asked and (len(asked) > _AHEAD or asked[0][1].done()):
                yield _answered(*asked.popleft())
        while asked:
            yield _answered(*asked.popleft())


def _answered(frame: Frame, asked: Future[list[Alert]]) -> tuple[Frame, Sequence[Alert]]:
    return frame, asked.result()


def _apply(
    settings: WatchSettings, config_hash: str, partition: int, offset: int, frame: bytes
) -> list[Alert]:
    return _watches(settings, config_hash).apply(partition, offset, decode_own(frame))


@lru_cache(maxsize=1)
def _watches(settings: WatchSettings, config_hash: str) -> Watches:
    """Keep the watches of this process, which serves one recording and no other."""
    return Watches(settings, config_hash)
