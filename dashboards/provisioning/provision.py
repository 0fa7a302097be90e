"""Provisioning: bring a Grafana to what is wanted, by uid, and tell what changed."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from dashboards.alert_rules import EVERY_S, FOLDER, FOLDER_TITLE, GROUP, contact_point, rules
from dashboards.provisioning.comparing import fingerprint, holds
from dashboards.provisioning.grafana import Conflict, Grafana, ProvisioningFailed
from dashboards.provisioning.settings import GrafanaSettings
from dashboards.provisioning.wanted import PERMISSIONS, Thing, data_sources, passwords, shown
from dashboards.queries import PLUGIN, PLUGIN_VERSION

OLDEST = (12, 0)


class Change(NamedTuple):
    """What was done to one thing: created, updated or unchanged."""

    kind: str
    name: str
    done: str


def provision(
    grafana: Grafana, settings: GrafanaSettings, *, renew_passwords: bool = False
) -> Iterator[Change]:
    """Bring it to what is wanted; doing it again changes nothing.

    Waits for it to be well first. Things are known by uid, teams by name. Passwords of data sources
    cannot be read back: they are sent with a data source that is new or otherwise changes, or all
    with `renew_passwords`.

    Raises
    ------
    ProvisioningFailed
        When it is too old, lacks the plug-in, refuses the token or a change, or does not answer.
    """
    require_version(grafana.wait(settings.wait_s))
    require_plugin(grafana)
    secrets = passwords(settings)
    for source in data_sources(settings):
        secret = secrets[source["uid"]]
        yield _settled(partial(_data_source, grafana, source, secret, renew=renew_passwords))
    yield _settled(partial(_folder, grafana))
    for name in PERMISSIONS:
        yield _settled(partial(_team, grafana, name))
    yield _settled(partial(_permissions, grafana))
    for dashboard in shown(settings):
        yield _settled(partial(_dashboard, grafana, dashboard))
    yield _settled(partial(_contact_point, grafana, contact_point(settings.contact)))
    for rule in rules():
        yield _settled(partial(_rule, grafana, rule))
    yield _settled(partial(_interval, grafana))


def require_version(version: str) -> None:
    """Refuse a Grafana that is older than the dashboards can bear.

    >>> require_version("13.2.3")
    >>> require_version("9.5.2")
    Traceback (most recent call last):
        ...
    dashboards.provisioning.grafana.ProvisioningFailed: Grafana is 9.5.2: 12.0 or newer is needed
    """
    told = re.match(r"(\d+)\.(\d+)", version)
    if told and (int(told[1]), int(told[2])) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise ProvisioningFailed(f"Grafana is {version}: {oldest} or newer is needed")


def require_plugin(grafana: Grafana) -> None:
    """Refuse a Grafana without the data source's plug-in, or with one of before version 4."""
    installed = grafana.ask("list plug-ins", grafana.api.plugin.list)
    found = next((one for one in installed if one.get("id") == PLUGIN), None)
    todo = f"install it with `grafana cli plugins install {PLUGIN} {PLUGIN_VERSION}` and restart"
    if found is None:
        raise ProvisioningFailed(f"{grafana.url} has no plug-in {PLUGIN}: {todo} it")
    version = str(found.get("info", {}).get("version", ""))
    if int(re.match(r"\d*", version)[0] or 4) < 4:  # type: ignore[index]
        raise ProvisioningFailed(f"{PLUGIN} is {version}, 4 or newer is needed: {todo} Grafana")


def _settled(step: Callable[[], Change]) -> Change:
    """Do a step; once more from its beginning when somebody came in between."""
    try:
        return step()
    except Conflict:
        return step()


def _data_source(grafana: Grafana, wanted: Thing, password: str, *, renew: bool) -> Change:
    api, uid, name = grafana.api.datasource, wanted["uid"], wanted["name"]
    what = f"data source {name}"
    found = grafana.find(what, lambda: api.get_datasource_by_uid(uid))
    secret = {"secureJsonData": {"password": password}}
    if found is None:
        grafana.ask(what, lambda: api.create_datasource(wanted | secret))
        return Change("data source", name, "created")
    if holds(found, {k: v for k, v in wanted.items() if k != "isDefault"}) and not renew:
        return Change("data source", name, "unchanged")
    kept = {"isDefault": found.get("isDefault", False), "version": found.get("version")}
    grafana.ask(what, lambda: api.update_datasource_by_uid(uid, wanted | kept | secret))
    return Change("data source", name, "updated")


def _folder(grafana: Grafana) -> Change:
    api, what = grafana.api.folder, f"folder {FOLDER_TITLE}"
    found = grafana.find(what, lambda: api.get_folder(FOLDER))
    if found is None:
        grafana.ask(what, lambda: api.create_folder(FOLDER_TITLE, uid=FOLDER))
        return Change("folder", FOLDER_TITLE, "created")
    if found.get("title") == FOLDER_TITLE:
        return Change("folder", FOLDER_TITLE, "unchanged")
    version = found.get("version")
    grafana.ask(what, lambda: api.update_folder(FOLDER, title=FOLDER_TITLE, version=version))
    return Change("folder", FOLDER_TITLE, "updated")


