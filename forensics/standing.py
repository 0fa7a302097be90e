"""The book of one match as it stands, without its past: an archive keeps one for each on offer."""

from typing import ClassVar

from markets.book import MarketBook, MatchBook
from markets.quotes import Quote
from markets.records import Status


class StandingQuote(Quote):
    """A price as it stands; of its past it remembers nothing.

    >>> quote = StandingQuote()
    >>> quote.set(0.0, 2.0, "open"), quote.set(60.0, 1.6, "open"), quote.set(30.0, 1.8, "open")
    (True, True, False)
    >>> quote.price, quote.as_of(60.0)
    (1.6, None)
    """

    __slots__ = ()
    _NO_PAST: ClassVar[list[float]] = []

    def __init__(self) -> None:
        self.price = 0.0
        self.status = "closed"
        self.left_at = None
        self.at = self.moved_at = float("-inf")
        self.times = self.values = self._NO_PAST

    def set(self, at: float, price: float, status: Status) -> bool:
        """Apply one price; an older one than the present is passed over and False returned."""
        if at < self.at:
            return False
        self.at = at
        self.status = status
        if price != self.price:
            self.price = price
            self.moved_at = at
        return True


class StandingMarket(MarketBook):
    """Prices of all books for one market as they stand."""

    __slots__ = ()
    of_quote = StandingQuote


class StandingBook(MatchBook):
    """All that is known of one match, but for what its prices were.

    It stays as large as it is (some 50 KB), where a `MatchBook` grows with what it remembers.
    """

    __slots__ = ()
    of_market = StandingMarket
