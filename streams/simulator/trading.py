"""What one book does in one match: look, re-price, suspend, err, freeze, come back."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Literal, NamedTuple

from markets.records import Price, Status
from streams.simulator.books import EXCHANGE, Book
from streams.simulator.prices import Truth, truth_at

Kind = Literal["suspended", "withdrawn", "frozen", "wrong"]
OUTCOMES = ("home", "draw", "away")
_NOISE = 0.006


class Interruption(NamedTuple):
    """A time in which a book does not trade as usual; afterwards it quotes anew."""

    since: float
    until: float
    kind: Kind


class Lean(NamedTuple):
    """Log-odds by which a book leaves the true price of a 1x2 selection between two seconds."""

    since: float
    until: float
    outcome: int
    shift: float


@dataclass(slots=True)
class Trader:
    """One book in one match; it remembers what it quoted last.

    Its prices in play are flagged as such from second `flags_from` on.
    """

    book: Book
    match: str
    start: datetime
    line: float
    rng: Random
    in_play: bool = False
    flags_from: float = -math.inf
    leans: Sequence[Lean] = ()
    _opinions: tuple[float, ...] = ()
    _believed: tuple[float, ...] = ()
    _prices: dict[str, float] = field(default_factory=dict)
    _closed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Form the opinions that this book keeps through the match."""
        self._opinions = tuple(self.rng.gauss(0, self.book.opinion) for _ in range(4))

    def trade(
        self, truths: Sequence[Truth], looks: Iterable[float], breaks: Sequence[Interruption],
        delay: float,
    ) -> Iterator[Price]:  # fmt: skip
        """Live through looks and interruptions in time order; `delay` is how old the truth is."""
        for second, what in agenda(looks, breaks):
            truth = truth_at(truths, second if what is not None else second - delay)
            if isinstance(what, Interruption):
                yield from self._interrupt(second, what, truth)
            else:
                yield from self._quote(second, truth, anew=what == "return")

    def close(self, second: float) -> Iterator[Price]:
        """Close whatever is still open."""
        yield from self._tell(second, "closed", list(self._prices))
        self._closed.update(self._prices)

    def _interrupt(self, second: float, what: Interruption, truth: Truth) -> Iterator[Price]:
        if what.kind == "wrong":
            yield from self._err(second, truth)
        elif what.kind != "frozen":
            status: Status = "suspended" if what.kind == "suspended" else "withdrawn"
            yield from self._tell(second, status, list(self._prices))

    def _err(self, second: float, truth: Truth) -> Iterator[Price]:
        sign = self.rng.choice((-1, 1))
        slip = Lean(-math.inf, math.inf, self.rng.randrange(3), sign * self.rng.uniform(0.25, 0.7))
        yield from self._offer(second, self._view(truth, second, slip), anew=False)

    def _quote(self, second: float, truth: Truth, *, anew: bool) -> Iterator[Price]:
        believed = self._view(truth, second)
        if anew or self._moved(believed):
            yield from self._offer(second, believed, anew=anew)

    def _moved(self, believed: tuple[float, ...]) -> bool:
        if len(believed) != len(self._believed):
            return True
        pairs = zip(believed, self._believed, strict=True)
        return max([abs(now - then) for now, then in pairs]) > self.book.sticky

    def _view(self, truth: Truth, second: float, slip: Lean | None = None) -> tuple[float, ...]:
        gauss, exp = self.rng.gauss, math.exp
        logits = [o + gauss(0, _NOISE) for o in self._opinions]
        for lean in (*self.leans, slip) if slip else self.leans:
            if lean.since <= second < lean.until:
                logits[lean.outcome] += lean.shift
        weights = [p * exp(x) for p, x in zip(truth.outcome, logits, strict=False)]
        total = sum(weights)
        outcome = tuple([w / total for w in weights])
        if truth.over is None:
            return outcome
        over = truth.over * exp(logits[3])
        over /= over + 1 - truth.over
        return (*outcome, over, 1 - over)

    def _offer(self, second: float, believed: tuple[float, ...], *, anew: bool) -> Iterator[Price]:
        self._believed = believed
        offers = dict(zip(OUTCOMES, self.book.prices(believed[:3]), strict=True))
        if len(believed) == 5:
            offers |= dict(zip(("over", "under"), self.book.prices(believed[3:]), strict=True))
        elif "over" in self._prices and "over" not in self._closed:
            yield from self._tell(second, "closed", ["over", "under"])
            self._closed |= {"over", "under"}
        for selection, price in offers.items():
            if anew or self._prices.get(selection) != price:
                self._prices[selection] = price
                yield self._record(second, selection, "open")

    def _tell(self, second: float, status: Status, selections: list[str]) -> Iterator[Price]:
        for selection in selections:
            if selection not in self._closed:
                yield self._record(second, selection, status)

    def _record(self, second: float, selection: str, status: Status) -> Price:
        total = selection in ("over", "under")
        sized = status == "open" and self.book.name == EXCHANGE
        return Price(
            at=self.start + timedelta(seconds=int(second)),
            match=self.match,
            market="total" if total else "1x2",
            line=self.line if total else None,
            selection=selection,
            book=self.book.name,
            price=self._prices[selection],
            size=round(self.rng.lognormvariate(5.5, 1.0), 2) if sized else None,
            status=status,
            in_play=self.in_play and second >= self.flags_from,
        )


def agenda(
    looks: Iterable[float], breaks: Sequence[Interruption]
) -> Iterator[tuple[float, Interruption | Literal["return"] | None]]:
    """Merge looks with interruptions; a book does not look while it is interrupted."""
    looks = iter(sorted(looks))
    look = next(looks, math.inf)
    for pause in breaks:
        while look < pause.since:
            yield look, None
            look = next(looks, math.inf)
        yield pause.since, pause
        while look <= pause.until:
            look = next(looks, math.inf)
        yield pause.until, "return"
    while look < math.inf:
        yield look, None
        look = next(looks, math.inf)


def apart(breaks: Iterable[Interruption]) -> list[Interruption]:
    """Keep interruptions that do not overlap: of two that do, the one that began first.

    Two suspensions that overlap become one.
    """
    kept: list[Interruption] = []
    for pause in sorted(breaks):
        last = kept[-1] if kept else None
        if last is None or pause.since > last.until:
            kept.append(pause)
        elif last.kind == pause.kind == "suspended":
            kept[-1] = last._replace(until=max(last.until, pause.until))
    return kept
