"""Stakes out of character: new or dormant accounts that stake far more than they ever did."""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import repeat
from operator import attrgetter
from statistics import median
from typing import ClassVar, NamedTuple

from detectors.account_cluster import opened_days, too_many
from detectors.detector import MatchDetector
from detectors.evidence import Finding
from detectors.features import MatchFeatures, Phase, span
from markets.records import Account, Wager
from markets.wagers import LOOK_BACK_S, Bought, WagerBook

NEW_DAYS = 14
DORMANT_DAYS = 60
_DORMANT = timedelta(days=DORMANT_DAYS)
_QUIET_S = 600.0
_AT_LIMIT, _LIMIT_CHANCE = 0.9, 0.3
# Steepness of the tail of stake over an account's own median among the public: on an exchange, and
# at a book with limits, whose customers keep to their stakes more.
_OWN_STEEPNESS, _LIMITED_STEEPNESS, _FEWEST_OWN = 1.5, 2.0, 3
_PRIOR_WEIGHT = 10.0
# The first to back a selection are not rare for being early.
_FEWEST_BACKERS = 12
_NOVEL, _NOVEL_WEIGHT = 0.1, 25.0
_LEAST_STAKE, _LEAST_CHANCE, _LARGE = 0.01, 0.002, 0.1

Bet = list[Wager]
"""Wagers of one account on one selection at one moment: the fills of one bet."""


class Stake(NamedTuple):
    """All that one account put on a selection at one moment.

    `chance` is that of so large a stake by an account so new or so long asleep; `times` how
    many times its own usual stake that is, or that of others at the book when it has none.
    """

    account: str
    book: str
    at: float
    money: float
    times: float
    is_new: bool
    chance: float


@dataclass(slots=True, frozen=True)
class Bunch:
    """The most unusual stakes on one selection, of `of` accounts that backed it."""

    bought: Bought
    stakes: tuple[Stake, ...]
    of: int
    raw: float


class StakeOutOfCharacter(MatchDetector):
    """New or dormant accounts that stake far more than they used to, on one selection.

    Good at the pattern that operators report most, even from three accounts, hours apart and at
    several operators; for any sport and market. Bad at a single account, however odd: a big
    tournament brings back many that slept, some with a large stake. Blind where feeds tell neither
    the history of an account nor when it was opened, and to regulars.

    Notes
    -----
    For each account younger than 14 days or idle for more than 60, the chance p of its stake is a
    Pareto tail of stake over its own median (exponent 2 where stakes are limited, else 1.5), or,
    without three earlier wagers, its rank among the stakes at its book in this match, mixed with
    a prior; a stake at the limit makes it rarer. It is at least 0.002, since some customers stake
    all they have without any secret, and is multiplied by the share of such accounts in the match.
    The score is -log10 of the tail of seeing j of n backers of a selection with p that small, for
    the worst j (Berk and Jones 1979), by Chernoff's bound. Practice: IBIA members' account alerts.
    """

    name: ClassVar[str] = "stake-out-of-character"
    version: ClassVar[int] = 1
    family: ClassVar[str] = "accounts-stakes"
    unit: ClassVar[str] = "-log10 p"
    phases: ClassVar[frozenset[Phase]] = frozenset({"early", "day", "late", "in_play"})

    def find(self, features: MatchFeatures) -> Finding | None:
        """Find the selection with the least likely stakes of new and dormant accounts."""
        book, at = features.book.wagers, features.at
        if at - book.changed_at > _QUIET_S:
            return None
        alarming = [
            bought for bought in book.selections()
            if any(map(may_stand_out, bets(book.timed(bought, at - _QUIET_S, at)), repeat(book)))
        ]  # fmt: skip
        if not alarming:
            return None
        placed = {b: bets(book.timed(b, at - LOOK_BACK_S, at)) for b in book.selections()}
        public = Public.of_match(placed, book)
        bunches = [_bunch(bought, placed[bought], public, book) for bought in alarming]
        best = max(bunches, key=attrgetter("raw"))
        return _finding(features, best) if best.raw > 0.0 else None

    def innocent(self, features: MatchFeatures) -> tuple[str, ...]:
        """Name what else makes new or returning customers stake much."""
        del features
        return (
            "customers who come back for a big match, or were won with a free bet",
            "one customer with several accounts",
            "a win elsewhere, staked again",
        )


