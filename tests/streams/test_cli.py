"""The command line says what there is at once: nothing is imported that was not asked for."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from streams import cli

ROOT = Path(__file__).parents[2]
HEAVY = "aiohttp", "aiosmtplib", "chdb", "clickhouse_connect", "faust", "httpx", "jinja2", "pyarrow"


def imported_by(program: str) -> set[str]:
    """Packages that a new interpreter has imported after a program."""
    told = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys; print('imported', *sys.modules)"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    ).stdout  # fmt: skip
    return {name.partition(".")[0] for name in told.splitlines()[-1].split()}


@pytest.fixture(scope="module")
def built() -> Any:
    """The group as it is when all commands are imported."""
    return typer.main.get_command(cli.app)


@pytest.mark.parametrize("name", cli._PLACES)
def test_the_list_says_of_a_command_what_the_command_says(name: str, built: Any) -> None:
    assert cli._help(cli._PLACES[name]) == built.commands[name].help


def test_the_list_names_every_command_and_imports_none() -> None:
    shown = CliRunner().invoke(cli.app, ["--help"], terminal_width=200)
    assert shown.exit_code == 0
    assert [name for name in cli._PLACES if f" {name} " not in shown.stdout] == []
    program = "from streams.cli import app\ntry: app(['--help'])\nexcept SystemExit: pass"
    assert imported_by(program).isdisjoint({*HEAVY, "kafka"})


def test_a_command_is_completed_without_importing_any() -> None:
    program = (
        "import os\n"
        "os.environ |= {'_SOGAWATCH_COMPLETE': 'complete_bash', 'COMP_WORDS': 'sogawatch re',"
        " 'COMP_CWORD': '1'}\n"
        "from streams.cli import app\n"
        "try: app(prog_name='sogawatch')\n"
        "except SystemExit: pass"
    )
    assert imported_by(program).isdisjoint({*HEAVY, "kafka"})


def test_after_the_list_commands_are_run_as_ever() -> None:
    runner = CliRunner()
    runner.invoke(cli.app, ["--help"])
    assert "steam-move" in runner.invoke(cli.app, ["detectors"]).stdout.replace("_", "-")


def test_settings_are_read_without_what_they_are_settings_of() -> None:
    assert imported_by("import streams.configuration").isdisjoint(HEAVY)
