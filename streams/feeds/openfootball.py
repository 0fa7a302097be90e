"""openfootball's results: kick-offs, goals and final scores, with minutes and no more.

The times of events are estimates, good to about five minutes: a goal "in minute 67" is set to the
end of that minute, the first half is taken to last 45 minutes and its stoppage, the break 15, and
so on (`PERIODS`). Stoppage is the longest that a goal of the period shows, at least the usual one.
Measured at the World Cup 2026, odds follow goals 2 minutes after these times in the first half
and 3 in the second (matches start late), polls being 10 to 15 minutes apart.

`clock` is the minute as football counts it: stoppage counts on, so "45+3" is 48, and the second
half starts at 45 again; the period_end between the two tells them apart, as does `at`.

A file has no time of announcement: a fixture is dated a week before its kick-off. Goals of both
teams in the same minute come home side first. Shoot-outs are not scores. Red cards are not told.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, BinaryIO, NamedTuple

from markets.records import Record
from streams.feeds.competitions import Competition, competition
from streams.feeds.documents import (
    Document,
    Wrong,
    documents,
    instant,
    mapping,
    missing,
    opening_bracket,
    refused,
    rows,
    shown,
    text,
)
from streams.feeds.feed import Format, Refusal, admitted
from streams.feeds.identity import match_id

SOURCE = "openfootball"
ANNOUNCED_BEFORE = timedelta(days=7)
_TIME = re.compile(r"(\d{1,2}):(\d\d) UTC(?:([+-])(\d{1,2})(?::(\d\d))?)?")
_MINUTE = re.compile(r"(\d{1,3})(?:\+(\d{1,2}))?")

Raw = dict[str, object]
Score = tuple[int, int]


class Period(NamedTuple):
    """A period of play: the minute it ends, its usual stoppage and the break after it."""

    end: int
    stoppage: int
    rest: int


PERIODS = (Period(45, 5, 15), Period(90, 6, 5), Period(105, 1, 1), Period(120, 1, 0))


class Goal(NamedTuple):
    """A goal: its period, its minute with stoppage counted on, and who gets it."""

    period: int
    minute: int
    team: str


def read(stream: BinaryIO, place: str) -> Iterator[Record | Refusal]:
    """Read a season; its matches are told together, in the order of time."""
    raws: list[tuple[Any, Raw, str]] = []
    for document in documents(stream, place, SOURCE):
        if isinstance(document, Refusal):
            yield document
        else:
            yield from _season(document, raws)
    raws.sort(key=itemgetter(0))
    for position, (at, raw, where) in enumerate(raws):
        yield from admitted([raw], SOURCE, where)
        if position + 1 == len(raws) or raws[position + 1][0] != at:
            beat: Raw = {"kind": "heartbeat", "at": at, "source": SOURCE}
            yield from admitted([beat], SOURCE, where)


def _season(document: Document, raws: list[tuple[Any, Raw, str]]) -> Iterator[Refusal]:
    try:
        holder = mapping(document.value)
        known, matches = competition(text(holder, "name")), rows(holder, "matches")
    except Wrong as error:
        yield refused(SOURCE, document.place, str(error), document.value)
        return
    for index, match in enumerate(matches):
        where = f"{document.place}: matches[{index}]"
        try:
            told, doubts = _match(mapping(match), known)
        except (Wrong, OverflowError) as error:
            yield refused(SOURCE, where, str(error), match)
        else:
            raws += [(raw["at"], raw, where) for raw in told]
            yield from (refused(SOURCE, where, doubt, match) for doubt in doubts)


def _match(match: dict[str, Any], known: Competition) -> tuple[list[Raw], list[str]]:
    """Tell a match as raw records in the order of time, and what of it was left out."""
    home, away, start = _team(match, "team1"), _team(match, "team2"), _kick_off(match)
    name = match_id(home, away, start)
    fixture: Raw = {"kind": "fixture", "at": start - ANNOUNCED_BEFORE, "match": name}
    fixture |= {"source": SOURCE, "sport": "football", "start": start}
    fixture |= {"competition": known.name, "tier": known.tier, "home": home, "away": away}
    scores = _scores(match.get("score") or {})
    if not scores:
        return [fixture], []
    goals, doubts = _goals(match, scores)
    events = _events(start, scores, goals)
    return [fixture, *({"kind": "event", "match": name} | event for event in events)], doubts


def _team(match: dict[str, Any], field: str) -> str:
    team = match.get(field)
    return text(team, "name") if isinstance(team, dict) else text(match, field)


def _kick_off(match: dict[str, Any]) -> datetime:
    time = text(match, "time")
    found = _TIME.fullmatch(time.strip())
    if found is None:
        raise Wrong(f"time: {shown(time)} is not a time with its offset, as in '13:00 UTC-6'")
    hour, minute, sign, hours, minutes = found.groups()
    offset = f"{sign or '+'}{hours or 0:0>2}:{minutes or '00'}"
    return instant(f"{text(match, 'date')}T{hour:0>2}:{minute}{offset}", "date, time")


def _scores(score: object) -> dict[str, Score]:
    """Get the scores by name: ht, ft, et; p, a shoot-out, only says that there was extra time."""
    named = {"ft": score} if isinstance(score, list) else mapping(score)
    scores = {name: _score(value, name) for name, value in named.items()}
    if scores and "ft" not in scores:
        raise Wrong(missing("score.ft"))
    return scores


def _score(value: object, name: str) -> Score:
    if isinstance(value, list) and [type(n) for n in value] == [int, int] and min(value) >= 0:
        return value[0], value[1]
    raise Wrong(f"score.{name}: {shown(value)} is not the goals of both sides")


def _goals(match: dict[str, Any], scores: dict[str, Score]) -> tuple[list[Goal] | None, list[str]]:
    """Get the goals, or none and the reason, when they do not add up to the scores."""
    if "goals1" not in match and "goals2" not in match:
        return None, []
    try:
        goals = [_goal(goal, scores, "home") for goal in rows(match, "goals1")]
        goals += [_goal(goal, scores, "away") for goal in rows(match, "goals2")]
        _add_up(goals, scores)
    except Wrong as error:
        return None, [f"{error}; the goals of this match are left out"]
    return sorted(goals, key=itemgetter(0, 1)), []


def _goal(goal: object, scores: dict[str, Score], team: str) -> Goal:
    told = mapping(goal)
    minute = told.get("minute")
    written = f"{minute}+{told['offset']}" if told.get("offset") else str(minute)
    found = _MINUTE.fullmatch(written)
    if found is None:
        raise Wrong(f"minute: {shown(minute)} is not a minute, as in '67' or '90+4'")
    ends = [period.end for period in _periods(scores)]
    period = sum(int(found[1]) > end for end in ends[:-1])
    return Goal(period, int(found[1]) + int(found[2] or 0), team)


def _add_up(goals: list[Goal], scores: dict[str, Score]) -> None:
    for name, periods in (("ht", 1), ("ft", 2), ("et", 4)):
        counted = _running([goal for goal in goals if goal.period < periods])
        if name in scores and counted != scores[name]:
            raise Wrong(f"score.{name}: {scores[name]}, but the goals listed make {counted}")


def _running(goals: list[Goal]) -> Score:
    home = sum(goal.team == "home" for goal in goals)
    return home, len(goals) - home


def _periods(scores: dict[str, Score]) -> tuple[Period, ...]:
    return PERIODS if "et" in scores or "p" in scores else PERIODS[:2]


def _events(start: datetime, scores: dict[str, Score], goals: list[Goal] | None) -> Iterator[Raw]:
    """Lay a match out in time; without goals it has the scores at the ends of periods alone."""
    yield {"at": start, "event": "kick_off", "score": (0, 0), "clock": 0}
    periods = _periods(scores)
    begins, before, score = start, 0, (0, 0)
    for index, period in enumerate(periods):
        scored = [goal for goal in goals or () if goal.period == index]
        for goal in scored:
            score = score[0] + (goal.team == "home"), score[1] + (goal.team == "away")
            told: Raw = {"event": "goal", "team": goal.team, "score": score, "clock": goal.minute}
            yield told | {"at": begins + timedelta(minutes=goal.minute - before)}
        end = period.end + max([period.stoppage, *(goal.minute - period.end for goal in scored)])
        ends = begins + timedelta(minutes=end - before)
        event = "full_time" if period is periods[-1] else "period_end"
        after = _known(index, scores) if goals is None else score
        yield {"at": ends, "event": event, "score": after, "clock": end}
        begins, before = ends + timedelta(minutes=period.rest), period.end


def _known(period: int, scores: dict[str, Score]) -> Score | None:
    return (scores.get("ht"), scores["ft"], None, scores.get("et", scores["ft"]))[period]


def _recognises(head: bytes) -> bool:
    return opening_bracket(head) == b"{" and b'"matches"' in head and b'"team1"' in head


FORMAT = Format(SOURCE, _recognises, read)
