"""What the watch made of one match, held against what was really done to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from alerts.alert import RANKS, Alert, Level
from streams.nab import reward
from streams.simulator.match_day import Label
from streams.simulator.scheme import Typology

Outcome = Literal["red", "amber", "green", "explained", "nothing"]


@dataclass(frozen=True, slots=True)
class Case:
    """One match of an evaluation, and its label if something was done to it."""

    match: str
    kick_off: datetime
    full_time: datetime
    label: Label | None = None

    @property
    def too_late(self) -> datetime:
        """From when on an alert is of no use: kick-off, or full time for a fix in play."""
        before = self.label is not None and self.label.start < self.kick_off
        return self.kick_off if before else self.full_time


@dataclass(frozen=True, slots=True)
class Judged:
    """What the watch made of one match.

    For a fixed match, only alerts count that opened after the fix began and rose to their level
    before it was too late: before kick-off, or before full time for a fix in play. `false` are the
    names under which it was raised already when the fix began, `late` says that it was
    raised when it was too late, which is of no use. `score` is the largest of its open alerts,
    `nab` the reward of the Numenta benchmark at amber.
    """

    typology: Typology | None
    outcome: Outcome
    raised: tuple[str, ...] = ()
    score: float = 0.0
    false: tuple[str, ...] = ()
    late: bool = False
    lead_s: float | None = None
    delay_s: float | None = None
    seen_s: float | None = None
    nab: float = 0.0


def judged(case: Case, updates: Iterable[Alert]) -> Judged:
    """Hold the alerts of a match, as they changed, against what was really done to it.

    An explained alert is not raised, and neither is a green one.
    """
    own = [u for u in updates if u.match == case.match]
    label = case.label
    if label is None:
        return Judged(None, _gravest(own), raised=_raised(own), score=_score(own))
    counting = [u for u in own if u.opened_at >= label.start and u.last_at < case.too_late]
    first = min((u.last_at for u in counting if _is_raised(u)), default=None)
    in_play = case.too_late > case.kick_off
    return Judged(
        label.typology,
        _gravest(counting),
        raised=_raised(counting),
        score=_score(counting),
        false=_raised(u for u in own if u.last_at < label.start),
        late=first is None and any(_is_raised(u) and u.last_at >= case.too_late for u in own),
        lead_s=None if first is None or in_play else (case.too_late - first).total_seconds(),
        delay_s=_seconds(label.start, first),
        seen_s=_seconds(label.visible_at, first),
        nab=reward(first, label.start, case.too_late),
    )


def _seconds(since: datetime | None, first: datetime | None) -> float | None:
    if since is None or first is None:
        return None
    return (first - since).total_seconds()


def _is_raised(update: Alert) -> bool:
    return update.status == "open" and update.level != "green"


def _raised(updates: Iterable[Alert]) -> tuple[str, ...]:
    return tuple(sorted({u.typology for u in updates if _is_raised(u)}))


def _score(updates: Iterable[Alert]) -> float:
    return max((u.score for u in updates if u.status == "open"), default=0.0)


def _gravest(updates: Sequence[Alert]) -> Outcome:
    levels: list[Level] = [u.level for u in updates if u.status == "open"]
    if levels:
        return max(levels, key=lambda level: RANKS[level])
    return "explained" if updates else "nothing"
