"""The board's clock, its store without a broker, its command lines."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from dashboards.board.tokens import Tokens
from forensics.archive import Archive
from forensics.migrate import migrate
from forensics.store import StoreSettings, open_store
from streams.board.clock import FeedClock
from streams.board.running import board_of_store
from streams.cli import app
from streams.configuration import Settings
from tests.dashboards.board.scene import NOW, an_alert, records

NOON = datetime(2026, 6, 11, 12, tzinfo=UTC)


def test_the_feeds_clock_goes_on_and_never_back() -> None:
    """
    seconds   0      10            20
    told      12:00  11:00         13:00
    clock     12:00  12:00:10      13:00
    """
    seconds = 0.0
    clock = FeedClock(seconds=lambda: seconds)
    assert abs(clock() - datetime.now(UTC)) < timedelta(minutes=1)
    clock.saw(NOON)
    assert clock() == NOON
    seconds = 10.0
    clock.saw(NOON - timedelta(hours=1))
    clock.saw(None)
    assert clock() == NOON + timedelta(seconds=10)
    seconds = 20.0
    clock.saw(NOON + timedelta(hours=1))
    assert clock() == NOON + timedelta(hours=1)


def test_a_store_alone_is_shown_and_acted_on(tmp_path: Path) -> None:
    """What the archive kept -> a board without a broker -> an action that the next board shows."""
    settings = Settings.model_validate({"board": {"port": 0}})
    with open_store(StoreSettings(directory=tmp_path / "store")) as store:
        migrate(store)
        archive, arrived = Archive(store), datetime.now(UTC)
        archive.write([(3, 1, arrived, records())])
        archive.write_alerts([(0, 1, arrived, an_alert().to_json())])
        with board_of_store(settings, store) as address:
            told = httpx.get(f"{address}/api/cases", timeout=30).json()
            assert [case["status"] for case in told["cases"]] == ["open"]
            assert abs(datetime.fromisoformat(told["now"]) - NOW) < timedelta(minutes=5)
            assert "told to nobody" in httpx.get(address, timeout=30).text
            comment(address, told["cases"][0]["case_id"])
        with board_of_store(settings, store) as address:
            case = httpx.get(f"{address}/api/cases/a-v-b", timeout=30).json()
    assert [entry["action"]["comment"] for entry in case["history"]] == ["seen it"]


def comment(address: str, case_id: str) -> None:
    with httpx.Client(base_url=address, timeout=30) as client:
        page = client.get(f"/cases/{case_id}").text
        token = page.split('name="form_token" value="')[1].split('"')[0]
        form = {"form_token": token, "kind": "comment", "comment": "seen it"}
        assert client.post(f"/cases/{case_id}", data=form).status_code == 303


def test_the_command_line_refuses_a_network_without_tokens(tmp_path: Path) -> None:
    with open_store(StoreSettings(directory=tmp_path / "store")):
        pass
    given = ["board", "--store", str(tmp_path / "store"), "--host", "0.0.0.0"]
    result = CliRunner().invoke(app, given)
    assert result.exit_code == 1
    assert "board.host is 0.0.0.0, which other machines can reach" in result.output


@pytest.mark.parametrize("role", ["viewer", "officer", "supervisor"])
def test_a_token_is_made_for_the_file(tmp_path: Path, role: str) -> None:
    result = CliRunner().invoke(app, ["token", "ana", "--role", role])
    assert result.exit_code == 0
    (tmp_path / "tokens").write_text(result.stdout, encoding="utf-8")
    token = result.stderr.split()[-1]
    person = Tokens(tmp_path / "tokens").person_of(token)
    assert person is not None
    assert (person.name, person.role) == ("ana", role)
    assert token not in result.stdout
    assert CliRunner().invoke(app, ["token", "two words"]).exit_code == 2
