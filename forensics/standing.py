"""The book of one match as it stands, without its past: an archive keeps one for each on offer."""

from markets.book import MarketBook, MatchBook
from markets.offers import Offer


class StandingOffer(Offer):
    """Prices of one book as they stand; of their past it remembers nothing.

    >>> offer = StandingOffer(("home",))
    >>> prices = (0.0, 2.0), (60.0, 1.6), (30.0, 1.8)
    >>> [offer.set({"home": price}, at, "open") for at, price in prices]
    [True, True, False]
    >>> home = offer.quote("home")
    >>> home.price, home.as_of(59.0)
    (1.6, None)
    """

    __slots__ = ()

    def _move(self, row: list[float], at: float) -> None:
        self.times, self.prices = [at], row


class StandingMarket(MarketBook):
    """Prices of all books for one market as they stand."""

    __slots__ = ()
    of_offer = StandingOffer


class StandingBook(MatchBook):
    """All that is known of one match, but for what its prices were.

    It stays as large as it is (some 25 KB), where a `MatchBook` grows with what it remembers.
    """

    __slots__ = ()
    of_market = StandingMarket
