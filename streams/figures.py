"""Figures of detection quality over many matches."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from math import sqrt
from statistics import median
from typing import get_args

from pydantic import BaseModel, ConfigDict, Field

from detectors.catalogue import catalogue
from streams.nab import normalised
from streams.quality import Judged, Outcome
from streams.simulator.scheme import Typology

_Z = 1.959964
# Share of matches that are manipulated, even in the sports that are watched most.
PREVALENCE = 0.003
_CLAIMED = (0.15, 0.10, 0.05, 0.02, 0.01, 0.005)


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
    """How many fixes of one typology were found, and how fast; times are medians."""

    model_config = ConfigDict(frozen=True)

    red: Share = Field(description="Raised red")
    amber_or_red: Share = Field(description="Raised amber or red: the recall")
    outcomes: dict[Outcome, int] = Field(description="Matches by their gravest alert that counts")
    named: Share = Field(description="Of those raised: as the typology of the fix")
    of_family: Share = Field(description="Of those raised: as one of its family")
    before: int = Field(description="Matches raised before the fix began: false")
    late: int = Field(description="Matches raised after kick-off, or full time: missed")
    lead_min: float | None = Field(description="From amber or red to kick-off; None in play")
    delay_min: float | None = Field(description="From the beginning of the fix to amber or red")
    seen_s: float | None = Field(
        description="In play: from the moment at which the move exceeds twice the normal noise"
    )
    nab: float | None = Field(description="Numenta score of its fixes, false alarms left out")
    precision: float | None = Field(
        description="Share of its matches among all evaluated that alerts of its name raised"
    )
    precision_in_life: float | None = Field(
        description="The same if 0.3 % of matches were fixed, in equal parts of each typology"
    )


class Reliability(BaseModel):
    """How often clean matches reach a score, against how often they should."""

    model_config = ConfigDict(frozen=True)

    claimed: float = Field(description="Clean matches of 100 that should look as unusual")
    observed: Share = Field(description="Clean matches that did")


def clean_figures(matches: Sequence[Judged]) -> CleanFigures:
    """Count false alerts."""
    raised = Counter(typology for match in matches for typology in match.raised)
    return CleanFigures(
        red=share([m.outcome == "red" for m in matches]),
        amber_or_red=share([bool(m.raised) for m in matches]),
        outcomes=_outcomes(matches),
        raised=dict(sorted(raised.items())),
    )


def fixed_figures(
    matches: Sequence[Judged], typology: Typology, among: Sequence[Judged]
) -> FixedFigures:
    """Count what was found of the fixes of one typology, and how fast; `among` are all matches."""
    found = [m for m in matches if m.raised]
    family = {name for name, family in families().items() if family == families().get(typology)}
    return FixedFigures(
        red=share([m.outcome == "red" for m in matches]),
        amber_or_red=share([bool(m.raised) for m in matches]),
        outcomes=_outcomes(matches),
        named=share([typology in m.raised for m in found]),
        of_family=share([not family.isdisjoint(m.raised) for m in found]),
        before=sum(bool(m.false) for m in matches),
        late=sum(m.late for m in matches),
        lead_min=_median(m.lead_s for m in found if m.lead_s is not None),
        delay_min=_median(m.delay_s for m in found if m.delay_s is not None),
        seen_s=_median((m.seen_s for m in found if m.seen_s is not None), unit=1.0),
        nab=normalised([m.nab for m in matches], 0),
        precision=_precision(typology, among),
        precision_in_life=_precision_in_life(typology, among),
    )


def reliability(clean: Sequence[Judged], green_per_100: float = 15.0) -> tuple[Reliability, ...]:
    """Hold the calibrated scores of clean matches against how often they occur.

    What is more usual than the green budget allows is not recorded, so nothing is known of it.
    Alerts that news explained are left out, as they are for the officer.

    >>> matches = [Judged(None, "green", score=0.96)] + [Judged(None, "nothing")] * 19
    >>> [(r.claimed, r.observed.per_100) for r in reliability(matches)][2:4]
    [(5.0, 5.0), (2.0, 0.0)]
    """
    return tuple(
        Reliability(claimed=100.0 * p, observed=share([m.score > 1.0 - p for m in clean]))
        for p in _CLAIMED
        if 100.0 * p <= green_per_100
    )


def nab(matches: Sequence[Judged]) -> float | None:
    """Score of the Numenta benchmark over all matches; one falsely raised is one false alarm."""
    rewards = [m.nab for m in matches if m.typology]
    false = sum(bool(m.false if m.typology else m.raised) for m in matches)
    return normalised(rewards, false)


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


def _precision(typology: Typology, among: Sequence[Judged]) -> float | None:
    raised = [m for m in among if typology in (*m.raised, *m.false)]
    if not raised:
        return None
    return round(sum(_rightly(m, typology) for m in raised) / len(raised), 2)


def _precision_in_life(typology: Typology, among: Sequence[Judged]) -> float | None:
    """Weigh found and false alerts of a name as if few matches were fixed.

    That no clean match of some was falsely raised does not say that none ever is: the rate of
    false alerts is taken to be (hits + 1) / (matches + 2), as Laplace's rule of succession has it.
    """
    kinds = Counter(m.typology for m in among)
    if len(kinds) < 2 or not kinds[None]:
        return None
    each = PREVALENCE / (len(kinds) - 1)
    raised = [m for m in among if typology in (*m.raised, *m.false)]
    if not raised:
        return None
    fixed = sum(each / kinds[m.typology] for m in raised if m.typology)
    own = sum(each / kinds[typology] for m in raised if _rightly(m, typology))
    hits = sum(m.typology is None for m in raised)
    false = (1.0 - PREVALENCE) * (hits + 1) / (kinds[None] + 2)
    return round(own / (fixed + false), 2)


def _rightly(match: Judged, typology: Typology) -> bool:
    return match.typology == typology and typology in match.raised


def _outcomes(matches: Sequence[Judged]) -> dict[Outcome, int]:
    counts = Counter(match.outcome for match in matches)
    outcomes: tuple[Outcome, ...] = get_args(Outcome)
    return {outcome: counts[outcome] for outcome in outcomes}


def _median(seconds: Iterable[float], unit: float = 60.0) -> float | None:
    known = [s / unit for s in seconds]
    return round(median(known), 1) if known else None
