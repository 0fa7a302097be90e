"""What the books say of a market right now: a consensus that leans on those that moved last."""

from bisect import bisect_right
from collections.abc import Sequence
from math import exp

from detectors.detector import State
from detectors.features import Features
from markets.implied import expit, logit
from markets.quotes import Quote

FRESH_S = 20.0
ANCHOR = 0.3
_FADING = 0.05


class FreshPrices:
    """Weighted mean of the books in log-odds, each freed of its lasting difference from the rest.

    A book's weight falls by a factor e with every twenty seconds since its last move; the median
    of all has a small weight of its own. In play it is half a minute ahead of the plain median,
    for most books look only once a minute. Bad at what only slow books know; where no book moved
    lately it is the median.
    """

    __slots__ = ("_opinions",)

    def __init__(self) -> None:
        self._opinions: dict[str, list[float]] = {}

    def chances(self, features: Features) -> dict[str, float]:
        """Probability of each selection, summing to 1."""
        median = [logit(p) for p in features.consensus.probabilities]
        sums, weight = [ANCHOR * x for x in median], ANCHOR
        for name, quotes in features.offered:
            if name in features.consensus.dropped:
                continue
            own = exp(-_age(quotes, features.at) / FRESH_S)
            opinion = self._opinions.get(name) or [0.0] * len(median)
            weight += own
            # A selection that comes late has no opinion yet, and the others' are of no use then.
            for i, p in enumerate(features.fair[name]):
                known = opinion[i] if len(opinion) == len(median) else 0.0
                sums[i] += own * (logit(p) - known)
        found = [expit(x / weight) for x in sums]
        total = sum(found)
        return {s: p / total for s, p in zip(features.selections, found, strict=True)}

    def learn(self, features: Features) -> None:
        """Learn how each book lastingly differs from the median."""
        median = [logit(p) for p in features.consensus.probabilities]
        for name in features.consensus.used:
            off = [logit(p) - m for p, m in zip(features.fair[name], median, strict=True)]
            known = self._opinions.get(name, [])
            if len(known) != len(off):
                known = [0.0] * len(off)
            pairs = zip(known, off, strict=True)
            self._opinions[name] = [k + _FADING * (x - k) for k, x in pairs]

    def state(self) -> State:
        """Opinions by book."""
        return {"opinions": {name: list(off) for name, off in self._opinions.items()}}

    def restore(self, state: State) -> None:
        """Take up what `state` gave."""
        self._opinions = {name: list(off) for name, off in state["opinions"].items()}


def _age(quotes: Sequence[Quote], at: float) -> float:
    """Seconds since the last move of a book as it was known at `at`; a look can be judged later."""
    moved = []
    for quote in quotes:
        index = bisect_right(quote.times, at) - 1
        moved.append(quote.times[index] if index >= 0 else at)
    return at - max(moved)
