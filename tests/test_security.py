"""What keeps strangers out and bombs small: loopback, limits on input, no code in data."""

import ast
from collections.abc import Iterator
from functools import cache
from ipaddress import ip_address

import pytest
from pydantic import BaseModel

from dashboards.board.guard import LONGEST_BODY
from streams.configuration import Settings
from streams.feeds.opening import OpeningLimits
from streams.frames import LARGEST_FRAME, decode
from streams.snapshots.plain import BadSnapshot, read
from tests.test_repository import PROJECT, modules, name

LISTENING = {"board.host", "notify.metrics_host", "canary.metrics_host"}
NEVER_CALLED = {"eval", "exec", "compile", "__import__"}
NEVER_IMPORTED = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "jsonpickle"}
# Whoever adds a server adds it here, and its setting above.
SERVERS = {"uvicorn", "http.server", "prometheus_client", "socketserver", "aiohttp.web"}


def hosts(settings: BaseModel, before: str = "") -> Iterator[tuple[str, object]]:
    for key, value in settings:
        if isinstance(value, BaseModel):
            yield from hosts(value, f"{before}{key}.")
        elif key in ("host", "metrics_host"):
            yield f"{before}{key}", value


def test_what_listens_listens_on_loopback_unless_told_otherwise() -> None:
    found = dict(hosts(Settings()))
    assert found.keys() >= LISTENING
    assert all(ip_address(str(found[setting])).is_loopback for setting in LISTENING)


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def called(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id


@cache
def trees() -> dict[str, ast.AST]:
    return {name(path): ast.parse(path.read_text(encoding="utf-8")) for path in modules()}


def test_nothing_but_board_and_metrics_listens() -> None:
    listening = {file for file, tree in trees().items() if SERVERS & set(imported(tree))}
    assert listening == {
        "streams/board/serving.py",
        "alerts/delivery/metrics.py",  # serves those of notify and of the canary
        "streams/canary_metrics.py",
        "streams/health.py",  # on loopback, whatever is asked for
    }


@pytest.mark.parametrize(
    "package", sorted(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
)
def test_data_is_never_run(package: str) -> None:
    """Not by pickle, not by eval; the linter's rules S say the same of much more."""
    ours = {file: tree for file, tree in trees().items() if file.startswith(f"{package}/")}
    assert ours
    for file, tree in ours.items():
        assert not NEVER_CALLED & set(called(tree)), file
        assert not NEVER_IMPORTED & {one.partition(".")[0] for one in imported(tree)}, file
    assert PROJECT["tool"]["ruff"]["lint"]["select"].count("S3") == 1


def test_a_frame_that_is_too_large_is_refused_unread() -> None:
    records, [reason] = decode(b" " * (LARGEST_FRAME + 1))
    assert records == []
    assert reason == "16,777,217 bytes; at most 16,777,216 are read"


@pytest.mark.parametrize("data", [b"\x81" * 500_000, b"\x91" * 500_000, b"\xdd\xff\xff\xff\xff"])
def test_a_snapshot_that_is_a_bomb_is_refused(data: bytes) -> None:
    with pytest.raises(BadSnapshot):
        read(data)


def test_there_are_limits() -> None:
    """Of what is read whole; files are read piece by piece, however large."""
    limits = OpeningLimits()
    assert limits.entries <= 10_000
    assert limits.expansion <= 10_000
    assert LONGEST_BODY <= 1024 * 1024
