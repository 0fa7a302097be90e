"""One-sided volume: more of the money goes to a selection than its price can tell why."""

from collections import deque
from math import hypot, isinf, sqrt
from typing import ClassVar

from detectors.detector import MatchDetector, State
from detectors.evidence import Finding
from detectors.features import Features, MatchFeatures, Phase, span
from detectors.turnover import Exchange, Surge, surge

WINDOWS_S = (3600.0, 3 * 3600.0)
SPELL_S = 300.0
_KEPT = 288
_FAVOURED = 1.15
_PRIOR_SPELLS = 6
_FEWEST_SPELLS = 6
# Share of money that follows a price, for each unit of probability that it has moved.
_FOLLOWS = 3.0
# Spread of a share: by the sway of the crowd, in units of share x (1 - share), and the least that
# one spell has.
_SWAY, _LEAST_SPREAD = 0.25, 0.05

Spell = tuple[float, dict[str, float]]


class OneSidedVolume(MatchDetector):
    """How much more of the money goes to one selection than before, and than its price explains.

    Money that moves the price, or follows a move, is the business of the detectors of moves: what
    counts here is volume without price reaction. Good at a liquid market in which a fix does not
    show in the odds. One large bet counts as one spell of five minutes, whatever its size. Bad in
    the first hours, when a few bets are all there is, and blind without an exchange that tells
    its volume. It does not look in play, where each goal turns the money.

    Notes
    -----
    Mean over the spells of five minutes of the selection's share of the money matched in each, in
    the last hour and in the last three; less the share expected, less three times the move of
    its probability, either way (money follows a price). Expected is the mean share of all spells
    before the window, shrunk towards the fair probabilities to the power 1.15 (the public prefers
    favourites). It is put in units of its usual spread, which the match's own spells show. A
    one-sided public is one thing, and money beyond what the hour brings another; both at once are
    rare, so the oddness of the sum (see thin-market-surge) is added, as the root of the sum of
    squares. The larger of the windows counts. Otting, Langrock and Deutscher 2018: volume finds
    fixes in liquid markets, odds in illiquid ones, and the pair beats either.
    """

    name: ClassVar[str] = "one-sided-volume"
    version: ClassVar[int] = 2
    family: ClassVar[str] = "volume"
    unit: ClassVar[str] = "standard deviations of the share and sum of money"
    phases: ClassVar[frozenset[Phase]] = frozenset({"early", "day", "late"})

    def __init__(self) -> None:
        self._spells: dict[str, deque[Spell]] = {}
        self._until = float("-inf")

    def find(self, features: MatchFeatures) -> Finding | None:
        """Find the selection with most money beyond what was expected."""
        found = [
            finding
            for exchange in features.book.volume.markets()
            if (market := features.markets.get(exchange[:2])) is not None
            for length in WINDOWS_S
            if (finding := self._judge(features, market, exchange, length)) is not None
        ]
        return max(found, key=lambda finding: finding.raw, default=None)

    def remember_one(self, features: MatchFeatures) -> None:
        """Keep the shares of the spells that have ended."""
        ended = features.at // SPELL_S * SPELL_S
        first = max(self._until, ended - _KEPT * SPELL_S)
        while first + SPELL_S <= ended:
            for exchange in features.book.volume.markets():
                money = features.book.volume.within(*exchange, first, first + SPELL_S)
                if len(money) > 1 and sum(money.values()) > 0.0:
                    kept = self._spells.setdefault(_name(exchange), deque(maxlen=_KEPT))
                    kept.append((first + SPELL_S, _shares(money)))
            first += SPELL_S
        self._until = max(self._until, ended)

    def state(self) -> State:
        """Shares of each spell, and until when they are known."""
        spells = {
            name: [[at, shares] for at, shares in kept] for name, kept in self._spells.items()
        }
        return {"spells": spells, "until": None if isinf(self._until) else self._until}

    def restore(self, state: State) -> None:
        """Take up the spells."""
        self._until = float("-inf") if state["until"] is None else state["until"]
        self._spells = {
            name: deque(((at, dict(shares)) for at, shares in kept), maxlen=_KEPT)
            for name, kept in state["spells"].items()
        }

    def innocent(self, features: MatchFeatures) -> tuple[str, ...]:
        """Name what else turns the money."""
        del features
        return (
            "one large bet, or a hedge of a bookmaker",
            "a popular tip, or a team with many followers",
            "traders who expect the price to move",
        )

    def _judge(
        self, features: MatchFeatures, market: Features, exchange: Exchange, length: float
    ) -> Finding | None:
        since, fair = features.at - length, market.by_selection()
        spells = [(at, s) for at, s in self._spells.get(_name(exchange), ()) if len(s) == len(fair)]
        now = [shares for at, shares in spells if at > since]
        before = [shares for at, shares in spells if at <= since]
        if len(now) < _FEWEST_SPELLS or set(now[-1]) != set(fair):
            return None
        liked = _shares({s: p**_FAVOURED for s, p in fair.items()})
        found = []
        for s in sorted(fair):
            shares = [each[s] for each in now], [each[s] for each in before]
            expected = _shrunk(shares[1], liked[s])
            excess = _mean(shares[0]) - expected - _FOLLOWS * _reaction(market, s, since)
            found.append((excess / _spread(*shares, expected), s, expected))
        leaning, selection, expected = max(found)
        came = surge(features, exchange, length)
        if leaning <= 0.0 or came.money <= 0.0:
            return None
        raw = hypot(leaning, came.odd)
        return _finding(features, exchange, length, came, raw, selection, expected)


