"""`sogawatch evidence`: packs that stand up by themselves; made, checked, and their keys."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from typer.core import TyperGroup

from alerts.alert import Marking
from forensics.asking import Asker, NotAllowed
from forensics.manifest import NotAPack
from forensics.signing import BadKey, fingerprint, make_key, read_key, read_public
from forensics.store import open_existing
from forensics.stored_feed import NotStored
from streams.commands.options import FAILED, Config, StoreDir, complaints, with_store
from streams.configuration import load
from streams.evidence import CannotWrite, Verified, make
from streams.evidence import verify as verified
from streams.screen import Screen


class _OrMake(TyperGroup):
    """A group in which anything that is no command is what a pack is to be about."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Let `evidence ALERT ...` mean `evidence make ALERT ...`."""
        named = bool(args) and args[0] in self.commands
        return super().resolve_command(ctx, args if named else ["make", *args])


evidence = typer.Typer(
    cls=_OrMake,
    help="Evidence packs: `sogawatch evidence ALERT --out DIR` makes one.",
    no_args_is_help=True,
)


@evidence.command("make")
def make_(
    subject: Annotated[str, typer.Argument(metavar="ALERT|MATCH", help="What the pack is about.")],
    out: Annotated[Path, typer.Option(help="New folder for the pack.")],
    key: Annotated[Path, typer.Option(help="Key that signs; see `sogawatch evidence keygen`.")],
    why: Annotated[str, typer.Option(help="Why it is made; kept, and written into it.")],
    who: Annotated[
        str | None, typer.Option(help="Who makes it; the user of this machine when left out.")
    ] = None,
    marking: Annotated[
        str, typer.Option(help=f"One of {', '.join(get_args(Marking))}.")
    ] = "TLP:AMBER",
    store: StoreDir = None,
    config: Config = None,
) -> None:
    """Make a pack about an alert, or about a match with all its alerts.

    It holds alerts, the raw records they rest on, questions with their answers, charts, a report
    (HTML and PDF) and a signed list of it all. Accounts are pseudonyms in it.
    """
    screen = Screen()
    with complaints(screen), _told(screen):
        if marking not in get_args(Marking):
            raise typer.BadParameter(f"--marking {marking}: one of {', '.join(get_args(Marking))}")
        settings = with_store(load(config), store)
        asker = Asker(who or getpass.getuser(), why, lambda: datetime.now(UTC))
        signing = read_key(key)
        with open_existing(settings.store) as opened:
            checked = make(
                opened, subject, out, key=signing, asker=asker, settings=settings.watch,
                marking=marking,  # type: ignore[arg-type]
            )  # fmt: skip
        screen.say(f"pack about {subject} in {out}, signed by {fingerprint(signing.public_key())}")
        _show(screen, checked)
        screen.say(f"read {out / 'report.pdf'}; check with `sogawatch evidence verify {out}`")


@evidence.command("verify")
def verify_(
    folder: Annotated[Path, typer.Argument(help="Folder of the pack.")],
    public_key: Annotated[
        Path | None,
        typer.Option(help="Public key of the maker, got by another way than with the pack."),
    ] = None,
) -> None:
    """Check files and signature of a pack, and derive its alerts again from its records.

    Needs nothing but the pack. Status 1 when anything is not as it was signed, or derived
    otherwise.
    """
    screen = Screen()
    with complaints(screen), _told(screen):
        pinned = None
        if public_key is not None:
            pinned = read_public(_bytes(public_key), str(public_key))
        checked = verified(folder, pinned)
        for fault in checked.faults:
            screen.say(f"FAULT {fault}")
        if pinned is None:
            screen.warn(
                "no --public-key: the key came with the pack, so this shows that the pack is "
                "whole, not who made it"
            )
        elif not checked.faults:
            screen.say(f"signed by {fingerprint(pinned)}; every file as it was signed")
        _show(screen, checked)
        if not checked.good:
            raise SystemExit(FAILED)


@evidence.command("keygen")
def keygen_(
    path: Annotated[Path, typer.Argument(help="New file for the key; FILE.pub is made beside it.")],
) -> None:
    """Make a key that signs packs; give FILE.pub to those who are to check them."""
    screen = Screen()
    with complaints(screen), _told(screen):
        public = make_key(path)
        screen.say(f"{path}: keep it to yourself. {path}.pub: give it away, fingerprint ")
        screen.say(fingerprint(public))


class _told:
    """Foreseen failures of packs become a message and status 1, a missing reason status 2."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if isinstance(error, NotAllowed):
            raise typer.BadParameter(str(error)) from None
        if isinstance(error, BadKey | CannotWrite | NotAPack | NotStored):
            self._screen.warn(f"sogawatch: {error}")
            raise SystemExit(FAILED) from None


def _show(screen: Screen, checked: Verified) -> None:
    for difference in checked.differing:
        screen.say(f"DIFFERS {difference}")
    for note in checked.notes:
        screen.warn(note)
    if not checked.differing:
        screen.say(f"{checked.alerts} of {checked.alerts} alerts derived again, equal")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadKey(f"{path}: {error.strerror}") from None
