"""Asking the store: named questions and read-only SQL, within limits, and on record."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from forensics.columns import MILLISECONDS, TEXT
from forensics.question import Question
from forensics.rings import rings
from forensics.settings import AskSettings
from forensics.store import Store

AD_HOC = "sql"
_HARMLESS = {
    "numbers", "numbers_mt", "zeros", "zeros_mt", "generate_series", "generateseries", "values",
    "view", "null", "primes", "format",
}  # fmt: skip
_TEXT = re.compile(r"'(?:[^'\\]|\\.|'')*'")
_CALL = re.compile(r"[`\"]?(\w+)[`\"]?\s*\(")


class NotAllowed(Exception):
    """A question that may not be asked so; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and why; `why` may be empty where no account is named."""

    who: str
    why: str
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows of an answer; `cut` when there were more."""

    rows: pa.Table
    cut: bool


def ask(
    store: Store,
    question: Question,
    values: Mapping[str, Any],
    asker: Asker,
    settings: AskSettings | None = None,
) -> Answer:
    """Ask a named question with values that it has read (`Question.values`).

    One that speaks of accounts is recorded before it is answered: who, why, when, which values.

    Raises
    ------
    NotAllowed
        When it speaks of accounts and no reason is given.
    """
    if question.accounts:
        record(store, asker, question.name, values, question.sql)
    answer = _answer(store, question.sql, values, settings or AskSettings())
    if question.finish != "rings":
        return answer
    return Answer(rings(answer.rows, values["chance"]), answer.cut)


def ask_sql(store: Store, sql: str, asker: Asker, settings: AskSettings | None = None) -> Answer:
    """Ask in SQL, reading only the tables of the store.

    It may name any account, so it always needs a reason and is always recorded.

    Raises
    ------
    NotAllowed
        Without a reason, or when it reads anything but the store: files, other hosts.
    """
    if reaches := _outside(store, sql):
        raise NotAllowed(
            f"{reaches}: not allowed; only tables of the store are read, within the limits"
        )
    record(store, asker, AD_HOC, {}, sql)
    return _answer(store, sql, {}, settings or AskSettings())


def record(store: Store, asker: Asker, question: str, values: Mapping[str, Any], sql: str) -> None:
    """Put on record who asks what, and why, before the answer is given.

    Raises
    ------
    NotAllowed
        When no reason is given.
    """
    if not asker.why.strip():
        raise NotAllowed(f"{question} speaks of accounts: say why you ask (--why REASON)")
    row = {
        "at": pa.array([asker.now()], MILLISECONDS),
        "who": pa.array([asker.who], TEXT),
        "why": pa.array([asker.why], TEXT),
        "question": pa.array([question], TEXT),
        "parameters": pa.array([json.dumps(dict(values), default=str, sort_keys=True)], TEXT),
        "sql": pa.array([sql], TEXT),
    }
    store.insert("questions_asked", pa.table(row))


def _answer(store: Store, sql: str, values: Mapping[str, Any], settings: AskSettings) -> Answer:
    limits = {
        "limit": settings.most_rows + 1,
        "max_execution_time": settings.longest_s,
        "max_memory_usage": settings.most_memory_mb * 1024 * 1024,
    }
    rows = store.query(sql, values, limits)
    return Answer(rows.slice(0, settings.most_rows), rows.num_rows > settings.most_rows)


def _outside(store: Store, sql: str) -> str:
    """What a statement does beside reading tables of the store within limits; "" when nothing."""
    bare = _TEXT.sub("''", sql).lower()
    if clause := re.search(r"\b(outfile|settings)\b", bare):
        return clause[1].upper()
    known = {row["name"].lower() for row in store.rows("SELECT name FROM system.table_functions")}
    far = set(_CALL.findall(bare)) & (known | {"file", "catboostevaluate"}) - _HARMLESS
    return f"{min(far)}()" if far else ""
