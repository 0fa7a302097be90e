"""Figures of detection quality: what the watch made of clean and of fixed matches."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from math import sqrt
from statistics import median
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from alerts.alert import RANKS, Alert, Level
from detectors.catalogue import catalogue
from streams.simulator.match import SimulatedMatch
from streams.simulator.match_day import Label
from streams.simulator.scheme import Typology

Outcome = Literal["red", "amber", "green", "explained", "nothing"]
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Judged:
    """What the watch made of one match.

    For a fixed match, only alerts count that opened after the fix began and rose to their level
    before it was too late: before kick-off, or before full time for a fix in play. `before` says
    that it was raised already when the fix began, which is a false alert.
    """

    typology: Typology | None
    outcome: Outcome
    raised: tuple[str, ...] = ()
    before: bool = False
    lead_s: float | None = None
    delay_s: float | None = None


class Share(BaseModel):
    """Matches in a hundred, with the 95 % score interval of Wilson (1927, JASA 22).

    Unlike the textbook interval it holds for few matches and for shares near 0 and 100.

    >>> one = share([True] + [False] * 99)
    >>> one.per_100, one.low, one.high
    (1.0, 0.2, 5.4)
    >>> share([]).per_100 is None
    True
    """

    model_config = ConfigDict(frozen=True)

    hits: int
    matches: int
    per_100: float | None
    low: float
    high: float


class CleanFigures(BaseModel):
    """Alerts on matches to which nothing was done: all of them are false."""

    model_config = ConfigDict(frozen=True)

    red: Share = Field(description="Raised red")
    amber_or_red: Share = Field(description="Raised amber or red")
    outcomes: dict[Outcome, int] = Field(description="Matches by their gravest alert")
    raised: dict[str, int] = Field(description="Matches falsely raised, by typology of the alert")


class FixedFigures(BaseModel):
    """How many fixes of one typology were found, and how fast; times are medians in minutes."""

    model_config = ConfigDict(frozen=True)

    red: Share = Field(description="Raised red")
    amber_or_red: Share = Field(description="Raised amber or red")
    outcomes: dict[Outcome, int] = Field(description="Matches by their gravest alert that counts")
    named: Share = Field(description="Of those raised: as the typology of the fix")
    of_family: Share = Field(description="Of those raised: as one of its family")
    before: int = Field(description="Matches raised before the fix began: false")
    lead_min: float | None = Field(description="From amber or red to kick-off; None in play")
    delay_min: float | None = Field(description="From the beginning of the fix to amber or red")


def judged(match: SimulatedMatch, label: Label | None, updates: Iterable[Alert]) -> Judged:
    """Hold the alerts of a match, as they changed, against what was really done to it.

    An explained alert is not raised, and neither is a green one.
    """
    own = [u for u in updates if u.match == match.fixture.match]
    if label is None:
        return Judged(None, _gravest(own), raised=_raised(own))
    ends = _too_late(match, label)
    counting = [u for u in own if u.opened_at >= label.start and u.last_at < ends]
    first = min((u.last_at for u in counting if _is_raised(u)), default=None)
    in_play = ends > match.fixture.start
    return Judged(
        label.typology,
        _gravest(counting),
        raised=_raised(counting),
        before=any(_is_raised(u) and u.last_at < label.start for u in own),
        lead_s=None if first is None or in_play else (ends - first).total_seconds(),
        delay_s=None if first is None else (first - label.start).total_seconds(),
    )


def clean_figures(matches: Sequence[Judged]) -> CleanFigures:
    """Count false alerts."""
    raised = Counter(typology for match in matches for typology in match.raised)
    return CleanFigures(
        red=share([m.outcome == "red" for m in matches]),
        amber_or_red=share([bool(m.raised) for m in matches]),
        outcomes=_outcomes(matches),
        raised=dict(sorted(raised.items())),
    )


def fixed_figures(matches: Sequence[Judged], typology: Typology) -> FixedFigures:
    """Count what was found of the fixes of one typology, and how fast."""
    found = [m for m in matches if m.raised]
    family = {name for name, family in families().items() if family == families()[typology]}
    return FixedFigures(
        red=share([m.outcome == "red" for m in matches]),
        amber_or_red=share([bool(m.raised) for m in matches]),
        outcomes=_outcomes(matches),
        named=share([typology in m.raised for m in found]),
        of_family=share([not family.isdisjoint(m.raised) for m in found]),
        before=sum(m.before for m in matches),
        lead_min=_median_min(m.lead_s for m in found),
        delay_min=_median_min(m.delay_s for m in found),
    )


def share(held: Sequence[bool]) -> Share:
    """Count how often something held; see `Share`."""
    hits, n = sum(held), len(held)
    if not n:
        return Share(hits=0, matches=0, per_100=None, low=0.0, high=100.0)
    middle = (hits + _Z**2 / 2) / (n + _Z**2)
    half = _Z * sqrt(hits * (n - hits) / n + _Z**2 / 4) / (n + _Z**2)
    low, high = (round(100 * min(max(end, 0.0), 1.0), 1) for end in (middle - half, middle + half))
    return Share(hits=hits, matches=n, per_100=round(100 * hits / n, 1), low=low, high=high)


@cache
def families() -> dict[str, str]:
    """Tell the family of each typology that a detector raises.

    >>> families()["steam-move"] == families()["late-drift"]
    True
    """
    return {detector.typology or detector.name: detector.family for detector in catalogue()}


def _too_late(match: SimulatedMatch, label: Label) -> datetime:
    if label.start < match.fixture.start:
        return match.fixture.start
    return match.fixture.start + timedelta(seconds=match.course.times.full_time)


def _is_raised(update: Alert) -> bool:
    return update.status == "open" and update.level != "green"


def _raised(updates: Iterable[Alert]) -> tuple[str, ...]:
    return tuple(sorted({u.typology for u in updates if _is_raised(u)}))


def _gravest(updates: Sequence[Alert]) -> Outcome:
    levels: list[Level] = [u.level for u in updates if u.status == "open"]
    if levels:
        return max(levels, key=lambda level: RANKS[level])
    return "explained" if updates else "nothing"


def _outcomes(matches: Sequence[Judged]) -> dict[Outcome, int]:
    counts = Counter(match.outcome for match in matches)
    outcomes: tuple[Outcome, ...] = get_args(Outcome)
    return {outcome: counts[outcome] for outcome in outcomes}


def _median_min(seconds: Iterable[float | None]) -> float | None:
    known = [s / 60 for s in seconds if s is not None]
    return round(median(known), 1) if known else None
