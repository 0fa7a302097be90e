"""Rarer habits of the public that look like splitting, handing over or knowing, and are none.

Stakes that end just under a round sum because an operator caps what it pays out, or because they
were converted from another currency; bets matched off the market because a thin ladder was eaten
up, an offer was left standing through a goal, or a price was mistyped; and customers who back a
side just when it attacks.
"""

import math
from collections.abc import Iterator, Sequence
from random import Random
from typing import TYPE_CHECKING

from streams.simulator.accounts import completed, regular
from streams.simulator.books import EXCHANGE, Book, rounded
from streams.simulator.play import Incident
from streams.simulator.prices import Truth, truth_at
from streams.simulator.scheme import Bet
from streams.simulator.trading import OUTCOMES

if TYPE_CHECKING:
    from streams.simulator.crowd import Crowd

# Each per match, more of it where more is bet.
_CAPPED, _THIN, _MISTYPED = 0.06, 0.04, 0.05
_CONVERTED = {1: 8.0, 2: 4.0, 3: 2.0}
_PICKED_OFF, _EAGER, _CHASES_ATTACKS = 0.4, {1: 1.6, 2: 1.0, 3: 0.6}, 0.15
# What one unit of a currency of the neighbourhood is worth.
_RATES = (0.23, 0.087, 0.92, 1.17, 0.18, 0.134)
_NOTES = (50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000)
_CAPS = (250.0, 500.0, 1000.0, 2000.0, 5000.0)
_MAKERS = 12


def before(crowd: "Crowd", truths: Sequence[Truth]) -> Iterator[Bet]:
    """Habits that show before the match."""
    rng = Random(crowd.rng.getrandbits(64))
    bets: list[Bet] = []
    if rng.random() < _CAPPED:
        bets += _capped(rng, crowd, truths)
    if rng.random() < _THIN * crowd.tier:
        bets += _through_a_thin_ladder(rng, crowd, truths)
    if rng.random() < _MISTYPED:
        bets.append(_mistyped(rng, truths, rng.uniform(-10 * 3600, -60)))
    bets += _converted(rng, crowd)
    return _as_customers(rng, crowd, bets)


def during(crowd: "Crowd", truths: Sequence[Truth]) -> Iterator[Bet]:
    """Habits that show in play."""
    rng = Random(crowd.rng.getrandbits(64))
    bets = [bet for i in crowd.incidents for bet in _around(rng, crowd, i, truths)]
    if rng.random() < _CHASES_ATTACKS:
        bets += _chases_attacks(rng, crowd, truths)
    return _as_customers(rng, crowd, bets)


def _as_customers(rng: Random, crowd: "Crowd", bets: Sequence[Bet]) -> Iterator[Bet]:
    for bet in bets:
        account = bet.account or regular(crowd.seed, rng.random()).account
        yield completed(crowd.seed, crowd.tier, bet._replace(account=account))


def _capped(rng: Random, crowd: "Crowd", truths: Sequence[Truth]) -> Iterator[Bet]:
    """After a tip many stake the most that an operator pays out, down to its last unit."""
    since, length = rng.uniform(-8 * 3600, -3600), rng.uniform(600, 3600)
    outcome, book, cap = rng.randrange(3), _soft(rng, crowd), rng.choice(_CAPS)
    for _ in range(rng.randint(6, 18)):
        second = since + min(length, rng.expovariate(3 / length))
        price = book.prices(truth_at(truths, second).outcome)[outcome]
        stake = float(max(1, math.floor(cap / (price - 1.0))))
        yield Bet(second, "1x2", OUTCOMES[outcome], "", stake, book=book.name)


def _converted(rng: Random, crowd: "Crowd") -> Iterator[Bet]:
    """Customers who stake round sums of their own currency."""
    left = rng.expovariate(1.0)
    while left < _CONVERTED.get(crowd.tier, 1.0):
        left += rng.expovariate(1.0)
        stake = round(rng.choice(_NOTES) * rng.choice(_RATES) * rng.uniform(0.995, 1.005), 2)
        second = -min(12 * 3600.0, rng.expovariate(1 / 7200) + 60)
        selection = rng.choices(OUTCOMES, (3, 1, 2))[0]
        yield Bet(second, "1x2", selection, "", stake, book=_soft(rng, crowd).name)


