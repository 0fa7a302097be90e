"""Desks opened again as they stood before a frame, from the rows that the store has of them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from forensics.desk import Closing, Desk
from forensics.store import Store
from markets.records import Event, Fixture, Price, Record

_BEFORE = """
match IN {matches:Array(String)} AND partition = {partition:UInt16} AND offset < {offset:UInt64}
"""
# Where the present minute of a match begins is a matter of the order in which records came: in it
# the feed may tell of a minute before.
_BEGAN = f"""
WITH
told AS (
    SELECT match, at, offset, idx FROM prices WHERE {_BEFORE}
    UNION ALL SELECT match, at, offset, idx FROM events WHERE {_BEFORE}
    UNION ALL SELECT match, at, offset, idx FROM fixtures WHERE {_BEFORE}
),
newest AS (SELECT match, toStartOfMinute(max(at)) AS since FROM told GROUP BY match)
SELECT match, toUnixTimestamp(any(since)) AS minute, min((offset, idx)) AS begun
FROM told INNER JOIN newest USING (match)
WHERE at >= since
GROUP BY match
"""
_KNOWN = """
INNER JOIN (
    SELECT match, minute, (frame, place) AS begun
    FROM (SELECT 1)
    ARRAY JOIN {matches:Array(String)} AS match, {minutes:Array(UInt32)} AS minute,
               {frames:Array(UInt64)} AS frame, {places:Array(UInt32)} AS place
) AS known USING (match)
"""
_FIXTURES = f"""
SELECT match, at, source, sport, competition, tier, home, away, start,
       (offset, idx) AS place, place >= begun AS present
FROM (SELECT * FROM fixtures WHERE {_BEFORE}) AS fixtures {_KNOWN}
ORDER BY offset, idx
"""
_EVENTS = f"""
SELECT match, at, event, team, home_score, away_score, clock,
       (offset, idx) AS place, place >= begun AS present
FROM (SELECT * FROM events WHERE {_BEFORE}) AS events {_KNOWN}
ORDER BY offset, idx
"""
_QUOTES = f"""
SELECT match, market, line, selection, book,
       argMax((prices.at, price, status, in_play), (prices.at, offset, idx)) AS latest
FROM (SELECT * FROM prices WHERE {_BEFORE}) AS prices {_KNOWN}
WHERE (offset, idx) < begun
GROUP BY match, market, line, selection, book
"""
_PRICES = f"""
SELECT match, at, market, line, selection, book, price, status, in_play, (offset, idx) AS place
FROM (SELECT * FROM prices WHERE {_BEFORE}) AS prices {_KNOWN}
WHERE (offset, idx) >= begun
"""
_CLOSING = f"""
SELECT match, market, line, selection, argMax(consensus, (closed, offset)) AS consensus
FROM (
    SELECT match, market, line, selection, consensus, offset, toUnixTimestamp(minute) AS closed
    FROM bars WHERE {_BEFORE} AND NOT in_play
) AS bars {_KNOWN}
WHERE closed < known.minute
GROUP BY match, market, line, selection
"""


def reopened(store: Store, matches: Sequence[str], partition: int, offset: int) -> Iterator[Desk]:
    """Open a desk for each match as it stood before a frame; one that is new has no past."""
    place = {"matches": list(matches), "partition": partition, "offset": offset}
    known = {row["match"]: row for row in store.rows(_BEGAN, place)}
    yield from (Desk(match) for match in matches if match not in known)
    if known:
        place |= {"matches": list(known), "minutes": [row["minute"] for row in known.values()]}
        begun = [list(row["begun"].values()) for row in known.values()]
        place |= {"frames": [frame for frame, _ in begun], "places": [at for _, at in begun]}
        yield from _known(store, list(known), place)


def _known(store: Store, matches: Sequence[str], place: Mapping[str, object]) -> Iterator[Desk]:
    past: dict[str, list[Record]] = {match: [] for match in matches}
    present: dict[str, list[tuple[tuple[int, int], Record]]] = {match: [] for match in matches}
    for sql, made in ((_FIXTURES, _fixture), (_EVENTS, _event)):
        for row in store.rows(sql, place):
            at, now = tuple(row.pop("place").values()), row.pop("present")
            record = made(row)
            present[record.match].append((at, record)) if now else past[record.match].append(record)
    for row in store.rows(_QUOTES, place):
        latest = dict(
            zip(("at", "price", "status", "in_play"), row.pop("latest").values(), strict=True)
        )
        past[row["match"]].append(_price(row | latest))
    for row in store.rows(_PRICES, place):
        at = tuple(row.pop("place").values())
        present[row["match"]].append((at, _price(row)))
    closing = _closing(store, place)
    for match in matches:
        now = [record for _, record in sorted(present[match], key=itemgetter(0))]
        yield Desk(match, past[match], now, closing.get(match))


def _closing(store: Store, place: Mapping[str, object]) -> dict[str, Closing]:
    closing: dict[str, Closing] = {}
    for row in store.rows(_CLOSING, place):
        market = closing.setdefault(row["match"], {}).setdefault((row["market"], row["line"]), {})
        market[row["selection"]] = row["consensus"]
    return closing


def _fixture(row: Mapping[str, Any]) -> Fixture:
    return Fixture(**_aware(row))


def _price(row: Mapping[str, Any]) -> Price:
    return Price(**_aware(row))


def _event(row: Mapping[str, Any]) -> Event:
    told = _aware(row)
    home, away = told.pop("home_score"), told.pop("away_score")
    score = None if home is None or away is None else (home, away)
    return Event(**told, score=score)


def _aware(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
        for name, value in row.items()
    }
