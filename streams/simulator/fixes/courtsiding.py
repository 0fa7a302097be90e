"""Courtsiding: somebody at the ground tells of goals and red cards before the books know.

What is seen on the pitch takes a data feed several seconds to reach the books and pictures longer;
a phone line needs one or two (exchanges' in-play delays of 5 to 8 s are set by that). Not every
incident is used: some are seen too late, some prices are gone.
"""

from random import Random

from streams.simulator.books import rounded
from streams.simulator.buying import NOWHERE, probability
from streams.simulator.play import Incident
from streams.simulator.scheme import Bet, Fix, NoRoom, Scene, Scheme
from streams.simulator.trading import OUTCOMES
from streams.simulator.wagering import sharing

IN_PLAY = True
STRENGTHS = (0.60, 0.95)
"""Share of the incidents that an account is in time for."""

_ACCOUNTS = (1, 1, 1, 2, 2, 3, 4)
_FEWEST = 3
# Seconds from the incident to the bet; the first book that shares its wagers suspends after two.
_QUICKEST_S, _SLOWEST_S = 0.3, 2.6
_COVER = (1, 6)
_ON_TOTALS, _ONE_DEVICE, _MARGIN = 0.3, 0.4, 1.05
# A bet is worth it when it shortens its price by as much as the margin of a book and more.
_LEAST, _MOST, _WORTH = 0.06, 0.85, 1.15
_QUIET_S, _CLOSED_S = 150.0, 150.0


def work_out(fix: Fix, rng: Random, scene: Scene) -> Scheme:
    """Let one to four accounts back what gains by the incidents, and bet on other things as well.

    Raises
    ------
    NoRoom
        In a match with fewer than three incidents that are worth it.
    """
    share = fix.strength or rng.uniform(*STRENGTHS)
    chances = [found for i in _usable(scene) if (found := _gaining(scene, i))]
    if len(chances) < _FEWEST:
        raise NoRoom(f"courtsiding: match {fix.match} has {len(chances)} incidents worth a bet")
    accounts = _accounts(rng, scene)
    in_time = [_in_time(rng, account, chances, share) for account in accounts]
    bets = [bet for own in in_time for bet in own]
    bets += [bet for account in accounts for bet in _cover(rng, scene, account)]
    market, selection = chances[0][1][0][:2]
    since = min(bet.second for bet in bets)
    return Scheme(
        typology=fix.typology, market=market, selection=selection, strength=share,
        since=max(scene.times.kick_off, since), until=chances[-1][0] + 5.0,
        bets=tuple(sorted(bets)), line=scene.line if market == "total" else None,
        visible_at=min(own[_FEWEST - 1].second for own in in_time),
        note=f"{len(accounts)} accounts bet within seconds of most of {len(chances)} incidents",
    )  # fmt: skip


def _usable(scene: Scene) -> list[Incident]:
    """Incidents before which the books were open, and after which they opened again."""
    return [
        i
        for i in scene.incidents
        if i.second < scene.times.full_time - _CLOSED_S
        and not any(0.0 < i.second - other.second < _CLOSED_S for other in scene.incidents)
    ]


_Chance = tuple[float, list[tuple[str, str, float]]]


def _gaining(scene: Scene, incident: Incident) -> _Chance | None:
    """What gains by an incident, at the prices of the second before it."""
    before = scene.price(incident.second - 1.0, NOWHERE)
    after = scene.price(incident.second + 1.0, NOWHERE)
    found = []
    for selection in (*OUTCOMES, "over"):
        now, then = probability(before, selection), probability(after, selection)
        if now is None or not _LEAST < now < _MOST:
            continue
        decided = selection == "over" and then is None
        if decided or (then or 0.0) > _WORTH * now:
            market = "total" if selection == "over" else "1x2"
            found.append((market, selection, rounded(1 / (now * _MARGIN), "fine")))
    return (incident.second, found) if found else None


def _accounts(rng: Random, scene: Scene) -> list[Bet]:
    """Accounts at operators that take bets themselves; some on one device."""
    name, operators = f"ground/{rng.getrandbits(32)}", sharing(scene.books)
    operators = operators[1:] or operators
    device = f"{name}/phone" if rng.random() < _ONE_DEVICE else None
    usual = rng.lognormvariate(4.6, 0.7)
    return [
        Bet(
            0.0, "", "", f"{name}/{n}", round(usual * rng.uniform(0.7, 1.4)),
            book=rng.choice(operators), device=device, median_stake=round(usual, 1),
        )
        for n in range(rng.choice(_ACCOUNTS))
    ]  # fmt: skip


def _in_time(rng: Random, account: Bet, chances: list[_Chance], share: float) -> list[Bet]:
    """Bets of one account just after the incidents that it is in time for, three or more."""
    count = sum(rng.random() < share for _ in chances)
    used = sorted(rng.sample(chances, max(_FEWEST, count)))
    bets = []
    for second, gaining in used:
        # The side that scored is the common choice; the total pays as well.
        market, selection, price = gaining[-1] if rng.random() < _ON_TOTALS else gaining[0]
        at = second + rng.uniform(_QUICKEST_S, _SLOWEST_S)
        stake = float(max(5, round(account.stake * rng.lognormvariate(0, 0.4))))
        bets.append(
            account._replace(
                second=at, market=market, selection=selection, price=price, stake=stake
            )
        )
    return bets


def _cover(rng: Random, scene: Scene, account: Bet) -> list[Bet]:
    """Ordinary bets of the account, away from incidents."""
    bets = []
    for _ in range(rng.randint(*_COVER)):
        second = rng.uniform(scene.times.kick_off + 60, scene.times.full_time - 120)
        if all(abs(second - i.second) > _QUIET_S for i in scene.incidents):
            stake = float(max(5, round(account.stake * rng.lognormvariate(-0.5, 0.5))))
            selection = rng.choice(OUTCOMES)
            bets.append(
                account._replace(second=second, market="1x2", selection=selection, stake=stake)
            )
    return bets