def _through_a_thin_ladder(rng: Random, crowd: "Crowd", truths: Sequence[Truth]) -> Iterator[Bet]:
    """Somebody takes what one market maker leaves, each time at a few per cent worse."""
    account, maker = regular(crowd.seed, rng.random()).account, _maker(rng)
    outcome, since = rng.randrange(3), rng.uniform(-6 * 3600, -3600)
    for _ in range(rng.randint(2, 7)):
        second = since + rng.uniform(0, 3600)
        worse = math.exp(-rng.uniform(0.005, 0.05))
        yield Bet(
            second, "1x2", OUTCOMES[outcome], account, round(rng.lognormvariate(4, 1), 2),
            book=EXCHANGE, price=_off(truth_at(truths, second), outcome, worse),
            counterparty=maker,
        )  # fmt: skip


def _mistyped(rng: Random, truths: Sequence[Truth], second: float) -> Bet:
    """One bet at a price that nobody meant, eaten up by whoever was there."""
    outcome, lays = rng.randrange(3), rng.random() < 0.5
    wrong = math.exp(rng.uniform(0.1, 0.7) * (1 if lays else -1))
    price = _off(truth_at(truths, second), outcome, wrong)
    stake = round(rng.lognormvariate(5, 1), 2)
    side = "lay" if lays else "back"
    return Bet(second, "1x2", OUTCOMES[outcome], "", stake, EXCHANGE, side=side, price=price)


def _around(
    rng: Random, crowd: "Crowd", incident: Incident, truths: Sequence[Truth]
) -> Iterator[Bet]:
    """Bets that happen to come seconds before or after an incident, still at the old prices."""
    old = truth_at(truths, incident.second - 1.0)
    for _ in range(_count(rng, _EAGER.get(crowd.tier, 0.3))):
        yield _in_an_attack(rng, crowd, incident.second + rng.uniform(-14, 2), incident, old, "")
    maker = _maker(rng)
    for _ in range(_count(rng, _PICKED_OFF)):
        outcome = 0 if (incident.team == "home") == (incident.what == "goal") else 2
        stake = round(rng.lognormvariate(4.5, 1.2), 2)
        yield Bet(
            incident.second + rng.uniform(0, 2), "1x2", OUTCOMES[outcome], "", stake,
            book=EXCHANGE, price=_off(old, outcome, 1.0),
            counterparty=maker if rng.random() < 0.5 else _maker(rng),
        )  # fmt: skip


def _chases_attacks(rng: Random, crowd: "Crowd", truths: Sequence[Truth]) -> Iterator[Bet]:
    """Somebody backs whoever attacks, most of which comes to nothing."""
    account = regular(crowd.seed, rng.random()).account
    for incident in crowd.incidents:
        if rng.random() < 0.25:
            old = truth_at(truths, incident.second - 1.0)
            second = incident.second + rng.uniform(-14, 1)
            yield _in_an_attack(rng, crowd, second, incident, old, account)
    for _ in range(rng.randint(8, 25)):
        second = rng.uniform(crowd.times.kick_off + 60, crowd.times.full_time - 120)
        truth = truth_at(truths, second)
        if all(abs(second - i.second) > 90 for i in crowd.incidents):
            attack = Incident(second, "goal", rng.choice(("home", "away")), 0.0, (0, 0), (0, 0))
            yield _in_an_attack(rng, crowd, second, attack, truth, account)


def _in_an_attack(
    rng: Random, crowd: "Crowd", second: float, attack: Incident, old: Truth, account: str
) -> Bet:
    """A bet on the side that attacks, or half of the time on anything."""
    outcome = (0 if attack.team == "home" else 2) if rng.random() < 0.5 else rng.randrange(3)
    book = _soft(rng, crowd)
    stake = float(rng.choice((2, 5, 10, 20, 25, 50, 100)))
    return Bet(
        second, "1x2", OUTCOMES[outcome], account, stake, book=book.name,
        price=book.prices(old.outcome)[outcome],
    )  # fmt: skip


def _off(truth: Truth, outcome: int, factor: float) -> float:
    return rounded(max(1.02, factor / max(truth.outcome[outcome], 0.002)), "exchange")


def _soft(rng: Random, crowd: "Crowd") -> Book:
    soft = [book for book in crowd.operators if book.name != EXCHANGE]
    return rng.choice(soft or list(crowd.operators))


def _maker(rng: Random) -> str:
    return f"maker/{int(_MAKERS * rng.random() ** 2)}"


def _count(rng: Random, mean: float) -> int:
    count, left = 0, rng.expovariate(1.0)
    while left < mean:
        count += 1
        left += rng.expovariate(1.0)
    return count
