"""Every setting of docs/configuration.md given wrongly: a line with name, value and bounds."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_origin

import pytest
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from typer.testing import CliRunner

from streams.cli import app
from streams.configuration import BadConfiguration, Settings, load

TABLE = Path(__file__).parents[2] / "docs" / "configuration.md"
# Whatever is written there is a user, a password or a token, and only the other side can refuse it.
OPAQUE = re.compile(r"password|username|token$|app_key|api_key")
# Wrong for every kind of setting: a list of lists, a table of numbers, and text of no meaning.
NEVER_RIGHT = {"list of lists": "[[1]]", "table": "{ a = { b = 1 } }"}
NUMBERS = {"words": '"many"', "true": "true", "infinity": "inf", "not a number": "nan"}


def documented() -> list[str]:
    return re.findall(r"^\| `([a-z_]+\.[a-z_.0-9]+)` \|", TABLE.read_text("utf-8"), re.MULTILINE)


def declared(
    model: type[BaseModel] = Settings, before: str = ""
) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from declared(kind, f"{before}{name}.")
        else:
            yield f"{before}{name}", field


FIELDS = dict(declared())


def is_number(field: FieldInfo) -> bool:
    return field.annotation in (int, float, int | None)


def wrong() -> Iterator[tuple[str, str, str]]:
    for name, field in FIELDS.items():
        kinds = dict(NEVER_RIGHT)
        if is_number(field):
            kinds |= NUMBERS
        elif not OPAQUE.search(name) and field.annotation is not SecretStr:
            kinds |= {"nonsense": r'"\u0000 no such"'}
        for kind, value in kinds.items():
            yield name, kind, value


def told(folder: Path, name: str, value: str) -> str:
    section, _, last = name.rpartition(".")
    path = folder / "wrong.toml"
    path.write_text(f"[{section}]\n{last} = {value}\n", encoding="utf-8")
    with pytest.raises(BadConfiguration) as refused:
        load(path)
    return str(refused.value)


def test_the_table_names_every_setting() -> None:
    assert sorted(documented()) == sorted(FIELDS)


@pytest.mark.parametrize(("name", "kind", "value"), list(wrong()))
def test_a_wrong_setting_is_told_in_one_line(
    name: str, kind: str, value: str, tmp_path: Path
) -> None:
    line = told(tmp_path, name, value)
    where, _, rest = line.partition(": ")
    assert "\n" not in line
    assert where == name or where.startswith(f"{name}.")
    assert re.search(r"should|belongs|does not|wanted|allowed", rest), line
    assert "Traceback" not in line
    assert "class '" not in line


def bounds(field: FieldInfo) -> list[float]:
    """Numbers just beyond what is allowed."""
    beyond = []
    for bound in field.metadata:
        beyond += [bound.gt] if hasattr(bound, "gt") else []
        beyond += [bound.lt] if hasattr(bound, "lt") else []
        beyond += [bound.ge - 1] if hasattr(bound, "ge") else []
        beyond += [bound.le + 1] if hasattr(bound, "le") else []
    return beyond


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if is_number(field)])
def test_a_number_beyond_its_bounds_is_told_with_the_bound(name: str, tmp_path: Path) -> None:
    beyond = bounds(FIELDS[name])
    assert beyond, f"{name} has no bounds"
    for value in beyond:
        line = told(tmp_path, name, repr(value))
        assert re.fullmatch(
            rf"{name}: Input should be (greater|less) than (or equal to )?[\d.-]+, got {value}",
            line,
        ), line


@pytest.mark.parametrize("name", [name for name in FIELDS if OPAQUE.search(name)])
def test_what_is_secret_is_not_shown(name: str, tmp_path: Path) -> None:
    shown = told(tmp_path, name, '[["hunter2"]]')
    assert "hunter2" not in shown or name.endswith("username")


def test_a_wrong_setting_ends_a_command_with_a_line_and_a_status() -> None:
    environment = {"SOGAWATCH_BOARD__PORT": "many"}
    ran = CliRunner().invoke(app, ["check-config"], env=environment)
    assert ran.exit_code == 2
    assert "board.port: Input should be a valid integer" in ran.output
    assert "got 'many'" in ran.output
    assert "Traceback" not in ran.output


LISTS = [name for name, field in FIELDS.items() if get_origin(field.annotation) is tuple]


@pytest.mark.parametrize("name", LISTS)
def test_a_variable_that_is_no_list_is_told_by_its_name(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOGAWATCH_" + name.upper().replace(".", "__"), "one,two")
    with pytest.raises(BadConfiguration) as refused:
        load()
    assert str(refused.value) == (
        f'{name}: in the environment it should be JSON, such as ["a", "b"], got \'one,two\''
    )


def test_a_section_that_is_no_json_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOGAWATCH_BROKER", "hunter2")
    with pytest.raises(BadConfiguration, match=r"^broker: [^\n]+$") as refused:
        load()
    assert "hunter2" not in str(refused.value)
