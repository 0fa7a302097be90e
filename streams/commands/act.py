"""`sogawatch act`: do something about a case, from a terminal."""

import inspect
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import typer

from alerts.action import Action, Kind
from alerts.case import Finding, Reason
from alerts.request import Refusal, Request
from alerts.snooze import Scope
from streams.acting import Casebook, casebook
from streams.commands.cases import deed, standing, warn_unreadable
from streams.commands.options import (
    FAILED,
    USAGE,
    Config,
    KafkaAt,
    complaints,
    with_bootstrap,
)
from streams.commands.times import length, moment
from streams.commands.topics import Prefix, require_bootstrap
from streams.configuration import load
from streams.screen import Screen

act = typer.Typer(
    help="Do something about a case. Every deed is an event on the topic actions: who, when, what, "
    "old and new value; nothing is overwritten.\n\n"
    "CASE is a match, a case id or an alert id; `sogawatch cases` lists them.",
    no_args_is_help=True,
)

Who = Annotated[
    str, typer.Option("--as", metavar="NAME", envvar="SOGAWATCH_OFFICER", help="Your name.")
]
InRole = Annotated[
    Literal["viewer", "officer", "supervisor"],
    typer.Option("--role", envvar="SOGAWATCH_ROLE", help="Your role."),
]
CaseName = Annotated[str, typer.Argument(metavar="CASE", help="A match, case id or alert id.")]
Comment = Annotated[str, typer.Option(help="Why, in words.")]
Wanted = Annotated[str, typer.Option("--comment", help="Why, in words.")]
Found = Annotated[Finding, typer.Option("--verdict", help="What was found.")]
Cause = Annotated[str, typer.Option(help="What explains it; an innocent case needs one.")]
Until = Annotated[datetime | None, typer.Option(parser=moment, metavar="TIME", help="Its end.")]
Lasting = Annotated[
    timedelta | None, typer.Option("--for", parser=length, metavar="LENGTH", help="90m, 8h or 2d.")
]
Fields = dict[str, Any]


def _do(
    fields: Fields,
    who: Who,
    role: InRole = "officer",
    prefix: Prefix = "",
    bootstrap: KafkaAt = None,
    config: Config = None,
) -> None:
    screen, settings = Screen(), with_bootstrap(load(config), bootstrap)
    require_bootstrap(settings)
    with casebook(settings.broker, prefix, settings.lifecycle) as book:
        cases, request = book.catch_up(), Request.read(fields)
        warn_unreadable(screen, book)
        answer: Action | Refusal = (
            request
            if isinstance(request, Refusal)
            else cases.decide(request, at=datetime.now(UTC), actor=who, role=role)
        )
        if isinstance(answer, Refusal):
            screen.warn(f"sogawatch: {answer.sentence}")
            raise SystemExit(USAGE if answer.reason is Reason.INCOMPLETE else FAILED)
        _tell(screen, book, answer)


def _deed(build: Callable[..., Fields]) -> Callable[..., None]:
    """Make a command of a function that reads the arguments of one kind of request.

    Each command has its own arguments and those of `_do`, in one signature for typer.
    """
    own = inspect.signature(build).parameters
    shared = [each for each in inspect.signature(_do).parameters.values() if each.name != "fields"]

    def command(**given: Any) -> None:
        told = {each.name: given.pop(each.name) for each in shared}
        with complaints(Screen()):
            _do(build(**given), **told)

    parameters = [*own.values(), *shared]
    named = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
    command.__signature__ = inspect.Signature(named)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in named}
    command.__doc__, command.__name__ = build.__doc__, build.__name__
    return command


def _tell(screen: Screen, book: Casebook, action: Action) -> None:
    changed = book.send(action)
    now = datetime.now(UTC)
    screen.say(f"{action.action_id}: {deed(action)}")
    for case in changed:
        screen.say(standing(case, now))


@act.command("acknowledge")
@_deed
def _acknowledge(case: CaseName, comment: Comment = "") -> Fields:
    """Say that you have seen it; the case is yours if nobody had it."""
    return {"kind": Kind.ACKNOWLEDGE, "case": case, "comment": comment}


@act.command("assign")
@_deed
def _assign(
    case: CaseName,
    to: Annotated[str, typer.Option(help="Who gets it.")],
    comment: Comment = "",
) -> Fields:
    """Put a case into somebody's hands."""
    return {"kind": Kind.ASSIGN, "case": case, "to": to, "comment": comment}


