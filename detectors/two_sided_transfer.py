"""Two-sided transfer: two accounts bet against each other, off the market, the same one gaining."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from statistics import median
from typing import ClassVar, NamedTuple

from detectors.detector import MatchDetector
from detectors.evidence import Finding
from detectors.features import MatchFeatures, Phase, span
from detectors.tails import rarity, upper_tail
from markets.book import MarketBook, MatchBook
from markets.records import Wager
from markets.wagers import LOOK_BACK_S

FEWEST = 3
AROUND_S = 120.0
# The nearest first: the price of the moment explains most bets.
_STEPS_S = (0.0, -45.0, 45.0, -AROUND_S, AROUND_S)
_NEW_S = 15 * 60.0
_ONE_BET_S = 60.0
# What a price may be off the market, relative, for a tick, a spread and a slow look; the second is
# in probability, which is why it weighs most on long prices.
_OFF, _OFF_PP = 0.035, 0.005
_LEAST_MOVED = 10.0
# Share of matched bets that are off the market in clean matches, and its weight in bets.
_SHARE, _WEIGHT, _SAMPLE = 0.02, 50.0, 60
_SAME_DEVICE = 0.02

Pair = tuple[str, str]


class Deal(NamedTuple):
    """A bet matched between two accounts, by all its fills within a minute.

    `off` is by how much its price (relative) was outside of the market's prices of the minutes
    around it, above 0 when that is to the gain of the first account of the pair; `moved` is the
    stake times that.
    """

    at: float
    stake: float
    off: float
    moved: float


@dataclass(slots=True, frozen=True)
class Transfer:
    """Deals of one pair off the market that all gain the same account."""

    pair: Pair
    gaining: str
    deals: tuple[Deal, ...]
    of: int
    expected: float
    same_device: bool
    books: tuple[str, ...]
    raw: float
    wager: Wager


class TwoSidedTransfer(MatchDetector):
    """Bets matched between the same two accounts at prices off the market, one of them gaining.

    Good at money handed over by back and lay, before the match or in play, whatever its price;
    slow feeds and goals widen the market it compares with, so that an offer left standing through
    a goal explains itself. Bad at fewer than three deals, at deals within a few per cent of the
    market, and at many accounts on one side that deal once each; blind without wagers that name
    the other side, and to losing on purpose at a bookmaker.

    Notes
    -----
    A deal is off when its price lies outside of all prices that its exchange, or the median of
    the books, showed from two minutes before to two after it, by more than 3.5 % and half a
    percentage point, and when that is worth 10 or more; it is judged once these are over. For
    each pair the deals off the market to the gain of one side are counted among all of the
    pair's. The score is -log10 of the binomial tail at the share of fills that are off elsewhere
    in the match (with a shipped prior), of all going one way, and of a shared device, times the
    pairs tested. Practice: FATF 2009, Vulnerabilities of casinos and gaming sector, on games
    between colluding players in which one loses on purpose.
    """

    name: ClassVar[str] = "two-sided-transfer"
    version: ClassVar[int] = 1
    family: ClassVar[str] = "accounts-transfer"
    unit: ClassVar[str] = "-log10 p"
    phases: ClassVar[frozenset[Phase]] = frozenset({"early", "day", "late", "in_play"})

    def find(self, features: MatchFeatures) -> Finding | None:
        """Find the pair whose deals are furthest from chance."""
        book, until = features.book.wagers, features.at - AROUND_S
        recent = book.between(until - _NEW_S, until)
        lately = {_pair(w, w.counterparty) for w in recent if w.counterparty is not None}
        if not lately:
            return None
        standing = [w for w in book.between(until - LOOK_BACK_S, until) if w.counterparty]
        by_pair: dict[Pair, list[Wager]] = {}
        for wager in standing:
            by_pair.setdefault(_pair(wager, wager.counterparty), []).append(wager)
        repeated = {p: b for p, b in by_pair.items() if len(b) >= FEWEST <= _occasions(b)}
        transfers = (
            transfer
            for pair in sorted(lately & repeated.keys())
            if (transfer := _transfer(features.book, pair, repeated[pair], standing, len(repeated)))
        )
        best = max(transfers, key=attrgetter("raw"), default=None)
        return _finding(features, best) if best and best.raw > 0.0 else None

    def innocent(self, features: MatchFeatures) -> tuple[str, ...]:
        """Name what else matches two accounts off the market."""
        del features
        return (
            "offers left standing by one account that a fast one takes again and again",
            "a market so thin that its prices say little",
            "mistyped prices",
        )


def _pair(wager: Wager, other: str | None) -> Pair:
    """Both sides in the order of their names."""
    one, two = wager.account, other or ""
    return (one, two) if one <= two else (two, one)


def _occasions(bets: Sequence[Wager]) -> int:
    return len({(w.at.timestamp() // _ONE_BET_S, w.selection) for w in bets})


def _transfer(
    book: MatchBook, pair: Pair, bets: Sequence[Wager], standing: Sequence[Wager], pairs: int
) -> Transfer | None:
    deals = _deals(book, pair, bets)
    up = [d for d in deals if d.off > 0.0 and d.moved >= _LEAST_MOVED]
    down = [d for d in deals if d.off < 0.0 and d.moved >= _LEAST_MOVED]
    found, gaining = (up, pair[0]) if len(up) >= len(down) else (down, pair[1])
    if len(found) < FEWEST:
        return None
    share = _share(book, pair, standing)
    tail = upper_tail([share] * len(deals), len(found))
    tail *= upper_tail([0.5] * (len(up) + len(down)), len(found))
    shared = _same_device(pair, standing)
    raw = rarity(min(1.0, pairs * tail * (_SAME_DEVICE if shared else 1.0)))
    books = tuple(sorted({w.book for w in bets}))
    expected = share * len(deals)
    return Transfer(pair, gaining, tuple(found), len(deals), expected, shared, books, raw, bets[-1])


def _deals(book: MatchBook, pair: Pair, bets: Sequence[Wager]) -> list[Deal]:
    """Deals of a pair in order of time, those within a minute on one selection being one."""
    together: dict[tuple[float, str], list[Wager]] = {}
    for wager in bets:
        together.setdefault((wager.at.timestamp() // _ONE_BET_S, wager.selection), []).append(wager)
    return sorted(_deal(book, pair, fills) for fills in together.values())


def _deal(book: MatchBook, pair: Pair, fills: Sequence[Wager]) -> Deal:
    offs = [(off_market(book, w), w) for w in fills]
    moved = math.fsum(_towards(pair[0], w) * off * w.stake for off, w in offs)
    stake = math.fsum(w.stake for w in fills)
    return Deal(fills[0].at.timestamp(), stake, moved / stake if stake else 0.0, abs(moved))


def _towards(account: str, wager: Wager) -> float:
    """1 when a price that is too high is the gain of this account: it backs, or is laid."""
    return 1.0 if (wager.account == account) == (wager.side == "back") else -1.0


def off_market(book: MatchBook, wager: Wager) -> float:
    """By how much (relative) a price is above, or below 0, the market's around its time.

    0 while it is within what is usual, or when no market is known.
    """
    market = book.markets.get((wager.market, wager.line))
    least, most = math.inf, 0.0
    for chance in _chances(market, wager, wager.at.timestamp()) if market else ():
        if _explains(chance, wager.price):
            return 0.0
        least, most = min(least, chance), max(most, chance)
    if not most:
        return 0.0
    above = math.log(wager.price * least)
    below = math.log(wager.price * most)
    if above > _OFF + _OFF_PP / least:
        return math.expm1(above)
    return math.expm1(below) if below < -_OFF - _OFF_PP / most else 0.0


def _explains(chance: float, price: float) -> bool:
    """Whether a price is so near to one chance that it is within the market whatever the others.

    The least chance can only be lower and the most higher, by which the price is further from
    being above and below; for the latter the chance has to be more than the half point it may be
    off, from where on a higher one gains more than its narrower bound loses.
    """
    if chance <= _OFF_PP:
        return False
    return abs(math.log(price * chance)) <= _OFF + _OFF_PP / chance


def _chances(market: MarketBook, wager: Wager, at: float) -> Iterator[float]:
    """Probabilities of the selection around a time, at the wager's own book and at the others."""
    for step in _STEPS_S:
        own = _chance(market, wager.book, wager.selection, at + step)
        if own is not None:
            yield own
    for then in (at - AROUND_S, at + AROUND_S):
        found = (_chance(market, b, wager.selection, then) for b in sorted(market.books))
        others = [chance for chance in found if chance is not None]
        if others:
            yield median(others)


