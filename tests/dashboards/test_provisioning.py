"""Provisioning over real HTTP, against a server that answers like Grafana and keeps state."""

import json
import socket

import pytest
from typer.testing import CliRunner

from dashboards.alert_rules import CONTACT, FOLDER
from dashboards.provisioning.comparing import holds
from dashboards.provisioning.grafana import Grafana, ProvisioningFailed
from dashboards.provisioning.provision import provision
from dashboards.provisioning.settings import GrafanaSettings
from dashboards.rendered import dashboards
from streams.cli import app
from tests.dashboards.grafana_server import TOKEN, Fault, State, grafana_server

SETTINGS = GrafanaSettings(password="for-dashboards", accounts_password="for-accounts", wait_s=10)
MATCH = "sogawatch-match"
THINGS = 2 + 1 + 2 + 1 + 5 + 1 + 6 + 1
FORBIDDEN = {
    "accessErrorId": "ACE4711", "title": "Access denied",
    "message": "You'll need additional permissions to perform this action. Permissions needed: "
    "folders:create",
}  # fmt: skip


@pytest.fixture
def there():
    with grafana_server() as served:
        yield served


def run(there, token=TOKEN, settings=SETTINGS, **more) -> tuple[dict[tuple[str, str], str], list]:
    """What was done, by kind and name, and what was said meanwhile."""
    said: list[str] = []
    with Grafana(there[0], token, say=said.append, sleep=lambda _: None) as grafana:
        changes = list(provision(grafana, settings, **more))
    return {(change.kind, change.name): change.done for change in changes}, said


def failing(there, **more) -> str:
    with pytest.raises(ProvisioningFailed) as raised:
        run(there, **more)
    return str(raised.value)


def state_of(there) -> State:
    return there[1]


def test_an_empty_grafana_gets_everything(there):
    done, said = run(there)
    state = state_of(there)
    assert len(done) == THINGS
    assert set(done.values()) == {"created", "updated"}
    assert said == []
    assert set(state.dashboards) == {shown["uid"] for shown in dashboards().values()}
    assert all(one["folderUid"] == FOLDER for one in state.dashboards.values())
    assert state.secrets["sogawatch-clickhouse"] == {"password": "for-dashboards"}
    assert state.secrets["sogawatch-accounts"] == {"password": "for-accounts"}
    assert state.sources["sogawatch-accounts"]["jsonData"]["username"] == "accounts"
    officers, supervisors = (team["id"] for team in state.teams)
    wanted = [
        {"teamId": officers, "permission": 1},
        {"teamId": supervisors, "permission": 2},
    ]
    assert state.permissions[FOLDER] == wanted
    assert state.intervals == {"pipeline": 60}
    assert [point["uid"] for point in state.points] == [CONTACT]


@pytest.mark.parametrize("schema", [41, 43])
def test_a_second_run_changes_nothing(there, schema):
    """Even when this Grafana gives dashboards back in a newer schema than it was given."""
    run(there)
    state = state_of(there)
    state.schema = schema
    state.asked.clear()
    done, _ = run(there)
    assert set(done.values()) == {"unchanged"}
    assert state.written == []


def test_what_was_changed_by_hand_is_put_right_and_nothing_else(there):
    run(there)
    state = state_of(there)
    state.dashboards[MATCH]["dashboard"]["panels"] = []
    state.versions[MATCH].insert(0, {"version": 2, "message": "tidied up"})
    state.sources["sogawatch-clickhouse"]["jsonData"]["host"] = "elsewhere"
    state.folders[FOLDER]["title"] = "old"
    state.permissions[FOLDER].append({"role": "Viewer", "permission": 1})
    state.rules["sogawatch-lag"]["for"] = "1h"
    state.points[0]["settings"] = {"addresses": "nobody@example.org"}
    state.intervals["pipeline"] = 10
    done, _ = run(there)
    assert {name for (_, name), how in done.items() if how == "updated"} == {
        "sogawatch: Match", "sogawatch", "A group is far behind", "sogawatch operations",
        "pipeline",
    }  # fmt: skip
    assert sum(how != "unchanged" for how in done.values()) == 7
    assert set(run(there)[0].values()) == {"unchanged"}
    assert state.dashboards[MATCH]["dashboard"]["panels"]


