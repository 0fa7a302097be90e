"""A mapping proposed for a file that nobody has described: guessed from names and values.

Good as a draft to be read and corrected. Bad at words: which market `ML` is, no column says; what
it cannot know it leaves to be filled in, and says so.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from streams.feeds.mapped_rows import MARKETS, SELECTIONS
from streams.feeds.mapping import TARGETS, Encoding, OddsFormat, TimeUnit
from streams.feeds.proposed_words import field_of, market_of, selection_of

_ONLY_WAGERS = frozenset({"stake", "wager", "account", "fill", "device", "counterparty", "opened"})
_PERSONAL = re.compile(r"name|mail|street|address|phone|mobile|birth|dob|ip$|passport|iban", re.I)
_FRACTION = re.compile(r"\d+\s*/\s*\d+")
_FORMATS = (
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M",
    "%m/%d/%Y %H:%M:%S", "%d/%m/%y %H:%M", "%d-%m-%Y %H:%M:%S",
)  # fmt: skip
FILL_IN = "FILL-IN"


class Proposal(NamedTuple):
    """A draft of a mapping, what is to be filled in, and columns that stay outside the door."""

    draft: dict[str, Any]
    missing: list[str]
    outside: list[str]


def propose(
    rows: Sequence[Mapping[str, Any]], source: str, encoding: Encoding = "utf-8"
) -> Proposal:
    """Propose a mapping for rows of a file.

    >>> found = propose([{"ts": 1781179200000, "Home": "A", "Away": "B", "odds": "+150"}], "feed-x")
    >>> found.draft["fields"], found.draft["time"], found.draft["odds"]
    ({'at': 'ts', 'home': 'Home', 'away': 'Away', 'price': 'odds'}, 'ms', 'american')
    """
    columns = list(dict.fromkeys(name for row in rows for name in _flat(row)))
    flat = [_flat(row) for row in rows]
    fields: dict[str, str] = {}
    for column in columns:
        ours = field_of(column)
        if ours is not None and ours not in fields:
            fields[ours] = column
    kind = "wagers" if {"stake", "account"} & fields.keys() else "odds"
    if kind == "odds":
        fields = {ours: column for ours, column in fields.items() if ours not in _ONLY_WAGERS}
    draft: dict[str, Any] = {"kind": kind, "source": source, "fields": fields}
    draft |= {} if encoding == "utf-8" else {"encoding": encoding}
    draft |= _times(_values(flat, fields.get("at")))
    draft["odds"] = _odds(_values(flat, fields.get("price")))
    draft |= _words(flat, fields)
    missing = [field for field in TARGETS[kind] if field not in fields and field != "book"]
    if "match" not in fields:
        missing += [field for field in ("home", "away", "start") if field not in fields]
    outside = [column for column in columns if column not in fields.values()]
    return Proposal(draft, missing, outside)


def personal(fields: Mapping[str, str]) -> list[str]:
    """Columns whose names say that they hold something personal.

    >>> personal({"market": "market_name", "account": "customer_name"})
    ['customer_name']
    """
    public = ("home", "away", "competition", "market", "selection", "book")
    return [
        column for ours, column in fields.items() if ours not in public and _PERSONAL.search(column)
    ]


def assumed(draft: Mapping[str, Any]) -> dict[str, Any]:
    """Fill a draft in for a look at what it makes: times are UTC, unknown words are left out."""
    filled = {
        name: {word: ours for word, ours in value.items() if ours != FILL_IN}
        if name in ("markets", "selections")
        else value
        for name, value in draft.items()
    }
    return filled | ({"timezone": "UTC"} if draft.get("timezone") == FILL_IN else {})


def _flat(row: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{path}{name}.")
        else:
            found[f"{path}{name}"] = value
    return found


def _values(rows: Iterable[Mapping[str, Any]], column: str | None) -> list[Any]:
    if column is None:
        return []
    return [row[column] for row in rows if row.get(column) not in (None, "")]


def _times(values: list[Any]) -> dict[str, str]:
    """How times are written, by the first of them."""
    text = str(values[0]).strip() if values else ""
    units: dict[int, TimeUnit] = {10: "s", 13: "ms", 16: "us"}
    if text.isdigit() and len(text) in units:
        return {"time": units[len(text)]}
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        written = next((f for f in _FORMATS if all(_fits(str(v), f) for v in values)), FILL_IN)
        return {"time": "text", "time_format": written, "timezone": FILL_IN}
    return {"time": "iso"} if at.tzinfo else {"time": "iso", "timezone": FILL_IN}


def _fits(text: str, written: str) -> bool:
    try:
        datetime.strptime(text.strip(), written)  # noqa: DTZ007 - only its form is asked for
    except ValueError:
        return False
    return True


def _odds(values: list[Any]) -> OddsFormat:
    texts = [str(value).strip() for value in values]
    if any(_FRACTION.fullmatch(text) for text in texts):
        return "fractional"
    if any(text.startswith("+") for text in texts) or any(_below(text) for text in texts):
        return "american"
    return "decimal"


def _below(text: str) -> bool:
    try:
        return float(text) <= -100
    except ValueError:
        return False


def _words(rows: list[dict[str, Any]], fields: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Vocabularies with what is to be filled in; teams stand for their sides by themselves."""
    sides = {str(v) for f in ("home", "away") for v in _values(rows, fields.get(f))}
    picks = _distinct(rows, fields.get("selection"), SELECTIONS | sides)
    told = {"selections": {pick: selection_of(pick) or FILL_IN for pick in picks}}
    told["markets"] = {
        word: market_of(word, _picks_of(rows, fields, word)) or FILL_IN
        for word in _distinct(rows, fields.get("market"), MARKETS)
    }
    return {name: words for name, words in sorted(told.items()) if words}


def _distinct(
    rows: list[dict[str, Any]], column: str | None, ours: frozenset[str] | set[str]
) -> list[str]:
    words = dict.fromkeys(str(value).strip() for value in _values(rows, column))
    return [word for word in words if word not in ours]


def _picks_of(rows: list[dict[str, Any]], fields: Mapping[str, str], market: str) -> set[str]:
    """What is bet on in a market."""
    column, pick = fields["market"], fields.get("selection", "")
    return {str(row.get(pick)) for row in rows if str(row.get(column)).strip() == market}
