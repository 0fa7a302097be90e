"""What a Betfair market definition is about: the fixture, the market, its selections.

- **Sides.** The home side is the one the event's name says ("A v B", "A @ B"), else the runner of
  sort priority 1 (2 where the name has an "@").
- **Lines.** `asian_handicap` has the handicap of the home side for both selections; totals have
  the number of goals; a set winner has the number of the set, so that sets do not collide; any
  other market has the runner's handicap, or none.
- **Names missing** from a recording (live streams have none) are replaced by ids, and for markets
  whose runners are always sorted alike by their sort priority.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from markets.records import Status
from streams.feeds.betfair_message import FAULTS, identifier, number
from streams.feeds.competitions import OTHER_TIER, Competition, competition
from streams.feeds.documents import Wrong, instant, mapping, rows, shown, text
from streams.feeds.ladders import RunnerKey

SPORTS = {"1": "football", "2": "tennis", "4": "cricket", "7": "horse-racing", "7522": "basketball"}
UNKNOWN = "unknown"
_STATUSES: dict[str, Status] = {
    "OPEN": "open", "SUSPENDED": "suspended", "INACTIVE": "suspended", "CLOSED": "closed",
}  # fmt: skip
_DRAW = 58805
_DRAWS = ("the draw", "draw")
_YES_NO = {30246: "yes", 110503: "no"}
_BETWEEN_SIDES = re.compile(r"\s+(v|vs|@)\s+", re.IGNORECASE)
_TOTALS = re.compile(r"OVER_UNDER_(\d{1,4})(_CORNR|_CARDS)?")
_TOTALS_OF = {None: "total", "_CORNR": "corners", "_CARDS": "cards"}
_SET = re.compile(r"\d+")
_RANKS = {"MATCH_ODDS": 0, "ASIAN_HANDICAP": 1}
_OF_SIDES = ("MATCH_ODDS", "ASIAN_HANDICAP", "HALF_TIME", "DRAW_NO_BET")

Fault = tuple[str, Exception, object]


class Contender(NamedTuple):
    """A runner as the definition lists it."""

    id: int
    handicap: float
    order: float
    name: str | None
    removed: bool

    @property
    def key(self) -> RunnerKey:
        """What the runner is known by in updates."""
        return self.id, self.handicap

    @property
    def label(self) -> str:
        """The name, or the id as text where the recording has no names."""
        return self.name or str(self.id)

    @property
    def draw(self) -> bool:
        """Whether it is the draw, which has one id in all markets."""
        return self.id == _DRAW or (self.name or "").casefold() in _DRAWS


class Definition(NamedTuple):
    """A market definition, read; what is None was missing or refused."""

    event: str
    sport: str
    type: str
    betting: str
    name: str | None
    event_name: str | None
    competition: Competition
    start: datetime | None
    status: Status | None
    in_play: bool | None
    runners: tuple[Contender, ...]

    @property
    def rank(self) -> int:
        """How well the market stands for the whole match; 0 is best."""
        return _RANKS.get(self.type, 2)


class Address(NamedTuple):
    """Where a selection is found in records."""

    market: str
    line: float | None
    selection: str


def definition(raw: object) -> tuple[Definition, list[Fault]]:
    """Read a market definition; the faults are parts of it that were passed over.

    Raises `Wrong` when event, sport or market type are missing.
    """
    holder = mapping(raw)
    faults: list[Fault] = []
    sport = identifier(holder, "eventTypeId")
    read = Definition(
        event=identifier(holder, "eventId"),
        sport=SPORTS.get(sport, f"betfair-sport-{sport}"),
        type=text(holder, "marketType"),
        betting=str(_optional(holder, "bettingType", str, faults)),
        name=_optional(holder, "name", str, faults),
        event_name=_optional(holder, "eventName", str, faults),
        competition=_competition(_optional(holder, "competitionName", str, faults)),
        start=_start(holder, faults),
        status=_status(_optional(holder, "status", str, faults), faults),
        in_play=_optional(holder, "inPlay", bool, faults),
        runners=tuple(_contenders(holder, faults)),
    )
    return read, faults


def sides(market: Definition) -> tuple[int, int] | None:
    """Ids of the home and the away runner, None where a market has no two sides."""
    found: dict[int, str | None] = {}
    for runner in sorted(market.runners, key=lambda runner: runner.order):
        if not runner.draw:
            found.setdefault(runner.id, runner.name)
    if len(found) != 2:
        return None
    (first, name), (second, _) = found.items()
    named = teams(market.event_name)
    if named is None:
        return first, second
    if found[second] == named[0] or (name == named[1]):
        return second, first
    if name == named[0] or not _visitors_first(market.event_name):
        return first, second
    return second, first


def teams(event_name: str | None) -> tuple[str, str] | None:
    """Home and away as the name of an event has them.

    >>> teams("Cameron Norrie v Casper Ruud"), teams("Cavaliers @ Timberwolves"), teams("Ascot")
    (('Cameron Norrie', 'Casper Ruud'), ('Timberwolves', 'Cavaliers'), None)
    """
    parts = _BETWEEN_SIDES.split(event_name or "", maxsplit=1)
    if len(parts) != 3 or not parts[0].strip() or not parts[2].strip():
        return None
    first, second = parts[0].strip(), parts[2].strip()
    return (second, first) if parts[1] == "@" else (first, second)


def home_and_away(market: Definition) -> tuple[str, str]:
    """Names of the two sides for the fixture, as good as the recording has them."""
    named = teams(market.event_name)
    if named is not None:
        return named
    two = sides(market) if market.type in _OF_SIDES else None
    if two is None:
        return market.event_name or UNKNOWN, UNKNOWN
    names = {runner.id: runner.name or f"runner {runner.id}" for runner in market.runners}
    return names[two[0]], names[two[1]]


def addresses(market: Definition) -> Iterator[tuple[Contender, Address]]:
    """Say under which market, line and selection each runner goes."""
    total = _TOTALS.fullmatch(market.type)
    two = sides(market) or (0, 0)
    for runner in market.runners:
        if total is not None:
            line = int(total[1]) / 10
            found = Address(_TOTALS_OF[total[2]], line, _over_or_under(runner, market))
        elif market.type == "ASIAN_HANDICAP" and runner.id in two:
            found = _handicap(runner, home=runner.id == two[0])
        else:
            found = _other(runner, market, two)
        yield runner, found


def _other(runner: Contender, market: Definition, two: tuple[int, int]) -> Address:
    line = runner.handicap or None
    if market.type == "MATCH_ODDS":
        football = market.sport == "football"
        selection = _result(runner, two) if football else runner.label
        return Address("1x2" if football else "winner", line, selection)
    if market.type == "HALF_TIME":
        return Address("half_time", line, _result(runner, two))
    if market.type == "COMBINED_TOTAL" and runner.name:
        return Address("total", runner.handicap, _over_or_under(runner, market))
    if market.type == "BOTH_TEAMS_TO_SCORE":
        return Address("btts", line, _yes_or_no(runner))
    if market.type == "SET_WINNER":
        number_of_set = _SET.search(market.name or "")
        return Address("set_winner", float(number_of_set[0]) if number_of_set else line,
                       runner.label)  # fmt: skip
    return Address(market.type.lower(), line, runner.label)


def _result(runner: Contender, two: tuple[int, int]) -> str:
    if runner.draw:
        return "draw"
    return {two[0]: "home", two[1]: "away"}.get(runner.id, runner.label)


def _handicap(runner: Contender, *, home: bool) -> Address:
    line = runner.handicap if home else 0.0 - runner.handicap
    return Address("asian_handicap", line, "home" if home else "away")


def _over_or_under(runner: Contender, market: Definition) -> str:
    word = (runner.name or "").casefold()
    for selection in ("over", "under"):
        if word.startswith(selection):
            return selection
    if runner.name:
        return runner.name
    # Without names: these markets always list under before over.
    return "under" if runner.order == min(r.order for r in market.runners) else "over"


def _yes_or_no(runner: Contender) -> str:
    word = (runner.name or "").casefold()
    return word if word in ("yes", "no") else _YES_NO.get(runner.id, runner.label)


def _visitors_first(event_name: str | None) -> bool:
    between = _BETWEEN_SIDES.search(event_name or "")
    return between is not None and between[1] == "@"


def _competition(title: str | None) -> Competition:
    return competition(title) if title else Competition(UNKNOWN, OTHER_TIER)


def _optional(holder: dict[str, Any], field: str, kind: type, faults: list[Fault]) -> Any:
    value = holder.get(field)
    if value is None or isinstance(value, kind):
        return value
    faults.append((field, Wrong(f"{shown(value)} is not a {kind.__name__}"), value))
    return None


def _start(holder: dict[str, Any], faults: list[Fault]) -> datetime | None:
    try:
        return instant(holder.get("marketTime"), "marketTime")
    except FAULTS as error:
        faults.append(("marketTime", error, holder.get("marketTime")))
        return None


def _status(value: str | None, faults: list[Fault]) -> Status | None:
    if value is not None and value not in _STATUSES:
        faults.append(("status", Wrong(f"{shown(value)} is not a market status"), value))
    return _STATUSES.get(value or "")


def _contenders(holder: dict[str, Any], faults: list[Fault]) -> Iterator[Contender]:
    for index, raw in enumerate(rows(holder, "runners")):
        try:
            yield _contender(mapping(raw), index)
        except FAULTS as error:
            faults.append((f"runners[{index}]", error, raw))


def _contender(raw: dict[str, Any], index: int) -> Contender:
    name = raw.get("name")
    if name is not None and not isinstance(name, str):
        raise Wrong(f"name: {shown(name)} is not a text")
    return Contender(
        *runner_key(raw),
        order=number(raw.get("sortPriority", index + 1), "sortPriority"),
        name=name or None,
        removed=raw.get("status") in ("REMOVED", "REMOVED_VACANT", "HIDDEN"),
    )


def runner_key(raw: dict[str, Any]) -> RunnerKey:
    """Read by what a runner is known: its id and its handicap, 0 where there is none."""
    runner = raw.get("id")
    if type(runner) is not int:
        raise Wrong(f"id: {shown(runner)} is not the id of a runner")
    handicap = raw.get("hc")
    return runner, 0.0 if handicap is None else number(handicap, "hc")
