"""Watch over the matches of one partition: who is due, when time moves on, what is raised."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from alerts.alert import Alert
from alerts.lifecycle import OpenAlerts
from detectors.calibration import Calibration
from detectors.health import FeedHealth
from detectors.levels import AlertBudget
from detectors.match_watch import MatchWatch
from detectors.verdict import Judgement, Verdict
from markets.book import MatchBook
from markets.elsewhere import Elsewhere
from markets.joined_prices import PRICED
from markets.records import Gap, Heartbeat
from streams.leap import Leap, Told
from streams.noted_frames import NotedFrames
from streams.raising import Origin, raised
from streams.snapshots.packed import pack, unpack
from streams.wakes import Wakes

BAR_S = 60.0
FORGET_S = 12 * 3600.0
MOST_AWAKE = 100
"""Matches of a partition that stay as they are; of more, those that wait for news are packed."""
_PACKED_AT_ONCE = 4  # a few milliseconds of a look, though a whole market falls silent at once
_OF_A_SOURCE = (Heartbeat, Gap)


class WatchSettings(BaseModel):
    """What the watch is allowed to raise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    budget: AlertBudget = Field(
        default_factory=AlertBudget, description="Alerts allowed per hundred clean matches"
    )


@dataclass(slots=True)
class Watched:
    """One match: its watch, its alerts, the frames it came in; `first` is the first of them."""

    watch: MatchWatch
    first: int
    alerts: OpenAlerts = field(default_factory=OpenAlerts)
    frames: NotedFrames = field(default_factory=NotedFrames)


class _Asleep(NamedTuple):
    """A match that is packed, and the first frame that it came in."""

    first: int
    state: bytes


