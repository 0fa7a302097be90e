import bz2
import gzip
import io
import lzma
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.feeds.feed import Broken, lines
from streams.feeds.opening import CannotOpen, OpeningLimits, open_feed

COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}
WORDS = random.Random(7)
LINES = [b"%d %d\n" % (n, WORDS.getrandbits(64)) for n in range(20_000)]
CONTENT = b"".join(LINES)


def content(path: Path, limits: OpeningLimits | None = None) -> dict[str, bytes]:
    return {opened.name: opened.stream.read() for opened in open_feed(path, limits)}


def until_broken(path: Path) -> tuple[list[bytes], Broken | None]:
    whole = []
    try:
        for opened in open_feed(path):
            for _, line in lines(opened.stream, opened.name):
                whole.append(line + b"\n")
    except Broken as error:
        return whole, error
    return whole, None


@pytest.mark.parametrize("suffix", COMPRESSIONS)
def test_compressions_by_their_magic(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "feed.txt"
    path.write_bytes(COMPRESSIONS[suffix](CONTENT))
    assert content(path) == {"feed.txt": CONTENT}


def test_plain_whatever_its_suffix(tmp_path: Path) -> None:
    path = tmp_path / "feed.gz"
    path.write_bytes(CONTENT)
    assert content(path) == {"feed.gz": CONTENT}


@pytest.mark.parametrize("suffix", COMPRESSIONS)
def test_streams_one_after_the_other(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "feed"
    compress = COMPRESSIONS[suffix]
    padding = b"\0" * 4 if suffix == "xz" else b""
    path.write_bytes(compress(CONTENT) + padding + compress(b"more") + compress(b""))
    assert content(path) == {"feed": CONTENT + b"more"}


@pytest.mark.parametrize("suffix", COMPRESSIONS)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_cut_short_gives_whole_lines_then_breaks(tmp_path: Path, suffix: str, share: float) -> None:
    path = tmp_path / "feed"
    packed = COMPRESSIONS[suffix](CONTENT)
    path.write_bytes(packed[: int(len(packed) * share)])
    whole, broken = until_broken(path)
    assert whole == LINES[: len(whole)]
    assert broken is not None
    assert str(broken).startswith("feed: cannot be read beyond byte ")
    assert "stops in the middle" in str(broken)


@pytest.mark.parametrize("suffix", COMPRESSIONS)
def test_nothing_that_is_there_is_lost_when_cut_short(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "feed"
    packed = COMPRESSIONS[suffix](CONTENT)
    path.write_bytes(packed[:-1])
    whole, broken = until_broken(path)
    assert broken is not None
    if suffix != "zst":  # its blocks are whole or not there
        assert whole == LINES
    assert len(whole) > len(LINES) // 2


@pytest.mark.parametrize("suffix", COMPRESSIONS)
def test_damage_breaks(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "feed"
    packed = bytearray(COMPRESSIONS[suffix](CONTENT))
    for spot in range(len(packed) // 2, len(packed) // 2 + 40):
        packed[spot] ^= 0x5A
    path.write_bytes(packed)
    _, broken = until_broken(path)
    assert broken is not None


@pytest.mark.parametrize("suffix", COMPRESSIONS)
def test_something_else_behind_the_end_breaks(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "feed"
    path.write_bytes(COMPRESSIONS[suffix](CONTENT) + b"<html>")
    whole, broken = until_broken(path)
    assert whole == LINES
    assert "followed by something else" in str(broken)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from([*COMPRESSIONS, "zip"]),
    st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=4),
    st.floats(0.01, 1),
)
def test_mangled_files_open_break_or_cannot_be_opened(
    tmp_path: Path, suffix: str, flips: list[tuple[float, int]], share: float
) -> None:
    small = b"".join(LINES[:300])
    packed = bytearray(zipped({"a": small}) if suffix == "zip" else COMPRESSIONS[suffix](small))
    for spot, value in flips:
        packed[int(spot * len(packed))] = value
    path = tmp_path / "feed"
    path.write_bytes(packed[: max(1, int(share * len(packed)))])
    try:
        told, _ = until_broken(path)
    except CannotOpen:
        assert suffix == "zip"
    else:
        assert len(told) <= 400


def zipped(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return memory.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_zip_entries_in_the_order_of_names(tmp_path: Path, method: int) -> None:
    path = tmp_path / "day.zip"
    junk = {"__MACOSX/a": b"x", "d/.DS_Store": b"x", "d/": b""}
    path.write_bytes(zipped({"b.txt": b"two", "d/c.txt": CONTENT, "a.txt": b"one"} | junk, method))
    told = content(path)
    assert list(told.items()) == [
        ("day.zip/a.txt", b"one"),
        ("day.zip/b.txt", b"two"),
        ("day.zip/d/c.txt", CONTENT),
    ]


@pytest.mark.parametrize("suffix", COMPRESSIONS)
def test_compressed_files_in_a_zip(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "month.zip"
    packed = COMPRESSIONS[suffix](CONTENT)
    path.write_bytes(zipped({"1": packed, "2": packed[: len(packed) // 2]}))
    streams = open_feed(path)
    assert next(streams).stream.read() == CONTENT
    cut = next(streams)
    with pytest.raises(Broken, match=r"month\.zip/2: cannot be read beyond byte"):
        cut.stream.readlines()


def test_names_in_a_zip_are_only_names(tmp_path: Path) -> None:
    path = tmp_path / "day.zip"
    path.write_bytes(zipped({"../../evil\x1b[31m\n": b"1", "/etc/passwd": b"2"}))
    assert list(content(path)) == ["day.zip/../../evil\\x1b[31m\\n", "day.zip//etc/passwd"]
    assert [each.name for each in tmp_path.iterdir()] == ["day.zip"]


def test_a_damaged_entry_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "day.zip"
    data = bytearray(zipped({"a": CONTENT, "b": b"two"}))
    data[1000:1040] = b"\0" * 40
    path.write_bytes(data)
    told = []
    for opened in open_feed(path):
        try:
            told.append(opened.stream.read())
        except Broken as error:
            told.append(str(error).encode())
    assert told[0].startswith(b"day.zip/a: cannot be read beyond byte")
    assert told[1] == b"two"


def test_zips_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "day.zip"
    whole = zipped({"a": CONTENT, "b": b""})
    for data, reason in [
        (whole[:-30], "cannot be listed"),
        (zipped({}), "has no files in it"),
        (encrypted(whole), "is encrypted"),
    ]:
        path.write_bytes(data)
        with pytest.raises(CannotOpen, match=reason):
            open_feed(path)
    path.write_bytes(whole)
    with pytest.raises(CannotOpen, match="has 2 files; at most 1"):
        open_feed(path, OpeningLimits(entries=1))


def encrypted(data: bytes) -> bytes:
    """Set the flag of encryption in the directory of a zip."""
    spot = data.index(b"PK\x01\x02") + 8
    return data[:spot] + b"\x01" + data[spot + 1 :]


@pytest.mark.parametrize("suffix", [*COMPRESSIONS, "zip"])
def test_a_bomb_is_stopped(tmp_path: Path, suffix: str) -> None:
    zeros = b"\0" * 5_000_000
    path = tmp_path / "bomb"
    path.write_bytes(zipped({"a": zeros}) if suffix == "zip" else COMPRESSIONS[suffix](zeros))
    limits = OpeningLimits(expansion=2, always_allowed=1_000_000)
    got = 0

    def read() -> None:
        nonlocal got
        for opened in open_feed(path, limits):
            while piece := opened.stream.read1(100_000):
                got += len(piece)

    with pytest.raises(Broken, match="out of proportion"):
        read()
    assert 900_000 <= got <= 1_000_000


def test_head_is_still_to_be_read(tmp_path: Path) -> None:
    path = tmp_path / "feed"
    path.write_bytes(bz2.compress(CONTENT))
    for opened in open_feed(path):
        assert opened.head == CONTENT[: 64 * 1024]
        assert opened.stream.read() == CONTENT


@pytest.mark.parametrize("suffix", ["plain", *COMPRESSIONS, "zip"])
def test_position_grows_to_the_size(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "feed"
    if suffix == "zip":
        path.write_bytes(zipped({"a": CONTENT, "b": CONTENT}))
    else:
        path.write_bytes(COMPRESSIONS.get(suffix, bytes)(CONTENT))
    positions = [0]
    for opened in open_feed(path):
        assert opened.size == path.stat().st_size
        while opened.stream.read(10_000):
            positions.append(opened.position())
        positions.append(opened.position())
    assert positions == sorted(positions)
    assert 0.98 * path.stat().st_size <= positions[-1] <= path.stat().st_size
    if suffix != "bz2":  # whose blocks are larger than this file
        assert positions[len(positions) // 2] < positions[-1]


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "fifo")
    for name, reason in [
        ("none", "no such file"),
        ("", "is a directory"),
        ("empty", "is empty"),
        ("fifo", "is not a regular file"),
        ("a\0b", "cannot be opened"),
        ("x" * 300, "cannot be opened"),
        ("empty/x", "cannot be opened"),
    ]:
        with pytest.raises(CannotOpen, match=reason):
            open_feed(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"x")
    path.chmod(0)
    with pytest.raises(CannotOpen, match="may not be read"):
        open_feed(path)
