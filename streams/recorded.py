"""Recorded feeds: files named on the command line become one stream of records."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from markets.records import Record
from streams.feeds.feed import Broken, Format, Refusal
from streams.feeds.formats import detect, parse_source
from streams.feeds.merge import Merged, merge
from streams.feeds.opening import CannotOpen, Opened, open_feed

Read = Callable[[str, int, int], None]
"""Called as reading goes on: what is read, bytes read of it, its size."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file to be read, and its format when it was given."""

    format: Format | None
    path: Path

    @classmethod
    def all(cls, text: str) -> "list[Source]":
        """Parse `[FORMAT:]PATH`, or `FORMAT:FOLDER` for all files of a folder and those in it.

        Raises
        ------
        CannotOpen, UnknownFormat
            As `parse`; a folder needs a format, since it may hold anything.
        """
        chosen, path = parse_source(text)
        if chosen is None or not path.is_dir():
            return [cls.parse(text)]
        files = sorted(f for f in path.rglob("*") if f.is_file() and not f.name.startswith("."))
        if not files:
            raise CannotOpen(f"{path}: has no files in it")
        return [cls.parse(f"{chosen.name}:{file}") for file in files]

    @classmethod
    def parse(cls, text: str) -> "Source":
        """Parse `[FORMAT:]PATH` and look whether the file can be read at all.

        Raises
        ------
        CannotOpen, UnknownFormat
            With what is wrong and what to do; nothing has been read by then.
        """
        chosen, path = parse_source(text)
        source = cls(chosen, path)
        try:
            for opened in open_feed(path):
                source.format_of(opened)
                break
        except Broken as error:  # not even its first bytes can be read
            raise CannotOpen(str(error)) from None
        return source

    def format_of(self, opened: Opened) -> Format:
        """Format as given, or recognised by the first bytes."""
        return self.format or detect(opened.head, opened.name)


def read(sources: Sequence[Source], progress: Read | None = None) -> Merged:
    """Read files merged on event time; a zip's entries follow one another."""
    readers = [_told(source, progress) for source in sources]
    return merge(readers, names=[source.path.name for source in sources])


def _told(source: Source, progress: Read | None) -> Iterator[Record | Refusal]:
    count = 0
    for opened in open_feed(source.path):
        for told in source.format_of(opened).read(opened.stream, opened.name):
            count += 1
            if progress and count % 500 == 0:
                progress(f"read {source.path.name}", opened.position(), opened.size)
            yield told
    if progress:
        size = source.path.stat().st_size
        progress(f"read {source.path.name}", size, size)
