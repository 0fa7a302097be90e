"""`sogawatch cases`: what needs an officer now."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from alerts.action import Action
from alerts.case import Case, Entry
from alerts.snooze import Snooze
from alerts.urgency import by_urgency
from streams.acting import Casebook, casebook
from streams.commands.options import FAILED, Config, KafkaAt, complaints, with_bootstrap
from streams.commands.times import shortly
from streams.commands.topics import Prefix, require_bootstrap
from streams.configuration import load
from streams.screen import COLOURS, Screen, when


class Shown(StrEnum):
    """How cases are printed."""

    TABLE = "table"
    JSON = "json"


def cases_(
    name: Annotated[
        str | None,
        typer.Argument(metavar="CASE", help="One case: a match, a case id or an alert id."),
    ] = None,
    assignee: Annotated[
        str | None, typer.Option("--of", help="Only those that are in this officer's hands.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Closed and green ones as well.")] = False,
    shown: Annotated[Shown, typer.Option("--format", help="What to print.")] = Shown.TABLE,
    prefix: Prefix = "",
    bootstrap: KafkaAt = None,
    config: Config = None,
) -> None:
    """List the cases, those first that need somebody now; or tell all about one.

    A case is all alerts of one match. It waits to be acknowledged when something is new since
    somebody last decided. Act on it with `sogawatch act`.
    """
    screen = Screen()
    with complaints(screen):
        settings = with_bootstrap(load(config), bootstrap)
        require_bootstrap(settings)
        with casebook(settings.broker, prefix, settings.lifecycle) as book:
            book.catch_up()
    now = datetime.now(UTC)
    warn_unreadable(screen, book)
    if name is not None:
        _one(screen, book, name, shown, now)
        return
    chosen = [case for case in book.cases.all() if every or _needs_a_look(case)]
    chosen = [case for case in chosen if assignee in (None, case.assignee)]
    ranked = by_urgency(chosen, now)
    if shown is Shown.JSON:
        print(json.dumps([as_json(case, now) for case in ranked], indent=2))
    else:
        _list(screen, ranked, book.cases.snoozes(now), now)


def warn_unreadable(screen: Screen, book: Casebook) -> None:
    """Say that there is something which this version cannot read."""
    if book.unreadable:
        screen.warn(
            f"{book.unreadable} messages of the topics cannot be read by this version; "
            "the archive has them among its dead letters"
        )


def as_json(case: Case, now: datetime) -> dict[str, Any]:
    """A case for programs: all of it, and whether it is late."""
    return case.model_dump(mode="json") | {"overdue": case.overdue(now)}


def _needs_a_look(case: Case) -> bool:
    return case.status != "closed" and (case.level != "green" or case.assignee is not None)


def _one(screen: Screen, book: Casebook, name: str, shown: Shown, now: datetime) -> None:
    case = book.cases.find(name)
    if case is None:
        screen.warn(f"sogawatch: there is no case {name!r}; see `sogawatch cases --all`")
        raise SystemExit(FAILED)
    if shown is Shown.JSON:
        print(json.dumps(as_json(case, now), indent=2))
        return
    for line in told(case, now):
        screen.say(line)


def _list(screen: Screen, cases: Sequence[Case], snoozes: Sequence[Snooze], now: datetime) -> None:
    if not cases:
        screen.say("No case needs anybody; --all shows those that are closed or green.")
    else:
        table = Table(box=SIMPLE_HEAD)
        table.add_column("level", no_wrap=True)
        table.add_column("match", overflow="fold", min_width=16)
        for column in ("status", "due", "with", "age", "what"):
            table.add_column(column, no_wrap=column != "with")
        for case in cases:
            table.add_row(Text(case.level.upper(), style=COLOURS[case.level]), *_cells(case, now))
        screen.out.print(table)
    for snooze in snoozes:
        left = shortly(snooze.end - now)
        screen.say(
            f"snoozed for {left} more: {snooze.scope} {snooze.value}, up to {snooze.up_to}, "
            f"by {snooze.author}: {snooze.reason} ({snooze.snooze_id})"
        )


def _cells(case: Case, now: datetime) -> Iterator[Text]:
    # Names come from feeds and people: Text takes them as they are, without markup.
    yield Text(case.match)
    yield Text(case.status)
    yield Text(deadline(case, now))
    yield Text(case.assignee or "nobody")
    yield Text(shortly(now - case.opened_at))
    yield Text("\n".join(case.typologies))


def deadline(case: Case, now: datetime) -> str:
    """Say how the case stands with its deadline."""
    if case.acknowledge_by is None:
        return "missed" if case.missed else ""
    left = case.acknowledge_by - now
    return f"{shortly(left)} late" if case.acknowledge_by <= now else f"in {shortly(left)}"


def standing(case: Case, now: datetime) -> str:
    """Say in one line how a case stands."""
    waits = deadline(case, now)
    due = f", to be acknowledged: {waits}" if waits else ""
    return f"{case.match}: {case.status}, {case.level}, with {case.assignee or 'nobody'}{due}"


def told(case: Case, now: datetime) -> Iterator[str]:
    """All about a case, line by line."""
    yield f"{case.level.upper()}  {_teams(case)}  ({case.status})"
    yield f"case {case.case_id}, match {case.match}, with {case.assignee or 'nobody'}"
    if waits := deadline(case, now):
        yield f"to be acknowledged as {case.calls}: {waits}"
    if case.verdict is not None:
        verdict = case.verdict
        cause = f", {verdict.cause}" if verdict.cause else ""
        finding = verdict.finding.replace("_", " ")
        yield f"verdict of {verdict.by}: {finding}{cause}: {verdict.comment}"
    yield ""
    for alert in case.alerts:
        new = "new  " if alert.alert_id in case.news else ""
        yield (
            f"{when(alert.last_at)}  {alert.level.upper():<5}  {new}{alert.typology}  "
            f"{alert.headline}  ({alert.alert_id}, {alert.status})"
        )
    for miss in case.misses:
        yield f"{when(miss.when)}  MISSED {miss.typology}  {miss.why}  (told by {miss.by})"
    for held in case.held:
        yield f"{when(held.at)}  held: {held.alert_id} at {held.level}, snoozed by {held.snooze_id}"
    yield ""
    yield from (_told_entry(entry) for entry in case.history)


def _teams(case: Case) -> str:
    if case.fixture is None:
        return case.match
    return f"{case.fixture.home} v {case.fixture.away}, {case.fixture.competition}"


def _told_entry(entry: Entry) -> str:
    late = f"  [did not count: {entry.refused.value}]" if entry.refused else ""
    return f"{when(entry.action.at)}  {deed(entry.action)}{late}"


def deed(action: Action) -> str:
    """Say in one line who did what.

    >>> from alerts.action import Kind
    >>> noon = datetime(2026, 6, 11, 12, tzinfo=UTC)
    >>> deed(Action.of(
    ...     Kind.ASSIGN, at=noon, actor="ana", role="officer", comment="you know the league",
    ...     old={"assignee": "ana"}, new={"assignee": "bo"},
    ... ))
    'ana (officer): assign, assignee ana -> bo; you know the league'
    """
    changed = (_change(action, name) for name, value in action.new.items() if value)
    said = ", ".join((action.kind.value.replace("_", " "), *changed))
    comment = f"; {action.comment}" if action.comment else ""
    return f"{action.actor} ({action.role}): {said}{comment}"


def _change(action: Action, name: str) -> str:
    before = f"{action.old[name] or 'none'} -> " if name in action.old else ""
    return f"{name} {before}{action.new[name]}"
