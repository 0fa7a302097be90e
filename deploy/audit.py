"""Ask whether a pinned dependency has a published vulnerability, and say what was not asked.

Run by `make check`. A vulnerability fails it. A machine that cannot reach the advisories (no
network, or a mirror of PyPI that has none) does not: the check must work there, and it says plainly
that nothing was audited. With AUDIT=required that fails too, as a release wants it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

_WITHIN_S = 120.0


def main() -> int:
    """Audit, print and return the status to end with."""
    told = _asked()
    lines, status = judged(told, required=os.environ.get("AUDIT") == "required")
    print("\n".join(lines))
    return status


def _asked() -> str:
    """The answer of pip-audit as JSON; nothing when it had none in time."""
    command = [str(Path(sys.executable).with_name("pip-audit")), "--local", "--format", "json"]
    quiet = ["--progress-spinner", "off", "--skip-editable", "--timeout", "10"]
    try:
        ran = subprocess.run(
            [*command, *quiet], capture_output=True, text=True, timeout=_WITHIN_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return str(ran.stdout)


def judged(told: str, *, required: bool) -> tuple[list[str], int]:
    """Say what an answer of pip-audit comes to, and the status to end with.

    >>> judged('{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}', required=True)
    (['audit: 1 of 1 dependencies looked up, none with a known vulnerability'], 0)
    >>> judged("", required=False)
    (['audit: NOT DONE: no answer about any dependency; advisories cannot be reached from here'], 0)
    """
    dependencies = _dependencies(told)
    looked_up = [one for one in dependencies if "vulns" in one]
    if not looked_up:
        why = "no answer about any dependency; advisories cannot be reached from here"
        return [f"audit: NOT DONE: {why}"], int(required)
    found = [line for one in looked_up for line in _found(one)]
    left = [str(one.get("name")) for one in dependencies if "vulns" not in one]
    head = f"audit: {len(looked_up)} of {len(dependencies)} dependencies looked up"
    lines = [f"{head}, {len(found) or 'none'} with a known vulnerability", *found]
    lines += [f"audit: not looked up: {', '.join(left)}"] if left else []
    return lines, int(bool(found) or (required and bool(left)))


def _dependencies(told: str) -> list[dict[str, Any]]:
    try:
        return list(json.loads(told)["dependencies"])
    except (ValueError, KeyError, TypeError):
        return []


def _found(dependency: dict[str, Any]) -> list[str]:
    return [
        f"  {dependency['name']} {dependency['version']}: {one['id']}, "
        f"fixed in {', '.join(one.get('fix_versions') or ['no version yet'])}"
        for one in dependency["vulns"]
    ]


if __name__ == "__main__":
    sys.exit(main())
