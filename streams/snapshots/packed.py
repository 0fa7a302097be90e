"""A graph of our objects as few bytes, and back."""

from collections.abc import Sequence
from typing import Any

import zstandard

from streams.snapshots.plain import BadSnapshot, read, write

_LARGEST = 1_000_000_000


def pack(root: object, shared: Sequence[object]) -> bytes:
    """Write a graph and compress it; see `streams.snapshots.plain.write`."""
    packed = zstandard.ZstdCompressor(level=1).compress(write(root, shared))
    return bytes(memoryview(packed))  # its own still takes the room that it was compressed into


def unpack(packed: bytes, shared: Sequence[object]) -> Any:
    """Make anew what was packed.

    >>> unpack(pack({"price": 1.5}, ()), ())
    {'price': 1.5}

    Raises
    ------
    BadSnapshot
        When the bytes are none of ours, or would become more than a gigabyte.
    """
    try:
        if zstandard.frame_content_size(packed) > _LARGEST:
            raise BadSnapshot(f"it would unpack to more than {_LARGEST:,} bytes")
        return read(zstandard.ZstdDecompressor().decompress(packed), shared)
    except zstandard.ZstdError as error:
        raise BadSnapshot(f"{error}") from error
