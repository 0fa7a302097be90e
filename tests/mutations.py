"""Bytes that are nearly right: good ones, cut, flipped, doubled and filled with what hurts."""

import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = 40
WITHIN = timedelta(seconds=5)
GROWS_AT_MOST = 300 * 1024 * 1024

NASTY = [
    b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"NaN", b"-Infinity", b"1e400", b"-1", b"0" * 400,
    b"9" * 5000, b"null", b"true", b"[]", b"{}", b"[" * 3000, b'{"a":' * 3000, b'"' * 3, b"\\ud800",
    b"\n", b",,,,", b"<x>" * 2000, b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaa'>]>", b"&a;" * 50,
    b"9999-12-31T23:59:59Z", b"0001-01-01T00:00:00Z", b"2026-02-30T25:61:61+99:99", b"A" * 70_000,
]  # fmt: skip

Edit = Callable[[bytes], bytes]


def _edit(kind: str, where: float, length: int, filling: bytes) -> Edit:
    def edit(good: bytes) -> bytes:
        at = int(where * len(good))
        end = {"insert": at, "cut": len(good)}.get(kind, at + length)
        middle = good[at:end] * 3 if kind == "repeat" else b"" if kind == "drop" else filling
        return good[:at] + (b"" if kind == "cut" else middle) + good[end:]

    return edit


def nearly(*good: bytes) -> st.SearchStrategy[bytes]:
    """Good bytes after one to five edits."""
    edits = st.builds(
        _edit,
        st.sampled_from(["insert", "replace", "drop", "repeat", "cut"]),
        st.floats(0, 1),
        st.integers(1, 40),
        st.one_of(st.sampled_from(NASTY), st.binary(max_size=12)),
    )
    return st.builds(_all, st.sampled_from(good), st.lists(edits, min_size=1, max_size=5))


def _all(good: bytes, edits: list[Edit]) -> bytes:
    for edit in edits:
        good = edit(good)
    return good


fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=WITHIN,
    derandomize=True,  # `make fuzz` looks for new ones
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@contextmanager
def bounded_memory() -> Iterator[None]:
    """Fail when the most memory that this process ever had grows by much."""
    before = _peak()
    yield
    assert _peak() - before < GROWS_AT_MOST


def _peak() -> int:
    told = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return told if sys.platform == "darwin" else told * 1024
