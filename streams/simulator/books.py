"""The books: how each of them turns a probability into a price, and how quickly it follows."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from streams.simulator.seeds import stream
from streams.simulator.teams import Competition, CompetitionKind

EXCHANGE = "exchange"
_NAMES = (
    "alder", "birch", "cedar", "dogwood", "elm", "fir", "ginkgo", "hazel", "ironwood", "juniper",
    "koa", "larch", "maple", "neem", "olive", "pine", "quince", "rowan", "spruce", "tamarind",
    "upas", "viburnum", "willow", "yew", "zelkova", "acacia", "beech", "chestnut", "damson",
)  # fmt: skip
# How many books quote a match, least and most, by kind and tier; the last holds for lower tiers.
_COVERAGE: dict[CompetitionKind, tuple[tuple[int, int], ...]] = {
    "tournament": ((18, 30), (12, 20), (8, 14), (6, 10)),
    "league": ((14, 24), (10, 16), (7, 12), (5, 9)),
    "friendly": ((10, 16), (7, 12), (5, 9)),
}
# What one tier further down does to a book: its share more of each. The margins are those of the
# World Cup 2026 (3.5-7 %) and of a second and a Greek first league (averages of 7.0 and 7.6 %).
_WIDER, _SLOWER, _STICKIER, _VAGUER, _LAZIER = 0.2, 0.4, 0.15, 0.15, 0.25
_UNLIKE_FRIENDLIES = 1.15
# Upper end of each band of prices, and the tick inside it.
_LADDERS = {
    "exchange": (
        (2, 0.01), (3, 0.02), (4, 0.05), (6, 0.1), (10, 0.2), (20, 0.5),
        (30, 1), (50, 2), (100, 5), (1010, 10),
    ),
    "fine": ((3, 0.01), (5, 0.02), (8, 0.05), (15, 0.1), (30, 0.5), (1001, 1)),
    "coarse": (
        (1.2, 0.01), (1.5, 0.02), (3, 0.05), (5, 0.1), (8, 0.25), (12, 0.5), (34, 1), (504, 5),
    ),
}  # fmt: skip
_LONGEST_PRICE = {"exchange": 1000.0, "fine": 501.0, "coarse": 249.0}
_SHORTEST_PRICE = 1.01
_LEAST_WEIGHED, _LEAST_OFFERED = 1e-4, 1e-6
_TICKS = {
    name: (_LONGEST_PRICE[name], [top for top, _ in bands], bands)
    for name, bands in _LADDERS.items()
}

Ladder = Literal["exchange", "fine", "coarse"]


@dataclass(frozen=True, slots=True)
class Book:
    """How one book makes its prices.

    `overround` is what the implied probabilities of a market sum to beyond 1; `shape` says who
    pays it: 1 spreads it in proportion, lower values load it on long shots. `delay` and
    `play_delay` are seconds behind the true price before and in the match, `sticky` is the
    distance from the true probability it puts up with, `opinion` the spread (in log-odds) of its
    lasting disagreement, `pace` the seconds between its looks at an in-play market.
    """

    name: str
    overround: float
    shape: float
    delay: float
    sticky: float
    opinion: float
    pace: float
    play_delay: float
    ladder: Ladder

    def prices(self, probabilities: Sequence[float]) -> tuple[float, ...]:
        """Put the margin on the probabilities of a market and round down to the book's ticks."""
        shape, ladder = self.shape, self.ladder
        weights = [(p if p > _LEAST_WEIGHED else _LEAST_WEIGHED) ** shape for p in probabilities]
        unit = self.overround / sum(weights)
        offered = [p + unit * w for p, w in zip(probabilities, weights, strict=True)]
        return tuple(
            [rounded(1 / (p if p > _LEAST_OFFERED else _LEAST_OFFERED), ladder) for p in offered]
        )


def rounded(price: float, ladder: Ladder) -> float:
    """Round a price down to a tick of a ladder.

    >>> rounded(2.0379, "exchange"), rounded(2.0379, "coarse"), rounded(7.9, "coarse")
    (2.02, 2.0, 7.75)
    """
    longest, tops, bands = _TICKS[ladder]
    if not _SHORTEST_PRICE < price < longest:
        price = min(max(price, _SHORTEST_PRICE), longest)
    band = bisect_right(tops, price)
    top, tick = bands[band] if band < len(bands) else bands[-1]
    return round(top - tick * -(-(top - price - 1e-9) // tick), 2)


def quoting(rng: Random, competition: Competition, count: int | None = None) -> tuple[Book, ...]:
    """Draw the books that quote a match, from the sharpest to the softest.

    Well covered matches have more of them; the exchange and at least one sharp book are always
    among them. A given `count` takes that roster, and only suits it to the competition.
    """
    if count is not None:
        return tuple(suited(book, competition) for book in roster(count))
    kind, tier = competition.kind, competition.tier
    bounds = _COVERAGE[kind][min(tier, len(_COVERAGE[kind])) - 1]
    exchange, *makers = roster(len(_NAMES) + 1)
    sharp = rng.randrange(len(makers) // 4)
    others = [i for i in range(len(makers)) if i != sharp]
    picked = sorted([sharp, *rng.sample(others, rng.randint(*bounds) - 2)])
    return tuple(suited(book, competition) for book in (exchange, *(makers[i] for i in picked)))


def suited(book: Book, competition: Competition) -> Book:
    """Give the character of a book in a competition: below the top it is wider and slower."""
    down = competition.tier - 1
    unsure = _UNLIKE_FRIENDLIES if competition.kind == "friendly" else 1.0
    return replace(
        book,
        overround=book.overround * (1 + _WIDER * down) * unsure,
        delay=book.delay * (1 + _SLOWER * down),
        sticky=book.sticky * (1 + _STICKIER * down),
        opinion=book.opinion * (1 + _VAGUER * down) * unsure,
        pace=book.pace * (1 + _LAZIER * down),
        play_delay=book.play_delay * (1 + _LAZIER * down),
    )


def roster(count: int) -> tuple[Book, ...]:
    """Give `count` books from the sharpest, which is the exchange, to the softest.

    The same name has the same character on every match day of the same size.

    >>> [book.name for book in roster(3)]
    ['exchange', 'alder', 'birch']
    """
    if count < 2:
        raise ValueError(f"books: {count} are too few for a consensus; ask for 2 or more")
    names = [_NAMES[i] if i < len(_NAMES) else f"book-{i}" for i in range(count - 1)]
    makers = (_maker(name, (i + 1) / (count - 1)) for i, name in enumerate(names))
    return (_exchange(), *makers)


def _exchange() -> Book:
    return Book(
        name=EXCHANGE, overround=0.007, shape=1.0, delay=3, sticky=0.0028, opinion=0.008,
        pace=30, play_delay=2, ladder="exchange",
    )  # fmt: skip


def _maker(name: str, softness: float) -> Book:
    rng = stream(0, 0, f"character/{name}")
    return Book(
        name=name,
        overround=0.03 + 0.045 * softness + rng.uniform(-0.004, 0.005),
        shape=rng.uniform(0.55, 1.0),
        delay=5 * 40**softness * rng.uniform(0.8, 1.3),
        sticky=0.0038 + 0.0045 * softness + rng.uniform(0, 0.001),
        opinion=0.02 + 0.03 * softness,
        pace=36 + 90 * softness + rng.uniform(0, 8),
        play_delay=2 + 13 * softness,
        ladder="coarse" if softness > 0.6 else "fine",
    )
