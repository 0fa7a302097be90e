"""Fixes drawn for a real match: where in its recording there is room for them."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random

from detectors.match_watch import SETTLES
from markets.book import SELECTIONS, MatchBook
from markets.consensus import consensus
from markets.implied import logit
from markets.records import Gap, Heartbeat, Price, Record
from streams.overlay import Overlay
from streams.price_history import PriceHistory
from streams.simulator.fixes import book_divergence, late_drift, steam_move, unexplained_in_play
from streams.simulator.scheme import NoRoom, Typology

_TRIES = 40
_ROOM = (0.08, 0.80)
_FEWEST_BOOKS = 4
_LOOKS = 2
_MINUTE = 60.0
# Until about the 88th minute: later nothing can be told from the whistle.
_PLAYED = 103 * _MINUTE
# In play many books freeze; one that told nothing for so long is not there to be moved.
_FROZEN_S = 30 * _MINUTE
_BEATS_APART_S, _RECORDS_APART_S = 10.0, 60.0
_TELLS_PRICES = 0.2

Fair = dict[str, tuple[float, ...]]
"""De-vigged 1x2 probabilities by book."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One match of a recorded feed: its records with the heartbeats of all sources, and its span.

    `full_time` is when it was told to end, or two hours after its kick-off; `looks` are the
    moments at which its prices were known to be complete.
    """

    match: str
    records: tuple[Record, ...]
    kick_off: float
    full_time: float
    goals: tuple[float, ...]
    looks: tuple[float, ...]
    prices: PriceHistory


def recording(match: str, records: Sequence[Record]) -> Recording | None:
    """Gather what is to be known of a match; None without a kick-off or without any price."""
    book = MatchBook(match)
    for record in records:
        if not isinstance(record, Heartbeat | Gap):
            book.apply(record)
    if book.start is None or not book.markets:
        return None
    ends = [e.at.timestamp() for e in book.match_events if e.event == "full_time"]
    return Recording(
        match,
        tuple(records),
        book.start,
        min(ends, default=book.start + 120 * _MINUTE),
        tuple(e.at.timestamp() for e in book.match_events if e.event in ("goal", "red_card")),
        tuple(_looks(records)),
        PriceHistory(records),
    )


def _looks(records: Sequence[Record]) -> list[float]:
    """Moments at which the feed had told all prices; without heartbeats, about each minute.

    A price does not say which source it is of, but a source of prices tells that it is through
    at the moments at which there are new ones; one of results or fixtures seldom does.
    """
    priced = {record.at for record in records if isinstance(record, Price)}
    beats = [record for record in records if isinstance(record, Heartbeat)]
    along = Counter(beat.source for beat in beats if beat.at in priced)
    most = max(along.values(), default=0)
    sources = {source for source, count in along.items() if count >= _TELLS_PRICES * most}
    if not beats:
        return _apart((record.at.timestamp() for record in records), _RECORDS_APART_S)
    told = (b.at.timestamp() for b in beats if b.source in sources or not sources)
    return _apart(told, _BEATS_APART_S)


def _apart(moments: Iterable[float], seconds: float) -> list[float]:
    kept: list[float] = []
    for moment in sorted(moments):
        if not kept or moment - kept[-1] >= seconds:
            kept.append(moment)
    return kept


def drawn(typology: Typology, played: Recording, rng: Random) -> Overlay:
    """Draw a fix that this recording has room for.

    There must be two looks at the prices between the end of its ramp and the moment when an
    alert would be of no use; of a fix that no look saw nobody can say anything.

    Raises
    ------
    NoRoom
        When none of the tries fits.
    """
    for _ in range(_TRIES):
        if (overlay := OVERLAID[typology](played, rng)) is not None:
            return overlay
    raise NoRoom(f"{played.match}: no room for {typology}")


def _steam_move(played: Recording, rng: Random) -> Overlay | None:
    since = played.kick_off - 30 * _MINUTE * 12 ** rng.random()
    until = since + rng.uniform(2, 8) * _MINUTE
    strength = rng.uniform(*steam_move.STRENGTHS)
    return _at_all_books("steam-move", played, rng, (since, until, played.kick_off), strength)


def _late_drift(played: Recording, rng: Random) -> Overlay | None:
    since = played.kick_off - rng.uniform(90, 300) * _MINUTE
    until = played.kick_off - rng.uniform(2, 45) * _MINUTE
    strength = rng.uniform(*late_drift.STRENGTHS)
    return _at_all_books("late-drift", played, rng, (since, until, played.kick_off), strength)


def _unexplained_in_play(played: Recording, rng: Random) -> Overlay | None:
    """Quiet play around the two looks that see it: a goal near them would explain anything."""
    since = played.kick_off + rng.uniform(8, 75) * _MINUTE
    until = since + rng.uniform(2, 8) * _MINUTE
    gone = min(played.full_time, played.kick_off + _PLAYED)
    seen = [at for at in played.looks if until + _MINUTE <= at < gone][:_LOOKS]
    if len(seen) < _LOOKS:
        return None
    gap = min(max(seen[1] - seen[0], 2 * _MINUTE), 15 * _MINUTE)
    near = seen[0] - SETTLES * gap, seen[1] + 0.8 * gap
    if any(min(since, near[0]) < goal < near[1] for goal in played.goals):
        return None
    strength = rng.uniform(*unexplained_in_play.STRENGTHS)
    span = (since, until, gone)
    return _at_all_books("unexplained-in-play", played, rng, span, strength)


def _book_divergence(played: Recording, rng: Random) -> Overlay | None:
    since = played.kick_off - rng.uniform(2, 10) * 60 * _MINUTE
    span = (since, since + rng.uniform(1, 15) * _MINUTE, played.kick_off)
    fair = played.prices.fair(since)
    chosen = rng.sample(sorted(fair), min(len(fair), rng.randint(1, 2)))
    strength = rng.uniform(*book_divergence.STRENGTHS)
    weights = dict.fromkeys(chosen, 1.0)
    return _bought("book-divergence", played, rng, span, strength, fair, weights)


OVERLAID: dict[Typology, Callable[[Recording, Random], Overlay | None]] = {
    "book-divergence": _book_divergence,
    "late-drift": _late_drift,
    "steam-move": _steam_move,
    "unexplained-in-play": _unexplained_in_play,
}


def _at_all_books(
    typology: Typology,
    played: Recording,
    rng: Random,
    span: tuple[float, float, float],
    strength: float,
) -> Overlay | None:
    """Let all books follow, each a little more or less, one in ten not at all."""
    since = span[0]
    live = max(played.kick_off, since - _FROZEN_S) if since > played.kick_off else float("-inf")
    fair = played.prices.fair(since, live)
    weights = {book: rng.uniform(0.85, 1.15) for book in sorted(fair) if rng.random() < 0.9}
    return _bought(typology, played, rng, span, strength, fair, weights)


def _bought(
    typology: Typology,
    played: Recording,
    rng: Random,
    span: tuple[float, float, float],
    strength: float,
    fair: Fair,
    weights: dict[str, float],
) -> Overlay | None:
    since, until, gone = span
    seen = [at for at in played.looks if until + _MINUTE <= at < gone]
    if len(seen) < _LOOKS or len(fair) < _FEWEST_BOOKS or not weights:
        return None
    names = sorted(SELECTIONS["1x2"])
    selection = rng.choice(("home", "away"))
    before = consensus(fair).probabilities[names.index(selection)]
    if not _ROOM[0] <= before <= _ROOM[1] - strength:
        return None
    return Overlay(
        typology=typology,
        market="1x2",
        line=None,
        selection=selection,
        since=since,
        until=until,
        gone=gone,
        shift=logit(before + strength) - logit(before),
        strength=strength,
        weights=weights,
        delays={book: rng.uniform(0, 3) * _MINUTE for book in sorted(weights)},
    )
