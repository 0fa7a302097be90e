"""Late drift without news: a sustained move over the last hours before kick-off."""

import math
from itertools import pairwise
from typing import ClassVar

from detectors.context import BEFORE_TOLD_S, EXPLAINING, REACH_S, UNEXPLAINED_PART
from detectors.detector import MarketDetector, State
from detectors.evidence import Finding
from detectors.features import Features, arc, span
from detectors.moves import Moves, moves_since
from detectors.noise import Noise

WINDOW_S = 6 * 3600.0
STEP_S = 15 * 60.0
FLOOR = 0.02
_WIDEST = 3.0
_HOUR_S = 3600.0


class LateDrift(MarketDetector):
    """The move of half of all books over up to six hours, as far as it came in many small steps.

    Good at money that comes in slowly enough to raise no steam. Bad at a drift that is one step
    (that is the steam move's) and at telling money from an opinion that spreads slowly; a market
    that is always restless counts for less, by the noise it has shown before.

    Notes
    -----
    The raw score is the breadth of the move (see `detectors.moves`) over the window, less half of
    what was moved while news was worked into the prices, times the share of it that was not the
    largest single quarter of an hour, over the market's own noise before the window in units of
    its prior (river's exponentially weighted mean square). Practice: integrity units compare the
    price an hour before kick-off with the morning's; BuzzFeed and BBC 2016 used open to close with
    a limit of 10 percentage points.
    """

    name: ClassVar[str] = "late-drift"
    version: ClassVar[int] = 2
    family: ClassVar[str] = "move"
    unit: ClassVar[str] = "arcsine probability"
    markets: ClassVar[frozenset[str]] = frozenset({"1x2", "winner", "total", "asian_handicap"})

    def __init__(self) -> None:
        self._noise = Noise(FLOOR)
        self._last: tuple[float, tuple[float, ...]] | None = None
        self._before: list[tuple[float, float]] = []

    def find(self, features: Features) -> Finding | None:
        """Find the selection with the most sustained move."""
        since = features.at - WINDOW_S
        best: Finding | None = None
        for moves in moves_since(features, since):
            if best is not None and moves.breadth <= best.raw:
                continue  # what is taken off a breadth only makes it less
            found = self._judge(features, moves, since)
            if found and (best is None or found.raw > best.raw):
                best = found
        return best

    def learn_one(self, features: Features) -> None:
        """Learn how restless the consensus is."""
        now = tuple(arc(p) for p in features.consensus.probabilities)
        if self._last and len(self._last[1]) == len(now):
            at, before = self._last
            if features.at - at < STEP_S:
                return
            moved = max(abs(a - b) for a, b in zip(now, before, strict=True))
            self._noise.learn(moved, seconds=features.at - at)
            self._keep(features.at)
        self._last = (features.at, now)

    def state(self) -> State:
        """Mean square of the noise, what it was, and the consensus it was last learned at."""
        before = [list(each) for each in self._before]
        return {"noise": self._noise.state(), "last": self._last, "before": before}

    def restore(self, state: State) -> None:
        """Take up the noise."""
        self._noise.restore(state["noise"])
        last = state["last"]
        self._last = (last[0], tuple(last[1])) if last else None
        self._before = [(at, noise) for at, noise in state["before"]]

    def innocent(self, features: Features) -> tuple[str, ...]:
        """Name what else makes a price drift."""
        reasons = ["opinion that spreads slowly (expected line-up, motivation, weather)"]
        if features.phase != "late":
            reasons.append("a wrong opening price being corrected")
        return tuple(reasons)

    def _judge(self, features: Features, moves: Moves, since: float) -> Finding | None:
        if moves.breadth <= 0.0:
            return None
        steps = _steps(features, moves, since)
        sustained = 1.0 - max(steps) / max(sum(steps), max(steps)) if max(steps) > 0 else 0.0
        restless = min(max(1.0, self._usual(since) / FLOOR), _WIDEST)
        unexplained = moves.breadth - UNEXPLAINED_PART * _by_news(features, moves, since)
        if unexplained <= 0.0:
            return None
        followers = moves.followers(moves.breadth / 2.0)
        before, now = moves.span_of(moves.middle)
        length = features.at - max(since, _first(features))
        return Finding(
            raw=unexplained * min(1.0, 2.0 * sustained) / math.sqrt(restless),
            selection=moves.selection,
            observed=now,
            expected=before,
            since=since,
            turn=moves.turn_of(moves.middle),
            books=followers,
            values={"sustained": sustained, "restless": restless, "books": len(moves.sizes)},
            sentence=(
                f"{len(followers)} of {len(moves.sizes)} books shortened "
                f"{features.named(moves.selection)} step by step over {span(length / 60.0)} "
                f"(raw implied probability {before:.0%} to {now:.0%}), "
                f"{features.when()}"
            ),
        )

    def _keep(self, at: float) -> None:
        """Keep the noise of each hour for as long as the window reaches back."""
        if not self._before or at - self._before[-1][0] >= _HOUR_S:
            self._before.append((at, self._noise.per_root_hour))
        while len(self._before) > 1 and self._before[1][0] <= at - WINDOW_S:
            del self._before[0]

    def _usual(self, since: float) -> float:
        """Noise as it was before the window: a drift must not make itself usual."""
        known = [noise for at, noise in self._before if at <= since]
        return known[-1] if known else FLOOR


def _steps(features: Features, moves: Moves, since: float) -> list[float]:
    """Moves of the median book of one selection in each quarter of an hour, shortening only."""
    quote = moves.quote_of(moves.middle)
    count = math.ceil((features.at - since) / STEP_S)
    marks = [features.at - step * STEP_S for step in range(count, -1, -1)]
    values = [arc(v) for mark in marks if (v := quote.as_of(mark)) is not None]
    return [max(0.0, b - a) for a, b in pairwise(values)] or [0.0]


def _by_news(features: Features, moves: Moves, since: float) -> float:
    """Move of the median book while news was worked into the prices, as far as it shortened."""
    quote = moves.quote_of(moves.middle)
    total, reached = 0.0, since
    for event in sorted(features.book.match_events, key=lambda e: e.at):
        told = event.at.timestamp()
        if event.event not in EXPLAINING or told <= since:
            continue
        begun = max(reached, told - BEFORE_TOLD_S)
        reached = max(reached, min(told + REACH_S, features.at))
        before, after = quote.as_of(begun), quote.as_of(reached)
        if before is not None and after is not None:
            total += max(0.0, arc(after) - arc(before))
    return total


def _first(features: Features) -> float:
    return min(offer.times[0] for row in features.offered for offer in row.offers)
