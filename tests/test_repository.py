"""The repository, held to its own rules."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
FOLDERS = [*PACKAGES, "tests", "benchmarks", "docs", ".ci"]
TEXT = {".py", ".md", ".toml", ".json", ".sql", ".xml", ".yml", ".yaml", ".sh", ".cfg", ""}
LONGEST = 400
# Written so that this file does not hold what it looks for.
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X])\b")
OF_A_MACHINE = re.compile(r"(?<![\w.~}/])/(?:home|root|Users|mnt|workspace|tmp)/\w")
Public = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def texts() -> Iterator[Path]:
    """All text files that are ours, not what tools leave behind."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in TEXT and "__pycache__" not in path.parts:
                yield path
    yield from (p for p in sorted(ROOT.iterdir()) if p.is_file() and p.suffix in TEXT)


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def undocumented(tree: ast.Module | ast.ClassDef, within: str = "") -> Iterator[str]:
    """Public functions, classes and methods without a docstring, by dotted name."""
    for node in tree.body:
        if isinstance(node, Public) and not node.name.startswith("_"):
            if ast.get_docstring(node) is None:
                yield within + node.name
            if isinstance(node, ast.ClassDef):
                yield from undocumented(node, f"{within}{node.name}.")


def test_there_is_something_to_look_at() -> None:
    assert len(modules()) > 50
    assert ROOT / "README.md" in list(texts())


def test_files_are_short() -> None:
    lengths = {name(path): len(path.read_text().splitlines()) for path in modules()}
    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}


def test_nothing_is_left_to_be_finished() -> None:
    found = {name(path): UNFINISHED.findall(path.read_text(errors="replace")) for path in texts()}
    assert {path: marks for path, marks in found.items() if marks} == {}


def test_no_path_of_a_machine_is_named() -> None:
    here = f"{ROOT.parent}/" if len(ROOT.parent.parts) > 1 else f"{ROOT}/"
    found = {
        name(path): line.strip()
        for path in texts()
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
        if OF_A_MACHINE.search(line) or here in line
    }
    assert found == {}


@pytest.mark.parametrize("place", ["home", "tmp", "Users"])
def test_a_path_of_a_machine_would_be_seen(place: str) -> None:
    assert OF_A_MACHINE.search(f'open("/{place}/x")')
    assert not OF_A_MACHINE.search(f"docs/{place}/x")


@pytest.mark.parametrize("path", modules(), ids=name)
def test_what_is_public_is_documented(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert list(undocumented(tree)) == []


def test_what_is_undocumented_would_be_seen() -> None:
    tree = ast.parse("class A:\n    def b(self): pass\n    def _c(self): pass\ndef d(): 'd'")
    assert list(undocumented(tree)) == ["A", "A.b"]


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_are_typed_and_named(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
    assert ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text()))


def test_tests_mirror_the_folders() -> None:
    """Tests have no packages, and each folder of tests is one of ours."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []
    folders = {path.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")}
    unknown = [f for f in folders if len(f.parts) > 1 and not (ROOT / f.parent).is_dir()]
    assert unknown == []
