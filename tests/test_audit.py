"""The audit of dependencies: what fails it, and that it never passes in silence."""

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "deploy" / "audit.py"
spec = spec_from_file_location("audit", SOURCE)
assert spec
assert spec.loader
audit = module_from_spec(spec)
spec.loader.exec_module(audit)

GOOD = {"name": "good", "version": "1.0", "vulns": []}
BAD = {"name": "bad", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]}
UNFIXED = {"name": "old", "version": "3.0", "vulns": [{"id": "PYSEC-2", "fix_versions": []}]}
SKIPPED = {"name": "unknown", "skip_reason": "Dependency not found on PyPI"}


def told(*dependencies: dict) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


def test_a_vulnerability_fails_and_names_what_fixes_it() -> None:
    lines, status = audit.judged(told(GOOD, BAD, UNFIXED), required=False)
    assert status == 1
    assert "  bad 2.0: PYSEC-1, fixed in 2.1" in lines
    assert "  old 3.0: PYSEC-2, fixed in no version yet" in lines


def test_what_was_not_looked_up_is_named() -> None:
    lines, status = audit.judged(told(GOOD, SKIPPED), required=False)
    assert status == 0
    assert lines[0].startswith("audit: 1 of 2 dependencies looked up, none with")
    assert lines[1] == "audit: not looked up: unknown"


@pytest.mark.parametrize("answer", ["", "no JSON", "[]", "{}", told(), told(SKIPPED)])
def test_an_audit_that_asked_nobody_says_so(answer: str) -> None:
    lines, status = audit.judged(answer, required=False)
    assert (status, len(lines)) == (0, 1)
    assert "NOT DONE" in lines[0]


@pytest.mark.parametrize("answer", ["", told(SKIPPED), told(GOOD, SKIPPED)])
def test_a_release_wants_all_looked_up(answer: str) -> None:
    assert audit.judged(answer, required=True)[1] == 1
