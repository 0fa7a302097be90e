"""A case lived through in a few words: alerts that arrive, and what officers do about them."""

from datetime import UTC, datetime, timedelta

from alerts.action import Action, Kind
from alerts.alert import Alert, AlertFixture, Provenance
from alerts.cases import Cases
from alerts.request import Refusal, Request

NOON = datetime(2026, 6, 11, 12, tzinfo=UTC)
SCORES = {"green": 0.9, "amber": 0.97, "red": 0.995}


def minute(n):
    return NOON + timedelta(minutes=n)


def alert(level="amber", *, match="m", typology="steam-move", status="open", score=None, at=0):
    """An alert as the watch publishes it; it opened at noon and was last seen `at` minutes on."""
    return Alert(
        alert_id=f"a-{match}-{typology}", match=match, typology=typology, level=level,
        status=status, score=SCORES[level] if score is None else score,
        fixture=AlertFixture(
            sport="football", competition="Cup", tier=1, home=f"{match} home", away=f"{match} away",
            start=None,
        ),
        opened_at=NOON, peak_at=minute(at), last_at=minute(at), market="1x2", line=None,
        selection="home", headline=f"{typology} {level}", evidence=(),
        provenance=Provenance(
            topic="match-feed", partition=0, first_offset=1, last_offset=2, config_hash="h"
        ),
    )  # fmt: skip


class Scene:
    """Cases with a short way to let something happen, at minutes after noon."""

    def __init__(self, settings=None):
        self.cases = Cases(settings)

    def arrives(self, at, level="amber", **more):
        self.cases.take_alert(alert(level, at=at, **more), minute(at))
        return self

    def asks(self, at, kind, *, who="ana", role="officer", **fields):
        """The answer to a request, which is not taken in."""
        needs_case = kind not in ("hand_over", "snooze", "unsnooze")
        if needs_case:
            fields.setdefault("case", "m")
        request = Request(kind=Kind(kind), **fields)
        return self.cases.decide(request, at=minute(at), actor=who, role=role)

    def does(self, at, kind, **fields):
        action = self.asks(at, kind, **fields)
        assert isinstance(action, Action), action.sentence
        self.cases.take_action(action)
        return self

    def closes(self, at, verdict, **more):
        return self.does(at, "close", verdict=verdict, cause="news", comment="looked at it", **more)

    def refused(self, at, kind, **fields):
        answer = self.asks(at, kind, **fields)
        return answer.reason.value if isinstance(answer, Refusal) else None

    def misses(self, at):
        """Deadlines that are found missed at this minute, taken in: (minute, level)."""
        due = self.cases.due(minute(at))
        for action in due:
            self.cases.take_action(action)
        return [((action.at - NOON).total_seconds() / 60, action.new["level"]) for action in due]

    def case(self, match="m"):
        return self.cases.find(match)

    @property
    def status(self):
        return self.case().status
