"""Every setting of docs/configuration.md with wrong values: which, what was given, what is allowed."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
import pytest
from annotated_types import Ge, Gt, Le, MaxLen, MinLen
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from streams.configuration import BadConfiguration, Settings, load

DOCUMENTED = re.findall(
    r"^\| `([a-z_]+(?:\.[a-z0-9_]+)+)` \|",
    Path("docs/configuration.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def field_of(name: str) -> FieldInfo:
    model: Any = Settings
    *sections, last = name.split(".")
    for section in sections:
        model = model.model_fields[section].annotation
    assert issubclass(model, BaseModel)
    return model.model_fields[last]


def kinds(annotation: Any) -> set[Any]:
    """Types that a setting may have, None left out."""
    if get_origin(annotation) in (Union, UnionType):
        return {kind for part in get_args(annotation) for kind in kinds(part)}
    return {annotation} - {NoneType}


def wrong(name: str) -> Iterator[tuple[str, Any]]:
    """Values that are wrong for a setting, and what the complaint must say of what is allowed."""
    field, [kind] = field_of(name), kinds(field_of(name).annotation)
    yield "", {"x": 1} if get_origin(kind) is not Mapping else 5
    for rule in field.metadata:
        if isinstance(rule, Ge | Gt):
            least = rule.ge if isinstance(rule, Ge) else rule.gt
            yield f"{least}", least - 1
        elif isinstance(rule, Le):
            yield f"{rule.le}", rule.le + 1
        elif isinstance(rule, MinLen):
            yield "at least", []
        elif isinstance(rule, MaxLen):
            yield f"{rule.max_length}", "x" * (rule.max_length + 1)
        elif getattr(rule, "pattern", None):
            yield field.description or "?", "?? ??"
    if kind in (int, float):
        yield "number" if kind is float else "integer", "many"
    if kind is float:
        bounded = any(isinstance(rule, Le) for rule in field.metadata)
        yield "" if bounded else "finite number", float("inf")
        yield "", float("nan")
    if kind is bool:
        yield "true or false", "maybe"
    if get_origin(kind) is Literal:
        yield get_args(kind)[0], "whatever"
    if "PathType(path_type='file')" in repr(field):
        yield "file", "/nowhere/at-all"
    if kind in (str, SecretStr, Path):
        yield "", 12345678
    if get_origin(kind) is tuple:
        yield "", "not-a-list"


CASES = [(name, said, value) for name in DOCUMENTED for said, value in wrong(name)]


def is_secret(name: str) -> bool:
    return SecretStr in kinds(field_of(name).annotation)


def complaint(tmp_path: Path, name: str, value: Any) -> str:
    path, nested = tmp_path / "wrong.toml", value
    for part in reversed(name.split(".")):
        nested = {part: nested}
    path.write_bytes(msgspec.toml.encode(nested))
    with pytest.raises(BadConfiguration) as told:
        load(path)
    return str(told.value)


def test_the_table_has_every_setting() -> None:
    assert len(DOCUMENTED) > 90
    assert len(CASES) > 2 * len(DOCUMENTED)


@pytest.mark.parametrize(("name", "said", "value"), CASES)
def test_a_wrong_value_in_a_file_is_told_in_one_line(
    name: str, said: str, value: Any, tmp_path: Path
) -> None:
    told = complaint(tmp_path, name, value)
    assert "\n" not in told
    assert told.startswith(f"{name}: ")
    assert said in told
    if is_secret(name):
        assert "12345678" not in told
    elif not isinstance(value, dict):
        assert f"got {value!r}"[:150] in told


@pytest.mark.parametrize(
    ("name", "said", "value"),
    [case for case in CASES if isinstance(case[2], str | int | float)
     and not (isinstance(case[2], int) and case[1] == "")],
)  # fmt: skip
def test_a_wrong_value_in_the_environment_is_told_in_one_line(
    name: str, said: str, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOGAWATCH_" + name.upper().replace(".", "__"), str(value))
    with pytest.raises(BadConfiguration) as told:
        load()
    assert "\n" not in str(told.value)
    assert str(told.value).startswith(f"{name}: ")
    assert said in str(told.value)


@pytest.mark.parametrize("name", [name for name in DOCUMENTED if is_secret(name)])
def test_no_secret_is_told(name: str, tmp_path: Path) -> None:
    for value in (12345678, [12345678], {"x": 12345678}, 12345678.5):
        assert "12345678" not in complaint(tmp_path, name, value)
