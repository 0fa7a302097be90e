"""docker-compose.yml and what goes with it, read as Docker would; no engine is needed."""

import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import typer

from dashboards.queries import ACCOUNTS_SOURCE, DATA_SOURCE, PLUGIN, PLUGIN_VERSION
from dashboards.rendered import dashboards
from streams.cli import app
from streams.configuration import load

yaml = pytest.importorskip("yaml", reason="PyYAML is needed to read docker-compose.yml")

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
ONE_SHOTS = {"topics", "migrate"}
LASTING = {"kafka", "clickhouse", "watch", "archive", "notify", "canary", "board", "grafana"}
WORKERS = {"watch", "archive", "notify"}
OURS = {name for name, service in SERVICES.items() if service["image"] == "sogawatch:local"}
PASSWORDS = {
    "OWNER_PASSWORD", "ARCHIVE_PASSWORD", "BOARD_PASSWORD", "DASHBOARDS_PASSWORD",
    "ACCOUNTS_PASSWORD", "GRAFANA_ADMIN_PASSWORD", "NOTIFY_KEY",
}  # fmt: skip
PROVISIONING = ROOT / "dashboards" / "grafana" / "provisioning"
DONE = "service_completed_successfully"


def test_the_services_are_those_this_test_knows():
    assert SERVICES.keys() == ONE_SHOTS | LASTING | {"demo"}
    assert ONE_SHOTS | WORKERS | {"canary", "board", "demo"} == OURS
    assert {name for name, service in SERVICES.items() if "profiles" in service} == {"demo"}


def test_images_are_pinned_in_one_place():
    images = COMPOSE["x-images"]
    assert {service["image"] for service in SERVICES.values()} == set(images.values())
    for name, image in images.items():
        assert TEXT.count(image) == 1
        if name != "sogawatch":
            assert re.fullmatch(r"[a-z-]+/[a-z-]+:\d+\.\d+\.\d+(\.\d+)?", image)


@pytest.mark.parametrize("name", sorted(LASTING))
def test_what_lasts_is_restarted_and_tells_its_health(name):
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period"} <= service["healthcheck"].keys()


@pytest.mark.parametrize("name", sorted(ONE_SHOTS))
def test_one_shots_are_waited_for_or_up_would_take_their_end_for_a_failure(name):
    waiting = [s for s in SERVICES.values() if s.get("depends_on", {}).get(name)]
    assert waiting
    assert all(service["depends_on"][name]["condition"] == DONE for service in waiting)


def test_workers_find_topics_and_tables_when_they_start():
    assert SERVICES["watch"]["depends_on"].keys() == {"topics"}
    assert SERVICES["notify"]["depends_on"].keys() == {"topics"}
    for name in ("archive", "board"):
        assert SERVICES[name]["depends_on"].keys() == {"topics", "migrate"}


def test_dependencies_wait_for_health_or_an_end():
    for service in SERVICES.values():
        for name, how in service.get("depends_on", {}).items():
            assert how["condition"] == (DONE if name in ONE_SHOTS else "service_healthy")


def test_passwords_are_asked_for_and_never_given():
    asked = set(re.findall(r"\$\{(\w+):\?", TEXT))
    assert asked == PASSWORDS
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|TOKEN$|KEY", name):
                assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), name


def test_the_example_of_settings_names_all_and_gives_no_password():
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    given = dict(line.lstrip("#").split("=") for line in lines if re.match(r"#?[A-Z_]+=", line))
    assert given.keys() == set(re.findall(r"\$\{(\w+):", TEXT))
    assert {name for name, value in given.items() if not value} == PASSWORDS
    for name in given.keys() - PASSWORDS:
        assert f"${{{name}:-{given[name]}}}" in TEXT


def test_ports_are_within_reach_of_this_machine_only():
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) == 4
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_what_is_mounted_is_there_and_cannot_be_changed():
    mounts = [v for service in SERVICES.values() for v in service.get("volumes", [])]
    named = {mount.split(":")[0] for mount in mounts if not mount.startswith(".")}
    assert named == COMPOSE["volumes"].keys()
    for mount in mounts:
        if mount.startswith("."):
            source, _, mode = mount.split(":")
            assert (ROOT / source).exists()
            assert mode == "ro"


@pytest.mark.parametrize("name", sorted(OURS))
def test_commands_exist_with_their_options(name):
    service = SERVICES[name]
    resolved(service["command"])
    if name in WORKERS:
        program, *arguments = service["healthcheck"]["test"][1:]
        assert program == "sogawatch"
        assert arguments == ["doctor", "--group", name]
        resolved(arguments)


def resolved(arguments):
    """Parse the arguments as the command line does, without running the command."""
    command, rest = typer.main.get_command(app), list(arguments)
    while hasattr(command, "commands"):
        command = command.commands[rest.pop(0)]
    command.make_context("sogawatch", rest)


