"""What the books say of a market right now: a consensus that leans on those that moved last."""

from math import exp

from detectors.detector import State
from detectors.features import Features
from markets.implied import expit, logit

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
        unknown = [0.0] * len(median)
        for row in features.offered:
            name = row.book
            if name in features.consensus.dropped:
                continue
            own = exp((row.moved_at - features.at) / FRESH_S)
            opinion = self._opinions.get(name, unknown)
            # A selection that comes late has no opinion yet, and the others' are of no use then.
            if len(opinion) != len(median):
                opinion = unknown
            weight += own
            for i, (x, known) in enumerate(zip(row.log_odds, opinion, strict=True)):
                sums[i] += own * (x - known)
        found = [expit(x / weight) for x in sums]
        total = sum(found)
        return {s: p / total for s, p in zip(features.selections, found, strict=True)}

    def learn(self, features: Features) -> None:
        """Learn how each book lastingly differs from the median."""
        median = [logit(p) for p in features.consensus.probabilities]
        for row in features.offered:
            name = row.book
            if name in features.consensus.dropped:
                continue
            off = [x - m for x, m in zip(row.log_odds, median, strict=True)]
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