@dataclass(slots=True, frozen=True)
class Public:
    """What others than new and dormant accounts stake at each book, in order; how many are novel.

    `novel` and `of` count bets by selection.
    """

    stakes: Mapping[str, Sequence[float]]
    novel: Counter[Bought]
    of: Counter[Bought]

    @classmethod
    def of_match(cls, placed: Mapping[Bought, Sequence[Bet]], book: WagerBook) -> "Public":
        """Gather them from all bets of the match."""
        stakes: dict[str, list[float]] = {}
        novel: Counter[Bought] = Counter()
        for bought, found in placed.items():
            for bet in found:
                if is_novel(bet[0], book.accounts):
                    novel[bought] += 1
                else:
                    stakes.setdefault(bet[0].book, []).append(_money(bet))
        of = Counter({bought: len(found) for bought, found in placed.items()})
        return cls({name: sorted(found) for name, found in stakes.items()}, novel, of)

    def rank(self, book: str, money: float) -> tuple[float, float]:
        """Say how many times the median a stake is, and the chance of one as large."""
        known = self.stakes.get(book, ())
        if not known:
            return 1.0, 1.0
        times = money / max(known[len(known) // 2], _LEAST_STAKE)
        larger = len(known) - bisect_left(known, money)
        prior = _PRIOR_WEIGHT / max(times, 1.0)
        return times, (larger + prior) / (len(known) + _PRIOR_WEIGHT)

    def share(self, bought: Bought) -> float:
        """Share of bets by new and dormant accounts on all other selections of the match."""
        novel = self.novel.total() - self.novel[bought]
        of = self.of.total() - self.of[bought]
        return (novel + _NOVEL * _NOVEL_WEIGHT) / (of + _NOVEL_WEIGHT)


def bets(timed: Iterable[tuple[float, Wager]]) -> list[Bet]:
    """Gather what backs a selection by account and moment: fills of one bet are one bet."""
    found: dict[tuple[str, float], Bet] = {}
    for at, wager in timed:
        if wager.side == "back":
            found.setdefault((wager.account, at), []).append(wager)
    return list(found.values())


def is_novel(wager: Wager, accounts: Mapping[str, Account]) -> bool:
    """Whether the account is younger than two weeks or was idle for more than 60 days."""
    return _is_new(wager) or _is_dormant(wager, accounts.get(wager.account))


def _is_new(wager: Wager) -> bool:
    age = opened_days(wager.opened, wager)
    return age is not None and age < NEW_DAYS


def _is_dormant(wager: Wager, known: Account | None) -> bool:
    if known is None or known.last is None:
        return False
    return wager.at - known.last > _DORMANT


def _money(bet: Bet) -> float:
    return sum(wager.stake for wager in bet)


def may_stand_out(bet: Bet, book: WagerBook) -> bool:
    """Say cheaply whether a bet of a new or dormant account can be out of character."""
    known = book.accounts.get(bet[0].account)
    if not (_is_new(bet[0]) or _is_dormant(bet[0], known)):
        return False
    usual = _usual(known)
    return usual is None or _own_chance(_money(bet) / usual, known) <= _LARGE


def _usual(known: Account | None) -> float | None:
    """What an account usually stakes, if it has bet often enough to tell."""
    if known is None or known.median_stake is None or known.wagers < _FEWEST_OWN:
        return None
    return max(known.median_stake, _LEAST_STAKE)


def _own_chance(times: float, known: Account | None) -> float:
    steepness = _LIMITED_STEEPNESS if known and known.limit else _OWN_STEEPNESS
    return math.pow(max(times, 1.0), -steepness)


def _stake(bet: Bet, public: Public, share: float, known: Account | None) -> Stake:
    first, money, usual = bet[0], _money(bet), _usual(known)
    if usual is None:
        times, chance = public.rank(first.book, money)
    else:
        times = money / usual
        chance = _own_chance(times, known)
    if known and known.limit and money >= _AT_LIMIT * known.limit:
        chance *= _LIMIT_CHANCE
    return Stake(
        first.account, first.book, first.at.timestamp(), money, times, _is_new(first),
        share * max(chance, _LEAST_CHANCE),
    )  # fmt: skip


def _bunch(bought: Bought, placed: Sequence[Bet], public: Public, book: WagerBook) -> Bunch:
    """Choose how many of the least likely stakes are most unusual together."""
    share = public.share(bought)
    least: dict[str, Stake] = {}
    for bet in placed:
        if may_stand_out(bet, book):
            stake = _stake(bet, public, share, book.accounts.get(bet[0].account))
            if stake.chance <= share * _LARGE:
                least[stake.account] = min(stake, least.get(stake.account, stake), key=_rarest)
    stakes = sorted(least.values(), key=_rarest)
    of = max(len(placed), _FEWEST_BACKERS)
    scored = (
        (too_many(count, of * stakes[count - 1].chance), count)
        for count in range(1, len(stakes) + 1)
    )
    raw, count = max(scored, default=(0.0, 0))
    return Bunch(bought, tuple(stakes[:count]), of, raw)


_rarest = attrgetter("chance", "at", "account")


def _finding(features: MatchFeatures, best: Bunch) -> Finding:
    market, line, selection = best.bought
    times = sorted(s.at for s in best.stakes)
    count, new = len(best.stakes), sum(s.is_new for s in best.stakes)
    money, middle = sum(s.money for s in best.stakes), median(s.times for s in best.stakes)
    expected = best.of * max(s.chance for s in best.stakes)
    minutes = (times[-1] - times[0]) / 60.0
    return Finding(
        raw=best.raw,
        selection=selection,
        observed=float(count),
        expected=expected,
        since=times[0],
        turn=times[(count - 1) // 2],
        books=tuple(sorted({s.book for s in best.stakes})),
        values={
            "accounts": count,
            "new": new,
            "dormant": count - new,
            "times_usual": round(middle, 1),
            "money": round(money, 2),
            "minutes": round(minutes, 1),
        },
        sentence=(
            f"{count} pseudonymous account{'s' * (count > 1)}, {new} opened within {NEW_DAYS} "
            f"days and {count - new} idle for more than {DORMANT_DAYS}, staked {money:,.0f} on "
            f"{features.named(selection, line)} within {span(minutes)}, {features.when()}: "
            f"{middle:.0f} times their usual stake, or that of others at the book "
            f"({expected:.2g} such stakes expected)"
        ),
        market=market,
        line=line,
    )
