"""`sogawatch reidentify`: who a pseudonym is, for whoever holds the key, and on record."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from alerts.action import Kind
from alerts.case import Reason
from alerts.request import Refusal, Request
from streams.acting import Casebook, casebook
from streams.commands.act import CaseName, InRole, Wanted, Who
from streams.commands.options import (
    FAILED,
    USAGE,
    Config,
    KafkaAt,
    complaints,
    with_bootstrap,
)
from streams.commands.topics import Prefix, require_bootstrap
from streams.configuration import load
from streams.feeds.pseudonyms import read_key
from streams.feeds.reidentification import (
    Named,
    identities,
    recognised,
    require_pseudonyms,
    require_silent,
)
from streams.screen import Screen


def reidentify(
    case: CaseName,
    names: Annotated[list[str], typer.Argument(metavar="PSEUDONYM...", help="Who is asked about.")],
    among: Annotated[
        Path, typer.Option(help="Identities to try, as the operator writes them, one a line.")
    ],
    comment: Wanted,
    who: Who,
    kind: Annotated[Named, typer.Option("--of", help="What they are pseudonyms of.")] = "account",
    book: Annotated[
        str, typer.Option(help="The operator, as wagers name it; devices need none.")
    ] = "",
    key: Annotated[
        Path | None, typer.Option(help="Key of the pseudonyms; else feeds.wagers.key_file.")
    ] = None,
    role: InRole = "officer",
    prefix: Prefix = "",
    bootstrap: KafkaAt = None,
    config: Config = None,
) -> None:
    """Say who a pseudonym is, for supervisors who hold the key and a list of identities.

    Who asked about which pseudonyms of which case, and why, is on the topic actions before the
    answer is printed. Identities are read from the file, printed and nowhere written.

    Example: sogawatch reidentify a-v-b p-03... --among customers.txt --book opr-7 --as ana
    --role supervisor --comment "request of the prosecutor, 12 July"
    """
    screen = Screen()
    with complaints(screen):
        settings = with_bootstrap(load(config), bootstrap)
        require_bootstrap(settings)
        if kind != "device" and not book.strip():
            raise typer.BadParameter(f"--book: the same {kind} at two operators is not one")
        require_pseudonyms(names)
        known = identities(among)
        require_silent((comment, who, case), known)
        pseudonyms = read_key(key or settings.feeds.wagers.key_file)
        within = "" if kind == "device" else book.strip()
        found = recognised(pseudonyms, names, kind, within, known)
        asked = Request(
            kind=Kind.REIDENTIFY, case=case, accounts=tuple(names), recognised=len(found),
            comment=comment,
        )  # fmt: skip
        with casebook(settings.broker, prefix, settings.lifecycle) as opened:
            recorded = _record(opened, asked, who, role)
        if isinstance(recorded, Refusal):
            screen.warn(f"sogawatch: {recorded.sentence}")
            raise SystemExit(USAGE if recorded.reason is Reason.INCOMPLETE else FAILED)
        for name in names:
            screen.say(f"{name}  {found.get(name, 'not among those identities')}")
        screen.warn(f"on record as {recorded}; what was printed is for your eyes")


def _record(book: Casebook, asked: Request, who: str, role: InRole) -> str | Refusal:
    """Put on record who asks what, and why; the id of the action."""
    decided = book.catch_up().decide(asked, at=datetime.now(UTC), actor=who, role=role)
    if isinstance(decided, Refusal):
        return decided
    book.send(decided)
    return decided.action_id
