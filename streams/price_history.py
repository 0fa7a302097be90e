"""All that the books asked for in one market of a recorded match, at any moment."""

from bisect import bisect_right
from collections.abc import Iterable

from markets.book import SELECTIONS
from markets.implied import multiplicative
from markets.records import Price, Record


class PriceHistory:
    """Every price of the 1x2 of a match, to be looked up by time.

    Read once and searched: drawing a fix asks for many moments of a recording.
    """

    market = "1x2"

    def __init__(self, records: Iterable[Record]) -> None:
        self._told: dict[str, dict[str, tuple[list[float], list[Price]]]] = {}
        for record in records:
            if isinstance(record, Price) and (record.market, record.line) == (self.market, None):
                self._take(record)

    def _take(self, price: Price) -> None:
        times, prices = self._told.setdefault(price.book, {}).setdefault(price.selection, ([], []))
        at = price.at.timestamp()
        if not times or at >= times[-1]:  # as in a book: what comes late is passed over
            times.append(at)
            prices.append(price)

    def fair(self, at: float, since: float = float("-inf")) -> dict[str, tuple[float, ...]]:
        """De-vigged probabilities, in order of the selections' names, by book.

        Parameters
        ----------
        at
            The moment (epoch seconds); what is told at it counts.
        since
            Books that have told nothing from then on are left out.
        """
        return {
            book: multiplicative([price.price for price in offer])
            for book in sorted(self._told)
            if (offer := self._offer(book, at))
            and max(price.at.timestamp() for price in offer) >= since
        }

    def _offer(self, book: str, at: float) -> list[Price]:
        """Prices of one book at a moment; none unless it offers every selection."""
        offer = []
        for name in sorted(SELECTIONS[self.market]):
            times, prices = self._told[book].get(name, ([], []))
            newest = bisect_right(times, at) - 1
            if newest < 0 or prices[newest].status != "open":
                return []
            offer.append(prices[newest])
        return offer
