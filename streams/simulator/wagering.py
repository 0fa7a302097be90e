"""Wagers of one match as its operators tell them: the public's and those of a fix alike."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from operator import attrgetter
from random import Random
from typing import TypeVar

from markets.records import Account, Fixture, Wager
from streams.simulator.accounts import completed, pseudonym, regular
from streams.simulator.books import EXCHANGE, Book, rounded
from streams.simulator.crowd import Crowd
from streams.simulator.prices import Truth, truth_at
from streams.simulator.scheme import Bet
from streams.simulator.trading import OUTCOMES

# Fills and cancellations of the exchange; a quarter of its rows are cancelled (domain figures).
_WHOLE, _NEXT_FILL, _MOST_FILLS = 0.72, 0.6, 14
_CANCELS, _REJECTS = 0.56, 0.02
# Most fills are against one of a few market makers.
_MAKERS, _BY_MAKERS = 12, 0.6
_TICK_AWAY = 1.012

Operator = TypeVar("Operator", Book, str)


def sharing(roster: Sequence[Operator]) -> tuple[Operator, ...]:
    """Choose the operators that share account data: the exchange, one in the middle, the softest.

    >>> from streams.simulator.books import roster
    >>> [book.name for book in sharing(roster(11))]
    ['exchange', 'elm', 'juniper']
    >>> sharing(["exchange", "alder"])
    ('exchange', 'alder')
    """
    picked = {0, len(roster) // 2, len(roster) - 1}
    return tuple(roster[i] for i in sorted(picked))


class Wagering:
    """Turns bets into the records of their operators.

    A bet on the exchange becomes several rows, one for each counterparty that took a part of it,
    and often one more for the rest, which is cancelled; one with a counterparty of its own stays
    whole. What an operator knows of an account is told with the account's first wager there.
    """

    def __init__(
        self, crowd: Crowd, rng: Random, fixture: Fixture, line: float, other_line: float | None,
        planned: Sequence[Bet], day: date,
    ) -> None:  # fmt: skip
        self._crowd, self._rng, self._fixture = crowd, rng, fixture
        self._lines = {"1x2": None, "total": line}
        self._other_line = other_line
        self._planned = planned
        self._day = day
        self._books = {book.name: book for book in crowd.operators}
        self._introduced: set[tuple[str, str]] = set()
        self._told = 0

    def before(self, truths: Sequence[Truth]) -> Iterator[Wager | Account]:
        """Wagers before the match, in order of time."""
        kick_off = self._crowd.times.kick_off
        planned = [self._placed(bet) for bet in self._planned if bet.second < kick_off]
        yield from self._tell([*self._crowd.before(truths), *planned], truths)

    def during(self, truths: Sequence[Truth]) -> Iterator[Wager | Account]:
        """Wagers in play, in order of time."""
        kick_off = self._crowd.times.kick_off
        planned = [self._placed(bet) for bet in self._planned if bet.second >= kick_off]
        yield from self._tell([*self._crowd.during(truths), *planned], truths)

    def _tell(self, bets: Iterable[Bet], truths: Sequence[Truth]) -> Iterator[Wager | Account]:
        for bet in sorted(bets, key=_second):
            price = bet.price or self._price(bet, truths)
            at = self._fixture.start + timedelta(seconds=int(bet.second))
            account = pseudonym(self._crowd.seed, "a", bet.account)
            known = (bet.book or EXCHANGE, account)
            if known not in self._introduced:
                self._introduced.add(known)
                yield self._account(bet, at, account)
            yield from self._rows(bet, at, account, price)

    def _placed(self, bet: Bet) -> Bet:
        """Say where a bet of a fix is placed, and by whom, as far as it leaves that open."""
        book = bet.book or self._rng.choice(self._crowd.operators).name
        return completed(self._crowd.seed, self._fixture.tier, bet._replace(book=book))

    def _price(self, bet: Bet, truths: Sequence[Truth]) -> float:
        """Give what the book offers at that moment.

        Raises
        ------
        ValueError
            For a market that the books do not price by themselves, or one decided already.
        """
        truth = truth_at(truths, bet.second)
        book = self._books.get(bet.book or EXCHANGE, self._crowd.operators[0])
        if bet.market == "1x2" and bet.selection in OUTCOMES:
            price = book.prices(truth.outcome)[OUTCOMES.index(bet.selection)]
        elif bet.market == "total" and truth.over is not None:
            over, under = book.prices((truth.over, 1 - truth.over))
            price = over if bet.selection == "over" else under
        else:
            raise ValueError(f"bet on {bet.market} {bet.selection}: give it a price of its own")
        return rounded(price * _TICK_AWAY, book.ladder) if bet.side == "lay" else price

    def _account(self, bet: Bet, at: datetime, account: str) -> Account:
        last = None if bet.idle_days is None else at - timedelta(days=bet.idle_days)
        return Account(
            at=at,
            match=self._fixture.match,
            book=bet.book or EXCHANGE,
            account=account,
            opened=self._opened(bet),
            wagers=bet.wagers or 0,
            median_stake=bet.median_stake,
            last=None if last is None else last.replace(microsecond=0),
            limit=None if bet.book == EXCHANGE else bet.limit,
            country=bet.country,
        )

    def _opened(self, bet: Bet) -> str:
        # Wagers begin on the day before the match, which is when days are counted from.
        return (self._day - timedelta(days=1 + (bet.opened_days or 0))).isoformat()

    def _rows(self, bet: Bet, at: datetime, account: str, price: float) -> Iterator[Wager]:
        rng = self._rng
        on_exchange = bet.book == EXCHANGE
        if bet.counterparty is not None or not on_exchange:
            if not on_exchange and rng.random() < _REJECTS:
                yield self._row(bet, at, account, price, bet.stake, "rejected")
            yield self._row(bet, at, account, price, bet.stake, "accepted", bet.counterparty)
            return
        for part in self._parts(bet.stake):
            yield self._row(bet, at, account, price, part, "accepted", self._taker())
        if rng.random() < _CANCELS:
            rest = round(max(2.0, bet.stake * rng.lognormvariate(-0.3, 1.0)), 2)
            yield self._row(bet, at, account, price, rest, "cancelled")

    def _parts(self, stake: float) -> list[float]:
        """Split a stake over the counterparties that take it."""
        rng, count = self._rng, 1
        if rng.random() > _WHOLE and stake > 8:
            count = 2
            while rng.random() < _NEXT_FILL and count < _MOST_FILLS:
                count += 1
        weights = [rng.expovariate(1) + 0.05 for _ in range(count)]
        parts = [max(0.01, round(stake * weight / sum(weights), 2)) for weight in weights[1:]]
        return [max(0.01, round(stake - sum(parts), 2)), *parts]

    def _taker(self) -> str:
        if self._rng.random() < _BY_MAKERS:
            return f"maker/{int(_MAKERS * self._rng.random() ** 2)}"
        return regular(self._crowd.seed, self._rng.random()).account

    def _row(
        self, bet: Bet, at: datetime, account: str, price: float, stake: float, status: str,
        counterparty: str | None = None,
    ) -> Wager:  # fmt: skip
        self._told += 1
        seed, book = self._crowd.seed, bet.book or EXCHANGE
        return Wager(
            at=at,
            match=self._fixture.match,
            market=bet.market,
            line=self._lines.get(bet.market, self._other_line),
            selection=bet.selection,
            book=book,
            wager=f"{self._fixture.match}/{self._told}",
            account=account,
            side=bet.side,  # type: ignore[arg-type]
            price=price,
            stake=stake,
            status=status,  # type: ignore[arg-type]
            country=bet.country,
            opened=self._opened(bet),
            device=pseudonym(seed, "d", bet.device) if bet.device else None,
            counterparty=pseudonym(seed, "a", counterparty) if counterparty else None,
        )


_second = attrgetter("second")
