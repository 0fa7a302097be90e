"""The documentation, held to what there is: settings, commands, detectors, formats, links."""

import ast
import importlib
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import msgspec
import pytest
import typer
from pydantic import BaseModel, SecretStr
from typer.testing import CliRunner

from detectors.calibration import Prior, shipped_priors
from detectors.catalogue import catalogue
from forensics.migrate import migrate
from forensics.store import Store, StoreSettings, open_store
from markets.door import RECORDS
from streams.broker import BrokerSettings
from streams.cli import app
from streams.configuration import Settings, load
from streams.feeds.formats import FORMATS
from streams.frames import decode
from streams.simulator.typologies import TYPOLOGIES
from streams.topics import TOPICS

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
COMMAND = re.compile(r"\s*(?:[A-Z_]+=\S*\s+)*(sogawatch\b.*)")


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """Fenced blocks of a language: (page, text)."""
    for path in PAGES:
        for found, text in FENCED.findall(path.read_text(encoding="utf-8")):
            if found == language:
                yield path.name, dedent(text)


def table_rows(text: str, first_cell: str) -> list[list[str]]:
    """Rows of Markdown tables whose first cell matches."""
    rows = [
        [cell.strip().strip("`") for cell in line.strip("|").split(" | ")]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    return [row for row in rows if re.fullmatch(first_cell, row[0].strip())]


# Settings


def leaves(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """All settings with their defaults, by dotted name."""
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            yield from leaves(type(default), f"{prefix}{name}.")
        else:
            yield prefix + name, default


def written(default: object) -> str:
    """A default as the documentation writes it."""
    if default is None:
        return "none"
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, SecretStr):
        return default.get_secret_value() or "empty"
    return str(default)


def test_every_setting_is_documented_with_its_default_and_variable() -> None:
    wanted = {
        name: (written(default), "SOGAWATCH_" + name.upper().replace(".", "__"))
        for name, default in leaves(Settings)
    }
    sections = "|".join(Settings.model_fields)
    rows = table_rows(page("docs/configuration.md"), rf"({sections})\.[a-z0-9_.]+")
    assert {row[0]: (row[1], row[2]) for row in rows} == wanted
    assert all(row[3] for row in rows)


def test_documented_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOGAWATCH_WATCH__BUDGET__RED_PER_100", "0.25")
    assert load().watch.budget.red_per_100 == 0.25


@pytest.mark.parametrize(("name", "text"), list(blocks("toml")))
def test_example_configurations_load(name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    path.write_text(text, encoding="utf-8")
    assert load(path) != load()


# Command lines


def command_lines() -> list[tuple[str, str]]:
    """Every `sogawatch ...` in a shell block or in backticks, assignments before it left out."""
    found = []
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        found += [(path.name, span) for span in re.findall(r"`(sogawatch [^`]+)`", text)]
    for name, block in blocks("sh"):
        lines = block.replace("\\\n", " ").splitlines()
        found += [(name, told[1]) for line in lines if (told := COMMAND.fullmatch(line))]
    return found


def command(line: str) -> list[str]:
    """Words of a shell line without its comment and what puts it into the background."""
    return [word for word in shlex.split(line, comments=True) if word != "&"]


def parse(words: list[str]) -> None:
    """Parse a command line as the program would, without running it."""
    current: Any = typer.main.get_command(app)
    context = current.make_context("sogawatch", words)
    while hasattr(current, "resolve_command"):
        rest = [*context._protected_args, *context.args]
        name, current, rest = current.resolve_command(context, rest)
        context = current.make_context(name, rest, parent=context)


def commands() -> set[tuple[str, ...]]:
    """All commands there are, groups left out."""
    top: Any = typer.main.get_command(app)
    found: set[tuple[str, ...]] = set()
    for name, sub in top.commands.items():
        within = getattr(sub, "commands", None)
        found |= {(name, one) for one in within} if within else {(name,)}
    return found


@pytest.mark.parametrize(("name", "line"), command_lines())
def test_documented_command_lines_parse(name: str, line: str) -> None:
    words = command(line)[1:]
    if tuple(words) not in commands():  # a mere name is no command line
        parse(words)


@pytest.mark.parametrize(
    "wrong",
    [["replay"], ["replay", "a.jsonl", "--no-such-option"], ["worker", "nothing"], ["nothing"]],
)
def test_a_wrong_command_line_is_told(wrong: list[str]) -> None:
    with pytest.raises(Exception, match=r"(?i)missing|no such"):
        parse(wrong)


def test_every_command_is_documented() -> None:
    lines = [command(line)[1:] for _, line in command_lines()]
    assert [c for c in commands() if not any(tuple(line[: len(c)]) == c for line in lines)] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_documented_make_targets_exist(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", page("Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", path.read_text(), re.MULTILINE)) <= targets


# Code


@pytest.mark.parametrize(("name", "text"), list(blocks("python")))
def test_python_examples_import_what_exists(name: str, text: str) -> None:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module or "")
            assert all(hasattr(module, alias.name) for alias in node.names), name


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("docs") / "store"
    with open_store(StoreSettings(directory=folder)) as opened:
        migrate(opened)
        yield opened


@pytest.mark.parametrize(("name", "text"), list(blocks("sql")))
def test_sql_examples_are_answered(name: str, text: str, store: Store) -> None:
    assert store.query(text, {"match": "a-v-b", "account": "x"}).num_columns > 0


@pytest.mark.parametrize(("name", "text"), list(blocks("json")))
def test_json_examples_are_admitted(name: str, text: str) -> None:
    for line in text.splitlines():
        records, reasons = decode(line.encode())
        assert records
        assert not reasons


# Lists of what there is


DETECTORS = ("docs/detectors.md", "docs/detectors-money.md")


def section(name: str) -> str:
    """What the documentation says under the heading of a detector; "" without one."""
    for path in DETECTORS:
        parts = re.split(rf"^## {name}$", page(path), flags=re.MULTILINE)
        if len(parts) == 2:
            return str(re.split(r"^## ", parts[1], flags=re.MULTILINE)[0])
    return ""


def test_detectors_have_one_heading_each() -> None:
    """Every detector has one, and no heading is left of one that is gone."""
    shared = {"How to read a prior", "Base rates to keep in mind"}
    headings = [h for path in DETECTORS for h in re.findall(r"^## (.+)$", page(path), re.MULTILINE)]
    assert sorted(set(headings) - shared) == [detector.name for detector in catalogue()]
    assert len(headings) == len(set(headings))


@pytest.mark.parametrize("name", [detector.name for detector in catalogue()])
def test_a_detector_is_told_with_its_weakness_and_innocent_look_alikes(name: str) -> None:
    told = re.findall(r"^- \*\*([^*]+?)\.?\*\* \S", section(name), re.MULTILINE)
    assert told == ["Sees", "Formula", "Innocent look-alikes", "Weakness", "Source"]


@pytest.mark.parametrize("typology", TYPOLOGIES)
def test_what_can_be_simulated_has_a_detector_and_a_heading(typology: str) -> None:
    assert typology in {detector.typology or detector.name for detector in catalogue()}
    assert section(typology)


def test_strengths_of_fixes_are_documented_as_they_are_drawn() -> None:
    """Probabilities are told in per cent."""
    rows = {row[0]: row[1] for row in table_rows(page("docs/evaluation.md"), "|".join(TYPOLOGIES))}
    for typology in TYPOLOGIES:
        fix = importlib.import_module(f"streams.simulator.fixes.{typology.replace('-', '_')}")
        unit = 1 if max(fix.STRENGTHS) > 1 else 100
        told = [float(number) for number in re.findall(r"\d+", rows[typology])[:2]]
        assert told == pytest.approx([unit * strength for strength in fix.STRENGTHS]), typology


@pytest.mark.parametrize("name", [detector.name for detector in catalogue()])
def test_priors_are_printed_as_they_are_shipped(name: str) -> None:
    """The documentation has no table of them: `sogawatch detectors NAME` prints them."""
    ran = CliRunner().invoke(app, ["detectors", name, "--format", "json"])
    assert ran.exit_code == 0
    (told,) = json.loads(ran.stdout)
    wanted = msgspec.to_builtins(shipped_priors().cells)
    assert [{"detector": told["name"], **prior} for prior in told["priors"]] == [
        cell for cell in wanted if cell["detector"] == name
    ]


def test_every_field_of_a_prior_is_documented() -> None:
    text = page("docs/detectors.md").split("## How to read a prior")[1].split("\n## ")[0]
    explained = {row[0] for row in table_rows(text, "[a-z]+")} | {"detector", "market", "phase"}
    assert explained - {"field"} | {"feed"} == set(Prior.__struct_fields__)


def test_every_format_has_a_heading() -> None:
    headings = HEADING.findall(page("docs/feeds.md"))
    assert [name for name in FORMATS if name not in headings] == []


def test_every_field_of_a_record_is_documented() -> None:
    section = page("docs/feeds.md").split("## Records")[1].split("\n## ")[0]
    rows = {row[0]: row[1] for row in table_rows(section, "|".join(RECORDS))}
    for kind, record in RECORDS.items():
        wanted = set(record.__struct_fields__) - {"at"}
        assert set(re.findall(r"[a-z_]+", re.sub(r"\(.*?\)", "", rows[kind]))) == wanted


def test_every_topic_is_documented() -> None:
    rows = {row[0]: row for row in table_rows(page("docs/design.md"), r"[a-z]+(-[a-z]+)?")}
    for topic in TOPICS:
        _, _, _, partitions, kept = rows[topic.name]
        assert partitions.split(",")[0] == str(topic.count(BrokerSettings()))
        assert kept == (f"{topic.retention.days} days" if topic.retention else "compacted")


# Links and versions


def anchors(text: str) -> set[str]:
    """Anchors of headings as GitHub makes them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in HEADING.findall(text)
    }


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_relative_links_resolve(path: Path) -> None:
    for link in LINK.findall(path.read_text(encoding="utf-8")):
        target, _, anchor = link.partition("#")
        if "://" in target:
            continue
        found = (path.parent / target).resolve() if target else path
        assert found.exists(), link
        if anchor:
            assert anchor in anchors(found.read_text(encoding="utf-8")), link


def test_the_changelog_tells_of_the_present_version() -> None:
    version = tomllib.loads(page("pyproject.toml"))["project"]["version"]
    assert re.findall(r"^## \[([^]]+)\]", page("CHANGELOG.md"), re.MULTILINE)[0] == version


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_pages_are_short_enough_to_be_read(path: Path) -> None:
    limit = {"README.md": 200, "configuration.md": 400, "design.md": 320}.get(path.name, 250)
    assert len(path.read_text(encoding="utf-8").splitlines()) <= limit
