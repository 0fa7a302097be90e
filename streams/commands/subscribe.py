"""`sogawatch subscribe` and `sogawatch subscriptions`: who is told of alerts."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from alerts.secrets import Secrets
from alerts.subscribing.service import Refused, SubscriptionService
from alerts.subscribing.subscription import Email, Subscription, Webhook
from streams.commands.options import FAILED, USAGE, Config, KafkaAt, complaints, with_bootstrap
from streams.commands.topics import Prefix, require_bootstrap
from streams.configuration import Settings, load
from streams.screen import Screen, when
from streams.subscribers import Desk, Shelf, read_subscribers
from streams.topics import DELIVERIES, SUBSCRIPTIONS, create_topics

_OFFICE = "command line"
_FILTERS = ("level", "typology", "sport", "competition", "tier", "team", "book", "market")


def subscribe_(
    context: typer.Context,
    email: Annotated[str | None, typer.Option(help="Address of an e-mail subscription.")] = None,
    webhook: Annotated[str | None, typer.Option(help="https://... of a webhook.")] = None,
    name: Annotated[str | None, typer.Option(help="What it is called, for people.")] = None,
    level: Annotated[
        list[str] | None, typer.Option(help="red, amber or green; red and amber when left out.")
    ] = None,
    typology: Annotated[list[str] | None, typer.Option(help="Such as steam-move.")] = None,
    sport: Annotated[list[str] | None, typer.Option(help="Such as football.")] = None,
    competition: Annotated[list[str] | None, typer.Option(help="Its name in alerts.")] = None,
    tier: Annotated[list[int] | None, typer.Option(help="1 is the highest.")] = None,
    team: Annotated[list[str] | None, typer.Option(help="Home or away.")] = None,
    book: Annotated[list[str] | None, typer.Option(help="One of those that moved.")] = None,
    market: Annotated[list[str] | None, typer.Option(help="Such as 1x2 or total.")] = None,
    country: Annotated[
        list[str] | None, typer.Option(help="In the name of the competition or a team.")
    ] = None,
    digest: Annotated[
        str | None,
        typer.Option(help="Collect: every N minutes (30), or at the ends of shifts (06:00,14:00)."),
    ] = None,
    quiet: Annotated[
        str | None, typer.Option(help="Hours in which only red comes: 22:00-07:00.")
    ] = None,
    quiet_for_red: Annotated[
        bool, typer.Option("--quiet-for-red", help="Let red wait in quiet hours as well.")
    ] = False,
    rate: Annotated[
        str | None, typer.Option(help="At most so many messages in so many minutes: 30/60.")
    ] = None,
    cleared_for: Annotated[
        str | None, typer.Option(help="The highest marking that may be sent: TLP:AMBER.")
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="Of the reader: Europe/Athens.")] = None,
    step: Annotated[
        int | None, typer.Option(help="0: told at once; 1: when the first deadline is missed; ...")
    ] = None,
    prefix: Prefix = "",
    bootstrap: KafkaAt = None,
    config: Config = None,
) -> None:
    """Subscribe an e-mail address or a webhook to alerts.

    An address gets a link first, and nothing else before it is confirmed. For a webhook the secret
    of its signatures is printed. An option may be given several times: --level red --level amber.
    """
    given = {key: value for key, value in context.params.items() if value is not None}
    screen = Screen()
    with complaints(screen):
        settings = with_bootstrap(load(config), bootstrap)
        service = _service(settings, prefix)
        made = service.subscribe(_wish(given), _OFFICE)
        if isinstance(made, Refused):
            for problem in made.problems:
                screen.warn(f"sogawatch: {problem.field}: {problem.why}")
            raise SystemExit(USAGE)
        screen.say(made.subscription)
        if isinstance(made.channel, Webhook):
            screen.say(f"secret {service.secret(made)}")
        else:
            screen.say(f"a link goes to {made.channel.address}; it must be confirmed first")


def _wish(given: dict[str, Any]) -> dict[str, Any]:
    """What was asked for, as JSON has it; whether it holds is seen later."""
    if ("email" in given) == ("webhook" in given):
        raise typer.BadParameter("give either --email ADDRESS or --webhook URL")
    email, url = given.get("email"), given.get("webhook")
    channel = {"kind": "email", "address": email} if email else {"kind": "webhook", "url": url}
    plural = {name: _plural(name) for name in _FILTERS} | {"country": "countries"}
    wish: dict[str, Any] = {
        "name": given.get("name") or (email or "webhook"),
        "channel": channel,
        "filter": {many: given[one] for one, many in plural.items() if given.get(one)},
    }
    wish |= {key: given[key] for key in ("cleared_for", "timezone", "step") if key in given}
    if "digest" in given:
        wish["digest"] = _digest(given["digest"])
    if "quiet" in given:
        start, _, end = given["quiet"].partition("-")
        wish["quiet"] = {"start": start, "end": end, "red_breaks": not given["quiet_for_red"]}
    if "rate" in given:
        most, _, minutes = given["rate"].partition("/")
        wish["rate"] = {"most": most, "within_min": minutes}
    return wish


def _plural(name: str) -> str:
    return name[:-1] + "ies" if name == "typology" else name + "s"


def _digest(text: str) -> dict[str, Any]:
    return {"at": text.split(",")} if ":" in text else {"every_min": text}


def subscriptions_(
    confirm: Annotated[
        str | None, typer.Option(help="Confirm by the token of a link, where no board runs.")
    ] = None,
    end: Annotated[str | None, typer.Option(help="End this subscription.")] = None,
    test: Annotated[str | None, typer.Option(help="Send a test message to it.")] = None,
    resend_link: Annotated[
        str | None, typer.Option(help="Send the link to confirm once more.")
    ] = None,
    secret: Annotated[str | None, typer.Option(help="Print the secret of this webhook.")] = None,
    rotate: Annotated[
        str | None, typer.Option(help="Give this webhook a new secret; the old holds for a day.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON lines.")] = False,
    prefix: Prefix = "",
    bootstrap: KafkaAt = None,
    config: Config = None,
) -> None:
    """List subscriptions, or change one of them."""
    screen = Screen()
    with complaints(screen):
        service = _service(with_bootstrap(load(config), bootstrap), prefix)
        if confirm is not None:
            found = service.confirm(confirm)
            if found is None:
                raise _no(screen, "the link does not hold; it may be older than a week")
            screen.say(f"{found.subscription} is confirmed")
        elif name := end or test or resend_link or secret or rotate:
            found = service.find(name)
            if found is None:
                raise _no(screen, f"there is no subscription {name}; `sogawatch subscriptions`")
            _change(screen, service, found, "end" if end else "test" if test else
                    "link" if resend_link else "rotate" if rotate else "secret")  # fmt: skip
        else:
            _list(screen, service.all(), as_json=as_json)


def _change(screen: Screen, service: SubscriptionService, found: Subscription, what: str) -> None:
    name = found.subscription
    if what in ("secret", "rotate"):
        if isinstance(found.channel, Email):
            raise _no(screen, f"{name} is an e-mail subscription; it has no secret")
        screen.say(str(service.secret(service.rotate(found) if what == "rotate" else found)))
    elif what == "end":
        service.end(found)
        screen.say(f"{name} has ended")
    elif what == "link":
        service.ask_again(found)
        screen.say(f"a link goes to {name}")
    else:
        service.try_out(found)
        screen.say(f"a test goes to {name}")


def _list(screen: Screen, found: list[Subscription], *, as_json: bool) -> None:
    if as_json:
        for one in found:
            screen.say(json.dumps(_shown(one)))
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("subscription", "name", "to", "levels", "step", "since (UTC)", "state"):
        table.add_column(heading, no_wrap=heading in ("subscription", "since (UTC)"))
    for one in found:
        to = one.channel.address if isinstance(one.channel, Email) else one.channel.host
        state = "active" if one.active else "not confirmed"
        table.add_row(one.subscription, one.name, to, ", ".join(one.filter.levels), str(one.step),
                      when(one.created_at), state)  # fmt: skip
    screen.out.print(table if found else "no subscriptions; `sogawatch subscribe --help`")


def _shown(one: Subscription) -> dict[str, Any]:
    shown: dict[str, Any] = one.model_dump(mode="json")
    if isinstance(one.channel, Webhook):
        shown["channel"] = {"kind": "webhook", "host": one.channel.host}
    return shown


def _no(screen: Screen, why: str) -> SystemExit:
    screen.warn(f"sogawatch: {why}")
    return SystemExit(FAILED)


def _service(settings: Settings, prefix: str) -> SubscriptionService:
    require_bootstrap(settings)
    secrets = Secrets(settings.notify.key, settings.notify.previous_key)
    create_topics(settings.broker, prefix, [SUBSCRIPTIONS, DELIVERIES])
    shelf = Shelf(read_subscribers(settings.broker, prefix), Desk(settings.broker, prefix))
    notify = settings.notify
    return SubscriptionService(
        shelf, secrets, notify.smtp, notify.webhook, lambda: datetime.now(UTC)
    )
