"""From a judgement to the alert that officers read."""

from dataclasses import dataclass
from datetime import UTC, datetime

from alerts.alert import (
    Alert,
    AlertContext,
    AlertEvidence,
    AlertFixture,
    Provenance,
    alert_id,
)
from detectors.evidence import Evidence
from detectors.health import FeedHealth
from detectors.match_watch import MatchWatch
from detectors.verdict import Judgement
from markets.book import MatchBook
from markets.records import Event
from streams.noted_frames import NotedFrames

TOPIC = "match-feed"
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a match's records came from: the frames of a partition."""

    partition: int
    frames: NotedFrames
    config_hash: str

    def provenance(self, since: float) -> Provenance:
        """Name the frames from the one that was current at `since` to the newest."""
        return Provenance(
            topic=TOPIC,
            partition=self.partition,
            first_offset=self.frames.since(since),
            last_offset=self.frames.newest,
            config_hash=self.config_hash,
        )


def raised(
    judgement: Judgement, watch: MatchWatch, health: FeedHealth, at: float, origin: Origin
) -> Alert:
    """Build the alert of a judgement made at `at`.

    An event that may explain the move makes it an explained alert: recorded green, not notified.
    A red one stays open all the same, for news is also a cover; it names the event.
    """
    evidence, finding = judgement.evidence, judgement.evidence.finding
    now = datetime.fromtimestamp(at, UTC)
    events = watch.context(judgement.evidence)
    explained = bool(events) and judgement.level != "red"
    return Alert(
        alert_id=alert_id(
            watch.book.match, evidence.typology, evidence.detector, evidence.version, now
        ),
        match=watch.book.match,
        fixture=_fixture(watch.book),
        typology=evidence.typology,
        level="green" if explained else judgement.level,
        score=round(judgement.score, _DIGITS),
        opened_at=now,
        peak_at=now,
        last_at=now,
        status="explained" if explained else "open",
        market=evidence.market,
        line=evidence.line,
        selection=finding.selection,
        headline=_headline(watch.book, finding.sentence, events),
        evidence=(_evidence(evidence),),
        context=tuple(_context(event) for event in events),
        feed_health={name: str(state) for name, state in health.states(at).items()},
        innocent_explanations=evidence.innocent,
        provenance=origin.provenance(finding.since),
    )


def _headline(book: MatchBook, sentence: str, events: list[Event]) -> str:
    fixture = book.fixture
    teams = f"{fixture.home} v {fixture.away}" if fixture else book.match
    why = f"after {events[-1].event.replace('_', ' ')}" if events else "no news in the feed"
    return f"{teams}: {sentence}; {why}"


def _fixture(book: MatchBook) -> AlertFixture:
    known = book.fixture
    if known is None:
        return AlertFixture(
            sport="unknown", competition="unknown", tier=9, home="?", away="?", start=None
        )
    return AlertFixture(
        sport=known.sport,
        competition=known.competition,
        tier=known.tier,
        home=known.home,
        away=known.away,
        start=known.start,
    )


def _evidence(evidence: Evidence) -> AlertEvidence:
    finding = evidence.finding
    return AlertEvidence(
        detector=evidence.detector,
        version=evidence.version,
        score=round(evidence.score, _DIGITS),
        observed=round(finding.observed, _DIGITS),
        expected=round(finding.expected, _DIGITS),
        unit="probability",
        raw=round(finding.raw, _DIGITS),
        raw_unit=evidence.unit,
        at=evidence.at,
        window_s=round(evidence.at.timestamp() - finding.since, 3),
        market=evidence.market,
        line=evidence.line,
        selection=finding.selection,
        phase=evidence.phase,
        books=finding.books,
        values={name: round(value, _DIGITS) for name, value in finding.values.items()},
        sentence=finding.sentence,
    )


def _context(event: Event) -> AlertContext:
    return AlertContext(at=event.at, event=event.event, team=event.team, clock=event.clock)
