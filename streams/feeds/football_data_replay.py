"""Season files of football-data.co.uk as records: opening and closing prices, and results.

- **Times.** Early prices are collected on Friday afternoon for matches from Friday to Monday and
  on Tuesday afternoon for the others; they are dated 15:00 London time of that day, or an hour
  before the match. Closing prices are dated a minute before kick-off. Kick-off is London time;
  seasons before 2019/20 do not tell it, and 15:00 is taken.
- **A gap** comes before closing prices: they moved at some time since the early ones, and nobody
  knows how quickly.
- **Half-time and full-time** are dated 48 and 112 minutes after kick-off: good to some minutes.
- **Left out**: highest and average prices over books (`Max`, `Avg`, `BbMx`, `BbAv`), which are no
  books, and statistics of the play.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from functools import partial
from operator import itemgetter
from typing import BinaryIO
from zoneinfo import ZoneInfo

from markets.records import Record
from streams.feeds.competitions import competition
from streams.feeds.documents import BYTE_ORDER_MARK, Wrong, shown
from streams.feeds.feed import Broken, Format, Refusal, admitted
from streams.feeds.football_data import BadSeasonFile, SeasonRow, WrongPrice, season
from streams.feeds.football_data_columns import DIVISIONS, Column, line_of, odds_column
from streams.feeds.identity import match_id

SOURCE = "football-data"
LONDON = ZoneInfo("Europe/London")
AFTERNOON = time(15)
_GOALS = re.compile(r"\d{1,3}", re.ASCII)
_UNSEEN = "nobody looked between the early prices and these"
FRIDAY, TUESDAY = 4, 1
HALF_TIME, FULL_TIME = timedelta(minutes=48), timedelta(minutes=112)
BEFORE_START = timedelta(minutes=1)
EARLIEST_BEFORE = timedelta(hours=1)

Raw = dict[str, object]
Timed = tuple[datetime, int, Raw, str]
Part = Callable[[SeasonRow, Raw], list[tuple[datetime, Raw]]]


def read(stream: BinaryIO, place: str) -> Iterator[Record | Refusal]:
    """Read a season; its matches are told together, in the order of time."""
    try:
        held = season(stream, place)
    except BadSeasonFile as error:
        raise Broken(str(error)) from None
    yield from held.refused
    columns = [found for name in held.columns if (found := odds_column(name)) is not None]
    parts: list[Part] = [_play, *(partial(_price, column=column) for column in columns)]
    timed: list[Timed] = []
    for row in held.rows:
        where = f"{place}:{row.line}"
        try:
            told = [_fixture(row)]
        except Wrong as error:
            yield _refused(row, where, error)
            continue
        for part in parts:
            try:
                told += part(row, told[0][1])
            except (Wrong, WrongPrice) as error:
                yield _refused(row, where, error)
        told += _gap_before_closing(told)
        timed += [(at, _order(raw, len(timed) + n), raw, where) for n, (at, raw) in enumerate(told)]
    yield from _in_time(timed)


def _in_time(timed: list[Timed]) -> Iterator[Record | Refusal]:
    timed.sort(key=itemgetter(0, 1))
    for position, (at, _, raw, where) in enumerate(timed):
        yield from admitted([{"at": at, **raw}], SOURCE, where)
        if position + 1 == len(timed) or timed[position + 1][0] != at:
            yield from admitted([{"kind": "heartbeat", "at": at, "source": SOURCE}], SOURCE, where)


def _gap_before_closing(told: list[tuple[datetime, Raw]]) -> list[tuple[datetime, Raw]]:
    closing = _kick_off(told[0][1]) - BEFORE_START
    priced = any(raw["kind"] == "price" and at == closing for at, raw in told)
    return [(closing, {"kind": "gap", "source": SOURCE, "reason": _UNSEEN})] if priced else []


def _order(raw: Raw, position: int) -> int:
    """What comes first of a moment: a gap is told before the prices that it is about."""
    return -1 if raw["kind"] == "gap" else position


def _refused(row: SeasonRow, where: str, error: Exception) -> Refusal:
    raw = ",".join(row.cells.values()).encode()[:2000]
    return Refusal(SOURCE, where, str(error), raw)


def _fixture(row: SeasonRow) -> tuple[datetime, Raw]:
    start = _start(row)
    name = match_id(row.home, row.away, start)
    known = competition(_competition(row))
    if row.home == row.away:
        raise Wrong(f"AwayTeam: {row.away[:80]!r} is the home team as well")
    fixture: Raw = {"kind": "fixture", "match": name, "source": SOURCE, "sport": "football"}
    fixture |= {"competition": known.name, "tier": known.tier, "start": start}
    return _early(start), fixture | {"home": row.home, "away": row.away}


def _play(row: SeasonRow, fixture: Raw) -> list[tuple[datetime, Raw]]:
    return list(_events(row, fixture))


def _events(row: SeasonRow, fixture: Raw) -> Iterator[tuple[datetime, Raw]]:
    """Tell what is known of the play."""
    half, full = _score(row, "HTHG", "HTAG"), _score(row, "FTHG", "FTAG")
    if full is None:
        return
    start = _kick_off(fixture)
    event: Raw = {"kind": "event", "match": fixture["match"]}
    yield start, event | {"event": "kick_off", "score": (0, 0), "clock": 0}
    if half is not None:
        yield start + HALF_TIME, event | {"event": "period_end", "score": half, "clock": 45}
    yield start + FULL_TIME, event | {"event": "full_time", "score": full, "clock": 90}


def _competition(row: SeasonRow) -> str:
    """Name the competition; the extra leagues' own names (Serie A) are those of several countries.

    >>> from datetime import date
    >>> _competition(SeasonRow(2, "Serie A", date(2024, 5, 9), "a", "b", {"Country": "Brazil"}))
    'Serie A - Brazil'
    """
    country = row.cells.get("Country")
    return DIVISIONS.get(row.division, row.division) if country is None else (
        f"{row.division} - {country}"
    )  # fmt: skip


def _start(row: SeasonRow) -> datetime:
    told = row.cells.get("Time")
    try:
        hour = AFTERNOON if told is None else time.fromisoformat(told.zfill(5))
    except ValueError:
        raise Wrong(f"Time: {told!r} is not hh:mm") from None
    return datetime.combine(row.day, hour, LONDON).astimezone(UTC)


def _early(start: datetime) -> datetime:
    """When the early prices of a match were collected."""
    local = start.astimezone(LONDON)
    since = (local.weekday() - FRIDAY) % 7
    if since > 3:
        since = (local.weekday() - TUESDAY) % 7
    day = local.date() - timedelta(days=since)
    collected = datetime.combine(day, AFTERNOON, LONDON).astimezone(UTC)
    return min(collected, start - EARLIEST_BEFORE)


def _score(row: SeasonRow, home: str, away: str) -> tuple[int, int] | None:
    goals = row.cells.get(home), row.cells.get(away)
    if goals[0] is None or goals[1] is None:
        return None
    for name, told in zip((home, away), goals, strict=True):
        if not _GOALS.fullmatch(str(told)):
            raise Wrong(f"{name}: {shown(told)} are not goals")
    return int(goals[0]), int(goals[1])


def _price(row: SeasonRow, fixture: Raw, column: Column) -> list[tuple[datetime, Raw]]:
    price = row.price(column.name)
    if price is None:
        return []
    start = _kick_off(fixture)
    line = column.line
    if column.lines:
        line = _handicap(line_of(column, row.cells), column.name)
    raw: Raw = {"kind": "price", "match": fixture["match"], "book": column.book, "line": line}
    raw |= {"market": column.market, "selection": column.selection, "price": price}
    return [(start - BEFORE_START if column.closing else _early(start), raw)]


def _kick_off(fixture: Raw) -> datetime:
    start = fixture["start"]
    assert isinstance(start, datetime)
    return start


def _handicap(told: str | None, column: str) -> float:
    if told is None:
        raise Wrong(f"{column}: the handicap that it is for is missing")
    try:
        return float(told) + 0.0
    except ValueError:
        raise Wrong(f"{column}: its handicap {told[:40]!r} is no number") from None


def _recognises(head: bytes) -> bool:
    columns = head.removeprefix(BYTE_ORDER_MARK).split(b"\n", 1)[0].strip().split(b",")
    main = columns[:2] == [b"Div", b"Date"] and (b"HomeTeam" in columns or b"HT" in columns)
    return main or (columns[:2] == [b"Country", b"League"] and b"Home" in columns)


FORMAT = Format(SOURCE, _recognises, read)
