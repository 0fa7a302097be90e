"""Market changes (`mcm`) of a Betfair recording as records.

- **Matches** are told of by their match-odds market; another market stands in until it is seen.
  Kick-off, suspension and resumption are that market's, and the match is over when it closes:
  markets on goals or periods open and close while the match goes on.
- **Two markets of one kind** in one event: the one seen first has the plain name, a later one the
  name and its own id (`1x2 1.234`). Two runners under one selection are kept apart likewise.
- **A price** is the best one to back at, told when it or its size changes; while the market is
  not open only its status is told, with the last price. A recording without any ladder (the BASIC
  tier) has the last traded price for it. `matched` needs a volume, which that tier has not.
- **A runner nobody named yet** is kept, and told of once a definition lists it.
- **Left out**: markets of betting type LINE, whose prices are runs or points and no odds; each is
  refused once. Virtual and starting prices are passed over.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from streams.feeds.ageing import FORGOTTEN_AFTER
from streams.feeds.betfair_message import FAULTS, SOURCE, Message, Told, parts, refuse
from streams.feeds.betfair_names import (
    Address,
    Contender,
    Definition,
    addresses,
    definition,
    home_and_away,
    runner_key,
)
from streams.feeds.betfair_runners import catch_up, clear, offer, shows_ladders, update
from streams.feeds.documents import mapping, shown, text
from streams.feeds.feed import Refusal
from streams.feeds.ladders import Market, RunnerKey

CONFLATED_AGAIN = timedelta(minutes=1)


@dataclass(slots=True)
class _Match:
    """An event: the fixture as told last, and the market that stands for it."""

    lead: str
    rank: int
    fixture: dict[str, object] = field(default_factory=dict)
    markets: dict[str, int] = field(default_factory=dict)
    kicked_off: bool = False
    ended: bool = False


class MarketChanges:
    """All markets of a recording; `markets` holds their state by market id."""

    def __init__(self) -> None:
        self.markets: dict[str, Market] = {}
        self._matches: dict[str, _Match] = {}
        self._owners: dict[tuple[str, Address], tuple[str, RunnerKey]] = {}
        self._namesakes: set[str] = set()
        self._basic = True
        self._touched: dict[tuple[str, RunnerKey], str] = {}
        self._gaps: set[str] = set()
        self._conflated_at: datetime | None = None
        self._closed: dict[str, datetime] = {}

    def read(self, message: Message) -> Told:
        """Apply one message; prices and matched amounts come last, once for each runner."""
        self._gaps.clear()
        self._forget_before(message.at - FORGOTTEN_AFTER)
        for path, change in parts(message.body, "mc"):
            yield from self._change(message, change, path)
        touched, self._touched = self._touched, {}
        for (market_id, key), path in touched.items():
            market = self.markets[market_id]
            yield from offer(message, market, market.runners[key], path, basic=self._basic)

    def unnamed(self, place: str) -> Iterator[Refusal]:
        """At the end: refuse what was kept of runners that no definition ever listed."""
        for market in self.markets.values():
            for (runner, handicap), kept in market.runners.items():
                if kept.address is None:
                    what = f"market {market.market_id}: runner {runner} (hc {handicap:g})"
                    yield refuse(place, f"{what} is in no market definition", None, b"")

    def _change(self, message: Message, change: object, path: str) -> Told:
        try:
            held = mapping(change)
            market_id = text(held, "id")
        except FAULTS as error:
            yield message.refuse(path, error, change)
            return
        if held.get("marketDefinition") is not None:
            where = f"{path}.marketDefinition"
            yield from self._define(message, market_id, held["marketDefinition"], where)
        market = self.markets.get(market_id)
        if market is None:
            reason = f"market {shown(market_id)} has had no market definition yet"
            yield message.refuse(path, reason, change)
        elif not market.left_out:
            yield from self._update(message, market, held, path)

    def _update(self, message: Message, market: Market, held: dict[str, Any], path: str) -> Told:
        yield from self._conflation(message, market, conflated=held.get("con") is True)
        runners = list(parts(held, "rc", f"{path}."))
        if held.get("img") is True:
            yield from self._image(message, market, [raw for _, raw in runners])
        for where, raw in runners:
            yield from self._runner(message, market, raw, where)

    def _runner(self, message: Message, market: Market, raw: object, path: str) -> Told:
        try:
            held = mapping(raw)
            key = runner_key(held)
        except FAULTS as error:
            yield message.refuse(path, error, raw)
            return
        self._touched[market.market_id, key] = path
        if self._basic:
            self._basic = not shows_ladders(held)
        yield from update(message, market.runner(key), held, path)

    def _image(self, message: Message, market: Market, runners: list[Any]) -> Told:
        if market.imaged:
            yield from self._gap(message, "re-image")
        market.imaged = True
        for key in market.runners:
            self._touched.setdefault((market.market_id, key), "image")
        yield from clear(message, market, runners)

    def _conflation(self, message: Message, market: Market, *, conflated: bool) -> Told:
        turned = conflated and not market.conflated
        market.conflated = conflated
        before = self._conflated_at
        if turned and (before is None or abs(message.at - before) >= CONFLATED_AGAIN):
            self._conflated_at = message.at
            yield from self._gap(message, "conflated")

    def _gap(self, message: Message, reason: str) -> Told:
        """Tell of a gap, once in a message whatever the number of its markets."""
        if reason not in self._gaps:
            self._gaps.add(reason)
            yield message.told("gap", {"source": SOURCE, "reason": reason}, reason)

    def _define(self, message: Message, market_id: str, raw: object, path: str) -> Told:
        try:
            read, faults = definition(raw)
        except FAULTS as error:
            yield message.refuse(path, error, raw)
            return
        for where, fault, part in faults:
            yield message.refuse(f"{path}.{where}", fault, part)
        market = self.markets.get(market_id)
        if market is None:
            market = self.markets[market_id] = Market(market_id, read.event)
            market.left_out = read.betting == "LINE"
            if market.left_out:
                yield message.refuse(path, "prices of a LINE market are not odds: left out", raw)
        if not market.left_out:
            yield from self._defined(message, market, read, path)

    def _defined(self, message: Message, market: Market, read: Definition, path: str) -> Told:
        match = self._matches.get(market.event)
        if match is None:
            match = self._matches[market.event] = _Match(market.market_id, read.rank)
        match.markets[market.market_id] = read.rank
        if read.rank < match.rank:
            match.lead, match.rank = market.market_id, read.rank
        if match.lead == market.market_id:
            yield from _fixture(message, market, match, read, path)
        for event in self._happened(market, match, read, message.at):
            fields = {"match": _match_id(market), "event": event}
            yield message.told("event", fields, path)
        for runner, address in self._apart(market, list(addresses(read))):
            yield from self._name(message, market, runner, address)

    def _apart(
        self, market: Market, wanted: list[tuple[Contender, Address]]
    ) -> Iterator[tuple[Contender, Address]]:
        """Put the market's id to its name where another market of the event has that name."""
        own = market.market_id
        if any(self._owners.get((market.event, a), (own, 0))[0] != own for _, a in wanted):
            self._namesakes.add(own)
        for runner, address in wanted:
            name = f"{address.market} {own}" if own in self._namesakes else address.market
            yield runner, address._replace(market=name)

    def _happened(self, market: Market, match: _Match, read: Definition, at: datetime) -> list[str]:
        """Take in status and turn in play; what that means for the match."""
        before = (market.status, market.in_play) if market.defined else (None, None)
        market.defined = True
        market.status = read.status or market.status
        market.in_play = market.in_play if read.in_play is None else read.in_play
        happened = []
        if match.lead == market.market_id:
            if before[0] == "open" and market.status == "suspended":
                happened.append("suspension")
            if before[1] is False and market.in_play and not match.kicked_off:
                match.kicked_off = True
                happened.append("kick_off")
            if before[0] == "suspended" and market.status == "open":
                happened.append("resumption")
        if market.status == "closed":
            self._closed.setdefault(market.market_id, at)
        else:
            self._closed.pop(market.market_id, None)
        if not match.ended and self._over(match):
            match.ended = True
            happened.append("full_time")
        return happened

    def _forget_before(self, moment: datetime) -> None:
        """Let go of markets that closed long ago, and of matches that have no others."""
        while self._closed:
            market_id, closed_at = next(iter(self._closed.items()))
            if closed_at > moment:
                return
            del self._closed[market_id]
            event = self.markets.pop(market_id).event
            self._namesakes.discard(market_id)
            match = self._matches[event]
            match.markets.pop(market_id, None)
            if not match.markets:
                del self._matches[event]
                self._owners = {k: v for k, v in self._owners.items() if k[0] != event}

    def _over(self, match: _Match) -> bool:
        leading = [market for market, rank in match.markets.items() if rank == match.rank]
        return all(self.markets[market_id].status == "closed" for market_id in leading)

    def _name(self, message: Message, market: Market, listed: Contender, address: Address) -> Told:
        runner = market.runner(listed.key)
        runner.removed = listed.removed
        self._touched.setdefault((market.market_id, listed.key), "marketDefinition")
        if runner.address is None:
            runner.address = self._address(market, listed.key, address)
            yield from catch_up(message, runner)

    def _address(self, market: Market, key: RunnerKey, wanted: Address) -> dict[str, object]:
        """Find an address of its own for a runner, which it keeps for good."""
        owner = (market.market_id, key)
        if self._owners.setdefault((market.event, wanted), owner) != owner:
            wanted = wanted._replace(selection=f"{wanted.selection} {key[0]} {key[1]:g}")
        return {"match": _match_id(market), **wanted._asdict(), "book": SOURCE}


def _fixture(message: Message, market: Market, match: _Match, read: Definition, path: str) -> Told:
    home, away = home_and_away(read)
    fixture: dict[str, object] = {
        "match": _match_id(market),
        "source": SOURCE,
        "sport": read.sport,
        "competition": read.competition.name,
        "tier": read.competition.tier,
        "home": home,
        "away": away,
        "start": read.start,
    }
    if read.start is not None and fixture != match.fixture:
        match.fixture = fixture
        yield message.told("fixture", fixture, path)


def _match_id(market: Market) -> str:
    return f"{SOURCE}-{market.event}"
