"""A partition's watch as messages: one for each match that changed, and a head over all of them.

The head is written last. A crash in between leaves matches that are ahead of the newest head; they
pass over what they have already when the partition is read from the head on.
"""

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
    """

    schema: str
    offset: int
    frame: int
    since: int
    matches: dict[str, int]
    state: bytes


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


@dataclass(frozen=True, slots=True)
class Cut:
    """A watch cut at an offset: messages to be written, the head after those of its matches.

    `gone` are deleted after the head, which may be the last to name them.
    """

    offset: int
    matches: list[Message]
    head: Message
    gone: list[Message]
    saved: dict[str, int]


class Saver:
    """Saves the watch of one partition; `saved` is what of each match the topic has."""

    def __init__(
        self, schema: str, shared: tuple[object, ...], saved: dict[str, int] | None = None
    ) -> None:
        self._schema = schema
        self._shared = shared
        self._saved = saved or {}

    def cut(self, watch: PartitionWatch, offset: int, frame: bytes) -> Cut:
        """Write down what changed since the last cut; the watch is left as it is.

        `frame` is the one at `offset`, the last that was taken in.

        Raises
        ------
        TooLarge
            With the match.
        """
        changed = {name for name in watch.names if name in watch.changed or name not in self._saved}
        matches: list[Message] = [
            (_OF_A_MATCH + name, self._message(watch.state_of(name), name, offset))
            for name in sorted(changed)
        ]
        saved = {n: offset if n in changed else self._saved[n] for n in watch.names}
        since = min(watch.first_frames(), default=offset + 1)
        state = pack(watch.clock(), self._shared)
        head = msgpack.encode(Head(self._schema, offset, crc32(frame), since, saved, state))
        gone: list[Message] = [(_OF_A_MATCH + n, None) for n in sorted(watch.gone - saved.keys())]
        return Cut(offset, matches, (HEAD, head), gone, saved)

    def wrote(self, cut: Cut, watch: PartitionWatch) -> None:
        """Note that the broker has all of a cut, and nothing has been taken in since."""
        self._saved = cut.saved
        watch.changed.clear()
        watch.gone.clear()

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
    ahead = {name: m.offset for name, m in wanted.items() if m.offset > head.offset}
    watch.take_up(unpack(head.state, shared), matches, ahead)
    return head.offset, Saver(schema, shared, {name: m.offset for name, m in wanted.items()})


def _match(saved: SavedMatch, shared: tuple[object, ...]) -> Watched:
    if not isinstance(watched := unpack(saved.state, shared), Watched):
        raise BadSnapshot(f"a match is no {type(watched).__name__}")
    return watched
