"""`sogawatch provision`: bring a Grafana to the dashboards, rules and teams of this version."""

from typing import Annotated

import typer

from streams.commands.options import Config, complaints
from streams.configuration import BadConfiguration, load
from streams.screen import Screen


def provision_(
    grafana: Annotated[
        str, typer.Option("--grafana", help="Address of Grafana, as https://grafana.example.")
    ],
    renew_passwords: Annotated[
        bool,
        typer.Option(
            "--renew-passwords", help="Send the passwords of data sources even if nothing changed."
        ),
    ] = False,
    config: Config = None,
) -> None:
    """Create or update data sources, folder, teams, dashboards, contact point and alert rules.

    Waits until Grafana is well, and prints what changed; doing it again changes nothing. The token
    comes from SOGAWATCH_GRAFANA__TOKEN or grafana.token of the settings: a service account with the
    role Admin. Grafana needs the ClickHouse data source plug-in.
    """
    from dashboards.provisioning.grafana import Grafana, ProvisioningFailed
    from dashboards.provisioning.provision import provision

    screen = Screen()
    with complaints(screen):
        settings = load(config).grafana
        if settings.token is None:
            raise BadConfiguration(
                "grafana.token is not set: make a service account with the role Admin in Grafana, "
                "and put its token into SOGAWATCH_GRAFANA__TOKEN"
            )
        try:
            changed = 0
            with Grafana(grafana, settings.token.get_secret_value(), say=screen.warn) as there:
                for change in provision(there, settings, renew_passwords=renew_passwords):
                    screen.say(f"{change.done:<10} {change.kind} {change.name}")
                    changed += change.done != "unchanged"
        except ProvisioningFailed as error:
            screen.warn(f"sogawatch: {error}")
            raise SystemExit(1) from None
        screen.say(f"{changed} changed" if changed else "nothing changed")
