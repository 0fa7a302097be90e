"""Open a recorded feed as it lies on disk: plain, .gz, .bz2, .xz, .zst or .zip.

What a file is, its first bytes decide; its name does not. A zip may hold many streams and these
may be compressed again. Nothing is ever written to disk, so the names in a zip can do no harm.
"""

import io
import math
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ConfigDict, Field

from alerts.complaint import Misuse
from streams.feeds.decompression import (
    LONGEST_MAGIC,
    Allowance,
    Careful,
    Decompressed,
    is_compressed,
)
from streams.feeds.feed import Broken

HEAD = 64 * 1024
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_ENCRYPTED = 1


class CannotOpen(Misuse, ValueError):
    """A path that is no readable feed; the message says why and what to do."""


class OpeningLimits(BaseModel):
    """How much a compressed file may unfold to before it is taken for a trap."""

    model_config = ConfigDict(frozen=True)

    entries: int = Field(default=10_000, gt=0, description="Entries a zip may have.")
    expansion: int = Field(
        default=2_000,
        gt=0,
        description="How many times larger than its file the unfolded data may become.",
    )
    always_allowed: int = Field(
        default=256 * 1024 * 1024,
        ge=0,
        description="Unfolded bytes that are allowed whatever the expansion.",
    )


@dataclass(frozen=True, slots=True)
class Opened:
    """A stream of a file, decompressed, and how far in the file reading has come.

    `name` is for refusals: the file's name, and the entry's for a zip. `size` and `position()`
    count bytes of the file as it lies on disk.
    """

    name: str
    stream: io.BufferedReader
    size: int
    position: Callable[[], int]

    @property
    def head(self) -> bytes:
        """The first bytes of the stream, at most 64 KiB, still to be read."""
        return self.stream.peek(HEAD)[:HEAD]


def open_feed(path: Path, limits: OpeningLimits | None = None) -> Iterator[Opened]:
    r"""Open a file and give its streams one after the other, zip entries in the order of names.

    A stream is open until the next one is asked for. Reading raises `Broken` where the data is
    cut short or damaged, after all whole lines before that; damage that only a checksum shows is
    told at the end of the checked block.

    Parameters
    ----------
    path
        A regular file.
    limits
        When to stop unfolding a file that grows out of proportion.

    Raises
    ------
    CannotOpen
        When there is no such file, it is a directory or empty, may not be read, or is a zip that
        cannot be listed. Raised here and not when iterated.

    Examples
    --------
    >>> import gzip, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "day.gz"
    ...     _ = path.write_bytes(gzip.compress(b"one\ntwo\n"))
    ...     [opened.stream.readlines() for opened in open_feed(path)]
    [[b'one\n', b'two\n']]
    """
    limits = limits or OpeningLimits()
    head, size = _look(path)
    if head.startswith(_ZIP):
        return _zip_streams(path, size, limits, _entries(path, limits))
    return _single(path, size, limits)


def _look(path: Path) -> tuple[bytes, int]:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise CannotOpen(f"{path}: is a directory; name the files in it")
        if not stat.S_ISREG(status.st_mode):
            raise CannotOpen(f"{path}: is not a regular file; save the data to a file first")
        with path.open("rb") as file:
            head = file.read(8)
    except FileNotFoundError:
        raise CannotOpen(f"{path}: no such file; check the path") from None
    except PermissionError:
        raise CannotOpen(f"{path}: may not be read; check its permissions") from None
    except (OSError, ValueError) as error:
        raise CannotOpen(f"{path}: cannot be opened: {error}") from None
    if not head:
        raise CannotOpen(f"{path}: is empty; fetch it again or leave it out")
    return head, status.st_size


def _single(path: Path, size: int, limits: OpeningLimits) -> Iterator[Opened]:
    with path.open("rb") as file:

        def position() -> int:
            return size if file.closed else file.tell()

        if is_compressed(file.peek(LONGEST_MAGIC)):
            content = Decompressed(file.read).read
            yield Opened(path.name, _careful(content, path.name, limits, size), size, position)
        else:
            plain = Careful(file.read, path.name, Allowance(math.inf))
            yield Opened(path.name, io.BufferedReader(plain, HEAD), size, position)


def _careful(
    read: Callable[[int], bytes], name: str, limits: OpeningLimits, size: int
) -> io.BufferedReader:
    allowed = max(limits.always_allowed, limits.expansion * size)
    return io.BufferedReader(Careful(read, name, Allowance(allowed)), HEAD)


def _entries(path: Path, limits: OpeningLimits) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise CannotOpen(
            f"{path}: cannot be listed ({error}): cut short or damaged; fetch it again"
        ) from None
    wanted = [info for info in infos if not info.is_dir() and not _is_junk(info.filename)]
    if not wanted:
        raise CannotOpen(f"{path}: has no files in it; leave it out")
    if len(wanted) > limits.entries:
        raise CannotOpen(f"{path}: has {len(wanted)} files; at most {limits.entries} are read")
    for info in wanted:
        _check(path, info)
    return sorted(wanted, key=lambda info: info.filename)


def _is_junk(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.endswith(".DS_Store")


def _check(path: Path, info: zipfile.ZipInfo) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise CannotOpen(f"{_entry_name(path, info)}: is encrypted; unpack it first")
    if info.compress_type not in _METHODS:
        raise CannotOpen(
            f"{_entry_name(path, info)}: is compressed by method {info.compress_type}, which is"
            " not known here; unpack it first"
        )


def _entry_name(path: Path, info: zipfile.ZipInfo) -> str:
    """Name an entry for messages; what cannot be printed is escaped."""
    printable = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in info.filename)
    return f"{path.name}/{printable[:200]}"


def _zip_streams(
    path: Path, size: int, limits: OpeningLimits, entries: list[zipfile.ZipInfo]
) -> Iterator[Opened]:
    allowance = Allowance(max(limits.always_allowed, limits.expansion * size))
    before = 0
    with zipfile.ZipFile(path) as archive:
        for info in entries:
            with closing(_Entry(archive, info, before)) as entry:
                name = _entry_name(path, info)
                yield Opened(name, _entry_stream(entry, name, allowance), size, entry.position)
            before += info.compress_size


class _Entry:
    """An entry of a zip, opened when first read, so that damage to its header is told then."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, before: int) -> None:
        self._archive = archive
        self._info = info
        self._before = before
        self._given = 0
        self._file: IO[bytes] | None = None

    def read(self, size: int) -> bytes:
        if self._file is None:
            self._file = self._archive.open(self._info)
        piece = self._file.read(size)
        self._given += len(piece)
        return piece

    def position(self) -> int:
        share = min(1.0, self._given / max(1, self._info.file_size))
        return self._before + int(self._info.compress_size * share)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _entry_stream(entry: _Entry, name: str, allowance: Allowance) -> io.BufferedReader:
    stored: io.BufferedReader = io.BufferedReader(Careful(entry.read, name, allowance), HEAD)
    if not is_compressed(_peek(stored)):
        return stored
    content = Careful(Decompressed(stored.read1).read, name, allowance)
    return io.BufferedReader(content, HEAD)


def _peek(stream: io.BufferedReader) -> bytes:
    try:
        return stream.peek(LONGEST_MAGIC)
    except Broken:
        return b""