class PartitionWatch:
    """Watches every match of one partition.

    Matches are looked at when a source's heartbeat says that it has told all it knew, and, for
    feeds without heartbeats, once a minute of event time. The result depends on nothing but the
    records of this partition in their order.

    A match is some 50 KB of objects, and a fifteenth of that when it is packed. Of many matches on
    offer most wait for somebody to change a price, so those sleep; what is told of one wakes it.

    `changed` and `gone` are the matches that are not any more as they were last saved. `ahead`
    tells of matches that came with a snapshot up to which offset they have everything already; one
    that is not there was over by then.
    """

    def __init__(
        self, partition: int, settings: WatchSettings, calibration: Calibration, config_hash: str
    ) -> None:
        self._partition = partition
        self._settings = settings
        self._calibration = calibration
        self._config_hash = config_hash
        self._health = FeedHealth()
        self._matches: dict[str, Watched] = {}
        self._asleep: dict[str, _Asleep] = {}
        self._sleepy: dict[str, None] = {}
        self._at = float("-inf")
        self._leap = Leap()
        self._looked_at = float("-inf")
        self._wakes = Wakes()
        self._puts_off = False
        self._put_off: dict[str, bool | None] = {}  # whether learning is frozen, None while asleep
        self._put_off_in_play: dict[str, None] = {}
        self._offset = -1
        self.changed: set[str] = set()
        self.gone: set[str] = set()
        self.ahead: dict[str, int] = {}

    @property
    def names(self) -> set[str]:
        """Names of all matches that are watched now."""
        return self._matches.keys() | self._asleep.keys()

    @property
    def asleep(self) -> set[str]:
        """Names of those that are packed."""
        return set(self._asleep)

    def match(self, name: str) -> Watched:
        """Return one match as it stands; one that sleeps goes on sleeping."""
        return self._matches.get(name) or self._unpacked(name)

    def state_of(self, name: str) -> bytes:
        """Return one match packed."""
        if (asleep := self._asleep.get(name)) is not None:
            return asleep.state
        return pack(self._matches[name], self._shared)

    def first_frames(self) -> Iterator[int]:
        """Offset of the first frame of each match."""
        yield from (watched.first for watched in self._matches.values())
        yield from (asleep.first for asleep in self._asleep.values())

    @property
    def reached(self) -> float:
        """Event time that has been come to; minus infinity before anything was told."""
        return self._at

    def clock(self) -> list[object]:
        """All that is known beside the matches."""
        return [self._at, self._looked_at, self._leap, self._health]

    def take_up(self, clock: list[Any], matches: dict[str, Watched], ahead: dict[str, int]) -> None:
        """Go on from a `clock` and matches, some of which are ahead of it."""
        self._at, self._looked_at, self._leap, self._health = clock
        self._matches, self.ahead = matches, ahead
        for match in matches:
            self._wakes.stir(match)

    def take_in(self, records: Iterator[Told], offset: int) -> tuple[list[Alert], bool]:
        """Do what `apply_all` does up to where looks are due, and put off those that can wait.

        They are made before anything else is told of their match, before the next look, or when
        `catch_up` is called, whichever is first; what they find is what they would have found. So
        what was found before, and may be judged now, is out before others are looked at.

        Returns
        -------
        tuple
            Alerts, and whether all records are taken in; call again with the rest when not.
        """
        self._puts_off = True
        try:
            return self._apply(records, offset)
        finally:
            self._puts_off = False

    def catch_up(self, most: int | None = None) -> list[Alert]:
        """Make looks that were put off, `most` of them; return the alerts of these.

        Those at matches in play come first.
        """
        in_play = self._put_off_in_play
        others = (match for match in self._put_off if match not in in_play)
        matches = list(islice(chain(in_play, others), most))
        return [alert for match in matches for alert in self._catch_up(match)]

    @property
    def is_behind(self) -> bool:
        """Whether looks are put off."""
        return bool(self._put_off)

    @property
    def is_behind_in_play(self) -> bool:
        """Whether any of them is at a match in play."""
        return bool(self._put_off_in_play)

    def apply_all(self, records: Iterable[Told], offset: int) -> list[Alert]:
        """Take the records of a frame in; return the alerts that they opened or changed."""
        return self._apply(records, offset)[0]

    def _apply(self, records: Iterable[Told], offset: int) -> tuple[list[Alert], bool]:
        alerts: list[Alert] = []
        if self.ahead and offset > max(self.ahead.values()):
            self.ahead.clear()
        matches, stir, change = self._matches, self._wakes.stir, self.changed.add
        leap, ahead, put_off = self._leap, self.ahead, self._put_off
        told = set[str]()  # since a look, so that each is noted once
        for record in records:
            # Nearly all are prices of a known match, at a time at which nobody is looked at (which
            # cannot be a leap), while none is held, no match is ahead and its look not put off.
            if isinstance(record, PRICED) and (watched := matches.get(match := record.match)):
                at = record.at.timestamp()
                on_time = at <= self._at or at - self._looked_at < BAR_S
                if on_time and not (leap.held or ahead or match in put_off):
                    if at > self._at:
                        self._at = at
                    watched.watch.take_prices(record, at)
                    if match not in told:
                        told.add(match)
                        name = watched.watch.book.match  # the one that the sets have already
                        stir(name)
                        change(name)
                        watched.frames.note(at, offset)
                    continue
            told.clear()
            alerts += self.apply(record, offset)
            if self._puts_off and put_off and isinstance(record, Heartbeat):
                return alerts, False
        return alerts, True

    def apply(self, record: Told, offset: int) -> list[Alert]:
        """Take one record in; return the alerts that it opened, raised or explained."""
        self._offset = offset
        told = self._leap.let_through(record, offset, self._at)
        return [a for one, of in told for a in self._take(one, of, one.at.timestamp())]

    def _take(self, record: Told, offset: int, at: float) -> list[Alert]:
        if isinstance(record, _OF_A_SOURCE):
            raised_now = self.catch_up()  # what was put off sees the source as it was
            self._health.apply(record)
            self._at = max(self._at, at)
            if isinstance(record, Heartbeat):
                raised_now += self._look(self._at)
            return raised_now
        raised_now = self._look(self._at) if at > self._at and at - self._looked_at >= BAR_S else []
        self._at = max(self._at, at)
        if isinstance(record, Elsewhere):
            return raised_now
        if self.ahead and self._has_already(record.match):
            return raised_now
        raised_now += self._catch_up(record.match)
        watched = self._matches.get(record.match) or self._come_up(record.match, offset)
        watched.watch.take(record, at)
        watched.frames.note(at, offset)
        self._wakes.stir(record.match)
        self.changed.add(record.match)
        return raised_now

    def _has_already(self, match: str) -> bool:
        """Whether the snapshot that a match was taken from holds what is told now."""
        if match in self.ahead and self._offset > self.ahead[match]:
            del self.ahead[match]
        return match in self.ahead

    def _come_up(self, match: str, offset: int) -> Watched:
        """Wake a match that sleeps, or begin one that is new."""
        if match in self._asleep:
            return self._wake(match)
        verdict = Verdict(self._settings.budget)
        watched = Watched(MatchWatch(match, self._calibration, verdict), offset)
        return self._matches.setdefault(match, watched)

    def _wake(self, match: str) -> Watched:
        watched = self._matches[match] = self._unpacked(match)
        del self._asleep[match]
        return watched

    def _unpacked(self, match: str) -> Watched:
        watched: Watched = unpack(self._asleep[match].state, self._shared)
        return watched

    def _rest(self, match: str, watched: Watched, wakes_at: float) -> None:
        """Let a match wait until it may be due; it may sleep if that is when more is told of it."""
        self._wakes.sleep(match, min(wakes_at, _over_from(watched.watch.book)))
        self._sleepy.pop(match, None)
        if wakes_at == float("inf"):
            self._sleepy[match] = None

    def _put_to_sleep(self) -> None:
        """Pack a few that may sleep, those first that have waited longest."""
        for _ in range(min(_PACKED_AT_ONCE, len(self._sleepy), len(self._matches) - MOST_AWAKE)):
            match = next(iter(self._sleepy))
            del self._sleepy[match]
            watched = self._matches.pop(match)
            self._asleep[match] = _Asleep(watched.first, pack(watched, self._shared))

    @property
    def _shared(self) -> tuple[Calibration, AlertBudget]:
        return self._calibration, self._settings.budget

    def _look(self, at: float) -> list[Alert]:
        alerts = self.catch_up()
        self._looked_at = at
        for match in self._wakes.due(at):
            if self.ahead and self._has_already(match):
                self._wakes.stir(match)
            elif self._puts_off and self._can_wait(match, at):
                alerts += self._let_wait(match, at)
            else:
                alerts += self._ask(match, at)
        self._put_to_sleep()
        return alerts

    def _can_wait(self, match: str, at: float) -> bool:
        """Whether nothing that was seen in play is to be judged in a look, as there seldom is."""
        watched = self._matches.get(match)
        return watched is None or watched.watch.can_wait(at, self._health)

    def _let_wait(self, match: str, at: float) -> list[Alert]:
        """Put a look off, but for what was found before: that is told at once."""
        self._sleepy.pop(match, None)
        self._put_off[match] = None
        if (watched := self._matches.get(match)) is None:
            return []
        if watched.watch.is_in_play(at):
            self._put_off_in_play[match] = None
        self._put_off[match] = watched.alerts.serious(at)
        return self._raised(watched, watched.watch.judge(at, self._health), at)

    def _catch_up(self, match: str) -> list[Alert]:
        """Make a look that was put off, as of when it was."""
        if match not in self._put_off:
            return []
        frozen = self._put_off.pop(match)
        self._put_off_in_play.pop(match, None)
        return self._ask(match, self._looked_at, frozen=frozen)

    def _ask(self, match: str, at: float, *, frozen: bool | None = None) -> list[Alert]:
        """Look at a match, if that is due."""
        watched = self._matches.get(match) or self._wake(match)
        wakes_at = watched.watch.wakes_at()
        alerts = []
        if wakes_at <= at:
            self.changed.add(match)
            alerts = self._look_at(watched, at, frozen=frozen)
            wakes_at = watched.watch.wakes_at()
        if _over(watched.watch.book, at):
            del self._matches[match]
            self.changed.discard(match)
            self.gone.add(match)
            self._sleepy.pop(match, None)
            self._wakes.forget(match)
        else:
            self._rest(match, watched, wakes_at)
        return alerts

    def _look_at(self, watched: Watched, at: float, *, frozen: bool | None) -> list[Alert]:
        if frozen is None:
            frozen = watched.alerts.serious(at)
        return self._raised(watched, watched.watch.look(at, self._health, frozen=frozen), at)

    def _raised(self, watched: Watched, judgements: list[Judgement], at: float) -> list[Alert]:
        alerts = []
        for judgement in judgements:
            origin = Origin(self._partition, watched.frames, self._config_hash)
            alert = raised(judgement, watched.watch, self._health, at, origin)
            if (changed := watched.alerts.take(judgement.evidence.family, alert)) is not None:
                alerts.append(changed)
        return alerts


def _over(book: MatchBook, at: float) -> bool:
    """Whether a match was played, or has no known start, and nothing was told of it for long."""
    if at - book.at <= FORGET_S:
        return False
    start = book.start
    return start is None or at - start > FORGET_S


def _over_from(book: MatchBook) -> float:
    """Return a moment before which a match is surely not over, unless more is told of it."""
    start = book.start
    last = book.at if start is None else max(book.at, start)
    return last + FORGET_S - 1.0  # a second, lest rounding make it late
