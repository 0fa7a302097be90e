"""Score and clock of one football match, as the events tell them."""

from bisect import bisect_right
from typing import NamedTuple

from markets.records import Event

HALF_TIME_S = 15 * 60.0
_HALF = 45.0
_LATEST = 100.0
_STOPPAGE = 0.1
_SAYS_NOTHING = frozenset({"suspension", "resumption", "line_up", "news"})


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

    __slots__ = ("_points", "_states", "ended", "kick_off")

    def __init__(self) -> None:
        self.kick_off: float | None = None
        self.ended = False
        self._points: list[_Point] = []
        self._states: list[tuple[float, State]] = []

    def apply(self, event: Event) -> None:
        """Take one event into account; events that say nothing of the state are passed over."""
        at = event.at.timestamp()
        if event.event == "full_time":
            self.ended = True
        if event.event == "kick_off" and self.kick_off is None:
            self.kick_off = at
            self._points.append(_Point(at, 0.0, at))
            self._states.append((at, State((0, 0), (0, 0))))
        if self.kick_off is None or event.event in _SAYS_NOTHING:
            return
        if at >= self._points[-1].at:
            self._tell(at, event)
            self._note(at, event)

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

    def _tell(self, at: float, event: Event) -> None:
        if event.event == "period_end":
            self._points.append(_Point(at, _HALF, at + HALF_TIME_S))
        elif event.clock is not None:
            self._points.append(_Point(at, float(event.clock), at))

    def _note(self, at: float, event: Event) -> None:
        known = self._states[-1][1]
        score = event.score if event.score is not None else known.score
        home, away = known.red_cards
        if event.event == "red_card" and event.team is not None:
            home, away = home + (event.team == "home"), away + (event.team == "away")
        state = State(score, (home, away))
        if state != known:
            self._states.append((at, state))


def _told_at(point: _Point) -> float:
    return point.at