def _chance(market: MarketBook, book: str, selection: str, at: float) -> float | None:
    """Probability, overround removed, that a book's prices gave a selection at a time."""
    offer = market.books.get(book)
    if offer is None or len(offer.selections) < len(market.selections):
        return None
    own, total = None, 0.0
    for name in offer.selections:
        value = quote.as_of(at) if (quote := offer.quote(name)) else None
        if value is None:
            return None
        total += value
        own = value if name == selection else own
    return own / total if own is not None else None


def _share(book: MatchBook, pair: Pair, standing: Sequence[Wager]) -> float:
    """Share of the last fills of other pairs that are off the market."""
    others = (w for w in reversed(standing) if _pair(w, w.counterparty) != pair)
    sample = [w for w, _ in zip(others, range(_SAMPLE), strict=False)]
    off = sum(off_market(book, w) != 0.0 for w in sample)
    return (off + _SHARE * _WEIGHT) / (len(sample) + _WEIGHT)


def _same_device(pair: Pair, standing: Iterable[Wager]) -> bool:
    devices: dict[str, set[str]] = {pair[0]: set(), pair[1]: set()}
    for wager in standing:
        if wager.account in devices and wager.device:
            devices[wager.account].add(wager.device)
    return bool(devices[pair[0]] & devices[pair[1]])


def _finding(features: MatchFeatures, found: Transfer) -> Finding:
    deals, wager = found.deals, found.wager
    moved = math.fsum(d.moved for d in deals)
    length = span((deals[-1].at - deals[0].at) / 60.0)
    device = ", on one device" if found.same_device else ""
    return Finding(
        raw=found.raw,
        selection=wager.selection,
        observed=float(len(deals)),
        expected=found.expected,
        since=deals[0].at,
        turn=deals[(len(deals) - 1) // 2].at,
        books=found.books,
        values={
            "deals": float(found.of),
            "off_market": float(len(deals)),
            "moved": round(moved, 2),
            "stakes": round(math.fsum(d.stake for d in deals), 2),
            "median_off": round(median(abs(d.off) for d in deals), 4),
        },
        sentence=(
            f"accounts {found.pair[0]} and {found.pair[1]} matched {found.of} bets with each "
            f"other{device}, {len(deals)} of them off the market by a median of "
            f"{median(abs(d.off) for d in deals):.0%} within {length}, worth {moved:.0f} to "
            f"{found.gaining}, last on {features.named(wager.selection, wager.line)}, "
            f"{features.when()}"
        ),
        market=wager.market,
        line=wager.line,
    )
