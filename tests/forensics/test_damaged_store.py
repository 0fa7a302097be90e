"""A store whose disk is full, read-only or damaged: a line that says so, and no row lost unsaid."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forensics.archive import Archive
from forensics.store import StoreSettings, StoreUnavailable, open_store
from markets.records import Gap

MEBIBYTE = 1 << 20


def told(store: Path) -> str:
    """What opening a store says is wrong with it; it is one line."""
    with pytest.raises(StoreUnavailable) as raised, open_store(StoreSettings(directory=store)):
        pass
    assert "\n" not in str(raised.value)
    return str(raised.value)


def frames(since: int = 0) -> list:
    at = datetime.now(UTC).replace(microsecond=0)
    gap = Gap(at=at, source="betfair", reason="conflated")
    return [(0, number, at, [gap]) for number in range(since, since + 3)]


@pytest.fixture
def damaged(migrated: Path, tmp_path: Path) -> Path:
    """A store with some rows, to be spoilt."""
    shutil.copytree(migrated, tmp_path / "store", symlinks=True)
    with open_store(StoreSettings(directory=tmp_path / "store")) as store:
        Archive(store).write(frames())
    return tmp_path / "store"


@pytest.mark.parametrize("text", ["", "garbage"])
def test_a_damaged_definition_is_named_with_its_file(damaged, text, capfd):
    (definition,) = damaged.glob("store/*/*/health.sql")
    definition.write_text(text)
    assert "its files are damaged: Code: 62" in told(damaged)
    assert "health.sql" in told(damaged)
    assert "held by another" not in told(damaged)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("file", ["data.bin", "checksums.txt", "columns.txt"])
def test_parts_that_cannot_be_read_are_told_and_not_passed_over(damaged, file):
    for found in damaged.glob(f"store/*/*/*/{file}"):
        found.write_bytes(b"x" * 20)
    message = told(damaged)
    assert "damaged parts were set aside" in message
    assert "of health" in message
    assert "detached/broken*" in message
    assert told(damaged) == message, "and again, until somebody has looked"
    for aside in damaged.glob("store/*/*/detached/broken*"):
        shutil.rmtree(aside)
    with open_store(StoreSettings(directory=damaged)) as store:
        assert store.rows("SELECT count() AS n FROM health") == [{"n": 0}]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


def test_a_full_disk_is_an_outage_and_nothing_is_lost(migrated, small):
    shutil.copytree(migrated, small / "store", symlinks=True)
    with open_store(StoreSettings(directory=small / "store")) as store:
        archive = Archive(store)
        archive.write(frames())
        filler = fill(small)
        with pytest.raises(StoreUnavailable, match="not enough space"):
            archive.write(frames(since=3))
        filler.unlink()
        archive.write(frames(since=3))
        assert store.rows("SELECT count() AS n FROM health") == [{"n": 6}]


def test_a_full_disk_and_a_read_only_one_are_named_when_the_store_is_opened(migrated, small):
    shutil.copytree(migrated, small / "store", symlinks=True)
    filler = fill(small)
    assert told(small / "store").endswith("cannot be written: No space left on device")
    filler.unlink()
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    assert told(small / "store").endswith("cannot be written: Read-only file system")
