"""A server that answers like Grafana 13: shapes of its HTTP API, state, and faults on demand.

No registry serves Grafana itself, so this stands in for its door. What it answers follows
Grafana's documentation of its HTTP API and its source (pkg/api, pkg/services/ngalert/api); that
Grafana draws what it is given is not shown by it.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "glsa_right"
Answer = tuple[int, Any]


@dataclass
class Fault:
    """An answer in place of the usual one, to the first `times` requests that match."""

    method: str
    path: str
    status: int
    body: Any
    times: int = 1
    before: Callable[[], None] = lambda: None


@dataclass
class State:
    """All that this Grafana has, by uid or name, and what it was asked."""

    version: str = "13.2.3"
    plugins: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"id": "grafana-clickhouse-datasource", "info": {"version": "4.21.2"}}
        ]
    )
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    folders: dict[str, dict[str, Any]] = field(default_factory=dict)
    permissions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    teams: list[dict[str, Any]] = field(default_factory=list)
    dashboards: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    points: list[dict[str, Any]] = field(default_factory=list)
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    intervals: dict[str, int] = field(default_factory=dict)
    provisioned: set[str] = field(default_factory=set)
    schema: int = 41
    faults: list[Fault] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def written(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path in self.asked if method != "GET"]


@contextmanager
def grafana_server(below: str = "") -> Iterator[tuple[str, State]]:
    """Serve on loopback; the address and the state."""
    state = State()
    handler = type("Handler", (_Handler,), {"state": state, "below": below})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{below}", state
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    state: State
    below: str
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Requests are in `State.asked`."""

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def _answer(self, method: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        parts = urlsplit(self.path)
        path = unquote(parts.path).removeprefix(f"{self.below}/api")
        self.state.asked.append((method, path))
        status, told = self._judged(method, path, body, parse_qs(parts.query))
        sent = b"" if told is None else json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def _judged(self, method: str, path: str, body: Any, query: dict[str, list[str]]) -> Answer:
        for fault in self.state.faults:
            if fault.times and fault.method == method and re.fullmatch(fault.path, path):
                fault.times -= 1
                fault.before()
                return fault.status, fault.body
        if path == "/health":
            told = {"commit": "c1", "database": "ok", "version": self.state.version}
            return 200, told
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, _error("Invalid API key", 401, messageId="api-key.invalid")
        for wanted, pattern, answer in ROUTES:
            if wanted == method and (found := re.fullmatch(pattern, path)):
                return answer(self.state, body, query, *found.groups())
        return 404, _error("Not found", 404)


def _error(message: str, status: int, **more: Any) -> dict[str, Any]:
    return {"extra": None, "message": message, "statusCode": status, "traceID": ""} | more


def list_plugins(state: State, *_: Any) -> Answer:
    return 200, state.plugins


def get_source(state: State, _: Any, __: Any, uid: str) -> Answer:
    if uid not in state.sources:
        return 404, {"message": "Data source not found", "messageId": "", "traceID": ""}
    return 200, state.sources[uid]


def add_source(state: State, body: Any, *_: Any) -> Answer:
    if any(one["name"] == body["name"] for one in state.sources.values()):
        return 409, {"message": "data source with the same name already exists"}
    return 200, _kept_source(state, body, version=1, message="Datasource added")


def put_source(state: State, body: Any, _: Any, uid: str) -> Answer:
    found = state.sources[uid]
    if found["readOnly"]:
        return 403, {"message": "Cannot update read-only data source"}
    if body.get("version") not in (None, found["version"]):
        return 409, {
            "message": "Datasource has already been updated by someone else. Please reload and "
            "try again"
        }
    version = found["version"] + 1
    return 200, _kept_source(state, body, version=version, message="Datasource updated")


def _kept_source(state: State, body: Any, version: int, message: str) -> Any:
    secret = body.pop("secureJsonData", {})
    uid = body["uid"]
    state.secrets[uid] = state.secrets.get(uid, {}) | secret
    first = state.sources.get(uid, {"id": len(state.sources) + 1})["id"]
    state.sources[uid] = {
        "id": first, "orgId": 1, "typeLogoUrl": "public/logo.svg", "url": "", "user": "",
        "database": "", "basicAuth": False, "basicAuthUser": "", "withCredentials": False,
        "secureJsonFields": dict.fromkeys(state.secrets[uid], True), "readOnly": False,
    } | body | {"version": version}  # fmt: skip
    return {
        "datasource": state.sources[uid], "id": first, "message": message, "name": body["name"],
    }  # fmt: skip


def get_folder(state: State, _: Any, __: Any, uid: str) -> Answer:
    if uid not in state.folders:
        return 404, {"message": "folder not found", "status": "not-found"}
    return 200, state.folders[uid]


def add_folder(state: State, body: Any, *_: Any) -> Answer:
    uid = body["uid"]
    if uid in state.folders:
        return 409, {"message": "a folder with the same uid already exists", "status": "conflict"}
    state.folders[uid] = {
        "id": 7, "uid": uid, "orgId": 1, "title": body["title"], "url": f"/dashboards/f/{uid}/x",
        "hasAcl": False, "canSave": True, "canEdit": True, "canAdmin": True, "canDelete": True,
        "version": 1,
    }  # fmt: skip
    state.permissions[uid] = [
        {"role": "Editor", "permission": 2, "permissionName": "Edit", "inherited": False},
        {"role": "Viewer", "permission": 1, "permissionName": "View", "inherited": False},
        {"role": "Admin", "permission": 4, "permissionName": "Admin", "inherited": True},
    ]
    return 200, state.folders[uid]


def put_folder(state: State, body: Any, _: Any, uid: str) -> Answer:
    found = state.folders[uid]
    if body.get("version") != found["version"] and not body.get("overwrite"):
        return 412, {
            "message": "the folder has been changed by someone else",
            "status": "version-mismatch",
        }
    found |= {"title": body["title"], "version": found["version"] + 1}
    return 200, found


def get_permissions(state: State, _: Any, __: Any, uid: str) -> Answer:
    blank = {"uid": uid, "folderUid": uid, "userId": 0, "teamId": 0, "role": "", "inherited": False}
    return 200, [blank | one for one in state.permissions[uid]]


def set_permissions(state: State, body: Any, _: Any, uid: str) -> Answer:
    teams = {team["id"] for team in state.teams}
    if not all(one["teamId"] in teams for one in body["items"] if "teamId" in one):
        return 400, {"message": "team not found"}
    state.permissions[uid] = body["items"]
    return 200, {"id": 7, "message": "Folder permissions updated", "title": uid}


def search_teams(state: State, _: Any, query: dict[str, list[str]]) -> Answer:
    named = [team for team in state.teams if team["name"] == query["name"][0]]
    return 200, {"totalCount": len(named), "teams": named, "page": 1, "perPage": 1000}


def add_team(state: State, body: Any, *_: Any) -> Answer:
    if any(team["name"] == body["name"] for team in state.teams):
        return 409, {"message": "Team name taken"}
    number = len(state.teams) + 1
    state.teams.append(
        {"id": number, "uid": f"t{number}", "orgId": 1, "name": body["name"], "memberCount": 0}
    )
    return 200, {"message": "Team created", "teamId": number, "uid": f"t{number}"}


def get_dashboard(state: State, _: Any, __: Any, uid: str) -> Answer:
    if uid not in state.dashboards:
        return 404, {"message": "Dashboard not found", "status": "not-found"}
    found = state.dashboards[uid]
    meta = {
        "type": "db", "canSave": True, "isFolder": False, "folderUid": found["folderUid"],
        "provisioned": uid in state.provisioned, "version": found["dashboard"]["version"],
    }  # fmt: skip
    return 200, {"meta": meta, "dashboard": found["dashboard"] | {"schemaVersion": state.schema}}


def save_dashboard(state: State, body: Any, *_: Any) -> Answer:
    given = body["dashboard"]
    uid = given["uid"]
    if uid in state.provisioned:
        return 400, {"message": "Cannot save provisioned dashboard"}
    found = state.dashboards.get(uid, {}).get("dashboard")
    version = found["version"] if found else 0
    if found and not body.get("overwrite") and given.get("version") != version:
        return 412, {
            "message": "The dashboard has been changed by someone else",
            "status": "version-mismatch",
        }
    kept = given | {"id": 40 + len(state.dashboards), "version": version + 1}
    state.dashboards[uid] = {"dashboard": kept, "folderUid": body.get("folderUid", "")}
    told = {"version": version + 1, "message": body.get("message", ""), "createdBy": "sa-1"}
    state.versions.setdefault(uid, []).insert(0, told)
    return 200, {
        "id": kept["id"], "uid": uid, "url": f"/d/{uid}/x", "status": "success",
        "version": version + 1, "slug": "x", "folderUid": body.get("folderUid", ""),
    }  # fmt: skip


def list_versions(state: State, _: Any, __: Any, uid: str) -> Answer:
    return 200, {"continueToken": "", "versions": state.versions.get(uid, [])[:1]}


def list_points(state: State, _: Any, query: dict[str, list[str]]) -> Answer:
    name = query.get("name", [None])[0]
    return 200, [point for point in state.points if name in (None, point["name"])]


def add_point(state: State, body: Any, *_: Any) -> Answer:
    if any(point["uid"] == body["uid"] for point in state.points):
        return 409, _error("contact point with this uid exists", 409)
    state.points.append(body)
    return 202, body


def put_point(state: State, body: Any, _: Any, uid: str) -> Answer:
    state.points = [body if point["uid"] == uid else point for point in state.points]
    return 202, {"message": "contactpoint updated"}


def get_rule(state: State, _: Any, __: Any, uid: str) -> Answer:
    return (200, state.rules[uid]) if uid in state.rules else (404, None)


def add_rule(state: State, body: Any, *_: Any) -> Answer:
    if body["folderUID"] not in state.folders:
        return 400, _error("folder does not exist", 400)
    if body["uid"] in state.rules:
        return 409, _error("conflicting alert rule found: rule uid already in use", 409)
    if body["notification_settings"]["receiver"] not in {p["name"] for p in state.points}:
        return 400, _error("receiver does not exist", 400)
    return 201, _kept_rule(state, body)


def put_rule(state: State, body: Any, _: Any, uid: str) -> Answer:
    if state.rules[uid].get("provenance") == "file":
        return 409, _error("cannot change provenance from 'file' to ''", 409)
    return 200, _kept_rule(state, body)


def _kept_rule(state: State, body: Any) -> Any:
    for one in body["data"]:
        one["model"] |= {"intervalMs": 1000, "maxDataPoints": 43200}
    state.rules[body["uid"]] = {"id": len(state.rules) + 1, "orgID": 1, "updated": "x"} | body
    state.intervals.setdefault(body["ruleGroup"], 300)
    return state.rules[body["uid"]]


def get_group(state: State, _: Any, __: Any, folder: str, group: str) -> Answer:
    rules = [rule for rule in state.rules.values() if rule["ruleGroup"] == group]
    interval = state.intervals[group]
    return 200, {"title": group, "folderUid": folder, "interval": interval, "rules": rules}


def put_group(state: State, body: Any, _: Any, folder: str, group: str) -> Answer:
    state.intervals[group] = body["interval"]
    return get_group(state, None, None, folder, group)


ROUTES: list[tuple[str, str, Callable[..., Answer]]] = [
    ("GET", r"/plugins", list_plugins),
    ("GET", r"/datasources/uid/([\w-]+)", get_source),
    ("POST", r"/datasources", add_source),
    ("PUT", r"/datasources/uid/([\w-]+)", put_source),
    ("GET", r"/folders/([\w-]+)", get_folder),
    ("POST", r"/folders", add_folder),
    ("PUT", r"/folders/([\w-]+)", put_folder),
    ("GET", r"/folders/([\w-]+)/permissions", get_permissions),
    ("POST", r"/folders/([\w-]+)/permissions", set_permissions),
    ("GET", r"/teams/search", search_teams),
    ("POST", r"/teams", add_team),
    ("GET", r"/dashboards/uid/([\w-]+)", get_dashboard),
    ("POST", r"/dashboards/db", save_dashboard),
    ("GET", r"/dashboards/uid/([\w-]+)/versions", list_versions),
    ("GET", r"/v1/provisioning/contact-points", list_points),
    ("POST", r"/v1/provisioning/contact-points", add_point),
    ("PUT", r"/v1/provisioning/contact-points/([\w-]+)", put_point),
    ("GET", r"/v1/provisioning/alert-rules/([\w-]+)", get_rule),
    ("POST", r"/v1/provisioning/alert-rules", add_rule),
    ("PUT", r"/v1/provisioning/alert-rules/([\w-]+)", put_rule),
    ("GET", r"/v1/provisioning/folder/([\w-]+)/rule-groups/([\w-]+)", get_group),
    ("PUT", r"/v1/provisioning/folder/([\w-]+)/rule-groups/([\w-]+)", put_group),
]
