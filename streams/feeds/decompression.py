"""Decompression that tells damage from the end of the data, for gzip, bzip2, xz and Zstandard."""

import bz2
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import zstandard

from streams.feeds.feed import Broken

if TYPE_CHECKING:
    from typing_extensions import Buffer

_PIECE = 64 * 1024
_ZSTD_PIECE = 1024  # its decompressor has no limit on output: a piece can unfold 32,000-fold
_PADDING = b"\0"
DAMAGE = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zstandard.ZstdError,
    zipfile.BadZipFile,
)


class Machine(Protocol):
    """What the decompressors of the standard library have in common."""

    @property
    def eof(self) -> bool:
        """Whether the end of the compressed stream was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether there is nothing more to be had without input."""

    @property
    def unused_data(self) -> bytes:
        """What follows the end of the compressed stream."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Take input and give some output."""


class _Gzip:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self._input = b""
        self._full = False

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._input and not self._full

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        output = self._inner.decompress(self._input + data, max_length)
        self._input, self._full = self._inner.unconsumed_tail, len(output) == max_length
        return output


class _Zstandard:
    def __init__(self) -> None:
        self._inner = zstandard.ZstdDecompressor().decompressobj()
        self._input = b""
        self._output = b""

    @property
    def eof(self) -> bool:
        return self._inner.eof and not self._output

    @property
    def needs_input(self) -> bool:
        return not self._input and not self._output

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data + self._input

    def decompress(self, data: bytes, max_length: int) -> bytes:
        self._input += data
        if not self._output:
            piece, self._input = self._input[:_ZSTD_PIECE], self._input[_ZSTD_PIECE:]
            self._output = self._inner.decompress(piece)
        output, self._output = self._output[:max_length], self._output[max_length:]
        return output


_MACHINES: dict[bytes, Callable[[], Machine]] = {
    b"\x1f\x8b": _Gzip,
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\x00": lzma.LZMADecompressor,
    b"\x28\xb5\x2f\xfd": _Zstandard,
}
LONGEST_MAGIC = max(map(len, _MACHINES))


def is_compressed(head: bytes) -> bool:
    """Whether the first bytes of a file are those of a compressed one."""
    return head.startswith(tuple(_MACHINES))


class Decompressed:
    """The content of a compressed stream; streams that follow one another are one content.

    Parameters
    ----------
    source
        Where the compressed bytes come from.

    Examples
    --------
    >>> import gzip, io
    >>> twice = io.BytesIO(gzip.compress(b"one ") + gzip.compress(b"two"))
    >>> content = Decompressed(twice.read)
    >>> content.read(100) + content.read(100)
    b'one two'
    """

    def __init__(self, source: Callable[[int], bytes]) -> None:
        self._source = source
        self._input = b""
        self._machine: Machine | None = None

    def read(self, size: int) -> bytes:
        """Get some bytes, at most `size`; none at the end of the content.

        Raises
        ------
        EOFError
            When the compressed stream stops before its end.
        """
        output = b""
        while not output:
            if (machine := self._machine) is None or machine.eof:
                machine = self._machine = self._next_machine()
                if machine is None:
                    return b""
            if machine.needs_input and not self._input:
                self._input = self._source(_PIECE)
                if not self._input:
                    raise EOFError("it stops in the middle")
            taken, self._input = self._input, b""
            output = machine.decompress(taken, size)
        return output

    def _next_machine(self) -> Machine | None:
        rest = self._machine.unused_data if self._machine is not None else b""
        while len(rest := rest.lstrip(_PADDING)) < LONGEST_MAGIC:
            if not (more := self._source(_PIECE)):
                break
            rest += more
        if not rest:
            return None
        for magic, machine in _MACHINES.items():
            if rest.startswith(magic):
                self._input = rest
                return machine()
        raise EOFError("its end is followed by something else")


class Careful(io.RawIOBase):
    """A stream that gives all it can before it raises `Broken`, and counts what it gives.

    Parameters
    ----------
    read
        Gives at most so many bytes, none at the end.
    name
        The file, for the message.
    allowance
        How many bytes may still be given; shared by the streams of one file.
    """

    def __init__(self, read: Callable[[int], bytes], name: str, allowance: "Allowance") -> None:
        self._read = read
        self._name = name
        self._allowance = allowance
        self._broken: Broken | None = None
        self.given = 0

    def readable(self) -> bool:
        """Whether it can be read: always."""
        return True

    def readinto(self, buffer: "Buffer", /) -> int:
        """Fill the buffer, or as much of it as there is."""
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view) and (piece := self._piece(len(view) - filled)):
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
        if self._broken is not None and not filled:
            raise self._broken
        return filled

    def _piece(self, size: int) -> bytes:
        if self._broken is not None:
            return b""
        try:
            piece = self._read(size)
            self._allowance.spend(len(piece))
        except Broken as error:
            self._broken = error
            return b""
        except DAMAGE as error:
            self._broken = Broken(
                f"{self._name}: cannot be read beyond byte {self.given} of its content: {error};"
                " what came before stands; fetch the file again"
            )
            return b""
        self.given += len(piece)
        return piece


@dataclass(slots=True)
class Allowance:
    """How many bytes a file may still unfold to."""

    left: float

    def spend(self, size: int) -> None:
        """Count bytes, and stop at a file that grows out of proportion."""
        self.left -= size
        if self.left < 0:
            raise EOFError(
                "it unfolds out of proportion to its size; raise the limit if it is sound"
            )
