"""A misspelt --store: whoever asks is told that there is none, and none is begun there."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli import app

ASKING = {
    "ask": ("match-timeline", "--match", "a-v-b"),
    "ask a SELECT": ("--sql", "SELECT 1", "--why", "a test"),
    "backtest": ("--from", "2026-06-01", "--to", "2026-07-01"),
    "board": (),
    "deliveries": ("--attempts",),
    "forget": ("acc-0123456789abcdef0123456789abcdef", "--why", "a test"),
    "hold": ("a-v-b", "--why", "a test"),
    "holds": (),
    "release": ("a-v-b", "--why", "a test"),
    "retain": (),
}


@pytest.mark.parametrize("name", ASKING)
def test_a_command_that_asks_begins_no_store(name: str, tmp_path: Path) -> None:
    nowhere = tmp_path / "misspelt"
    told = CliRunner().invoke(app, [name.split()[0], *ASKING[name], "--store", str(nowhere)])
    assert told.exit_code == 1, told.output
    assert f"store {nowhere}: there is none" in " ".join(told.output.split())
    assert not nowhere.exists()
