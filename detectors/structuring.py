"""Structuring: one sum split into many stakes just under a reporting or limit threshold."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import ClassVar, NamedTuple

from detectors.detector import MatchDetector
from detectors.evidence import Finding
from detectors.features import MatchFeatures, Phase, span
from detectors.tails import rarity
from markets.records import Wager
from markets.wagers import LOOK_BACK_S, Bought, WagerBook

THRESHOLDS = (500.0, 1000.0, 2000.0, 2500.0, 3000.0, 5000.0, 10_000.0)
WINDOWS_S = (1800.0, 3600.0, 3 * 3600.0)
JUST_UNDER = 0.9
FEWEST = 5
_QUIET_S = 600.0
_NEIGHBOURS = 2.0
_SMALLEST = THRESHOLDS[0] / _NEIGHBOURS
# Share of the stakes between half and double a threshold that lie just under it, were they spread
# evenly over the logarithm less the half that is round, and its weight in stakes of the match.
_SHARE, _WEIGHT, _AT_LEAST = 0.05, 40.0, 0.3
# What the most that an operator takes or pays out makes alike counts no more often than this.
_ALIKE = 3


class Stake(NamedTuple):
    """What an account put on a selection in one second; the fills of one bet are one stake."""

    at: float
    account: str
    amount: float
    winnings: float
    book: str


@dataclass(slots=True, frozen=True)
class Split:
    """Stakes just under a threshold within a window, and how many were to be expected."""

    bought: Bought
    threshold: float
    since: float
    stakes: tuple[Stake, ...]
    expected: float
    raw: float


class Structuring(MatchDetector):
    """Stakes just under a threshold on one selection, beyond what stakes around them would give.

    Good at a sum split by many accounts or by one, at one operator or several that share their
    account data; the stakes of the match itself say how common such amounts are, so that a rich
    or a poor public makes no difference. Bad at fewer than about six stakes, at all of them alike
    to the cent (see below), at thresholds it does not know, and where amounts were converted from
    another currency; blind without account wagers.

    Notes
    -----
    In windows of 30 minutes, one and three hours, stakes in [0.9 t, t) are counted for each usual
    threshold t. Expected is the share of such stakes between t / 2 and 2 t elsewhere in the match
    (with a shipped share as a prior) times how many others there are here. The score is -log10 of
    the Poisson tail, times the number of thresholds, windows and selections tested. People like
    round stakes, so amounts at the threshold do not count. The most that an operator takes, or
    pays out, makes stakes of a tipster's crowd alike: of those with one amount, or with about one
    possible win, three count. Practice: 31 USC 5324 (structuring of cash reported from 10 000
    USD); EU directive 2015/849, Art. 11 (checks of customers who stake 2 000 EUR); FATF 2009,
    Vulnerabilities of casinos and gaming sector.
    """

    name: ClassVar[str] = "structuring"
    version: ClassVar[int] = 1
    family: ClassVar[str] = "accounts-structuring"
    unit: ClassVar[str] = "-log10 p"
    phases: ClassVar[frozenset[Phase]] = frozenset({"early", "day", "late", "in_play"})

    def find(self, features: MatchFeatures) -> Finding | None:
        """Find the selection and threshold with the most stakes too many under it."""
        book, at = features.book.wagers, features.at
        if at - book.changed_at > _QUIET_S:
            return None
        since = at - WINDOWS_S[-1]
        busy = [b for b in book.selections() if book.count(b, since, at) >= FEWEST]
        recent = {b: stakes(book.timed(b, since, at)) for b in busy}
        splits = (
            split
            for bought, own in recent.items()
            if len(own) >= FEWEST
            for threshold in THRESHOLDS
            if len(just_under(own, threshold)) >= FEWEST
            for split in _splits(book, bought, threshold, own, at)
        )
        best = max(splits, key=attrgetter("raw"), default=None)
        return _finding(features, best) if best and best.raw > 0.0 else None

    def innocent(self, features: MatchFeatures) -> tuple[str, ...]:
        """Name what else makes stakes end just under a round sum."""
        del features
        return (
            "customers who stake the most an operator takes or pays out, after a tip",
            "stakes converted from another currency",
            "a customer who stakes by a formula, of the same bank each time",
        )


def stakes(timed: Iterable[tuple[float, Wager]]) -> list[Stake]:
    """Add up what each account backs a selection with in one second, if that is worth a look."""
    amounts: dict[tuple[float, str], float] = {}
    fills: dict[tuple[float, str], list[Wager]] = {}
    for at, w in timed:
        if w.side == "back":
            key = (at, w.account)
            amounts[key] = w.stake + amounts.get(key, 0.0)
            fills.setdefault(key, []).append(w)
    return [
        Stake(*key, amount, _winnings(fills[key]), fills[key][-1].book)
        for key, amount in amounts.items()
        if amount >= _SMALLEST
    ]


def _winnings(fills: Iterable[Wager]) -> float:
    won = 0.0
    for wager in fills:
        won = wager.stake * (wager.price - 1.0) + won
    return won


def just_under(found: Iterable[Stake], threshold: float) -> list[Stake]:
    """Stakes just under a threshold, of those alike no more than three."""
    kept, seen = [], Counter[str]()
    for stake in found:
        if JUST_UNDER * threshold <= round(stake.amount, 2) < threshold:
            alike = (f"stake {stake.amount:.2f}", f"win {stake.winnings:.2g}")
            seen.update(alike)
            if max(seen[key] for key in alike) <= _ALIKE:
                kept.append(stake)
    return kept


def _splits(
    book: WagerBook, bought: Bought, threshold: float, own: Sequence[Stake], at: float
) -> Iterator[Split]:
    selections = book.selections()
    tests = len(THRESHOLDS) * len(WINDOWS_S) * len(selections)
    elsewhere = [stakes(book.timed(b, at - LOOK_BACK_S, at)) for b in selections if b != bought]
    share = _share(elsewhere, threshold)
    for window in WINDOWS_S:
        recent = [s for s in own if s.at > at - window]
        under = just_under(recent, threshold)
        if len(under) >= FEWEST:
            others = _around(recent, threshold) - len(under)
            expected = max(_AT_LEAST, share * others)
            raw = rarity(min(1.0, tests * poisson_tail(len(under), expected)))
            yield Split(bought, threshold, under[0].at, tuple(under), expected, raw)


def _share(elsewhere: Iterable[Sequence[Stake]], threshold: float) -> float:
    """Stakes just under a threshold for each other one around it, on the other selections."""
    under = around = 0
    for found in elsewhere:
        under += len(just_under(found, threshold))
        around += _around(found, threshold)
    return (under + _SHARE * _WEIGHT) / (around - under + (1.0 - _SHARE) * _WEIGHT)


def _around(found: Iterable[Stake], threshold: float) -> int:
    low, high = threshold / _NEIGHBOURS, threshold * _NEIGHBOURS
    return sum(low <= stake.amount < high for stake in found)


def poisson_tail(count: int, mean: float) -> float:
    """Chance of at least `count` when `mean` are expected.

    Summed upwards from the first term, so that small tails keep their digits.

    >>> round(poisson_tail(3, 1.0), 4), poisson_tail(0, 1.0)
    (0.0803, 1.0)
    """
    if count <= mean:
        return 1.0
    term = math.exp(count * math.log(mean) - mean - math.lgamma(count + 1)) if count else 1.0
    total, number = 0.0, count
    while term > 1e-12 * total:
        total += term
        number += 1
        term *= mean / number
    return min(1.0, total)


def _finding(features: MatchFeatures, split: Split) -> Finding:
    market, line, selection = split.bought
    found = split.stakes
    count, accounts = len(found), len({s.account for s in found})
    total = math.fsum(s.amount for s in found)
    length = span((found[-1].at - found[0].at) / 60.0)
    return Finding(
        raw=split.raw,
        selection=selection,
        observed=float(count),
        expected=split.expected,
        since=split.since,
        turn=found[(count - 1) // 2].at,
        books=tuple(sorted({s.book for s in found})),
        values={
            "threshold": split.threshold,
            "stakes": float(count),
            "accounts": float(accounts),
            "total": round(total, 2),
        },
        sentence=(
            f"{count} stakes of {min(s.amount for s in found):.0f} to "
            f"{max(s.amount for s in found):.0f}, just under {split.threshold:.0f}, on "
            f"{features.named(selection, line)} by {accounts} accounts within {length}, "
            f"{total:.0f} in all, {features.when()}; expected {split.expected:.1f}"
        ),
        market=market,
        line=line,
    )
