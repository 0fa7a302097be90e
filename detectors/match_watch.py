"""Watch over one match: book, features, detectors and verdict, wired together."""

from dataclasses import dataclass, field, replace

from detectors.calibration import Calibration
from detectors.catalogue import market_detectors, match_detectors
from detectors.context import BEFORE_TOLD_S, EXPLAINED_BY_NEWS, LINE_UPS_S, explaining
from detectors.detector import MarketDetector
from detectors.evidence import Evidence
from detectors.features import Features, MatchFeatures, Phase, Play, phase_of
from detectors.feed import GRACE_S, Feed
from detectors.health import FeedHealth
from detectors.incidents import decides
from detectors.kick_off import goal_rates
from detectors.market_view import MarketView
from detectors.stoppage import Stoppage
from detectors.verdict import Judgement, Verdict
from detectors.weighing import Weighing
from markets.book import MarketBook, MarketKey, MatchBook
from markets.goals import GoalRates
from markets.joined_prices import PRICED, Prices
from markets.records import Event, Price, Record
from markets.rows import KeptRows

RELOOK_S = 20 * 60.0
LATEST_MINUTE = 90.0
CLOCK_PART = 4.0
# Looks of a slow feed after which a goal or a red card is worked into the prices.
SETTLES = 1.4
LOOKS_APART_S = {"early": 300.0, "day": 300.0, "late": 60.0, "in_play": 20.0}
MATCH_LOOKS_APART_S = {"early": 600.0, "day": 600.0, "late": 240.0, "in_play": 120.0}


@dataclass(slots=True)
class _Watched:
    """One market with its view and its detectors."""

    market: MarketBook
    view: MarketView
    detectors: tuple[MarketDetector, ...]
    look_at: float = float("-inf")
    not_before: float = float("-inf")
    latest: Features | None = None
    stoppage: Stoppage = field(default_factory=Stoppage)


@dataclass(slots=True, frozen=True)
class _Pending:
    """A look in play, and whether it needs no waiting for the data feed."""

    features: Features
    quiet: bool


@dataclass(slots=True)
class _Schedule:
    """When the whole match is to be looked at: after a change, and once more when it is quiet."""

    changed: bool = False
    not_before: float = float("-inf")
    look_at: float = float("inf")

    @property
    def due_from(self) -> float:
        return self.not_before if self.changed else max(self.not_before, self.look_at)

    def hurry(self) -> None:
        self.not_before = float("-inf")

    def looked(self, at: float, apart: float) -> None:
        self.not_before = at + apart
        self.look_at = at + RELOOK_S if self.changed else float("inf")
        self.changed = False