@act.command("escalate")
@_deed
def _escalate(
    case: CaseName,
    to: Annotated[str, typer.Option(help="Who gets it; else it stays with whom it is.")] = "",
    comment: Comment = "",
) -> Fields:
    """Pass a case on as serious."""
    return {"kind": Kind.ESCALATE, "case": case, "to": to, "comment": comment}


@act.command("close")
@_deed
def _close(case: CaseName, verdict: Found, comment: Wanted, cause: Cause = "") -> Fields:
    """Close a case with a verdict; it reopens by itself when it fires again, see the rules.

    Example: sogawatch act close a-v-b --as ana --verdict undecided --comment "no news"
    """
    return {
        "kind": Kind.CLOSE, "case": case, "verdict": verdict, "cause": cause, "comment": comment,
    }  # fmt: skip


@act.command("correct")
@_deed
def _correct(case: CaseName, verdict: Found, comment: Wanted, cause: Cause = "") -> Fields:
    """Correct the verdict of a closed case; the old one stays in its history. Supervisors."""
    return {
        "kind": Kind.CORRECT, "case": case, "verdict": verdict, "cause": cause, "comment": comment,
    }  # fmt: skip


@act.command("reopen")
@_deed
def _reopen(case: CaseName, comment: Wanted) -> Fields:
    """Open a closed case again. Supervisors."""
    return {"kind": Kind.REOPEN, "case": case, "comment": comment}


@act.command("comment")
@_deed
def _comment(case: CaseName, comment: Annotated[str, typer.Argument(metavar="TEXT")]) -> Fields:
    """Say something about a case."""
    return {"kind": Kind.COMMENT, "case": case, "comment": comment}


@act.command("hand-over")
@_deed
def _hand_over(
    to: Annotated[str, typer.Option(help="Who has the next shift.")],
    comment: Annotated[str, typer.Option("--note", help="What the next shift must know.")],
    giver: Annotated[
        str, typer.Option("--of", help="Whose cases; a supervisor may name another's.")
    ] = "",
) -> Fields:
    """Hand all your open cases over to another officer, with a note."""
    return {"kind": Kind.HAND_OVER, "giver": giver, "to": to, "comment": comment}


@act.command("snooze")
@_deed
def _snooze(
    scope: Annotated[Scope, typer.Argument(help="What to hold the alerts of.")],
    value: Annotated[str, typer.Argument(metavar="NAME", help="Which one, by its name.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    lasting: Lasting = None,
    until: Until = None,
    up_to: Annotated[
        Literal["amber", "red"] | None,
        typer.Option(help="Highest level to hold; red for a match only."),
    ] = None,
) -> Fields:
    """Hold alerts for a while. A red breaks through, and the case says what was held.

    Competitions and typologies are for supervisors. A match that is red is held at red.
    """
    if (lasting is None) == (until is None):
        raise typer.BadParameter("say how long: --for LENGTH or --until TIME, one of them")
    end = until if lasting is None else datetime.now(UTC).replace(microsecond=0) + lasting
    return {
        "kind": Kind.SNOOZE, "scope": scope, "value": value, "comment": reason, "until": end,
        "up_to": up_to,
    }  # fmt: skip


@act.command("unsnooze")
@_deed
def _unsnooze(
    snooze: Annotated[str, typer.Argument(metavar="SNOOZE", help="Its id, as `cases` shows it.")],
    comment: Comment = "",
) -> Fields:
    """End a snooze now. Officers end their own."""
    return {"kind": Kind.UNSNOOZE, "snooze_id": snooze, "comment": comment}


@act.command("miss")
@_deed
def _miss(
    match: Annotated[str, typer.Argument(metavar="MATCH", help="The match, as the feeds name it.")],
    typology: Annotated[str, typer.Option(help="What it looks like, as `sogawatch detectors`.")],
    when: Annotated[
        datetime, typer.Option(parser=moment, metavar="TIME", help="When, as 2026-06-11T19:00Z.")
    ],
    why: Annotated[str, typer.Option(help="How you know.")],
) -> Fields:
    """Report something that no alert told of; its match gets a case."""
    return {
        "kind": Kind.REPORT_MISS, "case": match, "typology": typology, "when": when, "comment": why,
    }  # fmt: skip
