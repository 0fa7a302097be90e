"""The public's accounts: how old, from where, on which device, and what they usually do.

Everything about an account follows from the seed and its number, so the same account tells the
same story in every match of a day.
"""

import math
import struct
from functools import lru_cache
from hashlib import blake2b
from statistics import NormalDist
from typing import NamedTuple

from streams.simulator.books import EXCHANGE
from streams.simulator.scheme import Bet

_REGULARS, _NEWCOMERS = 20_000, 3_000
NEW_DAYS = 30
_OLDEST_DAYS = 3_000
# Most customers are at home where the operators are; the rest spreads over ten countries.
_COUNTRIES = ("GB", "GB", "GB", "DE", "IE", "ES", "IT", "SE", "PL", "GR", "BR", "KE")
# Shares: accounts that slept for two months or more, winners whose stakes the operator cut, and
# customers whom it lets stake four times more.
_DORMANT, _CUT, _TRUSTED = 0.04, 0.06, 0.1
# The most that an operator lets a customer stake on a match, by tier.
LIMITS = {1: 2000.0, 2: 1000.0, 3: 500.0, 4: 250.0}
# Usual stakes: median and spread (of the logarithm) at a book and on the exchange of a big match,
# and how much smaller they are in lower tiers.
_AT_BOOK, _ON_EXCHANGE = (16.0, 1.0), (300.0, 2.1)
_SCALE = {1: 1.0, 2: 0.8, 3: 0.65, 4: 0.5}
_UNIT = 2.0**-32
_NORMAL = NormalDist()


class Holder(NamedTuple):
    """An account; `purse` is a standard normal that says how much it stakes.

    `freedom` is its limit over what the operator allows by default.
    """

    account: str
    opened_days: int
    wagers: int
    idle_days: float
    country: str
    device: str
    purse: float
    freedom: float

    def limit(self, tier: int) -> float:
        """The most that it may stake at a book that takes bets itself."""
        return max(2.0, round(self.freedom * LIMITS.get(tier, 100.0)))

    def usual(self, tier: int, *, exchange: bool) -> float:
        """What it usually stakes."""
        scale = _SCALE.get(tier, 0.5)
        if exchange:
            median, spread = _ON_EXCHANGE
            return max(2.0, scale * median * math.exp(_bent(spread * self.purse)))
        median, spread = _AT_BOOK
        return max(1.0, math.sqrt(scale) * median * math.exp(spread * self.purse))


def regular(seed: int, at: float) -> Holder:
    """One of those who bet now and then; `at` in [0, 1) picks it, low ones being the busiest."""
    return _holder(seed, f"{int(_REGULARS * at**1.5)}", new=False)


def newcomer(seed: int, at: float) -> Holder:
    """One whose account was opened within the last 30 days."""
    return _holder(seed, f"new/{int(_NEWCOMERS * at)}", new=True)


def partner(seed: int, holder: Holder) -> Holder:
    """Another account of the same household, on the same device."""
    other = _holder(seed, f"{holder.account}/partner", new=False)
    return other._replace(device=holder.device, country=holder.country)


def completed(seed: int, tier: int, bet: Bet) -> Bet:
    """Fill in what a fix leaves open about the account of its bet, as for anybody else."""
    known = _holder(seed, bet.account, new=False)
    opened = known.opened_days if bet.opened_days is None else bet.opened_days
    wagers = min(known.wagers, opened) if bet.wagers is None else bet.wagers
    idle = min(known.idle_days, float(opened)) if bet.idle_days is None else bet.idle_days
    usual = known.usual(tier, exchange=bet.book == EXCHANGE)
    return bet._replace(
        opened_days=opened,
        wagers=wagers,
        idle_days=idle if wagers else None,
        median_stake=bet.median_stake or (round(usual, 1) if wagers else None),
        device=bet.device or known.device,
        country=bet.country or known.country,
        limit=max(known.limit(tier), bet.stake) if bet.limit is None else bet.limit,
    )


@lru_cache(maxsize=16_384)
def pseudonym(seed: int, kind: str, name: str) -> str:
    """Give the pseudonym under which an operator tells of an account or a device.

    >>> pseudonym(7, "a", "ring/1"), pseudonym(7, "a", "311")
    ('a6c7970b0f8', 'aedb9199867')
    """
    return kind + blake2b(f"{seed}/{kind}/{name}".encode(), digest_size=5).hexdigest()


@lru_cache(maxsize=16_384)
def _holder(seed: int, name: str, *, new: bool) -> Holder:
    digest = blake2b(f"{seed}/holder/{name}".encode(), digest_size=28).digest()
    age, busy, idle, sleeps, home, purse, freedom = (
        _UNIT * (draw + 0.5) for draw in struct.unpack("<7I", digest)
    )
    opened = int(NEW_DAYS * age**1.3) if new else NEW_DAYS + int(_OLDEST_DAYS * age**1.7)
    most = opened + 1 if new else opened
    wagers = min(int(12 * busy**2), most) if new else 1 + int(most * busy**2)
    # Days since the last bet: a long tail, and some who come back after months.
    rest = 60 + 500 * idle**2 if sleeps < _DORMANT else 0.05 + 30 * idle**4
    return Holder(
        account=name,
        opened_days=opened,
        wagers=wagers,
        idle_days=round(min(rest, 0.9 * opened + 0.05), 3),
        country=_COUNTRIES[int(home * len(_COUNTRIES))],
        device=name,
        purse=_NORMAL.inv_cdf(purse),
        freedom=_freedom(freedom),
    )


def _freedom(draw: float) -> float:
    """Spread of limits: cut to a fiftieth up to a fifth, as usual, or four times as much."""
    if draw < _CUT:
        return 0.02 + 3 * draw
    return 4.0 if draw > 1 - _TRUSTED else 1.0


def _bent(log_ratio: float) -> float:
    """Bend the upper tail of the exchange's stakes, which is lighter than a lognormal's."""
    return min(log_ratio, 1.9 + 0.45 * (log_ratio - 1.9))