class MatchWatch:
    """Watches one match; time is that of the records, and equal records give equal judgements.

    Records of one instant are all taken in before anybody looks, so their order within the
    instant does not matter. Pre-match findings are held for a minute in which news may still
    explain them, ten minutes when the line-ups are due. In play a look at a fast feed is judged at
    once while trading goes on quietly; around a stoppage it waits a minute, and with a slow feed
    most of its spacing, for the data feed to tell of a goal that the books knew first.
    """

    __slots__ = (
        "_held", "_in_play", "_of_match", "_rates", "_schedule", "_verdict", "_wakes_at",
        "_watched", "_weighing", "book",
    )  # fmt: skip

    def __init__(
        self,
        match: str,
        calibration: Calibration,
        verdict: Verdict,
        weighing: Weighing | None = None,
    ) -> None:
        self.book = MatchBook(match)
        self._weighing = weighing or Weighing(calibration)
        self._verdict = verdict
        self._watched: dict[MarketKey, _Watched] = {}
        self._of_match = tuple(kind() for kind in match_detectors())
        self._schedule = _Schedule()
        self._wakes_at = float("inf")
        self._in_play: list[_Pending] = []
        self._held: list[Evidence] = []
        self._rates: GoalRates | None = None

    def apply(self, record: Record | Prices) -> None:
        """Take one record in; nothing is judged before `look`."""
        self.take(record, record.at.timestamp())

    def take(self, record: Record | Prices, at: float) -> None:
        """Do what `apply` does, knowing the record's time in epoch seconds."""
        if isinstance(record, PRICED):
            self.take_prices(record, at)
            return
        self.book.take(record, at)
        self._schedule.changed = True
        if isinstance(record, Event) and decides(record):
            self._schedule.hurry()  # who had bet on it can be seen now
        self._wakes_at = min(self._wakes_at, self._schedule.due_from)

    def take_prices(self, told: Price | Prices, at: float) -> None:
        """Do what `take` does for prices, of which there are most."""
        market = self.book.take_prices((told.market, told.line), told, at)
        if not (self._schedule.changed and market.stirred):
            self._schedule.changed = market.stirred = True
            free_from = self._free_from(market.key)
            self._wakes_at = min(self._wakes_at, self._schedule.due_from, free_from)

    def judge(self, at: float, health: FeedHealth) -> list[Judgement]:
        """Judge what was found before and need not be held any longer at `at`.

        It is the first thing that `look` does, for callers that cannot look yet: so what a look
        finds and no news explains is judged after it, and not with it.
        """
        return self._judged(self._ripe(at, self._feed(health).grace_s)) if self._held else []

    def look(self, at: float, health: FeedHealth, *, frozen: bool) -> list[Judgement]:
        """Judge the match as it stands at `at`; `frozen` stops learning while an alert is open."""
        feed = self._feed(health)
        judged = self._judged(self._ripe(at, feed.grace_s))
        for key in self._ready(at):
            self._held += self._look_at(key, at, feed, frozen=frozen)
        self._held += self._look_at_match(at, feed, health, frozen=frozen)
        ripe, slack = self._ripe(at, feed.grace_s), feed.slack_s
        while self._in_play and self._ripe_in_play(self._in_play[0], slack) <= at:
            ripe += self._look_in_play(self._in_play.pop(0), slack, frozen=frozen)
        self._wakes_at = self._soonest()
        if self._wakes_at == float("inf"):
            self._rest()
        return judged + self._judged(ripe)

    def _rest(self) -> None:
        """Take little room while nothing is due before more is told."""
        for market in self.book.markets.values():
            market.rest()
        for watched in self._watched.values():
            if watched.latest and not isinstance(watched.latest.offered, KeptRows):
                watched.latest = replace(watched.latest, offered=KeptRows(watched.latest.offered))

    def _ripe(self, at: float, grace: float) -> list[Evidence]:
        """Hold no longer what need not be held any longer."""
        ripe = [e for e in self._held if self._ripe_at(e, grace) <= at]
        if ripe:
            self._held = [e for e in self._held if self._ripe_at(e, grace) > at]
        return ripe

    def _judged(self, ripe: list[Evidence]) -> list[Judgement]:
        return self._verdict.judge(ripe, self._is_explained) if ripe else []

    def waits(self, at: float) -> bool:
        """Whether anything is due at `at`, held, or to be looked at again by then."""
        return self._wakes_at <= at

    def wakes_at(self) -> float:
        """Return the moment from which `look` has something to do if nothing more is told."""
        return self._wakes_at

    def can_wait(self, at: float, health: FeedHealth) -> bool:
        """Whether all that a look at `at` would judge, and was found before, is judged by `judge`.

        What was seen in play is looked at anew before it is judged.
        """
        if not self._in_play:
            return True
        return self._ripe_in_play(self._in_play[0], self._feed(health).slack_s) > at

    def is_in_play(self, at: float) -> bool:
        """Whether the match is on at `at`, so that what a look finds may be judged at once."""
        return self._phase(at) == "in_play"

    def _feed(self, health: FeedHealth) -> Feed:
        return Feed(health.warm_since(self.book.sources), health.spacing_s(self.book.sources))

    def _soonest(self) -> float:
        if self._held or self._in_play:
            return float("-inf")
        again = [watched.look_at for watched in self._watched.values()]
        stirred = [self._free_from(key) for key, m in self.book.markets.items() if m.stirred]
        return min([self._schedule.due_from, *again, *stirred])

    def _free_from(self, key: MarketKey) -> float:
        """Moment before which a market is not looked at again; a burst of prices is one look."""
        watched = self._watched.get(key)
        return watched.not_before if watched else float("-inf")

    def context(self, evidence: Evidence) -> list[Event]:
        """Events that may explain a pre-match move; in play the goal model takes them in.

        Only a move of prices or money can be explained by news: no line-up makes a ring of
        accounts or a match that nobody plays.
        """
        if not _explicable(evidence):
            return []
        return explaining(self.book.match_events, evidence.finding.turn)

    def _ripe_at(self, evidence: Evidence, grace: float) -> float:
        """When evidence may be judged: later when the line-ups that may explain it are due.

        What no news can explain waits for none.
        """
        seen = evidence.at.timestamp()
        if not _explicable(evidence):
            return seen
        if grace and self._line_ups_due(evidence):
            return seen + BEFORE_TOLD_S
        return seen + grace

    def _line_ups_due(self, evidence: Evidence) -> bool:
        start = self.book.start
        if start is None or not LINE_UPS_S[0] <= start - evidence.finding.turn <= LINE_UPS_S[1]:
            return False
        return all(event.event != "line_up" for event in self.book.match_events)

    def _is_explained(self, evidence: Evidence) -> bool:
        return bool(self.context(evidence))

    def _ready(self, at: float) -> list[MarketKey]:
        again = {key for key, watched in self._watched.items() if watched.look_at <= at}
        ready = [
            market
            for key, market in self.book.markets.items()
            if (market.stirred or key in again) and self._free_from(key) <= at
        ]
        for market in ready:
            market.stirred = False
        return sorted([market.key for market in ready], key=_order)

    def _look_at(self, key: MarketKey, at: float, feed: Feed, *, frozen: bool) -> list[Evidence]:
        watched, phase = self._watched.get(key) or self._watch(key), self._phase(at)
        apart = LOOKS_APART_S if watched.detectors else MATCH_LOOKS_APART_S
        watched.not_before = at + apart[phase]
        if not watched.detectors and phase == "in_play":
            return []
        changed = watched.market.changed_at > (watched.latest.at if watched.latest else 0.0)
        watched.look_at = at + RELOOK_S if changed else float("inf")
        features = watched.view.features(
            self.book,
            at,
            warm_since=feed.warm_since,
            spacing_s=feed.spacing_s,
            frozen_before=feed.frozen_before(at),
        )
        watched.stoppage.see(at, watched.market, features)
        if features is None:
            return []
        if features.phase == "in_play":
            if not self.book.clock.ended and self._asked(watched, features):
                quiet = features.spacing_s < GRACE_S and watched.stoppage.quiet(at)
                self._in_play.append(_Pending(features, quiet))
            return []
        watched.latest = features
        found = self._ask(watched, features, frozen=frozen)
        features.moves.clear()  # of use within the look alone, and as large as all the rest
        return found

    def _look_at_match(
        self, at: float, feed: Feed, health: FeedHealth, *, frozen: bool
    ) -> list[Evidence]:
        """Let the detectors of the whole match look, as often as its phase asks for."""
        start = self.book.start
        if at < self._schedule.due_from:
            return []
        phase = self._phase(at)
        self._schedule.looked(at, MATCH_LOOKS_APART_S[phase])
        if start is None or self.book.clock.ended:
            return []
        features = self._match_features(at, start, feed, health)
        fixture = self.book.fixture
        sport = fixture.sport if fixture else "unknown"
        asked = [
            d for d in self._of_match if phase in d.phases and (not d.sports or sport in d.sports)
        ]
        found = [self._weighing.ask(d, features, frozen=frozen) for d in asked]
        return [evidence for evidence in found if evidence]

    def _match_features(
        self, at: float, start: float, feed: Feed, health: FeedHealth
    ) -> MatchFeatures:
        fixture = self.book.fixture
        phase = self._phase(at)
        return MatchFeatures(
            at=at,
            book=self.book,
            phase=phase,
            to_off=start - at,
            warm_since=feed.warm_since,
            spacing_s=feed.spacing_s,
            markets=self._before_match(),
            registers=health.registers(fixture.competition, at) if fixture else (),
            play=self._play(at, feed.slack_s) if phase == "in_play" else None,
        )

    def _phase(self, at: float) -> Phase:
        start = self.book.start
        if start is None:
            return "day"
        return phase_of(start - at, in_play=self.book.clock.kick_off is not None and at >= start)

    def _ripe_in_play(self, pending: _Pending, slack: float) -> float:
        """When a look in play may be judged; never before those that were taken before it."""
        return pending.features.at + (0.0 if pending.quiet else slack)

    def _look_in_play(self, pending: _Pending, slack: float, *, frozen: bool) -> list[Evidence]:
        features = pending.features
        if self.book.clock.minutes(features.at) > LATEST_MINUTE:
            return []
        slow = features.spacing_s >= GRACE_S
        if slow and self._scored_within(features.at, SETTLES * features.spacing_s):
            return []
        play = self._play(
            features.at, 0.0 if pending.quiet else slack, slack / CLOCK_PART if slow else 0.0
        )
        if play is None:
            return []
        key = (features.market.market, features.market.line)
        return self._ask(self._watched[key], replace(features, play=play), frozen=frozen)

    def _scored_within(self, at: float, seconds: float) -> bool:
        """Whether the score changed so shortly before that a slow feed shows the jump itself."""
        return len(self.book.clock.states(at - seconds, at)) > 1

    def _play(self, at: float, slack: float, clock_slack: float | None = None) -> Play | None:
        """State of play around a moment; None without a score feed or pre-match prices.

        The clock is known better than the score where `clock_slack` says so.
        """
        clock = self.book.clock
        if self._rates is None:
            self._rates = goal_rates(self._before_match())
        if self._rates is None or clock.kick_off is None:
            return None
        return Play(
            states=tuple(clock.states(at - slack, at + slack)),
            minutes=clock.around(at, slack if clock_slack is None else clock_slack),
            rates=self._rates,
        )

    def _ask(self, watched: _Watched, features: Features, *, frozen: bool) -> list[Evidence]:
        asked = self._asked(watched, features)
        found = [self._weighing.ask(detector, features, frozen=frozen) for detector in asked]
        return [evidence for evidence in found if evidence]

    def _asked(self, watched: _Watched, features: Features) -> list[MarketDetector]:
        """Detectors that look in this phase and understand this sport, as known by now."""
        sport = self.book.fixture.sport if self.book.fixture else "unknown"
        return [
            detector
            for detector in watched.detectors
            if features.phase in detector.phases
            and (not detector.sports or sport in detector.sports)
        ]

    def _watch(self, key: MarketKey) -> _Watched:
        market = self.book.market(*key)
        fitting = tuple(kind() for kind in market_detectors(market.market))
        return self._watched.setdefault(key, _Watched(market, MarketView(market), fitting))

    def _before_match(self) -> dict[MarketKey, Features]:
        """Newest features of each market from before the match, in order."""
        return {
            key: watched.latest
            for key, watched in sorted(self._watched.items(), key=lambda item: _order(item[0]))
            if watched.latest
        }


def _explicable(evidence: Evidence) -> bool:
    """Whether news may explain evidence; in play the goal model takes the events in."""
    return evidence.phase != "in_play" and evidence.family in EXPLAINED_BY_NEWS


def _order(key: MarketKey) -> tuple[str, float]:
    return key[0], key[1] if key[1] is not None else float("-inf")
