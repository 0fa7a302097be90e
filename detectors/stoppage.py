"""Stoppage: whether trading in a market paused or jumped just now, as it does at a goal."""

from typing import ClassVar

from detectors.features import Features
from markets.book import MarketBook
from markets.implied import logits

QUIET_S = 90.0


class Stoppage:
    """Tells quiet trading from that around a goal, a red card or a video review.

    Books know of a goal before the data feed tells, and nearly all of them suspend at once; money
    moves prices step by step while they go on trading. So a look at a market in which no third of
    the books has stopped for a minute and a half, and whose consensus did not leap, needs no
    waiting for the data feed. Bad at a feed that tells nothing of suspensions: there only the
    leap speaks.
    """

    SHARE: ClassVar[float] = 1.0 / 3.0
    LEAP: ClassVar[float] = 0.3
    _NEW_S: ClassVar[float] = 180.0

    __slots__ = ("_last", "_seen_at")

    def __init__(self) -> None:
        self._seen_at = float("-inf")
        self._last: tuple[float, ...] = ()

    def see(self, at: float, market: MarketBook, features: Features | None) -> None:
        """Take in a look; `features` is None when no book offers the market."""
        now = logits(features.consensus.probabilities) if features else ()
        if self._stopped(at, market) or self._leapt(now):
            self._seen_at = at
        self._last = now

    def quiet(self, at: float) -> bool:
        """Whether trading has gone on without a pause or a leap for a while."""
        return at - self._seen_at > QUIET_S

    def _stopped(self, at: float, market: MarketBook) -> bool:
        stopped = trading = 0
        for offer in market.books.values():
            if offer.apart is None and offer.status == "open":
                trading += 1  # nearly all of them, nearly always
                continue
            shut = [part for part in offer.parts if part.status != "open"]
            if not shut:
                trading += 1
            elif left := [part.left_at for part in shut if part.left_at is not None]:
                stopped += at - max(left) < self._NEW_S
        return stopped > 0 and stopped >= self.SHARE * (stopped + trading)

    def _leapt(self, now: tuple[float, ...]) -> bool:
        if len(now) != len(self._last):
            return bool(now)
        return any(abs(a - b) > self.LEAP for a, b in zip(now, self._last, strict=True))
