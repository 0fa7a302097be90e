"""Account cluster: accounts that belong together back the same selection within the hour."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from operator import attrgetter
from statistics import median
from typing import ClassVar, NamedTuple

from detectors.detector import MatchDetector
from detectors.evidence import Finding
from detectors.features import MatchFeatures, Phase, span
from markets.records import Wager
from markets.wagers import LOOK_BACK_S, Bought

WINDOWS_S = (10 * 60.0, 30 * 60.0, 60 * 60.0)
NEW_DAYS = 30
FEWEST = 4
_QUIET_S = 600.0
# A tipster or an offer sends new accounts, a household shares a device: shares that are innocent
# whatever the match's other wagers say, and what they weigh in accounts.
_NEW, _NEW_AT_LEAST, _COUNTRY, _WEIGHT = 0.12, 0.2, 0.08, 25.0
_SHARED, _SHARING = 0.2, 0.03
_OFFER = 2


class Backer(NamedTuple):
    """An account that backed a selection: its last time, its largest stake, all it staked."""

    account: str
    at: float
    stake: float
    money: float
    new: bool
    country: str | None
    book: str
    devices: tuple[str, ...]


@dataclass(slots=True, frozen=True)
class Cluster:
    """Those who put more than usual on a selection within a window, and how unusual that is.

    `expected_new` is how many of them would be new if they were like the match's other backers;
    `shared` is by how many they outnumber the groups that no device links.
    """

    bought: Bought
    since: float
    members: tuple[Backer, ...]
    new: int
    expected_new: float
    shared: int
    raw: float


class AccountCluster(MatchDetector):
    """Accounts that back one selection within the hour, many of them new or on shared devices.

    Good at rings of mule accounts, at one operator or at several that share their account data,
    and blind to price: it works for any sport and market. Bad at rings of old accounts with a
    device each, and at fewer than about eight; blind where feeds tell neither when an account was
    opened nor its device, and to laying the other side.

    Notes
    -----
    In windows of 10, 30 and 60 minutes, the accounts that staked more than the match's median are
    compared with those that did so elsewhere in this match in the last six hours, with shipped
    shares as a floor. The score adds -log10 of three tails, each by Chernoff's bound: new accounts
    (of one country, if that says more), accounts beyond one for each component of the graph of
    accounts and devices, and, at half weight, old accounts of that country. What looks alike and
    is no ring: sign-up offers, whose customers all stake the most that is offered, so that of new
    accounts with one and the same stake at one book two count; followers of a tipster, who are old
    and own their phones; households, betting shops. Practice: IBIA and Sportradar's reading of
    account data; INTERPOL SOGA X (2024) found 3,000 mule accounts that split sums at licensed
    operators.
    """

    name: ClassVar[str] = "account-cluster"
    version: ClassVar[int] = 1
    family: ClassVar[str] = "accounts"
    unit: ClassVar[str] = "-log10 p"
    phases: ClassVar[frozenset[Phase]] = frozenset({"early", "day", "late", "in_play"})

    def find(self, features: MatchFeatures) -> Finding | None:
        """Find the selection whose backers of the last hour are least like the others."""
        book, at = features.book.wagers, features.at
        if at - book.changed_at > _QUIET_S:
            return None
        since = at - WINDOWS_S[-1]
        busy = [b for b in book.selections() if book.count(b, since, at) >= FEWEST]
        recent = {b: backers(book.on(b, since, at)) for b in busy}
        promising = {b: found for b, found in recent.items() if _is_promising(found)}
        if not promising:
            return None
        largest = _largest_stakes(book.between(at - LOOK_BACK_S, at))
        usual = median(largest.values())
        staked = {b: [m for m in found if m.stake >= usual] for b, found in promising.items()}
        staked = {b: found for b, found in staked.items() if _is_promising(found)}
        if not staked:
            return None
        wagers = book.between(at - LOOK_BACK_S, at)
        large = backers(w for w in wagers if largest.get(w.account, -1.0) >= usual)
        found = (
            cluster for bought, group in staked.items()
            for cluster in _clusters(bought, group, large, at)
        )  # fmt: skip
        best = max(found, key=attrgetter("raw"), default=None)
        return _finding(features, best) if best and best.raw > 0.0 else None

    def innocent(self, features: MatchFeatures) -> tuple[str, ...]:
        """Name what else brings many accounts together."""
        del features
        return (
            "a sign-up offer or boosted price of one operator, which brings new accounts",
            "a tip that many follow, or a group of friends",
            "a betting shop, bar or household whose guests share a device",
        )


def backers(wagers: Iterable[Wager]) -> list[Backer]:
    """Gather the wagers that back a selection by account, in order of its first one."""
    placed: dict[str, list[Wager]] = {}
    for wager in wagers:
        if wager.side == "back":
            placed.setdefault(wager.account, []).append(wager)
    return [_backer(own) for own in placed.values()]


def _largest_stakes(wagers: Iterable[Wager]) -> dict[str, float]:
    """Largest stake by which each account backs anything; none for those that only lay."""
    largest: dict[str, float] = {}
    for wager in wagers:
        if wager.side == "back" and wager.stake > largest.get(wager.account, -1.0):
            largest[wager.account] = wager.stake
    return largest


def opened_days(opened: str | None, wager: Wager) -> int | None:
    """Age in days of the account at the time of a wager; None when unknown."""
    day = _day(opened) if opened else None
    return None if day is None else wager.at.toordinal() - day


def _backer(own: Sequence[Wager]) -> Backer:
    first, stakes = own[0], [w.stake for w in own]
    age = opened_days(first.opened, first)
    new = age is not None and age <= NEW_DAYS
    return Backer(
        first.account, own[-1].at.timestamp(), max(stakes), sum(stakes), new,
        first.country, first.book, _devices(own),
    )  # fmt: skip


def _devices(own: Sequence[Wager]) -> tuple[str, ...]:
    if len(own) == 1:  # most of them, many times a look
        device = own[0].device
        return (device,) if device else ()
    return tuple(sorted({w.device for w in own if w.device}))


@lru_cache(maxsize=8192)
def _day(opened: str) -> int | None:
    try:
        return date.fromisoformat(opened[:10]).toordinal()
    except ValueError:
        return None


def _is_promising(group: Sequence[Backer]) -> bool:
    """Say cheaply whether a group can score at all."""
    if len(group) < FEWEST:
        return False
    return sum(b.new for b in group) >= 3 or len(group) - components(group) >= 2


def components(group: Sequence[Backer]) -> int:
    """Count the groups into which devices link accounts: components of the two-mode graph.

    Union-find over accounts and devices; an account on two devices links the users of both.
    """
    parent: dict[str, str] = {}
    for backer in group:
        own = _root(parent, f"account {backer.account}")
        for device in backer.devices:
            parent[_root(parent, f"device {device}")] = own
    return sum(1 for node, above in parent.items() if node == above)


def _root(parent: dict[str, str], node: str) -> str:
    above = parent.setdefault(node, node)
    while above != parent[above]:
        above = parent[above]
    parent[node] = above
    return above


def _clusters(
    bought: Bought, group: Sequence[Backer], large: Sequence[Backer], at: float
) -> Iterator[Cluster]:
    for window in WINDOWS_S:
        members = _one_of_each_offer(b for b in group if b.at > at - window)
        if _is_promising(members):
            names = {b.account for b in members}
            others = [b for b in large if b.account not in names]
            yield _cluster(bought, at - window, members, others)


def _one_of_each_offer(group: Iterable[Backer]) -> tuple[Backer, ...]:
    """Leave out new accounts beyond two that stake the same at one book, as offers make them."""
    kept, seen = [], Counter[tuple[str, float]]()
    for backer in group:
        if backer.new:
            seen[backer.book, backer.stake] += 1
            if seen[backer.book, backer.stake] > _OFFER:
                continue
        kept.append(backer)
    return tuple(kept)


def _cluster(
    bought: Bought, since: float, members: tuple[Backer, ...], others: Sequence[Backer]
) -> Cluster:
    count, new = len(members), sum(b.new for b in members)
    share = (sum(b.new for b in others) + _NEW * _WEIGHT) / (len(others) + _WEIGHT)
    share = max(share, _NEW_AT_LEAST)
    shared = count - components(members)
    plain = share_too_high(new, count, share)
    together = max(
        max(plain, share_too_high(fresh, count, share * part)) + old / 2
        for fresh, part, old in _by_country(members, others)
    )
    raw = too_many(shared, _SHARED + _SHARING * count) + together
    return Cluster(bought, since, members, new, share * count, shared, raw)


def _by_country(
    members: Sequence[Backer], others: Sequence[Backer]
) -> Iterator[tuple[int, float, float]]:
    """For each country: new members of it, its share, and how unusual its old members are."""
    yield 0, 1.0, 0.0
    fresh = Counter(b.country for b in members if b.new)
    old = Counter(b.country for b in members if not b.new)
    among = Counter(b.country for b in others)
    for country in sorted({b.country for b in members if b.country}):
        part = (among[country] + _COUNTRY * _WEIGHT) / (len(others) + _WEIGHT)
        yield fresh[country], part, share_too_high(old[country], old.total(), part)


def share_too_high(count: int, of: int, share: float) -> float:
    """-log10 of Chernoff's bound on the chance of `count` or more successes.

    >>> round(share_too_high(8, 10, 0.2), 2), share_too_high(2, 10, 0.2)
    (3.61, 0.0)
    """
    if of == 0 or count <= of * share:
        return 0.0
    part = count / of
    nats = part * math.log(part / share)
    if part < 1.0:
        nats += (1.0 - part) * math.log((1.0 - part) / (1.0 - share))
    return of * nats / math.log(10.0)


def too_many(count: float, expected: float) -> float:
    """-log10 of Chernoff's bound on the chance of `count` or more rare events.

    >>> round(too_many(6, 0.5), 2), too_many(0, 0.5)
    (4.09, 0.0)
    """
    if count <= expected:
        return 0.0
    return (count * math.log(count / expected) - count + expected) / math.log(10.0)


def _finding(features: MatchFeatures, best: Cluster) -> Finding:
    market, line, selection = best.bought
    times = sorted(b.at for b in best.members)
    money = sum(b.money for b in best.members)
    minutes = (times[-1] - times[0]) / 60.0
    return Finding(
        raw=best.raw,
        selection=selection,
        observed=float(best.new),
        expected=best.expected_new,
        since=best.since,
        turn=times[(len(times) - 1) // 2],
        books=tuple(sorted({b.book for b in best.members})),
        values={
            "accounts": len(best.members),
            "new": best.new,
            "sharing": best.shared,
            "devices": len({d for b in best.members for d in b.devices}),
            "money": round(money, 2),
            "minutes": round(minutes, 1),
        },
        sentence=(
            f"{len(best.members)} pseudonymous accounts staked {money:,.0f} on "
            f"{features.named(selection, line)} within {span(minutes)}, {features.when()}; "
            f"{best.new} of them were opened within {NEW_DAYS} days (usual: "
            f"{best.expected_new:.0f}), {best.shared} share a device with another"
        ),
        market=market,
        line=line,
    )
