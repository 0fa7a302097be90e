"""When a book looks at a match, and when it does not trade as usual."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from streams.simulator.books import EXCHANGE, Book
from streams.simulator.play import Incident, Timetable
from streams.simulator.prices import DAY, Truth
from streams.simulator.trading import Interruption, apart

# Each per book and match; a simulated day shows every one of them somewhere.
_ERRS, _WITHDRAWS, _FREEZES, _WITHDRAWS_IN_PLAY = 0.06, 0.05, 0.15, 0.03
_OPENS_WRONG, _FREEZES_BEFORE, _FLAGS_LATE = 0.012, 0.02, 0.004
# In play, one book in eight fewer for each tier further down; the sharpest always stay.
_FEWER_IN_PLAY, _ALWAYS_IN_PLAY = 0.12, 3
_WAITS_FOR_NEWS, _PLATFORM_FAILS = 0.2, 0.03
_FALSE_ALARMS = 2.0
# A video review in one match of three, half of them over within a minute (KU Leuven for the IFAB,
# 804 matches, 2018): then every book suspends, and comes back at the old price.
_REVIEWED, _REVIEW_S = 0.15, 60
_QUICKEST = 0.7


def seen_after(book: Book) -> float:
    """Age of the truth that a look before the match sees."""
    return _QUICKEST * book.delay


def opens(rng: Random) -> float:
    """Draw when a book puts a match up: within the first half hour of the last day."""
    return -DAY + rng.randint(60, 1800)


def looks_before(rng: Random, book: Book, opened: float, truths: Sequence[Truth]) -> list[float]:
    """Look after each change of the true price, a delay behind it."""
    seen = (t.second + book.delay * rng.uniform(_QUICKEST, 1.7) for t in truths)
    return [opened, *(s for s in seen if opened < s < 0)]


def breaks_before(rng: Random, book: Book, opened: float) -> list[Interruption]:
    """Draw wrong prices, put right after minutes, withdrawals of up to an hour, and freezes.

    An opening price that is wrong stands for longer, and a frozen book for hours.
    """
    breaks = []
    if book.name != EXCHANGE and rng.random() < _OPENS_WRONG:
        since = opened + rng.uniform(5, 60)
        breaks.append(Interruption(since, since + rng.uniform(1200, 10_800), "wrong"))
    if book.name != EXCHANGE and rng.random() < _FREEZES_BEFORE:
        since = rng.uniform(opened + 60, -7200)
        breaks.append(Interruption(since, min(since + rng.uniform(1800, 14_400), -60), "frozen"))
    if book.name != EXCHANGE and rng.random() < _ERRS:
        since = rng.uniform(opened + 60, -1200)
        breaks.append(Interruption(since, since + rng.uniform(120, 900), "wrong"))
    if rng.random() < _WITHDRAWS:
        since = rng.uniform(opened + 60, -4200)
        breaks.append(Interruption(since, since + rng.uniform(300, 3600), "withdrawn"))
    return apart(breaks)


def offers_in_play(rng: Random, rank: int, tier: int) -> bool:
    """Draw whether a book goes on in play; `rank` 0 is the sharpest of the match."""
    return rng.random() > _FEWER_IN_PLAY * (tier - 1) or rank < _ALWAYS_IN_PLAY


def flags_from(rng: Random, times: Timetable) -> float:
    """Draw when a book begins to flag its prices as in play; rarely minutes late.

    Until then they pass for prices before the match, and one that follows a goal for its close.
    """
    return times.kick_off + rng.uniform(60, 900) if rng.random() < _FLAGS_LATE else -DAY


def shared_breaks(
    rng: Random, books: Sequence[str], news: Sequence[float]
) -> dict[str, list[Interruption]]:
    """Draw what takes several books down at once before the match.

    Some suspend for minutes when news comes; and one platform in a while serves two to four books
    that go down together and come back together.
    """
    breaks: dict[str, list[Interruption]] = {name: [] for name in books}
    for second in news:
        for name in books:
            if rng.random() < _WAITS_FOR_NEWS:
                since = second + rng.uniform(5, 90)
                breaks[name].append(Interruption(since, since + rng.uniform(60, 300), "suspended"))
    if rng.random() < _PLATFORM_FAILS:
        since = rng.uniform(-20 * 3600, -7200)
        until = since + rng.uniform(900, 5400)
        for name in rng.sample(list(books), min(len(books) // 2, rng.randint(2, 4))):
            breaks[name].append(Interruption(since + rng.uniform(0, 30), until, "withdrawn"))
    return breaks


def looks_during(rng: Random, book: Book, times: Timetable) -> list[float]:
    """Look about once a minute, at no two books' same second."""
    looks, second = [], times.kick_off + 40 + rng.uniform(0, book.pace)
    while second < times.full_time:
        looks.append(second)
        second += book.pace * rng.uniform(0.7, 1.3) * (1 if times.playing(second) else 4)
    return looks


class Alarm(NamedTuple):
    """A dangerous moment after which nothing happened, and whether a video review followed it."""

    second: float
    reviewed: bool


def false_alarms(rng: Random, times: Timetable) -> list[Alarm]:
    """Draw the dangerous moments after which nothing happened."""
    alarms, second = [], times.kick_off
    gap = (times.full_time - times.kick_off) / _FALSE_ALARMS
    while (second := second + rng.expovariate(1 / gap)) < times.full_time - 60:
        if times.playing(second):
            alarms.append(Alarm(second, rng.random() < _REVIEWED))
    return alarms


def breaks_during(
    rng: Random, book: Book, times: Timetable, incidents: Sequence[Incident],
    alarms: Sequence[Alarm],
) -> list[Interruption]:  # fmt: skip
    """Suspend at the kick-off, at goals, red cards, video reviews and half of the false alarms.

    Rarely freeze.
    """
    breaks = [_suspended(rng, book, times.kick_off, 12)]
    breaks += [_suspended(rng, book, i.second, 55) for i in incidents]
    for second, reviewed in alarms:
        if (rng.random() < 0.5) | reviewed:
            breaks.append(_suspended(rng, book, second, _REVIEW_S if reviewed else 12))
    if book.name != EXCHANGE and rng.random() < _FREEZES:
        breaks.append(_somewhere(rng, times, "frozen", 120, 600))
    if rng.random() < _WITHDRAWS_IN_PLAY:
        breaks.append(_somewhere(rng, times, "withdrawn", 180, 1200))
    return [pause for pause in apart(breaks) if pause.until < times.full_time]


def _suspended(rng: Random, book: Book, second: float, lasts: float) -> Interruption:
    since = second + 1 + book.play_delay * rng.uniform(0.2, 0.7)
    return Interruption(since, since + lasts * rng.uniform(0.7, 1.8), "suspended")


def _somewhere(rng: Random, times: Timetable, kind: str, least: int, most: int) -> Interruption:
    since = rng.uniform(times.kick_off + 180, times.full_time - most - 60)
    length = rng.uniform(least, most)
    return Interruption(since, since + length, "frozen" if kind == "frozen" else "withdrawn")
