"""`sogawatch deliveries`: how deliveries stand, every attempt, dead letters sent again."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from alerts.delivery.outbox import Entry, Outbox, Status
from forensics.attempts_table import attempts_of
from forensics.store import open_existing
from streams.commands.options import (
    FAILED,
    Config,
    KafkaAt,
    StoreDir,
    complaints,
    with_bootstrap,
    with_store,
)
from streams.commands.topics import Prefix, require_bootstrap
from streams.compacted import read_all
from streams.configuration import Settings, load
from streams.screen import Screen, when
from streams.subscribers import Desk
from streams.topics import DELIVERIES, create_topics

_ALL = "all"
_PLACES = dict[int, Outbox]


def deliveries_(
    attempts: Annotated[
        bool, typer.Option("--attempts", help="Every attempt, from the store.")
    ] = False,
    resend: Annotated[
        list[str] | None, typer.Option(help="Send this dead letter again; `all` for every one.")
    ] = None,
    subscription: Annotated[str | None, typer.Option(help="Those of one subscription.")] = None,
    about: Annotated[
        str | None, typer.Option(help="Attempts that told of this alert, or of this delivery.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Attempts with this reason.")] = None,
    most: Annotated[int, typer.Option(min=1, help="How many to show.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
    store: StoreDir = None,
    prefix: Prefix = "",
    bootstrap: KafkaAt = None,
    config: Config = None,
) -> None:
    """Show what waits and what was given up; or every attempt; or send dead letters again.

    Waiting and dead ones are read from the outbox in Kafka, attempts from the store.
    """
    screen = Screen()
    with complaints(screen):
        settings = with_store(with_bootstrap(load(config), bootstrap), store)
        if attempts:
            _attempts(screen, settings, subscription, about, reason, most, as_json=as_json)
            return
        require_bootstrap(settings)
        boxes = _boxes(settings, prefix)
        if resend:
            _resend(screen, settings, prefix, boxes, resend)
        else:
            _standing(screen, boxes, subscription, most, as_json=as_json)


def _boxes(settings: Settings, prefix: str) -> _PLACES:
    create_topics(settings.broker, prefix, [DELIVERIES])
    boxes = {}
    for partition in range(DELIVERIES.count(settings.broker)):
        records, _ = read_all(settings.broker, prefix + DELIVERIES.name, [partition])
        boxes[partition] = Outbox.load((record.key, record.value) for record in records)
    return boxes


def _standing(
    screen: Screen, boxes: _PLACES, subscription: str | None, most: int, *, as_json: bool
) -> None:
    shown = [
        entry
        for box in boxes.values()
        for entry in (*box.dead(), *box.pending())
        if subscription in (None, entry.subscription)
    ]
    shown.sort(key=lambda entry: entry.standing.since)
    if as_json:
        for entry in shown[:most]:
            screen.say(json.dumps(_facts(entry)))
        return
    counts: Counter[Status] = Counter()
    for box in boxes.values():
        counts.update(box.counts)
    screen.say(", ".join(f"{counts[status]:,} {status}" for status in Status))
    if shown:
        _print(screen, [_facts(entry) for entry in shown[:most]])
    if len(shown) > most:
        screen.say(f"… and {len(shown) - most:,} more; --most shows them")


def _facts(entry: Entry) -> dict[str, Any]:
    standing = entry.standing
    waits = standing.status is Status.PENDING and standing.next_at > 0
    return {
        "delivery": entry.id,
        "subscription": entry.subscription,
        "about": entry.notice.about,
        "what": entry.notice.what,
        "status": str(standing.status),
        "reason": standing.reason,
        "attempts": standing.attempts,
        "since": _time(standing.since),
        "next": _time(standing.next_at) if waits else "",
    }


def _time(seconds: float) -> str:
    return when(datetime.fromtimestamp(seconds, UTC))


def _print(screen: Screen, rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in rows[0]:
        table.add_column(heading, no_wrap=heading in ("delivery", "subscription", "at", "since"))
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    screen.out.print(table)


def _resend(
    screen: Screen, settings: Settings, prefix: str, boxes: _PLACES, wanted: list[str]
) -> None:
    dead = {entry.id: place for place, box in boxes.items() for entry in box.dead()}
    unknown = [name for name in wanted if name != _ALL and name not in dead]
    if unknown:
        screen.warn(f"sogawatch: no dead letter {', '.join(unknown)}; `sogawatch deliveries`")
        raise SystemExit(FAILED)
    chosen = dead if _ALL in wanted else {name: dead[name] for name in wanted}
    Desk(settings.broker, prefix).resend(chosen.items(), datetime.now(UTC))
    screen.say(f"{len(chosen)} will be sent again")


def _attempts(
    screen: Screen,
    settings: Settings,
    subscription: str | None,
    about: str | None,
    reason: str | None,
    most: int,
    *,
    as_json: bool,
) -> None:
    with open_existing(settings.store) as opened:
        rows = attempts_of(opened, subscription=subscription, about=about, reason=reason, most=most)
    if as_json:
        for row in rows:
            screen.say(json.dumps(row, default=str))
    elif rows:
        _print(screen, [_attempt(row) for row in rows])
    else:
        screen.say("no attempts")


def _attempt(row: dict[str, Any]) -> dict[str, Any]:
    told = row["told"]
    return {
        "at": f"{row['at']:%Y-%m-%d %H:%M:%S}Z",
        "delivery": row["delivery"],
        "subscription": row["subscription"],
        "host": row["host"],
        "told": told[0] if len(told) == 1 else f"{len(told):,} alerts",
        "try": row["attempt"],
        "outcome": row["outcome"],
        "reason": row["reason"],
        "status": row["status"] or "",
        "ms": f"{row['latency_ms']:.0f}",
    }
