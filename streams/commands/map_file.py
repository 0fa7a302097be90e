"""`sogawatch map`: propose a mapping for an unknown file, and show what it would make."""

import itertools
import secrets
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from streams.commands.options import FAILED, USAGE, complaints
from streams.feeds.feed import Broken, Refusal
from streams.feeds.identity import slug
from streams.feeds.mapped_rows import MappedRows
from streams.feeds.mapping import Mapping, load_mapping
from streams.feeds.opening import open_feed
from streams.feeds.proposal import FILL_IN, Proposal, assumed, personal, propose
from streams.feeds.pseudonyms import Pseudonyms
from streams.feeds.rows import encoding_of, read_rows
from streams.frames import encode_one
from streams.screen import Screen

_LOOKED_AT = 1000
_SHOWN = 10


def map_(
    file: Annotated[Path, typer.Argument(help="CSV, JSON lines or Parquet, compressed or not.")],
    mapping: Annotated[
        Path | None, typer.Option(help="Show the records that this mapping makes instead.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Name of the source; the file's by default.")
    ] = None,
) -> None:
    """Propose how a file of odds or wagers is read, and show the first ten records it would make.

    The proposal goes to standard output, to be redirected, read and corrected; the records follow
    it as comments. Accounts are shown as pseudonyms of a key made for this once.

    Example: sogawatch map bets.csv, redirected to bets.yml
    """
    screen = Screen()
    with complaints(screen):
        if mapping is not None:
            _show(screen, file, load_mapping(mapping), comment="")
            return
        rows = _rows(screen, file)
        if not rows:
            screen.warn(f"sogawatch: {file}: has no row that can be read")
            raise SystemExit(USAGE)
        encodings = [encoding_of(opened.head) for opened in open_feed(file)]
        proposal = propose(rows, source or slug(file.name.split(".")[0]), encodings[0])
        _propose(screen, proposal)
        if not proposal.missing and FILL_IN not in str(proposal.draft.get("time_format")):
            if FILL_IN in repr(proposal.draft):
                screen.say("# So far, were its times UTC:")
            _show(screen, file, Mapping.model_validate(assumed(proposal.draft)), comment="# ")


def _rows(screen: Screen, file: Path) -> list[dict[str, Any]]:
    """The first rows of a file; what comes before it breaks is enough to propose by."""
    rows: list[dict[str, Any]] = []
    try:
        for row in itertools.islice(read_rows(file), _LOOKED_AT):
            rows += [] if row.fault else [row.cells]
    except Broken as error:
        screen.warn(f"sogawatch: {error}")
    return rows


def _propose(screen: Screen, proposal: Proposal) -> None:
    screen.say("# Proposed by sogawatch map. Read it, and correct what was guessed wrongly.")
    for field in proposal.missing:
        screen.say(f"# fields: {field} was not found and is needed")
    if FILL_IN in repr(proposal.draft):
        screen.say(f"# Replace {FILL_IN}, or take the line out: its rows are then refused.")
    if proposal.outside:
        screen.say(f"# Not mapped, stays outside: {', '.join(proposal.outside)}")
    if named := personal(proposal.draft["fields"]):
        screen.say(f"# Mapped, but by its name personal: {', '.join(named)}")
    written = yaml.safe_dump(proposal.draft, sort_keys=False, allow_unicode=True)
    screen.say(written.rstrip())


def _show(screen: Screen, file: Path, mapping: Mapping, *, comment: str) -> None:
    rows = MappedRows(mapping, Pseudonyms(secrets.token_bytes(32)))
    told = (
        one
        for row in read_rows(file, mapping)
        for one in (
            rows.told(row.cells, row.place)
            if row.fault is None
            else [Refusal(mapping.source, row.place, row.fault, b"")]
        )
    )
    try:
        for one in itertools.islice(told, _SHOWN):
            if isinstance(one, Refusal):
                screen.say(f"{comment}refused {one.place}: {one.reason}")
            else:
                screen.say(f"{comment}{encode_one(one).decode()}")
    except Broken as error:
        screen.warn(f"sogawatch: {error}")
        raise SystemExit(FAILED) from None
