"""Score changes (`ccm`) of a Betfair recording as fixture and event records.

- **Cricket**, which is what this feed carries: `score` whenever a total changes (corrections
  downwards too), `wicket` for each wicket beyond the most seen in the innings, `period_end` when
  the current innings changes. The score is runs by side over all innings, the clock is overs of
  the innings in balls notation (13.4 is thirteen overs and four balls).
- **Kick-off** is the first ball, not the toss: a fixture is IN_RUNNING from the toss on. Neither
  is told by a recording that begins later than it.
- **Football**: incidents named as in Betfair's in-play timeline (Goal, RedCard, FirstHalfEnd, ...)
  with `team` and `matchTime`. No recording of these was at hand; the score is counted from goals,
  and only from a kick-off on.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from streams.feeds.ageing import Ageing
from streams.feeds.betfair_message import (
    FAULTS,
    SOURCE,
    Message,
    Told,
    identifier,
    moment,
    number,
    parts,
)
from streams.feeds.betfair_names import SPORTS, UNKNOWN
from streams.feeds.competitions import OTHER_TIER
from streams.feeds.documents import Wrong, mapping, shown
from streams.feeds.feed import Refusal

WICKETS = 10
_OVERS = re.compile(r"\d{1,4}(\.\d)?")
_LETTERS = re.compile(r"[^a-z]")
_SAME_INCIDENT = ("team", "updateId", "actualTime", "updateTime", "matchTime")
_OVER = ("MATCH_COMPLETE", "EVENT_CLOSED")
_INCIDENTS = {
    "kickoff": "kick_off", "goal": "goal", "redcard": "red_card", "secondyellowcard": "red_card",
    "penalty": "penalty", "firsthalfend": "period_end", "halftime": "period_end",
    "secondhalfend": "full_time", "fulltime": "full_time",
}  # fmt: skip

Team = Literal["home", "away"]


class _Innings(NamedTuple):
    team: Team | None
    runs: int
    wickets: int
    overs: float


@dataclass(slots=True)
class _Play:
    """What was told of one match so far."""

    match: str
    sport: str = "cricket"
    home: str | None = None
    away: str | None = None
    start: datetime | None = None
    fixture: dict[str, object] = field(default_factory=dict)
    innings: dict[int, _Innings] = field(default_factory=dict)
    wickets: dict[int, int] = field(default_factory=dict)
    current: int | None = None
    score: tuple[int, int] | None = (0, 0)
    goals: tuple[int, int] | None = None
    waiting: bool = False
    kicked_off: bool = False
    ended: bool = False
    incidents: set[tuple[str, ...]] = field(default_factory=set)


class ScoreChanges:
    """Scores of all matches of a recording."""

    def __init__(self) -> None:
        self._plays: Ageing[str, _Play] = Ageing()

    def read(self, message: Message) -> Told:
        """Apply one message."""
        self._plays.now(message.at)
        for path, change in parts(message.body, "cc"):
            try:
                held = mapping(change)
                event = identifier(held, "eventId")
            except FAULTS as error:
                yield message.refuse(path, error, change)
                continue
            play = self._plays.setdefault(event, _Play(f"{SOURCE}-{event}"))
            yield from _change(message, play, held, path)


def _change(message: Message, play: _Play, held: dict[str, Any], path: str) -> Told:
    sections: list[dict[str, Any]] = []
    for name in ("fixtureInfo", "matchStats", "incidentListWrapper"):
        try:
            sections.append(mapping(held.get(name) or {}))
        except FAULTS as error:
            yield message.refuse(f"{path}.{name}", error, held.get(name))
            sections.append({})
    info, stats, incidents = sections
    yield from _fixture(message, play, held, info, f"{path}.fixtureInfo")
    innings: dict[int, _Innings] = {}
    for told in _innings(message, play, stats, f"{path}.matchStats."):
        if isinstance(told, Refusal):
            yield told
        else:
            innings[told[0]] = told[1]
    yield from _begun(message, play, info, innings, path)
    yield from _stats(message, play, stats, innings, f"{path}.matchStats")
    for where, raw in parts(incidents, "incidentList", f"{path}.incidentListWrapper."):
        yield from _incident(message, play, raw, where)
    over = info.get("fixtureStatus") == "FINISHED" or info.get("eventStatus") in _OVER
    if over and not play.ended:
        play.ended = True
        yield _event(message, play, "full_time", path, score=play.score)


def _fixture(
    message: Message, play: _Play, held: dict[str, Any], info: dict[str, Any], path: str
) -> Told:
    try:
        play.home = _team_name(info, held, "homeTeam") or play.home
        play.away = _team_name(info, held, "awayTeam") or play.away
        if info.get("expectedStartTime") is not None:
            play.start = moment(info["expectedStartTime"], "expectedStartTime")
        if info.get("eventTypeId") is not None:
            play.sport = SPORTS.get(identifier(info, "eventTypeId"), play.sport)
    except FAULTS as error:
        yield message.refuse(path, error, info)
        return
    fixture: dict[str, object] = {
        "match": play.match,
        "source": SOURCE,
        "sport": play.sport,
        "competition": UNKNOWN,
        "tier": OTHER_TIER,
        "home": play.home,
        "away": play.away,
        "start": play.start,
    }
    if None not in fixture.values() and fixture != play.fixture:
        play.fixture = fixture
        yield message.told("fixture", fixture, path)


def _team_name(info: dict[str, Any], held: dict[str, Any], side: str) -> str | None:
    name = info.get(side)
    if name is None and held.get(side) is not None:
        name = mapping(held[side]).get("name")
    if name is not None and not isinstance(name, str):
        raise Wrong(f"{side}: {shown(name)} is not a name")
    return name or None


def _begun(
    message: Message, play: _Play, info: dict[str, Any], innings: dict[int, _Innings], path: str
) -> Told:
    status = info.get("fixtureStatus")
    ball = info.get("eventStatus") == "BALL_IN_PROGRESS"
    ball = ball or any(one.overs or one.runs for one in innings.values())
    if status == "PRE_MATCH" or (innings and not ball):
        play.waiting = True
    elif ball and not play.kicked_off:
        play.kicked_off = True
        if play.waiting:
            yield _event(message, play, "kick_off", path)


def _innings(
    message: Message, play: _Play, stats: dict[str, Any], path: str
) -> Iterator[tuple[int, _Innings] | Refusal]:
    for where, raw in parts(stats, "inningsStats", path):
        try:
            index, one = _one_innings(play, mapping(raw))
        except FAULTS as error:
            yield message.refuse(where, error, raw)
            continue
        # The door knows the bounds of a score; an innings beyond them must not enter the total.
        checked = _event(message, play, "score", where, score=(one.runs, 0), clock=one.overs)
        yield checked if isinstance(checked, Refusal) else (index, one)


def _one_innings(play: _Play, raw: dict[str, Any]) -> tuple[int, _Innings]:
    index, runs, wickets = (
        _whole(raw, name) for name in ("inningsNum", "inningsRuns", "inningsWickets")
    )
    if wickets > WICKETS:
        raise Wrong(f"inningsWickets: {wickets} is more than {WICKETS}")
    overs = raw.get("inningsOvers", 0)
    if isinstance(overs, str):
        if not _OVERS.fullmatch(overs):
            raise Wrong(f"inningsOvers: {shown(overs)} is not a number of overs")
        overs = float(overs)
    team = _side(play, raw.get("battingTeam"))
    known = play.innings.get(index)
    if team is None and known is not None:
        team = known.team
    return index, _Innings(team, runs, wickets, number(overs, "inningsOvers"))


def _stats(
    message: Message, play: _Play, stats: dict[str, Any], innings: dict[int, _Innings], path: str
) -> Told:
    first = not play.innings
    play.innings.update(innings)
    yield from _next_innings(message, play, stats, path)
    score = _score(play)
    clock = play.innings[play.current].overs if play.current in play.innings else None
    if innings and score is not None and score != play.score:
        told = _event(message, play, "score", path, score=score, clock=clock)
        if not isinstance(told, Refusal):
            play.score = score
        yield told
    for index, one in innings.items():
        most = play.wickets.setdefault(index, one.wickets if first else 0)
        play.wickets[index] = max(most, one.wickets)
        for _ in range(most, one.wickets):
            yield _event(message, play, "wicket", path, one.team, score=score, clock=one.overs)


def _next_innings(message: Message, play: _Play, stats: dict[str, Any], path: str) -> Told:
    if stats.get("currentInnings") is None:
        return
    try:
        current = _whole(stats, "currentInnings")
    except FAULTS as error:
        yield message.refuse(path, error, stats)
        return
    before, play.current = play.current, current
    if before is None or current <= before:
        return
    ended = play.innings.get(before)
    clock = ended.overs if ended else None
    yield _event(message, play, "period_end", path, score=play.score, clock=clock)


def _score(play: _Play) -> tuple[int, int] | None:
    runs = {"home": 0, "away": 0}
    for one in play.innings.values():
        if one.team is not None:
            runs[one.team] += one.runs
        elif one.runs:
            return None
    return runs["home"], runs["away"]


def _incident(message: Message, play: _Play, raw: object, path: str) -> Told:
    try:
        held = mapping(raw)
        happening = _INCIDENTS.get(_LETTERS.sub("", str(held.get("incidentType")).lower()))
        clock = held.get("matchTime")
        clock = None if clock is None else number(clock, "matchTime")
        known = (str(happening), *(str(held.get(name)) for name in _SAME_INCIDENT))
    except FAULTS as error:
        yield message.refuse(path, error, raw)
        return
    # Incidents are told again and again for as long as they are on the feed's list.
    if happening is None or known in play.incidents:
        return
    play.incidents.add(known)
    if happening == "full_time" and play.ended:
        return
    team = _side(play, held.get("team"))
    score = _goals(play, happening, team)
    play.ended = play.ended or happening == "full_time"
    yield _event(message, play, happening, path, team, score=score, clock=clock)


def _goals(play: _Play, happening: str, team: Team | None) -> tuple[int, int] | None:
    play.sport = "football"
    if happening == "kick_off":
        play.goals = (0, 0)
    elif happening == "goal" and play.goals is not None:
        home, away = play.goals
        play.goals = (home + (team == "home"), away + (team == "away")) if team else None
    play.score = play.goals
    return play.goals


def _side(play: _Play, name: object) -> Team | None:
    if name == "home" or (name is not None and name == play.home):
        return "home"
    if name == "away" or (name is not None and name == play.away):
        return "away"
    return None


def _event(
    message: Message,
    play: _Play,
    event: str,
    path: str,
    team: Team | None = None,
    *,
    score: tuple[int, int] | None = None,
    clock: float | None = None,
) -> Any:
    fields = {"match": play.match, "event": event, "team": team, "score": score, "clock": clock}
    return message.told("event", fields, path)


def _whole(raw: dict[str, Any], name: str) -> int:
    value = raw.get(name)
    if type(value) is not int or value < 0:
        raise Wrong(f"{name}: {shown(value)} is not a whole number")
    return value
