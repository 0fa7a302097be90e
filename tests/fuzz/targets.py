"""What is fuzzed, and what each may do with any bytes at all: anything but raise, hang or grow."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path
from unittest.mock import patch

from alerts.complaint import Complaint
from streams import recorded
from streams.configuration import BadConfiguration, load
from streams.feeds.feed import Broken, Refusal
from streams.feeds.formats import FORMATS
from streams.feeds.mapped_rows import MappedRows
from streams.feeds.mapping import load_mapping
from streams.feeds.pseudonyms import Pseudonyms
from streams.feeds.rows import read_rows
from streams.frames import decode, encode
from tests.fuzz.http import served_board
from tests.streams.made_up_wagers import MAPPING

Try = Callable[[bytes], None]


@contextmanager
def _frames() -> Iterator[Try]:
    def tried(data: bytes) -> None:
        records, reasons = decode(data)
        assert all(len(reason) < 2000 for reason in reasons)
        assert decode(encode(records)) == (records, [])

    yield tried


@contextmanager
def _in_a_file(read: Callable[[Path], object]) -> Iterator[Try]:
    """Whatever reads a file, with the bytes in one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fuzzed"

        def tried(data: bytes) -> None:
            path.write_bytes(data)
            read(path)

        yield tried


def _settings(path: Path) -> None:
    with suppress(BadConfiguration):
        load(path)


@contextmanager
def _environment() -> Iterator[Try]:
    """Lines NAME=VALUE, each a variable."""

    def tried(data: bytes) -> None:
        lines = data.decode("utf-8", "replace").replace("\0", "").splitlines()
        told = dict(line.split("=", 1) for line in lines if "=" in line[1:])
        variables = {f"SOGAWATCH_{name}": value for name, value in told.items()}
        with patch.dict(os.environ, variables), suppress(BadConfiguration):
            load()

    yield tried


def _feed(name: str, path: Path) -> None:
    with suppress(Complaint):
        for told in recorded.read([recorded.Source.parse(f"{name}:{path}")]):
            assert not isinstance(told, Refusal) or told.reason


@contextmanager
def _wagers() -> Iterator[Try]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "m.yml").write_text(MAPPING, encoding="utf-8")
        mapping = load_mapping(Path(folder) / "m.yml")

        def read(path: Path) -> None:
            rows = MappedRows(mapping, Pseudonyms(b"k" * 32))
            with suppress(Broken, Complaint):
                for row in read_rows(path, mapping):
                    for told in rows.told(row.cells, row.place) if row.fault is None else ():
                        assert not isinstance(told, Refusal) or told.reason

        with _in_a_file(read) as tried:
            yield tried


TARGETS: dict[str, Callable[[], AbstractContextManager[Try]]] = {
    "frames": _frames,
    "settings": partial(_in_a_file, _settings),
    "environment": _environment,
    "wagers": _wagers,
    "http": served_board,
    **{name: partial(_in_a_file, partial(_feed, name)) for name in FORMATS},
}
