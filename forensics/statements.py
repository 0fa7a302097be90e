"""SQL text cut into its statements."""

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""(?P<quoted>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)"""
    r"""|(?P<comment>--[^\n]*|/\*.*?\*/)"""
    r"""|(?P<end>;)|(?P<other>[^'"`;/-]+|.)""",
    re.DOTALL,
)


def statements(sql: str) -> Iterator[str]:
    r"""Split SQL at the semicolons that end statements; comments go, quoted text stays as it is.

    Heredocs (`$tag$ ... $tag$`) are not known.

    >>> list(statements("SELECT ';' -- one; two\n; /* ; */ SELECT 2;"))
    ["SELECT ';'", 'SELECT 2']
    """
    kept: list[str] = []
    for token in _TOKEN.finditer(sql):
        if token.lastgroup == "end":
            yield from _statement(kept)
            kept = []
        else:
            kept.append(" " if token.lastgroup == "comment" else token[0])
    yield from _statement(kept)


def _statement(kept: list[str]) -> Iterator[str]:
    text = "".join(kept).strip()
    if text:
        yield text
