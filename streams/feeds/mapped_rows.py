"""Rows of a foreign source become records, as a mapping says.

- **The match** is named by teams and day where the mapping has them, and announced once; otherwise
  by the source's own id, and another feed must announce it.
- **Accounts, counterparties, devices and bets** are pseudonyms. Neither they nor anything else of a
  row of wagers is repeated in a refusal: it names the row and the field.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, get_args

from markets.door import Refused, admit
from markets.records import Account, Fixture, Record, Status
from streams.feeds import mapped_values as values
from streams.feeds.ageing import Ageing
from streams.feeds.competitions import competition
from streams.feeds.documents import Wrong
from streams.feeds.feed import Refusal
from streams.feeds.identity import match_id
from streams.feeds.mapping import Mapping as Mapped
from streams.feeds.pseudonyms import Pseudonyms

UNKNOWN = "unknown"
MARKETS = frozenset({
    "1x2", "winner", "asian_handicap", "total", "btts", "correct_score", "half_time", "corners",
    "cards", "set_winner",
})  # fmt: skip
SELECTIONS = frozenset({"home", "draw", "away", "over", "under", "yes", "no"})
_SIDES = frozenset({"back", "lay"})
_STATUSES = frozenset({"accepted", "rejected", "cancelled", "settled", "void"})
_OFFERED = frozenset(get_args(Status))
_HISTORY = ("account_wagers", "account_median_stake", "account_last", "account_limit")
_NAMED = ("home", "away", "start")
Row = Mapping[str, Any]
Raw = dict[str, object]


class MappedRows:
    """Reads rows one after the other; remembers which matches and accounts it has announced."""

    def __init__(self, mapping: Mapped, pseudonyms: Pseudonyms | None) -> None:
        self.mapping = mapping
        self._pseudonyms = pseudonyms
        self._announced: Ageing[str, datetime] = Ageing()
        self._introduced: Ageing[tuple[str, str], bool] = Ageing()

    def told(self, row: Row, place: str) -> Iterator[Record | Refusal]:
        """Tell what a row says: fixture and account before the price or wager itself."""
        try:
            told = [admit(raw) for raw in self._raws(row)]
            self._note(told)
            yield from told
        except Wrong as error:
            yield Refusal(self.mapping.source, place, str(error), b"")
        except Refused as error:
            yield Refusal(self.mapping.source, place, error.plain, b"")

    def _note(self, told: list[Record]) -> None:
        """Note what was announced, once the whole row has passed the door."""
        for record in told:
            self._announced.now(record.at)
            self._introduced.now(record.at)
            if isinstance(record, Fixture):
                self._announced[record.match] = record.start
            elif isinstance(record, Account):
                self._introduced[record.match, record.account] = True

    def fill(self, row: Row) -> str | None:
        """Name of this part of a bet, where the source has one."""
        found = self.mapping.optional(row, "fill")
        return None if found is None else self._hidden("fill", self.mapping.source, found)

    def _raws(self, row: Row) -> Iterator[Raw]:
        at = values.time(self.mapping.value(row, "at"), "at", self.mapping)
        fixture = self._fixture(row, at)
        common: Raw = {"at": at, "match": fixture["match"], "book": self._book(row)}
        if "home" in fixture and self._announced.get(str(fixture["match"])) != fixture["start"]:
            yield fixture
        what = {**common, **self._selection(row, fixture)}
        what["price"] = values.price(self.mapping.value(row, "price"), "price", self.mapping)
        if self.mapping.kind == "odds":
            yield {"kind": "price", **what, **self._offer(row)}
            return
        wager = {"kind": "wager", **what, **self._wager(row, str(common["book"]))}
        yield from self._account(row, wager)
        yield wager

    def _book(self, row: Row) -> str:
        found = self.mapping.optional(row, "book")
        return self.mapping.source if found is None else values.name(found, "book")

    def _fixture(self, row: Row, at: object) -> Raw:
        if not all(field in self.mapping.fields for field in _NAMED):
            return {"match": values.name(self.mapping.value(row, "match"), "match")}
        home, away = (values.name(self.mapping.value(row, f), f) for f in ("home", "away"))
        start = values.time(self.mapping.value(row, "start"), "start", self.mapping)
        title = self.mapping.optional(row, "competition")
        known = competition(UNKNOWN if title is None else values.name(title, "competition"))
        fixture: Raw = {"kind": "fixture", "at": at, "match": match_id(home, away, start)}
        fixture |= {"source": self.mapping.source, "sport": self.mapping.sport, "start": start}
        return fixture | {
            "competition": known.name, "tier": known.tier, "home": home, "away": away
        }  # fmt: skip

    def _selection(self, row: Row, fixture: Raw) -> Raw:
        get = self.mapping.value
        market = values.word(get(row, "market"), "market", self.mapping.markets, MARKETS)
        line = self.mapping.optional(row, "line")
        wanted = str(get(row, "selection")).strip()
        teams = {str(fixture["home"]): "home", str(fixture["away"]): "away"} if (
            "home" in fixture) else {}  # fmt: skip
        known = {**teams, **self.mapping.selections}
        return {
            "market": market,
            "selection": values.word(wanted, "selection", known, SELECTIONS),
            "line": None if line is None else values.number(line, "line", self.mapping),
        }

    def _offer(self, row: Row) -> Raw:
        size, status = (self.mapping.optional(row, field) for field in ("size", "status"))
        in_play = self.mapping.optional(row, "in_play")
        told: Raw = {}
        if size is not None:
            told["size"] = values.amount(size, "size", self.mapping)
        if status is not None:
            told["status"] = values.word(status, "status", self.mapping.statuses, _OFFERED)
        if in_play is not None:
            told["in_play"] = values.truth(in_play, "in_play")
        return told

    def _wager(self, row: Row, book: str) -> Raw:
        mapped, get = self.mapping, self.mapping.value
        told: Raw = {
            "wager": self._hidden("wager", book, get(row, "wager")),
            "account": self._hidden("account", book, get(row, "account")),
            "stake": values.amount(get(row, "stake"), "stake", mapped),
        }
        for field, within in (("counterparty", book), ("device", "")):
            if (found := mapped.optional(row, field)) is not None:
                kind = "account" if field == "counterparty" else field
                told[field] = self._hidden(kind, within, found)
        if (found := mapped.optional(row, "side")) is not None:
            told["side"] = values.word(found, "side", mapped.sides, _SIDES)
        if (found := mapped.optional(row, "status")) is not None:
            told["status"] = values.word(found, "status", mapped.statuses, _STATUSES)
        return told | self._whereabouts(row)

    def _whereabouts(self, row: Row) -> Raw:
        told: Raw = {}
        for field in ("currency", "country"):
            if (found := self.mapping.optional(row, field)) is not None:
                told[field] = values.code(found, field)
        if (found := self.mapping.optional(row, "opened")) is not None:
            told["opened"] = values.day(found, "opened", self.mapping)
        return told

    def _account(self, row: Row, wager: Raw) -> Iterator[Raw]:
        if not any(field in self.mapping.fields for field in _HISTORY):
            return
        key = str(wager["match"]), str(wager["account"])
        if key in self._introduced:
            return
        kept = ("at", "match", "book", "account", "opened", "currency", "country")
        told: Raw = {"kind": "account"} | {f: wager[f] for f in kept if f in wager}
        for field in _HISTORY:
            if (found := self.mapping.optional(row, field)) is not None:
                told[field.removeprefix("account_")] = self._history(field, found)
        yield told

    def _history(self, field: str, found: object) -> object:
        if field == "account_last":
            return values.time(found, field, self.mapping)
        if field == "account_wagers":
            return int(values.number(found, field, self.mapping))
        return values.amount(found, field, self.mapping)

    def _hidden(self, kind: str, within: str, value: object) -> str:
        if self._pseudonyms is None:
            raise Wrong("account: there is no key for pseudonyms")
        return self._pseudonyms.of(kind, within, str(value))
