"""Watch over one match: book, features, detectors and verdict, wired together."""

from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from detectors.calibration import Calibration
from detectors.catalogue import catalogue
from detectors.context import explaining
from detectors.detector import Detector
from detectors.evidence import Evidence, Finding
from detectors.features import Features, Play
from detectors.health import FeedHealth
from detectors.market_view import MarketView
from detectors.verdict import Judgement, Verdict
from markets.book import MarketBook, MarketKey, MatchBook
from markets.goals import GoalRates, fit_rates
from markets.records import Event, Price, Record

RELOOK_S = 20 * 60.0
GRACE_S = 60.0
LONGEST_SLACK_S = 12 * 60.0
LATEST_MINUTE = 90.0
FROZEN_S = 10 * 60.0
SLOW_S = 5 * 60.0
_MOST_GOALS = 15.0


@dataclass(slots=True)
class _Watched:
    """One market with its view and its detectors."""

    market: MarketBook
    view: MarketView
    detectors: tuple[Detector, ...]
    look_at: float = float("-inf")
    latest: Features | None = None


class MatchWatch:
    """Watches one match; time is that of the records, and equal records give equal judgements.

    Records of one instant are all taken in before anybody looks, so their order within the
    instant does not matter. Pre-match findings are held for a minute in which news may still
    explain them; in play each look is judged later still, when the data feed has had time to tell
    of a goal that the books knew first: a minute for a fast feed, most of its spacing for a slow
    one.
    """

    def __init__(self, match: str, calibration: Calibration, verdict: Verdict) -> None:
        self.book = MatchBook(match)
        self._calibration = calibration
        self._verdict = verdict
        self._watched: dict[MarketKey, _Watched] = {}
        self._due: set[MarketKey] = set()
        self._in_play: deque[Features] = deque()
        self._held: list[Evidence] = []
        self._rates: GoalRates | None = None

    def apply(self, record: Record) -> None:
        """Take one record in; nothing is judged before `look`."""
        self.book.apply(record)
        if isinstance(record, Price):
            self._due.add((record.market, record.line))

    def look(self, at: float, health: FeedHealth, *, frozen: bool) -> list[Judgement]:
        """Judge the match as it stands at `at`; `frozen` stops learning while an alert is open."""
        grace, slack = self.grace_s(health), self._slack_s(health)
        found = [
            e for key in self._ready(at) for e in self._look_at(key, at, health, frozen=frozen)
        ]
        self._held += found
        ripe = [e for e in self._held if e.at.timestamp() + grace <= at]
        self._held = [e for e in self._held if e.at.timestamp() + grace > at]
        while self._in_play and self._in_play[0].at + slack <= at:
            ripe += self._look_in_play(self._in_play.popleft(), slack, frozen=frozen)
        return self._verdict.judge(ripe) if ripe else []

    def waits(self, at: float) -> bool:
        """Whether anything is due at `at`, held, or to be looked at again by then."""
        return bool(self._due or self._held or self._in_play) or any(
            watched.look_at <= at for watched in self._watched.values()
        )

    def context(self, judgement: Judgement) -> list[Event]:
        """Events that may explain a pre-match judgement; in play the goal model takes them in."""
        if judgement.evidence.phase == "in_play":
            return []
        return explaining(self.book.match_events, judgement.evidence.finding.turn)

    def grace_s(self, health: FeedHealth) -> float:
        """Seconds for which a pre-match finding is held back for an explaining event.

        A feed slower than the grace is not held back: the news would lie between its looks, and
        waiting for the next one could cost the time that is left to kick-off.
        """
        return GRACE_S if health.spacing_s(self.book.sources) < GRACE_S else 0.0

    def _slack_s(self, health: FeedHealth) -> float:
        """Seconds by which in-play prices and events of these feeds may be apart."""
        return min(max(GRACE_S, 0.8 * health.spacing_s(self.book.sources)), LONGEST_SLACK_S)

    def _ready(self, at: float) -> list[MarketKey]:
        again = {key for key, watched in self._watched.items() if watched.look_at <= at}
        ready = sorted(self._due | again, key=_order)
        self._due = set()
        return ready

    def _look_at(
        self, key: MarketKey, at: float, health: FeedHealth, *, frozen: bool
    ) -> list[Evidence]:
        watched = self._watched.get(key) or self._watch(key)
        if not watched.detectors:
            return []
        changed = watched.market.changed_at > (watched.latest.at if watched.latest else 0.0)
        watched.look_at = at + RELOOK_S if changed else float("inf")
        sources = self.book.sources
        features = watched.view.features(
            self.book,
            at,
            warm_since=health.warm_since(sources),
            spacing_s=health.spacing_s(sources),
            frozen_before=at - min(max(FROZEN_S, 1.5 * health.spacing_s(sources)), 3 * FROZEN_S),
        )
        if features is None:
            return []
        if features.phase == "in_play":
            if not self.book.clock.ended and self._asked(watched, features):
                self._in_play.append(features)
            return []
        watched.latest = features
        return self._ask(watched, features, frozen=frozen)

    def _look_in_play(self, features: Features, slack: float, *, frozen: bool) -> list[Evidence]:
        play = self._play(features.at, slack)
        if play is None or play.minutes[1] > LATEST_MINUTE:
            return []
        key = (features.market.market, features.market.line)
        return self._ask(self._watched[key], replace(features, play=play), frozen=frozen)

    def _play(self, at: float, slack: float) -> Play | None:
        """State of play around a moment; None without a score feed or pre-match prices."""
        clock = self.book.clock
        if self._rates is None:
            self._rates = self._goal_rates()
        if self._rates is None or clock.kick_off is None:
            return None
        return Play(
            states=tuple(clock.states(at - slack, at + slack)),
            minutes=clock.around(at, slack),
            rates=self._rates,
        )

    def _ask(self, watched: _Watched, features: Features, *, frozen: bool) -> list[Evidence]:
        found = []
        for detector in self._asked(watched, features):
            finding = detector.find(features)
            if finding is not None and (evidence := self._weigh(detector, features, finding)):
                found.append(evidence)
            detector.remember_one(features)
            if not frozen:
                detector.learn_one(features)
        return found

    def _asked(self, watched: _Watched, features: Features) -> list[Detector]:
        """Detectors that look in this phase and understand this sport, as known by now."""
        sport = self.book.fixture.sport if self.book.fixture else "unknown"
        return [
            detector
            for detector in watched.detectors
            if features.phase in detector.phases
            and (not detector.sports or sport in detector.sports)
        ]

    def _weigh(self, detector: Detector, features: Features, finding: Finding) -> Evidence | None:
        fixture = self.book.fixture
        tail = self._calibration.tail(
            (detector.name, features.market.market, features.phase),
            finding.raw,
            slow=features.spacing_s >= SLOW_S,
            sport=fixture.sport if fixture else "unknown",
            tier=fixture.tier if fixture else 9,
        )
        if tail >= 1.0:
            return None
        return Evidence(
            detector=detector.name,
            version=detector.version,
            family=detector.family,
            typology=detector.typology or detector.name,
            market=features.market.market,
            line=features.market.line,
            phase=features.phase,
            unit=detector.unit,
            at=datetime.fromtimestamp(features.at, UTC),
            tail=tail,
            finding=finding,
            innocent=detector.innocent(features),
        )

    def _watch(self, key: MarketKey) -> _Watched:
        market = self.book.market(*key)
        fitting = tuple(d() for d in catalogue() if market.market in d.markets)
        return self._watched.setdefault(key, _Watched(market, MarketView(market), fitting))

    def _goal_rates(self) -> GoalRates | None:
        """Goal rates implied by the last pre-match 1X2 and totals."""
        main = self._before_kick_off(("1x2", None))
        if set(main) != {"home", "draw", "away"}:
            return None
        totals = []
        for market, line in sorted(self._watched, key=_order):
            prices = self._before_kick_off((market, line)) if market == "total" else {}
            if line is not None and _is_of_goals(line) and set(prices) == {"over", "under"}:
                totals.append((line, prices["over"]))
        return fit_rates(main["home"], main["draw"], main["away"], totals=totals)

    def _before_kick_off(self, key: MarketKey) -> dict[str, float]:
        """Probabilities of a market as they were last before the match; empty when unknown."""
        watched = self._watched.get(key)
        if watched is None or watched.latest is None:
            return {}
        return watched.latest.by_selection()


def _is_of_goals(line: float) -> bool:
    """Whether a line can be one of football's goals, which is all that the goal model takes."""
    return 0.0 <= line <= _MOST_GOALS and (4.0 * line) % 1.0 == 0.0


def _order(key: MarketKey) -> tuple[str, float]:
    return key[0], key[1] if key[1] is not None else float("-inf")