def _finding(
    features: MatchFeatures,
    exchange: Exchange,
    length: float,
    came: Surge,
    raw: float,
    selection: str,
    expected: float,
) -> Finding:
    market, line, book = exchange
    since = features.at - length
    money = features.book.volume.within(market, line, book, since, features.at)
    mine = money.get(selection, 0.0)
    values, sum_told = {"money": mine, "all": came.money}, ""
    if came.odd > 0.0:
        values["usual sum"] = came.expected
        sum_told = f", {came.money / came.expected:.1f} times the sum expected of that time"
    return Finding(
        raw=raw,
        selection=selection,
        observed=mine / came.money,
        expected=expected,
        since=since,
        turn=features.at - length / 2.0,
        books=(book,),
        values=values,
        sentence=(
            f"{mine / came.money:.0%} of the money matched within {span(length / 60.0)} at {book} "
            f"({mine:,.0f} of {came.money:,.0f}{sum_told}) went to "
            f"{features.named(selection, line)}, {expected:.0%} expected, and the price did not "
            f"answer, {features.when()}"
        ),
        market=market,
        line=line,
    )


def _name(exchange: Exchange) -> str:
    return "/".join(map(str, exchange))


def _shares(money: dict[str, float]) -> dict[str, float]:
    total = sum(money.values())
    return {s: amount / total for s, amount in sorted(money.items())}


def _shrunk(before: list[float], liked: float) -> float:
    return (sum(before) + _PRIOR_SPELLS * liked) / (len(before) + _PRIOR_SPELLS)


def _spread(now: list[float], before: list[float], expected: float) -> float:
    """Usual spread of the difference of the two means: of the spells, and of the crowd's sway.

    That of few spells is shrunk towards that of those before, and these towards that of single
    bets: a few that agree prove little.
    """
    earlier = _variance(before, expected * (1.0 - expected))
    lately = max(_variance(now, earlier), _LEAST_SPREAD**2)
    uneven = lately / len(now) + earlier / (len(before) + _PRIOR_SPELLS)
    return sqrt(uneven + (_SWAY * expected * (1.0 - expected)) ** 2)


def _variance(shares: list[float], usual: float) -> float:
    """Variance of the shares of some spells, shrunk towards what is usual."""
    middle = _mean(shares) if shares else 0.0
    squares = sum((share - middle) ** 2 for share in shares)
    return (squares + _PRIOR_SPELLS * usual) / (len(shares) + _PRIOR_SPELLS)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _reaction(market: Features, selection: str, since: float) -> float:
    """How far the price has moved: raw probability of the middle book."""
    index = market.selections.index(selection)
    moved = []
    for row in market.offered:
        quote = row.quote(index)
        if (before := quote.as_of(since)) is not None:
            moved.append(quote.value - before)
    return abs(sorted(moved)[len(moved) // 2]) if moved else 0.0
