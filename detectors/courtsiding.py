"""Courtsiding: an account's bets land just before what decides them, again and again."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from statistics import median
from typing import ClassVar, NamedTuple

from detectors.detector import MatchDetector
from detectors.evidence import Finding
from detectors.features import MatchFeatures, Phase
from detectors.incidents import (
    BEFORE_FIRST_S,
    REOPENS_S,
    TOLD_LATE_S,
    Moment,
    decides,
    is_known,
    moments,
    suspensions,
)
from detectors.tails import rarity, upper_tail
from markets.records import Event, Wager
from markets.wagers import LOOK_BACK_S

FEWEST = 3
_NEW_S = 300.0
_ONE_BET_S = 60.0
# Weight, in bets, of what time alone says of the share that lands before an incident; half of them
# are on what then gains.
_WEIGHT, _RIGHT = 200.0, 0.5


class Bets(NamedTuple):
    """An account's (or device's) bets in play, and the moments just before which it bet right."""

    who: str
    accounts: int
    placed: int
    caught: tuple[int, ...]


class Rare(NamedTuple):
    """Bets with hits, how many hits were to be expected, and -log10 of the chance of so many."""

    raw: float
    bets: Bets
    expected: float


@dataclass(slots=True, frozen=True)
class Caught:
    """Accounts, or one device, that knew more often than chance has it, and how unusual that is."""

    rare: tuple[Rare, ...]
    raw: float


class Courtsiding(MatchDetector):
    """Bets in play that were placed in the seconds before the books suspended, and were right.

    Good at somebody who knows of goals before the books do, from the ground or by a faster feed,
    and uses it three times or more; several accounts on one device are also taken as one. Bad at
    matches with fewer than three incidents, at accounts that are used once each, and at telling
    the ground from a licensed fast feed; blind without account wagers in play. With books that do
    not tell of suspensions it goes by the events alone, a minute for each, and sees less.

    Notes
    -----
    A moment is a time at which three in ten books, two at least, suspend the 1X2 or another
    market within seconds of one another, or, where none do, the minute before a goal, card or
    wicket is told. It counts once prices (or the goal itself) say which selections gained. A bet
    is a hit when it was placed on one of them from four seconds before the first book suspended
    until its own did; bets within a minute on one selection are one, and of each moment one
    counts. The score is -log10 of the binomial tail of the moments hit among the bets placed, at
    the share of everybody else's that hit (time says what to expect of few), times the accounts
    tested; several accounts multiply, and so do the ways to choose so many.
    Practice: exchanges hold bets in play for 5 to 8 seconds against it; umpires of small tennis
    tournaments were banned in 2015 and 2016 for telling scores late to those who bet on them.
    """

    name: ClassVar[str] = "courtsiding"
    version: ClassVar[int] = 1
    family: ClassVar[str] = "accounts-courtsiding"
    unit: ClassVar[str] = "-log10 p"
    phases: ClassVar[frozenset[Phase]] = frozenset({"in_play"})

    def find(self, features: MatchFeatures) -> Finding | None:
        """Find the account or device that knew most often."""
        book, at = features.book, features.at
        since = book.start
        if since is None or not book.wagers.selections():
            return None
        clusters = suspensions(book, since, at)
        told = [e for e in book.match_events if decides(e) and since < e.at.timestamp() <= at]
        spans = _spans(clusters, told)
        if len(spans) < FEWEST or at - spans[-1][1] > REOPENS_S + _NEW_S:
            return None
        wagers = list(book.wagers.between(max(since, at - LOOK_BACK_S), at))
        if not _can_be(wagers, spans):
            return None
        found = moments(book, clusters, told, at)
        accounts, devices = _by_account(wagers, found), _by_device(wagers, found)
        chance = _Chance.among(accounts, found, at - since)
        tests = sum(bets.placed >= FEWEST for bets in (*accounts, *devices))
        caught = [*_together(chance.rare(accounts), tests), *_alone(chance.rare(devices), tests)]
        best = max(caught, key=attrgetter("raw"), default=None)
        if best is None or best.raw <= 0.0:
            return None
        return _finding(features, best, found, wagers)

    def innocent(self, features: MatchFeatures) -> tuple[str, ...]:
        """Name who else bets just before incidents."""
        del features
        return (
            "somebody who bets all the time while the match is played",
            "a customer with a licensed feed that is faster than the book's",
            "customers who back a side while it attacks",
        )


def _spans(
    clusters: Sequence[Mapping[str, float]], told: Iterable[Event]
) -> list[tuple[float, float]]:
    """Spans of time, in order, in which a bet may be a hit: one for each incident."""
    spans = [(min(c.values()) - BEFORE_FIRST_S, max(c.values())) for c in clusters]
    late = [e.at.timestamp() for e in told if not is_known(e, clusters)]
    return sorted([*spans, *((t - TOLD_LATE_S - BEFORE_FIRST_S, t) for t in late)])


def _can_be(wagers: Iterable[Wager], spans: Sequence[tuple[float, float]]) -> bool:
    """Say cheaply whether any account or device can have hits enough."""
    hits: dict[str, set[int]] = {}
    for wager in wagers:
        when = wager.at.timestamp()
        index = bisect_right(spans, (when, math.inf)) - 1
        if index >= 0 and when <= spans[index][1]:
            hits.setdefault(wager.account, set()).add(index)
            if wager.device:
                hits.setdefault(wager.device, set()).add(index)
    return any(len(found) >= FEWEST for found in hits.values())


def _by_account(wagers: Sequence[Wager], found: Sequence[Moment]) -> list[Bets]:
    own: dict[str, list[Wager]] = {}
    for wager in wagers:
        own.setdefault(wager.account, []).append(wager)
    return [_bets(account, own[account], found) for account in sorted(own)]


def _by_device(wagers: Sequence[Wager], found: Sequence[Moment]) -> list[Bets]:
    """Bets from devices that several accounts use."""
    own: dict[str, list[Wager]] = {}
    for wager in wagers:
        if wager.device:
            own.setdefault(wager.device, []).append(wager)
    shared = {d: bets for d, bets in own.items() if len({w.account for w in bets}) > 1}
    return [_bets(device, shared[device], found) for device in sorted(shared)]


def _bets(who: str, wagers: Sequence[Wager], found: Sequence[Moment]) -> Bets:
    caught: set[int] = set()
    for wager in wagers:
        if wager.side == "back":
            index = bisect_right(found, wager.at.timestamp(), key=attrgetter("last"))
            near = range(max(0, index - 1), min(len(found), index + 2))
            caught.update(i for i in near if found[i].catches(wager))
    bets = {(w.at.timestamp() // _ONE_BET_S, w.market, w.selection) for w in wagers}
    return Bets(who, len({w.account for w in wagers}), len(bets), tuple(sorted(caught)))


class _Chance(NamedTuple):
    """Hits among the bets of the others, and the share of hits that time alone makes likely."""

    placed: int
    caught: int
    by_time: float

    @classmethod
    def among(cls, everybody: Sequence[Bets], found: Sequence[Moment], length: float) -> "_Chance":
        before = math.fsum(m.length() for m in found)
        by_time = min(0.5, _RIGHT * before / max(length, before))
        usual = [b for b in everybody if len(b.caught) < FEWEST]
        return cls(sum(b.placed for b in usual), sum(len(b.caught) for b in usual), by_time)

    def rare(self, tried: Iterable[Bets]) -> list[Rare]:
        """Judge those with hits enough by the others', the rarest first."""
        share = (self.caught + self.by_time * _WEIGHT) / (self.placed + _WEIGHT)
        share = max(self.by_time / 2, share)
        found = []
        for bets in tried:
            if len(bets.caught) >= FEWEST:
                placed = max(bets.placed, len(bets.caught))
                tail = upper_tail([share] * placed, len(bets.caught))
                found.append(Rare(rarity(tail), bets, share * placed))
        return sorted(found, key=lambda r: (-r.raw, r.bets.who))