def test_the_environment_of_our_services_is_what_settings_read(monkeypatch):
    for name in [name for name in os.environ if name.startswith("SOGAWATCH_")]:
        monkeypatch.delenv(name)
    users = users_of_clickhouse()
    for service in OURS:
        for name, value in SERVICES[service]["environment"].items():
            monkeypatch.setenv(name, put_in(value))
        settings = load()
        assert settings.broker.bootstrap == "kafka:9092"
        if settings.store.host is not None:
            assert settings.store.host == "clickhouse"
            assert settings.store.username in users
        for name in SERVICES[service]["environment"]:
            monkeypatch.delenv(name)


def put_in(value):
    """As compose does with a variable: its default, or what somebody filled in."""
    default = re.fullmatch(r"\$\{\w+:-(.*)\}", value)
    return default[1] if default else re.sub(r"\$\{.*\}", "x" * 32, value)


def test_each_works_with_the_least_user():
    users = {
        name: service["environment"].get("SOGAWATCH_STORE__USERNAME")
        for name, service in SERVICES.items()
        if name in OURS
    }
    assert users == {
        "topics": None, "migrate": "owner", "watch": None, "archive": "archive", "notify": None,
        "canary": None, "board": "board", "demo": "owner",
    }  # fmt: skip


def test_the_board_is_entered_with_tokens_only():
    """It listens on every address of its container, so it refuses to start without them."""
    environment = SERVICES["board"]["environment"]
    assert environment["SOGAWATCH_BOARD__HOST"] == "0.0.0.0"
    assert environment["SOGAWATCH_BOARD__TOKENS_FILE"] == "/run/secrets/board-tokens"
    assert SERVICES["board"]["secrets"] == ["board-tokens"]
    assert COMPOSE["secrets"]["board-tokens"] == {"file": "${BOARD_TOKENS:-./board-tokens}"}


def test_topics_are_not_made_by_accident():
    assert SERVICES["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def dockerfile():
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    return [line.split(maxsplit=1) for line in lines if line and not line.startswith(("#", " "))]


def test_the_image_has_two_stages_of_one_pinned_base_and_no_root():
    steps = dockerfile()
    base = dict(steps)["ARG"]
    assert re.fullmatch(r"PYTHON=python:3\.11-slim-\w+", base)
    froms = [rest for step, rest in steps if step == "FROM"]
    assert froms == ["${PYTHON} AS build", "${PYTHON}"]
    assert [rest for step, rest in steps if step == "USER"] == ["sogawatch"]
    assert steps.index(["USER", "sogawatch"]) > steps.index(["FROM", "${PYTHON}"])


def test_the_worker_may_write_in_its_home():
    user = next(rest for step, rest in dockerfile() if rest.startswith("useradd"))
    uid = re.search(r"--uid (\d+)", user)[1]
    home = dict(dockerfile())["WORKDIR"]
    for name in OURS:
        assert f"{home}:uid={uid},mode=0700" in SERVICES[name]["tmpfs"]


def test_the_image_is_built_from_what_the_context_lets_in():
    allowed = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    copied = [rest.split() for step, rest in dockerfile() if step == "COPY"]
    sources = {source for words in copied if "--from=build" not in words for source in words[:-1]}
    assert sources == allowed
    packages = re.search(r"^packages = \[(.*)\]", (ROOT / "pyproject.toml").read_text(), re.M)[1]
    assert set(re.findall(r'"(\w+)"', packages)) <= sources


def test_grafana_finds_what_the_dashboards_ask():
    environment = SERVICES["grafana"]["environment"]
    assert environment["GF_PLUGINS_PREINSTALL_SYNC"] == f"{PLUGIN}@{PLUGIN_VERSION}"
    sources = yaml.safe_load((PROVISIONING / "datasources/clickhouse.yaml").read_text())
    users = {}
    for source in sources["datasources"]:
        users[source["uid"]] = source["jsonData"]["username"]
        assert source["type"] == PLUGIN
        assert source["jsonData"]["host"] in SERVICES
        password = f"{source['jsonData']['username'].upper()}_PASSWORD"
        assert source["secureJsonData"] == {"password": f"${password}"}
        assert password in environment
    assert users == {DATA_SOURCE["uid"]: "dashboards", ACCOUNTS_SOURCE["uid"]: "accounts"}


def test_grafana_finds_the_rules_and_whom_to_tell():
    written = (PROVISIONING / "alerting/sogawatch.json").read_text()
    asked = set(re.findall(r"\$\{(\w+)\}", written))
    assert asked == {"OPERATIONS_CONTACT"}
    assert asked <= SERVICES["grafana"]["environment"].keys()


def test_grafana_finds_the_dashboards():
    mount = "/etc/sogawatch/grafana"
    assert f"./dashboards/grafana:{mount}:ro" in SERVICES["grafana"]["volumes"]
    environment = SERVICES["grafana"]["environment"]
    assert environment["GF_PATHS_PROVISIONING"] == f"{mount}/provisioning"
    home = environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (ROOT / home.replace(mount, "dashboards/grafana")).is_file()
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards/sogawatch.yaml").read_text())[
        "providers"
    ]
    assert provider["options"]["path"] == mount


