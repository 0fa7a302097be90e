"""Score and clock of one football match, as the events tell them."""

from markets.records import Event

HALF_TIME_S = 15 * 60.0
_FULL_TIME = 90.0
_LATEST = 100.0


class MatchClock:
    """What is known of the state of play: score, red cards, minutes played.

    Between events the clock runs with event time; it stands still in a half-time break. Good for
    feeds that tell of goals and periods; with a feed that only tells minutes it is off by a few
    minutes, which is why callers ask for the state of play around a moment and not just at it.
    """

    __slots__ = ("_clock", "_clock_at", "_resumes_at", "ended", "history", "kick_off")

    def __init__(self) -> None:
        self.kick_off: float | None = None
        self.ended = False
        self.history: list[tuple[float, tuple[int, int], tuple[int, int]]] = []
        self._clock = 0.0
        self._clock_at = 0.0
        self._resumes_at = 0.0

    def apply(self, event: Event) -> None:
        """Take one event into account; events that say nothing of the state are passed over."""
        at = event.at.timestamp()
        if event.event == "kick_off" and self.kick_off is None:
            self._start(at)
        if event.event == "full_time":
            self.ended = True
        if event.event in ("suspension", "resumption", "line_up", "news") or self.kick_off is None:
            return
        if event.clock is not None:
            self._clock, self._clock_at = float(event.clock), at
        if event.event == "period_end":
            self._clock, self._clock_at = 45.0, at
            self._resumes_at = at + HALF_TIME_S
        self._note(at, event)

    def minutes(self, at: float) -> float:
        """Minutes played at a moment of event time, 0 before kick-off."""
        if self.kick_off is None:
            return 0.0
        since = max(self._clock_at, self._resumes_at if at >= self._resumes_at else at)
        running = max(0.0, at - since) / 60.0
        return min(self._clock + running, _LATEST)

    def states(self, since: float, until: float) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        """(score, red cards) that held at some moment between two times, oldest first."""
        held = [(score, reds) for at, score, reds in self.history if since < at <= until]
        before = [(score, reds) for at, score, reds in self.history if at <= since]
        return [before[-1], *held] if before else held or [((0, 0), (0, 0))]

    def _start(self, at: float) -> None:
        self.kick_off = at
        self._clock_at = at
        self.history.append((at, (0, 0), (0, 0)))

    def _note(self, at: float, event: Event) -> None:
        _, score, reds = self.history[-1]
        score = event.score if event.score is not None else score
        if event.event == "red_card" and event.team is not None:
            reds = (reds[0] + (event.team == "home"), reds[1] + (event.team == "away"))
        if (score, reds) != self.history[-1][1:]:
            self.history.append((at, score, reds))
