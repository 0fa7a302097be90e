"""A partition's watch as messages: one for each match that changed, and a head over all of them.

The head is written last, though it tells of the moment at which the cut began: the watch goes on
meanwhile, and each match is written as it is when its turn comes. Such matches are ahead of the
head, as are those that a crash leaves without one; they pass over what they have already when the
partition is read from the head on.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from zlib import crc32

from msgspec import DecodeError, Struct, msgpack

from streams.partition_watch import PartitionWatch, Watched
from streams.snapshots.packed import pack, unpack
from streams.snapshots.plain import BadSnapshot

LARGEST = 16_000_000
"""Bytes of a message; the topic allows a little more."""
HEAD = "head"
_OF_A_MATCH = "match/"


class TooLarge(ValueError):
    """A match whose state does not fit into a message."""


class SavedMatch(Struct, frozen=True):
    """State of one match after the frame at `offset`."""

    schema: str
    offset: int
    state: bytes


class Head(Struct, frozen=True):
    """What a partition knows beside its matches, after the frame at `offset`.

    `matches` are those that live, with the offset of the snapshot of each; `since` is the first
    frame that any of them came in. Both are read whatever the schema. `frame` is a checksum of the
    frame at `offset`, by which a topic that was made anew is told from the one that was saved.
    `over` are those that came to their end while others were written, with the offset by which.
    """

    schema: str
    offset: int
    frame: int
    since: int
    matches: dict[str, int]
    state: bytes
    over: dict[str, int] = {}


@dataclass(slots=True)
class Found:
    """What a partition of the topic holds: the newest head, and of each match what is furthest.

    Not what was written last: a worker that was stopped for a while and has lost its partition
    may still write what it had under way.
    """

    head: Head | None = None
    matches: dict[str, SavedMatch] = field(default_factory=dict)

    def take(self, key: str, value: bytes) -> None:
        """Take in a message; one that cannot be read is as good as none."""
        with suppress(DecodeError):
            if key == HEAD:
                head = msgpack.decode(value, type=Head)
                if self.head is None or head.offset >= self.head.offset:
                    self.head = head
            elif key.startswith(_OF_A_MATCH):
                match, saved = key.removeprefix(_OF_A_MATCH), msgpack.decode(value, type=SavedMatch)
                if match not in self.matches or saved.offset >= self.matches[match].offset:
                    self.matches[match] = saved


Message = tuple[str, bytes | None]


@dataclass(slots=True)
class Cut:
    """A cut through a watch: what its head will say, and the matches `waiting` to be written.

    `taken` are those of them that are being written as they are after `taken_at`, `over` those that
    came to their end before their turn; `gone` are deleted after the head, which may be the last to
    name them.
    """

    offset: int
    frame: int
    since: int
    state: bytes
    names: set[str]
    waiting: list[str]
    gone: list[str]
    taken: list[str] = field(default_factory=list)
    taken_at: int = -1
    over: dict[str, int] = field(default_factory=dict)


class Saver:
    """Saves the watch of one partition; `saved` is what of each match the topic has.

    A cut is begun, written a few matches at a time, with frames taken in between, and ended by its
    head. Have the alerts of all that was taken in sent before anything of it is written.
    """

    def __init__(
        self, schema: str, shared: tuple[object, ...], saved: dict[str, int] | None = None
    ) -> None:
        self._schema = schema
        self._shared = shared
        self._saved = saved or {}
        self._cut: Cut | None = None

    @property
    def is_cutting(self) -> bool:
        """Whether a cut was begun and has not been ended."""
        return self._cut is not None

    def begin(self, watch: PartitionWatch, offset: int, frame: bytes) -> None:
        """Begin a cut after the frame at `offset`, the last that was taken in."""
        names = watch.names
        waiting = sorted(n for n in names if n in watch.changed or n not in self._saved)
        since = min(watch.first_frames(), default=offset + 1)
        state, gone = pack(watch.clock(), self._shared), sorted(watch.gone - names)
        self._cut = Cut(offset, crc32(frame), since, state, names, waiting, gone)
        watch.changed.clear()
        watch.gone.clear()

    def some(self, watch: PartitionWatch, offset: int, within_s: float) -> list[Message]:
        """Write down as many matches as time allows, one at least, as they are after `offset`.

        Raises
        ------
        TooLarge
            With the match.
        """
        cut, until = self._begun(), time.monotonic() + within_s
        messages: list[Message] = []
        cut.taken.clear()
        cut.taken_at = offset
        for name in cut.waiting:
            cut.taken.append(name)
            if name in watch.names:
                state = self._message(watch.state_of(name), name, offset)
                messages.append((_OF_A_MATCH + name, state))
                watch.changed.discard(name)
                cut.over.pop(name, None)
            else:
                cut.over[name] = offset
            if time.monotonic() > until:
                break
        return messages

    def wrote(self) -> bool:
        """Note that the broker has these; whether that was all."""
        cut = self._begun()
        self._saved |= {name: cut.taken_at for name in cut.taken if name not in cut.over}
        del cut.waiting[: len(cut.taken)]
        cut.taken.clear()
        return not cut.waiting

    def head(self) -> Message:
        """Write down the head, when all matches are written."""
        cut = self._begun()
        head = Head(
            self._schema, cut.offset, cut.frame, cut.since, self._alive(cut), cut.state, cut.over
        )
        return HEAD, msgpack.encode(head)

    def end(self) -> list[Message]:
        """End the cut whose head the broker has; what may be deleted now."""
        cut = self._begun()
        self._saved, self._cut = self._alive(cut), None
        return [(_OF_A_MATCH + name, None) for name in cut.gone]

    def give_up(self, watch: PartitionWatch) -> None:
        """Forget the cut; what waits is as changed as it was."""
        cut, self._cut = self._begun(), None
        watch.changed.update(watch.names.intersection(cut.waiting))
        watch.gone.update(cut.gone)

    def _alive(self, cut: Cut) -> dict[str, int]:
        return {name: self._saved[name] for name in cut.names if name not in cut.over}

    def _begun(self) -> Cut:
        if self._cut is None:
            raise RuntimeError("no cut was begun")
        return self._cut

    def _message(self, state: bytes, name: str, offset: int) -> bytes:
        if len(state) > LARGEST:
            raise TooLarge(f"the state of {name} is {len(state):,} bytes, {LARGEST:,} may be kept")
        return msgpack.encode(SavedMatch(self._schema, offset, state))


def restore(
    found: Found, watch: PartitionWatch, schema: str, shared: tuple[object, ...]
) -> tuple[int, Saver]:
    """Let a watch go on from what was found; returns the offset of the head.

    Raises
    ------
    BadSnapshot
        When nothing was found, it is of another schema, or something is missing from it.
    """
    head = found.head
    if head is None:
        raise BadSnapshot("there is none")
    wanted = {n: m for n, m in found.matches.items() if n in head.matches or m.offset > head.offset}
    for name, offset in head.matches.items():
        if name not in wanted or offset != wanted[name].offset <= head.offset:
            raise BadSnapshot(f"{name} is not there as it was at offset {offset}")
    if others := {head.schema, *(m.schema for m in wanted.values())} - {schema}:
        raise BadSnapshot(f"its schema is {min(others)}, that of this program is {schema}")
    matches = {name: _match(m, shared) for name, m in wanted.items()}
    ahead = head.over | {n: m.offset for n, m in wanted.items() if m.offset > head.offset}
    watch.take_up(unpack(head.state, shared), matches, ahead)
    return head.offset, Saver(schema, shared, {name: m.offset for name, m in wanted.items()})


def _match(saved: SavedMatch, shared: tuple[object, ...]) -> Watched:
    if not isinstance(watched := unpack(saved.state, shared), Watched):
        raise BadSnapshot(f"a match is no {type(watched).__name__}")
    return watched
