"""From the book of a market to its features: fair probabilities, consensus, stale books."""

from functools import lru_cache

from detectors.features import Features, Lag, phase_of
from markets.book import MarketBook, MatchBook
from markets.consensus import consensus
from markets.implied import multiplicative
from markets.quotes import Quote

_Offered = tuple[tuple[str, tuple[Quote, ...]], ...]


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
        offered, moved = self._offered(oldest)
        if not offered:
            return None
        fair = {name: _fair(tuple([q.price for q in quotes])) for name, quotes in offered}
        found = consensus(fair, behind=self._lag.all_behind(moved))
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
            offered=offered,
            fair=fair,
            consensus=found,
        )

    def _offered(self, oldest: float) -> tuple[_Offered, dict[str, float]]:
        """Books that offer every selection and have moved since, and when each last did."""
        offered, moved = [], {}
        for name, quotes in self.market.offered():
            moved_at = max([quote.moved_at for quote in quotes])
            if moved_at >= oldest:
                offered.append((name, tuple(quotes)))
                moved[name] = moved_at
        return tuple(offered), moved


# Of the books of a market few move between two looks.
@lru_cache(maxsize=16_384)
def _fair(prices: tuple[float, ...]) -> tuple[float, ...]:
    return multiplicative(prices)