def _together(rare: Sequence[Rare], tests: int) -> Iterator[Caught]:
    """The rarest alone, the two rarest together, and so on; each choice of so many is a test."""
    raw = 0.0
    for count, one in enumerate(rare, 1):
        raw += one.raw - math.log10((tests - count + 1) / count)
        yield Caught(tuple(rare[:count]), raw)


def _alone(rare: Iterable[Rare], tests: int) -> Iterator[Caught]:
    for one in rare:
        yield Caught((one,), one.raw - math.log10(tests))


def _finding(
    features: MatchFeatures, best: Caught, found: Sequence[Moment], wagers: Sequence[Wager]
) -> Finding:
    who = {r.bets.who for r in best.rare}
    hit = [found[i] for i in sorted({i for r in best.rare for i in r.bets.caught})]
    right = [
        (w, m)
        for w in wagers
        if who & {w.account, w.device} and w.side == "back"
        for m in hit
        if m.catches(w)
    ]
    last = max((w for w, _ in right), key=lambda w: (w.at, w.wager))
    seconds = median(m.stops.get(w.book, m.last) - w.at.timestamp() for w, m in right)
    placed, expected = (
        sum(r.bets.placed for r in best.rare),
        math.fsum(r.expected for r in best.rare),
    )
    return Finding(
        raw=best.raw,
        selection=last.selection,
        observed=float(sum(len(r.bets.caught) for r in best.rare)),
        expected=expected,
        since=hit[0].first - BEFORE_FIRST_S,
        turn=hit[(len(hit) - 1) // 2].first,
        books=tuple(sorted({w.book for w, _ in right})),
        values={
            "incidents": float(len(hit)),
            "bets": float(placed),
            "accounts": float(len({w.account for w, _ in right})),
            "seconds_before": seconds,
            "staked": round(math.fsum(w.stake for w, _ in right), 2),
        },
        sentence=(
            f"{_named(best)} bet on what gained a median of {seconds:.0f} s before the book "
            f"suspended, at {len(hit)} incidents with {placed} bets in play; {expected:.2f} "
            f"expected by chance, {features.when()}"
        ),
        market=last.market,
        line=last.line,
    )


def _named(best: Caught) -> str:
    bets = best.rare[0].bets
    if len(best.rare) > 1:
        return f"{len(best.rare)} accounts"
    return f"account {bets.who}" if bets.accounts == 1 else f"{bets.accounts} accounts on a device"