def users_of_clickhouse():
    """Users by name, as elements of deploy/clickhouse/users.xml; `default` is taken away."""
    tree = ET.parse(ROOT / "deploy" / "clickhouse" / "users.xml")
    users = {user.tag: user for user in tree.find("users")}
    assert users.pop("default").attrib == {"remove": "remove"}
    return users


def grants(user):
    """What a user may read in our database: columns by table, none for all of them."""
    pattern = r"GRANT SELECT(?:\(([^)]*)\))? ON sogawatch\.(\w+)"
    queries = [query.text for query in users_of_clickhouse()[user].iter("query")]
    found = [match for query in queries if (match := re.fullmatch(pattern, query))]
    return {match[2]: set((match[1] or "").split(", ")) - {""} for match in found}


def asked_of(uid):
    """Tables that panels, variables and annotations ask a data source."""
    sql = []
    for shown in dashboards().values():
        sql += [
            v["query"]
            for v in shown["templating"]["list"]
            if v.get("datasource", {}).get("uid") == uid
        ]
        sql += [
            one["target"]["rawSql"]
            for one in shown["annotations"]["list"]
            if one["datasource"]["uid"] == uid
        ]
        sql += [target["rawSql"] for panel in shown["panels"] for target in panel["targets"]
                if target["datasource"]["uid"] == uid]  # fmt: skip
    within = {"playing", "told", "raised", "decided", "system"}
    return {table for text in sql for table in re.findall(r"FROM (\w+)", text)} - within


def test_users_have_passwords_and_those_who_read_cannot_write():
    users = users_of_clickhouse()
    assert users.keys() == {"owner", "archive", "board", "dashboards", "accounts"}
    for name, user in users.items():
        variable = f"{name.upper()}_PASSWORD"
        assert user.find("password").attrib == {"from_env": variable}
        assert variable in SERVICES["clickhouse"]["environment"]
        assert user.find("profile").text == (
            "writing" if name in ("owner", "archive") else "reading"
        )
    tree = ET.parse(ROOT / "deploy" / "clickhouse" / "users.xml")
    assert tree.find("profiles/reading/readonly").text == "2"


def test_the_user_of_grafana_reads_what_panels_ask_and_nothing_of_persons():
    given = grants("dashboards")
    # A view reads its tables in the name of who asks.
    assert given.keys() == asked_of(DATA_SOURCE["uid"]) | {"fixtures"}
    assert not given["wagers"] & {"account", "wager", "device", "counterparty", "country", "opened"}
    assert given["wagers"]
    assert "raw" not in given["dead_letters"]
    assert not {"accounts", "pasts"} & given.keys()


def test_the_user_of_accounts_sees_matches_with_alerts_only():
    assert grants("accounts").keys() == asked_of(ACCOUNTS_SOURCE["uid"])
    policies = users_of_clickhouse()["accounts"].find("databases/sogawatch")
    filters = {table.tag: table.find("filter").text for table in policies}
    assert filters.keys() == {"wagers", "accounts"}
    wanted = "match IN (SELECT match FROM sogawatch.alerts WHERE level IN ('red', 'amber'))"
    assert set(filters.values()) == {wanted}


def test_docker_compose_accepts_the_file(tmp_path):
    command = compose_command(tmp_path)
    run = {"cwd": ROOT, "capture_output": True, "text": True, "check": False}
    filled = os.environ | dict.fromkeys(PASSWORDS, "for-this-test")
    done = subprocess.run([*command, "config", "--quiet"], env=filled, **run)
    assert (done.returncode, done.stderr) == (0, "")
    empty = {name: value for name, value in os.environ.items() if name not in PASSWORDS}
    refused = subprocess.run([*command, "config", "--quiet"], env=empty, **run)
    assert refused.returncode != 0
    assert "copy .env.example to .env" in refused.stderr


def compose_command(folder):
    """Docker's plug-in; else Debian's docker-compose, without what that is too old for."""
    asked = ["docker", "compose", "version"]
    if shutil.which("docker") and subprocess.run(asked, capture_output=True).returncode == 0:
        return ["docker", "compose", "--env-file", "/dev/null", "--profile", "demo"]
    if shutil.which("docker-compose") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no docker-compose: apt-get install docker-compose")
        pytest.skip("no docker compose: apt-get install docker-compose")
    lines = (ROOT / "docker-compose.yml").read_text(encoding="utf-8").splitlines(keepends=True)
    newer = ("name:", "start_interval:")
    older = folder / "docker-compose.yml"
    older.write_text("".join(one for one in lines if not one.strip().startswith(newer)))
    (folder / "empty").touch()
    place = [
        "-f",
        str(older),
        "--project-directory",
        str(ROOT),
        "--env-file",
        str(folder / "empty"),
    ]
    return ["docker-compose", *place, "--profile", "demo"]
