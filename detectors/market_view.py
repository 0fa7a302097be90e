"""From the book of a market to its features: fair probabilities, consensus, stale books."""

from collections.abc import Sequence

from detectors.features import Features, Lag, phase_of
from markets.book import MarketBook, MatchBook
from markets.consensus import agreed
from markets.rows import Row


class MarketView:
    """Builds the features of one market, and remembers how far each book lags behind."""

    def __init__(self, market: MarketBook) -> None:
        self.market = market
        self._lag = Lag()

    def features(
        self,
        book: MatchBook,
        at: float,
        *,
        warm_since: float,
        spacing_s: float,
        frozen_before: float,
    ) -> Features | None:
        """Features at `at`; None when no book offers every selection, or the start is unknown.

        In play, books that have not moved since `frozen_before` are left out: many freeze.
        """
        start = book.start
        if start is None:
            return None
        in_play = self.market.in_play or (book.clock.kick_off is not None and at >= start)
        oldest = frozen_before if in_play else float("-inf")
        rows = self._offered(oldest)
        if not rows:
            return None
        moved = {row.book: row.moved_at for row in rows}
        log_odds = {row.book: row.log_odds for row in rows}
        found = agreed(log_odds, behind=self._lag.all_behind(moved))
        self._lag.learn(moved, found)
        return Features(
            at=at,
            book=book,
            market=self.market,
            phase=phase_of(start - at, in_play=in_play),
            to_off=start - at,
            warm_since=warm_since,
            spacing_s=spacing_s,
            selections=self.market.selections,
            offered=tuple(rows),
            consensus=found,
        )

    def _offered(self, oldest: float) -> Sequence[Row]:
        """Books that offer every selection and have moved since."""
        return [row for row in self.market.offered() if row.moved_at >= oldest]
