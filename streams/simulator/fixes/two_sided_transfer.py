"""Two-sided transfer: money is handed over by bets matched between accounts of the same owners.

One backs too high or lays too low against the other, at moments when nobody else offers more.
Prices 8 to 40 % off the market and stakes of 200 to 5 000 are what is worth the trouble: nearer to
the market little is moved and others take the bet, further away exchanges void it as an obvious
error (their rules on palpable error). FATF 2009, Vulnerabilities of casinos and gaming sector,
tells of players who lose to one another on purpose.
"""

import math
from random import Random
from typing import NamedTuple

from streams.simulator.books import EXCHANGE, rounded
from streams.simulator.buying import NOWHERE
from streams.simulator.scheme import Bet, Fix, Scene, Scheme
from streams.simulator.trading import OUTCOMES

STRENGTHS = (0.08, 0.40)
"""How far off the market, relative."""

_PAIRS = (1, 1, 1, 2, 2, 3)
_DEALS = (4, 20)
_IN_PLAY, _ONE_DEVICE = 0.25, 0.35
_CERTAIN, _TRIES = (0.15, 0.8), 200
_AFTER_GOALS_S = 180.0


class _Owner(NamedTuple):
    """Two accounts, and which of them is to gain."""

    gains: str
    loses: str
    devices: tuple[str | None, str | None]


def work_out(fix: Fix, rng: Random, scene: Scene) -> Scheme:
    """Let one to three pairs of accounts match 4 to 20 bets each within hours, or in play."""
    off = fix.strength or rng.uniform(*STRENGTHS)
    selection = fix.selection or rng.choice(_likely(scene))
    since, until = _window(rng, scene)
    bets = [
        bet
        for pair in range(rng.choice(_PAIRS))
        for bet in _handed_over(rng, scene, _owner(rng, pair), selection, off, (since, until))
    ]
    stakes = sum(bet.stake for bet in bets)
    return Scheme(
        typology=fix.typology, market="1x2", selection=selection, strength=off,
        since=since, until=until, bets=tuple(sorted(bets)),
        note=f"{len(bets)} bets on {selection}, {stakes:.0f} in all, matched between the same "
        f"owners about {off:.0%} off the market",
    )  # fmt: skip


def _window(rng: Random, scene: Scene) -> tuple[float, float]:
    if rng.random() < _IN_PLAY:
        return scene.times.kick_off + 120, scene.times.full_time - 300
    since = float(-int(3600 * math.exp(rng.uniform(0, math.log(8)))))
    return since, min(since + rng.uniform(1800, 5 * 3600), -1500.0)


def _likely(scene: Scene) -> list[str]:
    """Selections that are neither as good as lost nor as good as won, or else the likeliest."""
    chances = dict(zip(OUTCOMES, scene.price(0.0, NOWHERE).outcome, strict=True))
    likely = [s for s, p in chances.items() if _CERTAIN[0] < p < _CERTAIN[1]]
    return likely or [max(OUTCOMES, key=chances.__getitem__)]


def _owner(rng: Random, pair: int) -> _Owner:
    name = f"owner/{rng.getrandbits(32)}/{pair}"
    device = f"{name}/phone" if rng.random() < _ONE_DEVICE else None
    return _Owner(f"{name}/a", f"{name}/b", (device, device))


def _handed_over(
    rng: Random, scene: Scene, owner: _Owner, selection: str, off: float,
    window: tuple[float, float],
) -> list[Bet]:  # fmt: skip
    """Bets of one pair: each is told by the account whose offer was taken last."""
    count = round(math.exp(rng.uniform(*(math.log(n) for n in _DEALS))))
    usual = math.exp(rng.uniform(math.log(400), math.log(2500)))
    return [
        _bet(rng, owner, selection, second, price, usual, gains_by_backing=backs)
        for second, price, backs in (
            _moment(rng, scene, selection, off * rng.uniform(0.9, 1.2), window)
            for _ in range(count)
        )
    ]


def _moment(
    rng: Random, scene: Scene, selection: str, off: float, window: tuple[float, float]
) -> tuple[float, float, bool]:
    """Draw a quiet moment with a price off the market, and whether it is too high."""
    for _ in range(_TRIES):
        second, backs = rng.uniform(*window), rng.random() < 0.5
        chance = scene.price(second, NOWHERE).outcome[OUTCOMES.index(selection)]
        price = (1 + off if backs else 1 / (1 + off)) / chance
        quiet = not any(abs(second - i.second) < _AFTER_GOALS_S for i in scene.incidents)
        if quiet and _CERTAIN[0] < chance < _CERTAIN[1] and price > 1.05:
            break
    return second, rounded(max(price, 1.05), "exchange"), backs


def _bet(
    rng: Random, owner: _Owner, selection: str, second: float, price: float, usual: float, *,
    gains_by_backing: bool,
) -> Bet:  # fmt: skip
    """Either side may be the one that comes last and is told."""
    gaining_told = rng.random() < 0.5
    account, other = (owner.gains, owner.loses) if gaining_told else (owner.loses, owner.gains)
    backs = gains_by_backing == gaining_told
    stake = min(5000.0, max(200.0, usual * rng.lognormvariate(0, 0.4)))
    return Bet(
        second, "1x2", selection, account, float(10 * round(stake / 10)), book=EXCHANGE,
        side="back" if backs else "lay", price=price, counterparty=other,
        device=owner.devices[0], median_stake=round(usual, 1),
    )  # fmt: skip
