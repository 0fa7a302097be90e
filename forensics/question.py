"""Named questions: SQL files whose comments say what they answer, with which parameters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Literal

_HEAD = re.compile(r"-- ([a-z]+): (.*)")
_MORE = re.compile(r"--   (.*)")
_NAMED = re.compile(r"(\w+) ([^=—]+?)(?: = '(.*)')? — (.+)")
_TEXTS = ("title", "answers", "weakness")
Finish = Literal["", "rings"]


class BadQuestion(ValueError):
    """A question that does not exist, or values it does not take; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that a question asks for; one without a default must be given."""

    name: str
    type: str
    default: str | None
    meaning: str

    def read(self, text: str) -> Any:
        """Read a value as it was typed.

        >>> Parameter("least", "UInt32", None, "fewest").read("3")
        3
        """
        try:
            return _READERS[self.type.split("(")[0]](text)
        except ValueError:
            raise BadQuestion(
                f"--{self.name} {text}: a value of type {self.type} is wanted ({self.meaning})"
            ) from None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the answer."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question: what it answers and where it is weak, its values, its columns, its SQL.

    `accounts` says whether the answer speaks of accounts: who asks it must say why. `finish` names
    the step that follows the SQL (`rings`: pairs are joined to groups).
    """

    name: str
    title: str
    answers: str
    weakness: str
    accounts: bool
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    sql: str = field(repr=False)
    finish: Finish = ""

    def values(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Read the values given, and fill in the defaults.

        Raises
        ------
        BadQuestion
            When a value is missing, unknown or not of its type.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        if unknown := sorted(given.keys() - known.keys()):
            raise BadQuestion(
                f"{self.name} takes no --{unknown[0]}; it takes "
                f"{', '.join('--' + name for name in known)}"
            )
        texts = {p.name: p.default for p in self.parameters if p.default is not None} | dict(given)
        if missing := [name for name in known if name not in texts]:
            raise BadQuestion(f"{self.name} needs --{missing[0]}: {known[missing[0]].meaning}")
        return {name: known[name].read(text) for name, text in texts.items()}


def read(text: str) -> Question:
    """Read a question from its file: a head of comments, then one SELECT.

    Raises
    ------
    BadQuestion
        When the head lacks something, or a line of it cannot be read.
    """
    lines = text.splitlines()
    end = next((n for n, line in enumerate(lines) if not line.startswith("--")), len(lines))
    heads: dict[str, list[str]] = {}
    last: list[str] = []
    for line in lines[:end]:
        if (more := _MORE.fullmatch(line)) and last:
            last[-1] += " " + more[1]
        elif head := _HEAD.fullmatch(line):
            last = heads.setdefault(head[1], [])
            last.append(head[2])
        else:
            raise BadQuestion(f"not a line of a question's head: {line}")
    return _question(heads, "\n".join(lines[end:]).strip())


def _question(heads: dict[str, list[str]], sql: str) -> Question:
    wanted = {"question", *_TEXTS, "accounts", "column"}
    if missing := sorted(wanted - heads.keys()):
        raise BadQuestion(f"the head of a question lacks: {', '.join(missing)}")
    return Question(
        name=heads["question"][0],
        **{name: heads[name][0] for name in _TEXTS},
        accounts=heads["accounts"][0] == "yes",
        parameters=tuple(Parameter(*_named(line)) for line in heads.get("parameter", ())),
        columns=tuple(
            Column(name, kind, meaning) for name, kind, _, meaning in map(_named, heads["column"])
        ),
        sql=sql,
        finish=heads.get("finish", [""])[0],  # type: ignore[arg-type]
    )


def _named(line: str) -> tuple[str, str, str | None, str]:
    found = _NAMED.fullmatch(line)
    if found is None:
        raise BadQuestion(f"not `NAME TYPE [= 'DEFAULT'] — MEANING`: {line}")
    return found[1], found[2], found[3], found[4]


@cache
def questions() -> Mapping[str, Question]:
    """All questions of this program, by name.

    >>> "who-bet" in questions()
    True
    """
    folder = files("forensics") / "questions"
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    read_ = [read(entry.read_text(encoding="utf-8")) for entry in found]
    return {question.name: question for question in sorted(read_, key=lambda each: each.name)}


def question(name: str) -> Question:
    """Find a question by its name.

    Raises
    ------
    BadQuestion
        Listing those there are.
    """
    found = questions().get(name)
    if found is None:
        raise BadQuestion(f"no question {name}; there are {', '.join(questions())}")
    return found


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _whole(text: str) -> int:
    if (number := int(text)) < 0:
        raise ValueError(text)
    return number


_READERS: dict[str, Any] = {
    "String": str, "Float64": float, "UInt32": _whole, "DateTime64": _moment,
}  # fmt: skip