def test_settings_reach_grafana(there):
    other = SETTINGS.model_copy(
        update={"board_url": "https://board.example", "contact": "https://ops.example/hook"}
    )
    run(there)
    done, _ = run(there, settings=other)
    state = state_of(there)
    assert sum(how == "updated" for how in done.values()) == 6
    assert state.points[0]["type"] == "webhook"
    (board,) = [
        variable
        for variable in state.dashboards[MATCH]["dashboard"]["templating"]["list"]
        if variable["name"] == "board"
    ]
    assert board["current"]["value"] == "https://board.example"


def test_passwords_are_sent_again_when_asked_for(there):
    run(there)
    newer = SETTINGS.model_copy(update={"password": type(SETTINGS.password)("new")})
    assert set(run(there, settings=newer)[0].values()) == {"unchanged"}
    assert state_of(there).secrets["sogawatch-clickhouse"] == {"password": "for-dashboards"}
    done, _ = run(there, settings=newer, renew_passwords=True)
    assert done["data source", "sogawatch"] == "updated"
    assert state_of(there).secrets["sogawatch-clickhouse"] == {"password": "new"}


def test_it_waits_for_a_grafana_that_starts(there):
    failing_ = {"commit": "c1", "database": "failing", "version": "13.2.3"}
    state_of(there).faults = [
        Fault("GET", "/health", 503, failing_, times=2),
        Fault("GET", "/health", 502, "<html>Bad Gateway</html>", times=1),
    ]
    done, said = run(there)
    assert len(done) == THINGS
    assert len(said) == 3
    assert all(line.startswith(f"waiting for {there[0]}: ") for line in said)


def test_it_does_not_wait_for_ever(there):
    state_of(there).faults = [Fault("GET", "/health", 503, {"database": "failing"}, times=99)]
    now = iter(range(0, 1000, 4))
    patient = {"say": print, "sleep": lambda _: None, "clock": lambda: float(next(now))}
    with (
        Grafana(there[0], TOKEN, **patient) as grafana,
        pytest.raises(ProvisioningFailed, match=r"not well within 10 s: .*503"),
    ):
        list(provision(grafana, SETTINGS))


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with (
        Grafana(url, TOKEN, say=print, sleep=lambda _: None) as grafana,
        pytest.raises(ProvisioningFailed, match="connection refused; is this the address"),
    ):
        grafana.wait(0.1)


def test_a_wrong_token(there):
    told = failing(there, token="glsa_wrong")
    assert "does not know the token (401)" in told
    assert "glsa_wrong" not in told
    assert state_of(there).written == []


def test_a_token_that_may_not(there):
    state_of(there).faults = [Fault("POST", "/folders", 403, FORBIDDEN, times=9)]
    told = failing(there)
    assert told.startswith("folder sogawatch: 403, You'll need additional permissions")
    assert "needs the role Admin" in told


def test_a_data_source_that_files_provision(there):
    run(there)
    source = state_of(there).sources["sogawatch-clickhouse"]
    source |= {"readOnly": True, "name": "other"}
    told = failing(there)
    assert "Cannot update read-only data source" in told
    assert "what files provision cannot be changed over the API" in told


def test_a_dashboard_that_files_provision(there):
    run(there)
    state_of(there).provisioned.add(MATCH)
    assert "either they or this, not both" in failing(there)


@pytest.mark.parametrize(
    ("version", "told"), [("11.6.1", "Grafana is 11.6.1: 12.0 or newer"), ("9.0.0", "is 9.0.0")]
)
def test_a_grafana_that_is_too_old(there, version, told):
    state_of(there).version = version
    assert told in failing(there)
    assert state_of(there).written == []


def test_a_missing_plug_in(there):
    state_of(there).plugins = [{"id": "loki", "info": {"version": ""}}]
    told = failing(there)
    assert "has no plug-in grafana-clickhouse-datasource: install it with `grafana cli" in told


def test_a_plug_in_of_before_version_4(there):
    state_of(there).plugins[0]["info"]["version"] = "3.3.0"
    assert "is 3.3.0, 4 or newer is needed" in failing(there)


def test_something_else_listens_there(there):
    url, _ = there
    with (
        Grafana(f"{url}/grafana", TOKEN, say=print, sleep=lambda _: None) as grafana,
        pytest.raises(ProvisioningFailed, match=r"404.*with its path"),
    ):
        grafana.wait(0.001)


def test_a_grafana_below_a_path():
    with grafana_server("/grafana") as served:
        assert len(run(served)[0]) == THINGS
        assert set(run(served)[0].values()) == {"unchanged"}


