"""A match with several markets, each moved by hand, as a detector of the whole match sees it."""

from dataclasses import dataclass, field

from detectors.detector import MatchDetector
from detectors.evidence import Finding
from detectors.features import Features, MatchFeatures, phase_of
from detectors.market_view import MarketView
from markets.book import MarketKey, MatchBook
from markets.goals import GoalRates, outcome_probabilities, over_probability
from markets.handicaps import cover_probability
from markets.records import Price
from tests.detectors.scene import KICK_OFF, MATCH, fixture, moment

MARGIN = 1.05


@dataclass
class Markets:
    """Books that quote what they are told; minutes count from kick-off."""

    books: int = 6
    sport: str = "football"
    views: dict[MarketKey, MarketView] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.book = MatchBook(MATCH)
        self.book.apply(fixture(sport=self.sport))

    def price(
        self, minute: float, market: str, line: float | None, chances: dict[str, float],
        books: range | None = None,
    ) -> None:  # fmt: skip
        self.views.setdefault((market, line), MarketView(self.book.market(market, line)))
        for n in books or range(self.books):
            for selection, p in chances.items():
                self.book.apply(
                    Price(
                        at=moment(minute), match=MATCH, market=market, line=line,
                        selection=selection, book=f"book-{n:02}", price=1.0 / (p * MARGIN),
                    )
                )  # fmt: skip

    def by_rates(self, minute: float, rates: GoalRates) -> None:
        """Price 1x2, total and handicap by the same goals."""
        home, draw, away = outcome_probabilities(rates)
        self.price(minute, "1x2", None, {"home": home, "draw": draw, "away": away})
        self.two_way(minute, "total", 2.5, over_probability(rates, 2.5))
        self.two_way(minute, "asian_handicap", -0.5, cover_probability(rates, -0.5))

    def two_way(
        self, minute: float, market: str, line: float, first: float, books: range | None = None
    ) -> None:
        names = ("home", "away") if market == "asian_handicap" else ("over", "under")
        chances = dict(zip(names, (first, 1.0 - first), strict=True))
        self.price(minute, market, line, chances, books)

    def look(self, minute: float, warm_since: float = float("-inf")) -> MatchFeatures:
        at = moment(minute).timestamp()
        to_off = KICK_OFF.timestamp() - at
        seen: dict[MarketKey, Features] = {}
        for key, view in self.views.items():
            found = view.features(
                self.book, at, warm_since=warm_since, spacing_s=60.0, frozen_before=at - 600.0
            )
            if found is not None:
                seen[key] = found
        phase = phase_of(to_off, in_play=False)
        return MatchFeatures(at, self.book, phase, to_off, warm_since, 60.0, seen)

    def watch(self, detector: MatchDetector, first: int, last: int, every: int) -> Finding | None:
        """Let a detector look from one minute to another; return its last finding."""
        found = None
        for minute in range(first, last + 1, every):
            features = self.look(minute)
            found = detector.find(features)
            detector.remember_one(features)
            detector.learn_one(features)
        return found
