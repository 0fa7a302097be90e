"""From the book of a market to its features: fair probabilities, consensus, stale books."""

from detectors.features import Features, Lag, phase_of
from markets.book import MarketBook, MatchBook
from markets.consensus import consensus
from markets.implied import multiplicative


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
        offered = tuple(
            (name, tuple(quotes))
            for name, quotes in self.market.offered()
            if not in_play or max(q.moved_at for q in quotes) >= frozen_before
        )
        if not offered:
            return None
        fair = {name: multiplicative([q.price for q in quotes]) for name, quotes in offered}
        moved = {name: max(q.moved_at for q in quotes) for name, quotes in offered}
        behind = {name: self._lag.behind(name, at) for name, at in moved.items()}
        found = consensus(fair, behind=behind)
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