def test_somebody_saves_in_between(there):
    """412 on the first try: it is read again, and put right then."""
    run(there)
    state = state_of(there)
    state.dashboards[MATCH]["dashboard"]["title"] = "other"
    state.versions[MATCH].clear()

    def somebody() -> None:
        state.dashboards[MATCH]["dashboard"]["version"] += 1

    changed = {"message": "The dashboard has been changed by someone else"}
    state.faults = [Fault("POST", "/dashboards/db", 412, changed, before=somebody)]
    done, _ = run(there)
    assert done["dashboard", "sogawatch: Match"] == "updated"
    assert set(run(there)[0].values()) == {"unchanged"}


def test_somebody_saves_again_and_again(there):
    changed = {"message": "The dashboard has been changed by someone else"}
    state_of(there).faults = [Fault("POST", "/dashboards/db", 412, changed, times=9)]
    assert "changed by somebody else; run this again" in failing(there)


def test_two_provisions_at_once(there):
    """The other one has made the team after we looked: 409, and it is found then."""
    state = state_of(there)

    def other() -> None:
        state.teams.append({"id": 1, "uid": "t1", "name": "sogawatch officers"})

    taken = {"message": "Team name taken"}
    state.faults = [Fault("POST", "/teams", 409, taken, before=other)]
    done, _ = run(there)
    assert done["team", "sogawatch officers"] == "unchanged"
    assert len(state.teams) == 2


def test_a_name_that_somebody_else_uses(there):
    run(there)
    other = state_of(there).sources.pop("sogawatch-clickhouse")
    state_of(there).sources["theirs"] = other | {"uid": "theirs"}
    assert "data source with the same name already exists" in failing(there)


def test_rules_that_files_provision(there):
    run(there)
    state_of(there).rules["sogawatch-lag"] |= {"provenance": "file", "for": "9m"}
    assert "cannot change provenance from 'file'" in failing(there)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
def test_failures_in_passing_are_tried_again(there, status):
    body = {"message": "database is locked"}
    state_of(there).faults = [
        Fault("GET", r"/datasources/uid/.*", status, body, times=2),
        Fault("POST", "/dashboards/db", status, body, times=3),
    ]
    done, said = run(there)
    assert len(done) == THINGS
    assert len(said) == 5
    assert all("database is locked; trying again" in line for line in said)


def test_failures_that_last(there):
    body = {"message": "database is locked"}
    state_of(there).faults = [Fault("POST", "/folders", 500, body, times=9)]
    assert failing(there) == "folder sogawatch: 500, database is locked"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("grafana.example", "not an address like"),
        ("ftp://grafana.example", "not an address like"),
        ("http://admin:secret@grafana.example", "use SOGAWATCH_GRAFANA__TOKEN instead"),
    ],
)
def test_addresses_that_will_not_do(url, told):
    with pytest.raises(ProvisioningFailed, match=told) as raised:
        Grafana(url, TOKEN, say=print)
    assert "secret" not in str(raised.value)


# The command


def command(there, *arguments, token: str | None = TOKEN):
    environment = {"SOGAWATCH_GRAFANA__WAIT_S": "5"}
    environment |= {} if token is None else {"SOGAWATCH_GRAFANA__TOKEN": token}
    return CliRunner().invoke(
        app, ["provision", "--grafana", there[0], *arguments], env=environment
    )


def test_the_command_tells_what_it_did(there):
    first, second = command(there), command(there)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "created    dashboard sogawatch: Match" in first.stdout
    assert first.stdout.endswith(f"{THINGS} changed\n")
    assert second.stdout.endswith("nothing changed\n")


def test_the_command_fails_with_the_reason(there):
    ran = command(there, token="glsa_wrong")
    assert ran.exit_code == 1
    assert "does not know the token (401)" in ran.stderr
    assert "Traceback" not in ran.output


def test_the_command_wants_a_token_that_is_not_on_the_command_line(there):
    ran = command(there, token=None)
    assert ran.exit_code == 2
    assert "SOGAWATCH_GRAFANA__TOKEN" in ran.stderr


def test_files_and_api_say_the_same():
    """What compose provisions by file is what the API is given."""
    from dashboards.alert_rules import rules, rules_file

    written = rules_file("operations@localhost")
    (group,) = written["groups"]
    assert [holds(rule, one) for rule, one in zip(rules(), group["rules"], strict=True)] == [
        True
    ] * 6
    assert json.dumps(written).count("sogawatch operations") == 7
