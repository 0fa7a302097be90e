"""A feed made up for the tests: some books polled each quarter of an hour, before and in play."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from markets.records import Event, Fixture, Heartbeat, Price, Record

KICK_OFF = datetime(2026, 6, 11, 19, tzinfo=UTC)
POLL = timedelta(minutes=15)
OPENED, ENDED = timedelta(hours=12), timedelta(minutes=115)
NAMES = ("home", "draw", "away")


def polled(
    matches: Sequence[str] = ("a-v-b",),
    *,
    books: int = 6,
    every: timedelta = POLL,
    still: bool = False,
    seed: int = 1,
) -> list[Record]:
    """Matches that all kick off at once; with `still` no price ever moves after the first poll."""
    rng = random.Random(seed)
    at = KICK_OFF - OPENED
    told: list[Record] = [fixture(match, at) for match in matches]
    prices: dict[tuple[str, str, str], float] = {}
    while at <= KICK_OFF + ENDED:
        told += _events(matches, at, every)
        for match in matches:
            told += _poll(rng, match, at, books, prices, still=still)
        told.append(Heartbeat(at=at, source="odds"))
        at += every
    return told


def fixture(match: str, at: datetime) -> Fixture:
    home, _, away = match.partition("-v-")
    return Fixture(
        at=at, match=match, source="odds", sport="football", competition="Cup", tier=1,
        home=home, away=away, start=KICK_OFF,
    )  # fmt: skip


def price(at: datetime, selection: str, asked: float, book: str = "b0", **more: object) -> Price:
    known = {"match": "a-v-b", "market": "1x2"} | more
    return Price(at=at, selection=selection, book=book, price=asked, **known)


def _events(matches: Sequence[str], at: datetime, every: timedelta) -> Iterator[Event]:
    for match in matches:
        if at == KICK_OFF:
            yield Event(at=at, match=match, event="kick_off", score=(0, 0), clock=0.0)
        if at <= KICK_OFF + timedelta(minutes=112) < at + every:
            yield Event(at=at, match=match, event="full_time", score=(0, 0), clock=95.0)


def _poll(
    rng: random.Random,
    match: str,
    at: datetime,
    books: int,
    prices: dict[tuple[str, str, str], float],
    *,
    still: bool,
) -> Iterator[Price]:
    for number in range(books):
        for selection, opening in zip(NAMES, (2.3, 3.3, 3.2), strict=True):
            key = (match, f"b{number}", selection)
            before = prices.get(key)
            now = before or opening * rng.uniform(0.98, 1.02)
            if before and not still and rng.random() < 0.5:
                now *= rng.uniform(0.995, 1.005)
            if now != before:
                prices[key] = now
                yield price(
                    at, selection, round(now, 3), f"b{number}", match=match,
                    in_play=at >= KICK_OFF,
                )  # fmt: skip
