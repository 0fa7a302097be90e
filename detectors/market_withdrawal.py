"""Market withdrawal: books that should be there are missing."""

from collections.abc import Iterator, Sequence
from statistics import median_low
from typing import ClassVar, NamedTuple

from detectors.detector import MatchDetector
from detectors.evidence import Finding
from detectors.features import MatchFeatures, Phase, span
from detectors.tails import rarity, upper_tail
from markets.book import MarketBook

AWAY_S = 10 * 60.0
APART_S = 45.0
FEWEST_BOOKS = 4
NEAR_S = 30 * 60.0
_MAIN = (("1x2", None), ("winner", None))
# Share of matches in which a book is away at one time or another of a day, and an exchange; in
# the last half hour some close early.
_BOOK, _EXCHANGE, _NEAR_FACTOR = 0.05, 0.02, 3.0


class Away(NamedTuple):
    """A book that cannot be bet with any more, and since when."""

    since: float
    book: str


class MarketWithdrawal(MatchDetector):
    """Books of the main market have left one after another, and stay away for ten minutes or more.

    The score is -log10 of the chance that as many are away by themselves: a Poisson-binomial upper
    tail, each book being away in 5 % of matches, an exchange in 2 %, three times as often in the
    last half hour. Books that leave within the same minute may share a platform or a region of the
    feed, so every second of them counts; when more than half leave at once, or nobody is left, the
    feed has failed or the match is off, and nothing is said. Nor is anything said of books that
    left before the feed's last gap ended.

    Good at several traders who on their own take down a match that they no longer trust. Blind to
    limit cuts, which feeds of odds do not tell; to a market that every book has left; and to a book
    that goes on showing an old price, which in a feed of changes is no different from a quiet one.

    Notes
    -----
    Practice: which books suspend or withdraw stands in every report of the monitoring units. In the
    polls of the World Cup 2026 never more than two of eleven books were away together for ten
    minutes, and those two left in the same poll; the rates are set higher, for other feeds.
    """

    name: ClassVar[str] = "market-withdrawal"
    version: ClassVar[int] = 1
    family: ClassVar[str] = "withdrawal"
    unit: ClassVar[str] = "-log10 p"
    phases: ClassVar[frozenset[Phase]] = frozenset({"day", "late"})

    def find(self, features: MatchFeatures) -> Finding | None:
        """Find the books that have left the main market, unless there is a plainer reason."""
        market = _main_market(features)
        if market is None or features.to_off <= 0.0:
            return None
        offering = list(_offering(market))
        gone = list(departures(market, offering))
        if len(offering) < FEWEST_BOOKS or len(gone) == len(offering):
            return None
        lasting = [a for a in gone if features.warm_since < a.since <= features.at - AWAY_S]
        batches = [b for b in together(lasting) if 2 * len(b) <= len(offering)]
        count = sum((len(batch) + 1) // 2 for batch in batches)
        if not count:
            return None
        raw = rarity(upper_tail(_chances(features, offering), count))
        return _finding(features, market, raw, [a for b in batches for a in b], len(offering))

    def innocent(self, features: MatchFeatures) -> tuple[str, ...]:
        """Name what else takes books off the board."""
        reasons = ["a match that is postponed or moved", "books of one platform that is down"]
        if features.to_off < NEAR_S:
            reasons.append("books that close before kick-off as they always do")
        return (*reasons, "team news that books wait to see confirmed")


def departures(market: MarketBook, offering: Sequence[str]) -> Iterator[Away]:
    """Books that have left a market, the first to go first."""
    left = ((_left_at(market, book), book) for book in offering)
    yield from sorted(Away(since, book) for since, book in left if since is not None)


def together(gone: Sequence[Away]) -> list[list[Away]]:
    """Cut departures into those that came within a minute, about, of the one before.

    >>> [len(batch) for batch in together([Away(0.0, "a"), Away(20.0, "b"), Away(300.0, "c")])]
    [2, 1]
    """
    batches: list[list[Away]] = []
    for away in gone:
        if batches and away.since - batches[-1][-1].since < APART_S:
            batches[-1].append(away)
        else:
            batches.append([away])
    return batches


def _main_market(features: MatchFeatures) -> MarketBook | None:
    markets = features.book.markets
    return next((markets[key] for key in _MAIN if key in markets), None)


def _offering(market: MarketBook) -> Iterator[str]:
    """Books that offer the whole market, or did before they left."""
    for book, offer in sorted(market.books.items()):
        if len(offer.selections) == len(market.selections) and all(
            part.status == "open" or part.left_at is not None for part in offer.parts
        ):
            yield book


def _left_at(market: MarketBook, book: str) -> float | None:
    left = [part.left_at for part in market.books[book].parts]
    return min((at for at in left if at is not None), default=None)


def _chances(features: MatchFeatures, offering: Sequence[str]) -> list[float]:
    exchanges = {book for _, _, book in features.book.volume.markets()}
    factor = _NEAR_FACTOR if features.to_off < NEAR_S else 1.0
    return [factor * (_EXCHANGE if book in exchanges else _BOOK) for book in offering]


def _finding(
    features: MatchFeatures, market: MarketBook, raw: float, gone: Sequence[Away], books: int
) -> Finding:
    first, last = gone[0].since, gone[-1].since
    took = f" within {span((last - first) / 60.0)}" if len(gone) > 1 else ""
    return Finding(
        raw=raw,
        selection="all",
        observed=len(gone) / books,
        expected=_BOOK,
        since=first,
        turn=median_low(away.since for away in gone),
        books=tuple(away.book for away in gone),
        values={"away": len(gone), "books": books, "first_away_s": features.at - first},
        sentence=(
            f"{len(gone)} of {books} books have taken the market down{took} and have been away "
            f"since ({span((features.at - first) / 60.0)} the first of them), {features.when()}"
        ),
        market=market.market,
        line=market.line,
    )
