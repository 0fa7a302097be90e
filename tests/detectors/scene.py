"""A market of some books, moved by hand: the stage on which detectors are tested."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from detectors.calibration import Calibration, shipped_priors
from detectors.detector import MarketDetector
from detectors.evidence import Finding
from detectors.features import Features, Play
from detectors.levels import AlertBudget, Level
from detectors.market_view import MarketView
from markets.book import MatchBook
from markets.goals import GoalRates, outcome_probabilities
from markets.records import Event, Fixture, Price, Record

KICK_OFF = datetime(2026, 6, 11, 19, tzinfo=UTC)
MATCH = "mexico-v-south-africa-2026-06-11"
RATES = GoalRates(1.6, 1.0)
OPENED = -20 * 60.0
MARGIN = 1.05
_CALIBRATION = Calibration(shipped_priors())


def moment(minute: float) -> datetime:
    """Time, in minutes from kick-off."""
    return KICK_OFF + timedelta(minutes=minute)


def fixture(**more: object) -> Fixture:
    known = {"source": "odds", "sport": "football", "competition": "FIFA World Cup", "tier": 1}
    known |= {"home": "Mexico", "away": "South Africa", "at": moment(OPENED), "match": MATCH}
    return Fixture(**(known | {"start": KICK_OFF} | more))


@dataclass
class Scene:
    """`books` books that opened twenty hours before kick-off, all at the same prices.

    Minutes count from kick-off, so those before it are below 0.
    """

    books: int = 8
    opening: Mapping[str, float] = field(
        default_factory=lambda: {"home": 2.0, "draw": 3.5, "away": 4.2}
    )
    market: str = "1x2"
    spacing_s: float = 60.0
    warm_since: float = float("-inf")
    slack_s: float = 60.0
    told: list[Record] = field(default_factory=list)
    shuffle: Callable[[list[Record]], None] = lambda _: None

    def __post_init__(self) -> None:
        self.book = MatchBook(MATCH)
        self.view = MarketView(self.book.market(self.market, self.line))
        self.names = [f"book-{n:02}" for n in range(self.books)]
        self._prices = {name: dict(self.opening) for name in self.names}
        opening = [self._price(OPENED, b, s) for b in self.names for s in self.opening]
        self.shuffle(opening)
        self.tell(fixture(), *opening)

    @property
    def line(self) -> float | None:
        return 2.5 if self.market == "total" else None

    def tell(self, *records: Record) -> None:
        for record in records:
            self.told.append(record)
            self.book.apply(record)

    def move(
        self, minute: float, selection: str, factor: float, books: Iterable[int] | None = None
    ):
        """Multiply the price of a selection at some books, or at all of them."""
        chosen = self.names if books is None else [self.names[n] for n in books]
        for name in chosen:
            self._prices[name][selection] *= factor
            self.tell(self._price(minute, name, selection))

    def price(self, minute: float, probabilities: Mapping[str, float]) -> None:
        """Set all books to these probabilities, overround added."""
        for name in self.names:
            for selection, probability in probabilities.items():
                self._prices[name][selection] = max(1.01, 1.0 / (probability * MARGIN))
                self.tell(self._price(minute, name, selection))

    def price_by_play(self, minute: float, clock: float, score=(0, 0), reds=(0, 0)) -> None:
        """Set all books to what the goal model says."""
        chances = outcome_probabilities(RATES, score, clock, reds)
        self.price(minute, dict(zip(("home", "draw", "away"), chances, strict=True)))

    def event(self, minute: float, name: str, **told: object) -> None:
        self.tell(Event(at=moment(minute), match=MATCH, event=name, **told))

    def look(self, minute: float) -> Features:
        at = moment(minute).timestamp()
        features = self.view.features(
            self.book,
            at,
            warm_since=self.warm_since,
            spacing_s=self.spacing_s,
            frozen_before=at - 600.0,
        )
        assert features is not None
        if features.phase != "in_play":
            return features
        clock = self.book.clock
        states = tuple(clock.states(at - self.slack_s, at + self.slack_s))
        return replace(features, play=Play(states, clock.around(at, self.slack_s), RATES))

    def watch(self, detector: MarketDetector, *minutes: float) -> Finding | None:
        """Let a detector look at these minutes, as the watch would; return its last finding."""
        found = None
        for minute in minutes:
            features = self.look(minute)
            found = detector.find(features)
            detector.remember_one(features)
            detector.learn_one(features)
        return found

    def _price(self, minute: float, name: str, selection: str) -> Price:
        return Price(
            at=moment(minute), match=MATCH, market=self.market, line=self.line,
            selection=selection, book=name, price=self._prices[name][selection],
            in_play=self.book.clock.kick_off is not None,
        )  # fmt: skip


def level(detector: MarketDetector, features: Features, found: Finding | None) -> Level | None:
    """Level at which a finding alone would be raised for a match of the World Cup."""
    if found is None:
        return None
    cell = (detector.name, features.market.market, features.phase)
    slow = features.spacing_s >= 300.0
    tail = _CALIBRATION.tail(cell, found.raw, slow=slow, sport="football", tier=1)
    share = _CALIBRATION.share(cell, slow=slow)
    return AlertBudget().grade(min(1.0, tail / share)) if share else None
