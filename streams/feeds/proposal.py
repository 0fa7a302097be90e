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

_NAMES = {
    "at": "placed placedat timestamp time ts datetime date created createdat bettime at",
    "home": "home hometeam team1 homename", "away": "away awayteam team2 awayname",
    "start": "start kickoff starttime eventdate commencetime eventstart matchdate startsat",
    "match": "match matchid event eventid fixture fixtureid game gameid",
    "competition": "competition league tournament division leaguename",
    "market": "market markettype bettype type marketname",
    "selection": "selection pick outcome runner outcomename selectionname choice",
    "line": "line handicap point points spread hcp",
    "price": "price odds decimalodds odd quote coefficient", "size": "size available liquidity",
    "stake": "stake amount wagered cents bet betamount turnover",
    "wager": "wager wagerid bet betid ticket ticketid slip slipid couponid",
    "fill": "fill part fillid legid", "book": "book bookmaker operator brand bookie",
    "account": "account accountid customer customerid customerno user userid playerid client",
    "device": "device deviceid fingerprint", "side": "side backlay", "currency": "currency ccy",
    "counterparty": "counterparty matchedwith", "country": "country countrycode",
    "opened": "opened registered registrationdate signup accountopened",
    "status": "status state betstatus", "in_play": "inplay live islive",
}  # fmt: skip
_BY_NAME = {name: ours for ours, names in _NAMES.items() for name in names.split()}
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
        ours = _BY_NAME.get(re.sub(r"[^a-z0-9]", "", column.rpartition(".")[2].lower()))
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


def personal(columns: Iterable[str]) -> list[str]:
    """Columns whose names say that they hold something personal."""
    return [column for column in columns if _PERSONAL.search(column)]


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
    usual = {"1": "home", "X": "draw", "x": "draw", "2": "away", "Draw": "draw"}
    told: dict[str, dict[str, str]] = {}
    for name, field, ours in (
        ("markets", "market", MARKETS),
        ("selections", "selection", SELECTIONS),
    ):
        words = dict.fromkeys(str(v).strip() for v in _values(rows, fields.get(field)))
        new = [word for word in words if word not in ours and word not in sides]
        known = usual if name == "selections" else {}
        if new:
            told[name] = {word: known.get(word, FILL_IN) for word in new}
    return told
