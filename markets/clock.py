"""Score and clock of one football match, as the events tell them."""

from bisect import bisect_right, insort
from datetime import datetime
from typing import NamedTuple

from markets.records import Event

HALF_TIME_S = 15 * 60.0
_HALF = 45.0
_SECOND_HALF_ENDS = 75.0
_LATEST = 100.0
_STOPPAGE = 0.1
_SAYS_NOTHING = frozenset({"suspension", "resumption", "line_up", "news"})
_WITHIN_AN_INSTANT = {"kick_off": 0, "period_end": 2, "full_time": 2}


class State(NamedTuple):
    """Score and red cards, (home, away) each."""

    score: tuple[int, int]
    red_cards: tuple[int, int]


class _Point(NamedTuple):
    """The clock as told at a moment; play runs from `runs_from` on."""

    at: float
    minutes: float
    runs_from: float


class MatchClock:
    """What is known of the state of play: score, red cards, minutes played.

    Between events the clock runs with event time; it stands still in a half-time break. With a
    feed that tells minutes only it is off by a few of them, which is why callers ask for the
    states around a moment and not just at it.

    Examples
    --------
    >>> from datetime import datetime, UTC
    >>> clock = MatchClock()
    >>> seven = datetime(2026, 6, 11, 19, tzinfo=UTC)
    >>> clock.apply(Event(at=seven, match="a-v-b", event="kick_off"))
    >>> clock.minutes(seven.timestamp() + 600.0)
    10.0
    """

    __slots__ = ("_points", "_states", "_told", "ended", "kick_off")

    def __init__(self) -> None:
        self._told: list[Event] = []
        self._begin()

    def apply(self, event: Event) -> None:
        """Take one event into account; events that say nothing of the state are passed over.

        They may come in any order: one told late takes its place among those told before.
        """
        if event.event in _SAYS_NOTHING:
            return
        insort(self._told, event, key=_order)
        if self._told[-1] is event:
            self._take(event)
            return
        self._begin()
        for told in self._told:
            self._take(told)

    def minutes(self, at: float) -> float:
        """Minutes played at a moment of event time, as known by now; 0 before kick-off."""
        index = bisect_right(self._points, at, key=_told_at) - 1
        if index < 0:
            return 0.0
        point = self._points[index]
        return min(point.minutes + max(0.0, at - point.runs_from) / 60.0, _LATEST)

    def around(self, at: float, slack_s: float) -> tuple[float, float]:
        """Earliest and latest clock that may hold, when feeds are that far apart.

        Play that was interrupted without a word makes the true clock run behind: by a tenth of
        the time since the feed last told it.
        """
        index = bisect_right(self._points, at, key=_told_at) - 1
        silent = max(0.0, at - self._points[index].runs_from) if index >= 0 else 0.0
        return self.minutes(at - slack_s - _STOPPAGE * silent), self.minutes(at + slack_s)

    def states(self, since: float, until: float) -> list[State]:
        """States that held at some moment between two times, oldest first."""
        held = [state for at, state in self._states if since < at <= until]
        before = [state for at, state in self._states if at <= since]
        return [before[-1], *held] if before else held or [State((0, 0), (0, 0))]

    def _begin(self) -> None:
        self.kick_off: float | None = None
        self.ended = False
        self._points: list[_Point] = []
        self._states: list[tuple[float, State]] = []

    def _take(self, event: Event) -> None:
        at = event.at.timestamp()
        self.ended = self.ended or event.event == "full_time"
        if event.event == "kick_off" and self.kick_off is None:
            self.kick_off = at
            self._points.append(_Point(at, 0.0, at))
            self._states.append((at, State((0, 0), (0, 0))))
        if self.kick_off is not None:
            self._tell(at, event)
            self._note(at, event)

    def _tell(self, at: float, event: Event) -> None:
        if event.event != "period_end":
            if event.clock is not None:
                self._points.append(_Point(at, float(event.clock), at))
        elif self.minutes(at) < _SECOND_HALF_ENDS:
            self._points.append(_Point(at, _HALF, at + HALF_TIME_S))
        else:
            self._points.append(_Point(at, _LATEST, at))

    def _note(self, at: float, event: Event) -> None:
        known = self._states[-1][1]
        score, red_cards = known
        if event.score is not None:
            score = event.score
        elif event.event == "goal":
            score = _one_more(score, event.team)
        if event.event == "red_card":
            red_cards = _one_more(red_cards, event.team)
        state = State(score, red_cards)
        if state != known:
            self._states.append((at, state))


def _one_more(count: tuple[int, int], team: str | None) -> tuple[int, int]:
    home, away = count
    return home + (team == "home"), away + (team == "away")


def _told_at(point: _Point) -> float:
    return point.at


def _order(event: Event) -> tuple[datetime, int, int]:
    """By time; within an instant by what must come first, then by goals."""
    return event.at, _WITHIN_AN_INSTANT.get(event.event, 1), sum(event.score or ())
