"""The play of a match as the Unified Odds Feed tells it: score, clock, periods, red cards."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from streams.feeds.documents import Wrong
from streams.feeds.uof_message import Message, Told, integer

_LIVE, _OVER = frozenset({"1", "2"}), frozenset({"3", "4"})
_HALF_TIME = "31"


@dataclass(slots=True)
class Play:
    """What was told of the play; each change is an event, once."""

    status: str = ""
    period: str = ""
    score: tuple[int, int] | None = None
    reds: tuple[int, int] = (0, 0)

    @property
    def running(self) -> bool:
        """Whether the match is being played."""
        return self.status in _LIVE

    def told(self, message: Message, raw: Element, *, football: bool) -> Told:
        """Tell what has changed."""
        status, period = raw.get("status", ""), raw.get("match_status", "")
        score, clock = _score(raw), _clock(raw)
        common: dict[str, object] = {"match": message.event, "clock": clock, "score": score}
        begun = status in _LIVE and self.status not in _LIVE | _OVER
        if begun and (self.status or score in (None, (0, 0))):
            # A match that was well under way when it was first heard of has no kick-off here.
            yield message.told("event", event="kick_off", **common)
        yield from self._scored(message, score, common, football=football)
        reds = _reds(raw)
        for side, team in enumerate(("home", "away")):
            for _ in range(max(0, reds[side] - self.reds[side])):
                yield message.told("event", event="red_card", team=team, **common)
        if period == _HALF_TIME != self.period:
            yield message.told("event", event="period_end", **common)
        if status in _OVER and self.status not in _OVER:
            yield message.told("event", event="full_time", **common)
        self.status, self.period = status or self.status, period or self.period
        self.score = self.score if score is None else score
        self.reds = max(self.reds[0], reds[0]), max(self.reds[1], reds[1])

    def _scored(
        self,
        message: Message,
        score: tuple[int, int] | None,
        common: dict[str, object],
        *,
        football: bool,
    ) -> Told:
        if score is None or score == self.score or (self.score is None and score == (0, 0)):
            return
        before = self.score or (0, 0)
        rise = score[0] - before[0], score[1] - before[1]
        if football and self.score is not None and sorted(rise) == [0, 1]:
            team = "home" if rise[0] else "away"
            yield message.told("event", event="goal", team=team, **common)
        else:
            yield message.told("event", event="score", **common)


def _score(raw: Element) -> tuple[int, int] | None:
    home, away = raw.get("home_score"), raw.get("away_score")
    if home is None or away is None:
        return None
    return integer(home.split(".")[0], "home_score"), integer(away.split(".")[0], "away_score")


def _clock(raw: Element) -> float | None:
    """Minutes played; stoppage time counts on."""
    clock = raw.find("clock")
    if clock is None or clock.get("match_time") is None:
        return None
    try:
        minutes, _, seconds = str(clock.get("match_time")).partition(":")
        played = int(minutes) + int(seconds or 0) / 60.0
        more, _, rest = str(clock.get("stoppage_time") or "0").partition(":")
        return round(played + int(more) + int(rest or 0) / 60.0, 2)
    except ValueError:
        raise Wrong(f"clock.match_time: {clock.get('match_time')!r} is not mm:ss") from None


def _reds(raw: Element) -> tuple[int, int]:
    cards = raw.find("statistics/red_cards")
    if cards is None:
        return 0, 0
    return integer(cards.get("home", "0"), "red_cards"), integer(
        cards.get("away", "0"), "red_cards"
    )
