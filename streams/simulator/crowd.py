"""What the public bets on a clean match, with everything in it that looks like a fix and is none.

Ordinary customers, and: sign-up offers that bring many new accounts onto the favourite, tips and
groups of friends who back one selection within minutes, households on one device, chasers of a
price that moves, guests of a betting shop on its terminal, regulars who stake more on a big
match, and the few who stake all they have.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from streams.simulator import innocent_bets
from streams.simulator.accounts import Holder, newcomer, partner, regular
from streams.simulator.books import EXCHANGE, Book
from streams.simulator.play import Incident, Timetable
from streams.simulator.prices import DAY, Truth, truth_at
from streams.simulator.scheme import Bet
from streams.simulator.trading import OUTCOMES

# Wagers of the ordinary public by tier, as rows told: median of a match.
_ROWS = {1: 520, 2: 350, 3: 205, 4: 95}
_SPREAD_OF_MATCHES = 0.25
_ON_EXCHANGE, _ON_TOTALS, _LAYS = 0.25, 0.3, 0.27
# Share of an account's bets that come in play; the exchange's is two thirds (domain figures).
_IN_PLAY = {True: 0.7, False: 0.45}
# Bets per account have the tail n ** -steepness up to a most; fills are split later.
_BETS = {True: (1.5, 80), False: (1.7, 12)}
_ROWS_PER_BET = {True: 2.2, False: 1.03}
_NEW = {1: 0.14, 2: 0.09, 3: 0.07, 4: 0.06}
_HOUSEHOLDS, _TOGETHER, _GREEDY = 0.03, 0.6, 0.08
# Spread of an account's stakes around its usual one.
_SOFT_WITHIN, _EXCHANGE_WITHIN = 0.7, 1.2
_RAISES = {1: 0.12, 2: 0.05, 3: 0.03, 4: 0.03}
_ROUND = (1, 2, 5, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 250, 300, 500, 750, 1000, 2000)
_PLUNGES = 0.01
_NEARS_S = 2400.0
_OFFERS = {1: 0.15, 2: 0.08}
_TIPS_PER_ROW, _FRIENDS, _SHOPS = 1 / 220, 0.7, 0.3
_CHASED, _CHASED_WITHIN_S = 0.02, 1200.0


@dataclass(slots=True)
class Crowd:
    """The public of one match, at the operators that share their account data."""

    rng: Random
    seed: int
    tier: int
    operators: Sequence[Book]
    times: Timetable
    incidents: Sequence[Incident]

    def before(self, truths: Sequence[Truth]) -> list[Bet]:
        """Bets before the match, in no order."""
        rows = self._rows()
        bets = list(self._customers(rows, truths, in_play=False))
        for _ in range(_poisson(self.rng, rows * _TIPS_PER_ROW)):
            bets += self._tip(self._early(), truths)
        for _ in range(_poisson(self.rng, _FRIENDS)):
            bets += self._friends(self._early(), truths)
        if self.rng.random() < _SHOPS:
            bets += self._shop(truths)
        if self.rng.random() < _OFFERS.get(self.tier, 0.02):
            bets += self._offer(truths)
        bets += self._chasers(truths)
        return [*bets, *innocent_bets.before(self, truths)]

    def during(self, truths: Sequence[Truth]) -> list[Bet]:
        """Bets in play, in no order."""
        rows = self._rows()
        bets = list(self._customers(rows, truths, in_play=True))
        for _ in range(_poisson(self.rng, 0.2 * rows * _TIPS_PER_ROW)):
            bets += self._tip(self._late(), truths)
        bets += innocent_bets.during(self, truths)
        when_open = [bet._replace(second=self._open_at(bet.second)) for bet in bets]
        return [bet for bet in when_open if self._can_be_had(bet, truths)]

    def _can_be_had(self, bet: Bet, truths: Sequence[Truth]) -> bool:
        decided = bet.market == "total" and truth_at(truths, bet.second).over is None
        return bet.second < self.times.full_time and not decided

    def _rows(self) -> float:
        return _ROWS.get(self.tier, 80) * self.rng.lognormvariate(0, _SPREAD_OF_MATCHES)

    def _customers(self, rows: float, truths: Sequence[Truth], *, in_play: bool) -> Iterator[Bet]:
        for book, share in zip(self.operators, self._shares(), strict=True):
            exchange = book.name == EXCHANGE
            part = _IN_PLAY[exchange] if in_play else 1 - _IN_PLAY[exchange]
            left = rows * share * part / _ROWS_PER_BET[exchange]
            while left > self.rng.random():
                holder = self._holder(_NEW.get(self.tier, 0.06) * (0.4 if exchange else 1))
                bets = list(self._visit(holder, book, truths, in_play=in_play))
                left -= len(bets)
                yield from bets
                if self.rng.random() < _HOUSEHOLDS:
                    yield self._at_home(bets[0], holder, book, truths)

    def _shares(self) -> list[float]:
        others = sum(book.name != EXCHANGE for book in self.operators)
        on_exchange = _ON_EXCHANGE if others else 1.0
        return [
            on_exchange if book.name == EXCHANGE else (1 - on_exchange) / others
            for book in self.operators
        ]

    def _holder(self, new: float) -> Holder:
        draw = newcomer if self.rng.random() < new else regular
        return draw(self.seed, self.rng.random())

    def _visit(
        self, holder: Holder, book: Book, truths: Sequence[Truth], *, in_play: bool
    ) -> Iterator[Bet]:
        """One account's bets on the match: mostly on one selection, now and then on another."""
        rng, choice = self.rng, None
        raised = rng.uniform(2, 6) if rng.random() < _RAISES.get(self.tier, 0.03) else 1.0
        raised = rng.uniform(6, 25) if rng.random() < _PLUNGES else raised
        steepness, most = _BETS[book.name == EXCHANGE]
        for _ in range(min(most, int((1 - rng.random()) ** (-1 / steepness)))):
            second = self._late() if in_play else self._early()
            truth = truth_at(truths, second)
            if choice is None or rng.random() < 0.3 or (truth.over is None and choice[0] != "1x2"):
                choice = self._choice(truth)
            yield self._bet(second, holder, book, choice, raised)

    def _at_home(self, bet: Bet, holder: Holder, book: Book, truths: Sequence[Truth]) -> Bet:
        """Somebody of the same household, on the same device, mostly bets with the first."""
        second = bet.second + self.rng.expovariate(1 / 900)
        if bet.second < self.times.kick_off <= second:
            second = bet.second
        choice = (bet.market, bet.selection)
        if self.rng.random() > _TOGETHER:
            choice = self._choice(truth_at(truths, second))
        return self._bet(second, partner(self.seed, holder), book, choice, 1.0)

    def _tip(self, second: float, truths: Sequence[Truth]) -> Iterator[Bet]:
        """A tipster tells his followers, who back it within minutes; a few are new, sent by him."""
        rng = self.rng
        count = 4 + min(26, int(rng.expovariate(1 / 6)))
        length, new = rng.uniform(300, 2400), rng.uniform(0.02, 0.3)
        yield from self._together(second, length, count, new, truths, rng.uniform(0.8, 2))

    def _shop(self, truths: Sequence[Truth]) -> Iterator[Bet]:
        """Customers of one betting shop or bar use its terminal, each for what he likes."""
        rng, book = self.rng, self._soft()
        since = rng.uniform(-5 * 3600, -2 * 3600)
        device, country = f"terminal/{rng.randrange(1000)}", self._holder(0).country
        for _ in range(rng.randint(4, 12)):
            second = rng.uniform(since, -60)
            guest = self._holder(0.1)._replace(device=device, country=country)
            yield self._bet(second, guest, book, self._choice(truth_at(truths, second)), 1.0)

    def _friends(self, second: float, truths: Sequence[Truth]) -> Iterator[Bet]:
        """A few friends at one operator bet together, out of one country."""
        rng, book = self.rng, self._soft()
        choice = self._choice(truth_at(truths, second))
        first = self._holder(0.1)
        for _ in range(rng.randint(3, 6)):
            friend = self._holder(0.1)._replace(country=first.country)
            yield self._bet(second + rng.uniform(0, 900), friend, book, choice, 1.0)

    def _offer(self, truths: Sequence[Truth]) -> Iterator[Bet]:
        """A sign-up offer on the favourite: for hours new accounts stake the most it allows."""
        rng, book = self.rng, self._soft()
        favourite = max(range(3), key=truths[-1].outcome.__getitem__)
        most = float(rng.choice((1, 2, 5, 10, 20)))
        since = rng.uniform(-8 * 3600, -4 * 3600)
        for _ in range(rng.randint(8, 22)):
            second = rng.uniform(since, -900)
            first = newcomer(self.seed, rng.random())
            # Some open several accounts on one phone to have the offer more than once.
            for _ in range(rng.randint(2, 4) if rng.random() < _GREEDY else 1):
                holder = newcomer(self.seed, rng.random())
                holder = holder._replace(device=first.device, country=first.country)
                bet = self._bet(second, holder, book, ("1x2", OUTCOMES[favourite]), 1.0)
                yield bet._replace(stake=most)
                second += rng.uniform(20, 200)

    def _chasers(self, truths: Sequence[Truth]) -> Iterator[Bet]:
        """Back what has just shortened."""
        quiet_until, then = -math.inf, 0
        for truth in truths:
            while truths[then].second < truth.second - _CHASED_WITHIN_S:
                then += 1
            pairs = zip(truth.outcome, truths[then].outcome, strict=True)
            moves = [now - before for now, before in pairs]
            if max(moves) > _CHASED and truth.second > quiet_until:
                quiet_until = truth.second + 2 * _CHASED_WITHIN_S
                bought = ("1x2", OUTCOMES[moves.index(max(moves))])
                yield from self._chase(truth.second, bought)

    def _chase(self, second: float, bought: tuple[str, str]) -> Iterator[Bet]:
        count = 2 + int(self.rng.expovariate(1 / (8 / self.tier)))
        for _ in range(count):
            when = second + self.rng.uniform(60, 1500)
            if when < 0:
                holder = regular(self.seed, self.rng.random())
                yield self._bet(when, holder, self._operator(), bought, self.rng.uniform(1, 3))

    def _together(
        self, second: float, length: float, count: int, new: float, truths: Sequence[Truth],
        raised: float,
    ) -> Iterator[Bet]:  # fmt: skip
        choice, book = self._choice(truth_at(truths, second)), self._soft()
        for _ in range(count):
            where = book if self.rng.random() < 0.6 else self._soft()
            when = second + min(length, self.rng.expovariate(3 / length))
            if second >= 0 or when < 0:
                yield self._bet(when, self._holder(new), where, choice, raised)

    def _operator(self) -> Book:
        return self.rng.choices(self.operators, self._shares())[0]

    def _soft(self) -> Book:
        soft = [book for book in self.operators if book.name != EXCHANGE]
        return self.rng.choice(soft or list(self.operators))

    def _early(self) -> float:
        """Draw a second before the match; half of the money comes in the last three hours."""
        span = math.log((DAY + _NEARS_S) / _NEARS_S)
        return max(-DAY + 1800, -_NEARS_S * math.expm1(span * self.rng.random()))

    def _late(self) -> float:
        """Draw a second in play."""
        return self.rng.uniform(self.times.kick_off, self.times.full_time - 60)

    def _open_at(self, second: float) -> float:
        """Give when a bet wanted at a second can be had: after a goal books close for a minute."""
        for incident in self.incidents:
            if incident.second - 5 <= second < incident.second + 60:
                second = incident.second + 60 + self.rng.expovariate(1 / 60)
        return second

    def _choice(self, truth: Truth) -> tuple[str, str]:
        """Draw what is bet on: favourites and the home team above their chance, draws below it."""
        if truth.over is not None and self.rng.random() < _ON_TOTALS:
            over = 1.5 * truth.over / (1.5 * truth.over + 1 - truth.over)
            return "total", "over" if self.rng.random() < over else "under"
        home, draw, away = truth.outcome
        weights = (1.15 * home**1.3, 0.55 * draw, away**1.3)
        return "1x2", self.rng.choices(OUTCOMES, weights)[0]

    def _bet(
        self, second: float, holder: Holder, book: Book, choice: tuple[str, str], raised: float
    ) -> Bet:
        exchange = book.name == EXCHANGE
        usual = holder.usual(self.tier, exchange=exchange)
        within = _EXCHANGE_WITHIN if exchange else _SOFT_WITHIN
        stake = raised * usual * math.exp(self.rng.gauss(0, within))
        limit = None if exchange else holder.limit(self.tier)
        return Bet(
            second=second,
            market=choice[0],
            selection=choice[1],
            account=holder.account,
            stake=self._rounded(min(stake, limit or 60_000.0), exchange=exchange),
            book=book.name,
            side="lay" if exchange and self.rng.random() < _LAYS else "back",
            device=holder.device,
            opened_days=holder.opened_days,
            wagers=holder.wagers,
            median_stake=round(usual, 1) if holder.wagers else None,
            idle_days=holder.idle_days if holder.wagers else None,
            country=holder.country,
            limit=limit,
        )

    def _rounded(self, stake: float, *, exchange: bool) -> float:
        """Round as customers do: mostly to notes and coins, on an exchange less often."""
        if stake < 1:
            return 1.0
        if self.rng.random() < (0.35 if exchange else 0.8) and stake <= _ROUND[-1]:
            above = bisect_left(_ROUND, stake)
            nearest = _ROUND[max(0, above - 1) : above + 1]
            return float(min(nearest, key=lambda note: abs(math.log(note / stake))))
        return round(stake, 2 if exchange else 0)


def _poisson(rng: Random, mean: float) -> int:
    """Draw a count; for small means."""
    count, left = 0, rng.expovariate(1.0)
    while left < mean:
        count += 1
        left += rng.expovariate(1.0)
    return count