def _team(grafana: Grafana, name: str) -> Change:
    if _team_id(grafana, name) is not None:
        return Change("team", name, "unchanged")
    grafana.ask(f"team {name}", lambda: grafana.api.teams.add_team({"name": name}))
    return Change("team", name, "created")


def _team_id(grafana: Grafana, name: str) -> int | None:
    found = grafana.ask(f"team {name}", lambda: grafana.api.teams.get_team_by_name(name))
    return next((team["id"] for team in found if team["name"] == name), None)


def _permissions(grafana: Grafana) -> Change:
    """Officers view, supervisors edit; nobody else but the admins of the organisation."""
    what, api = "permissions of the folder", grafana.api.folder
    wanted = {_team_id(grafana, name): permission for name, permission in PERMISSIONS.items()}
    found = grafana.ask(what, lambda: api.get_folder_permissions(FOLDER))
    there = {
        (one.get("teamId", 0), one.get("userId", 0), one.get("role", "")): one["permission"]
        for one in found
        if not one.get("inherited") and one.get("role") != "Admin"
    }
    if there == {(team, 0, ""): permission for team, permission in wanted.items()}:
        return Change("permissions", FOLDER_TITLE, "unchanged")
    items = [{"teamId": team, "permission": given} for team, given in wanted.items()]
    grafana.ask(what, lambda: api.update_folder_permissions(FOLDER, {"items": items}))
    return Change("permissions", FOLDER_TITLE, "updated")


def _dashboard(grafana: Grafana, wanted: Thing) -> Change:
    title, uid, api = wanted["title"], wanted["uid"], grafana.api.dashboard
    what = f"dashboard {title}"
    found = grafana.find(what, lambda: api.get_dashboard(uid))
    mark = f"sogawatch provision {fingerprint(wanted)}"
    told: Thing = {"dashboard": wanted | {"id": None}, "folderUid": FOLDER, "message": mark}
    if found is None:
        grafana.ask(what, lambda: api.update_dashboard(told))
        return Change("dashboard", title, "created")
    meta, there = found.get("meta", {}), found["dashboard"]
    if meta.get("provisioned"):
        raise ProvisioningFailed(
            f"{what}: files provision it (dashboards/grafana); either they or this, not both"
        )
    placed = meta.get("folderUid") == FOLDER
    if placed and (holds(there, wanted) or _newest_message(grafana, uid) == mark):
        return Change("dashboard", title, "unchanged")
    # The version makes Grafana refuse (412) if somebody saves between our reading and writing.
    known = {"id": there.get("id"), "version": there.get("version")}
    grafana.ask(what, lambda: api.update_dashboard(told | {"dashboard": wanted | known}))
    return Change("dashboard", title, "updated")


def _newest_message(grafana: Grafana, uid: str) -> str | None:
    """What the last one who saved said; Grafana may give a dashboard back in a newer schema."""
    path = f"/dashboards/uid/{uid}/versions?limit=1"
    told = grafana.find("versions", lambda: grafana.api.client.GET(path))
    versions = told.get("versions", []) if isinstance(told, dict) else told or []
    return versions[0].get("message") if versions else None


def _contact_point(grafana: Grafana, wanted: Thing) -> Change:
    api, name = grafana.api.alertingprovisioning, wanted["name"]
    what = f"contact point {name}"
    points = grafana.ask(what, lambda: api.get_contactpoints(name))
    found = next((one for one in points if one.get("uid") == wanted["uid"]), None)
    if found is None:
        grafana.ask(what, lambda: api.create_contactpoint(wanted, disable_provenance=True))
        return Change("contact point", name, "created")
    if holds(found, wanted):
        return Change("contact point", name, "unchanged")
    grafana.ask(
        what, lambda: api.update_contactpoint(wanted["uid"], wanted, disable_provenance=True)
    )
    return Change("contact point", name, "updated")


def _rule(grafana: Grafana, wanted: Thing) -> Change:
    api, title, uid = grafana.api.alertingprovisioning, wanted["title"], wanted["uid"]
    what = f"alert rule {title}"
    found = grafana.find(what, lambda: api.get_alertrule(uid))
    if found is None:
        grafana.ask(what, lambda: api.create_alertrule(wanted, disable_provenance=True))
        return Change("alert rule", title, "created")
    if holds(found, wanted):
        return Change("alert rule", title, "unchanged")
    grafana.ask(what, lambda: api.update_alertrule(uid, wanted, disable_provenance=True))
    return Change("alert rule", title, "updated")


def _interval(grafana: Grafana) -> Change:
    """How often the rules are evaluated is told of their group."""
    api, what = grafana.api.alertingprovisioning, f"rule group {GROUP}"
    group: Any = grafana.ask(what, lambda: api.get_rule_group(FOLDER, GROUP))
    if group.get("interval") == EVERY_S:
        return Change("rule group", GROUP, "unchanged")
    timed = group | {"interval": EVERY_S}
    grafana.ask(what, lambda: api.update_rule_group(FOLDER, GROUP, timed, disable_provenance=True))
    return Change("rule group", GROUP, "updated")
