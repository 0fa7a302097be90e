"""`sogawatch worker`: what it refuses before anything is started."""

import pytest
from typer.testing import CliRunner

from streams.cli import app


@pytest.mark.parametrize("kind", ["watch", "archive", "notify"])
@pytest.mark.parametrize("name", ["", "a b", "a/b", "x" * 101])
def test_a_name_that_a_group_cannot_keep_is_wrong(kind: str, name: str) -> None:
    ran = CliRunner().invoke(app, ["worker", kind, "--name", name, "--bootstrap", "127.0.0.1:1"])
    assert ran.exit_code == 2
    assert "--name" in ran.output
    assert "Traceback" not in ran.output
