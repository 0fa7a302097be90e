"""The watch side by side with its peers, at the same rate of false alerts on the same matches."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from streams.beside import PeerTrace, highest, recall, threshold
from streams.quality import Case, Judged
from streams.simulator.scheme import Typology

PHASES = ("before", "in_play")


class Highest(NamedTuple):
    """Highest score of a peer in one match while an alert is of use, before and in play."""

    before: float
    in_play: float


class Method(BaseModel):
    """What one method finds, % of the fixes of each typology and their mean."""

    model_config = ConfigDict(frozen=True)

    name: str
    found: dict[Typology, float]
    mean: float


class Comparison(BaseModel):
    """Recall of every method at one rate of false alerts.

    A peer's thresholds are set afterwards on the clean matches that are counted, and it may use
    the whole rate before kick-off and again in play; the watch set its own beforehand.
    """

    model_config = ConfigDict(frozen=True)

    false_per_100: float = Field(description="Clean matches raised by the watch, amber or red")
    methods: tuple[Method, ...] = Field(description="The watch first")


Seen = tuple[Judged, Mapping[str, Highest]]


def scores(case: Case, traces: Mapping[str, PeerTrace]) -> dict[str, Highest]:
    """Highest scores of the peers in the span in which an alert would be of use."""
    if case.label is None:
        return {n: Highest(highest(t.before), highest(t.in_play)) for n, t in traces.items()}
    since, until = case.label.start.timestamp(), case.too_late.timestamp()
    if case.too_late > case.kick_off:
        return {n: Highest(0.0, highest(t.in_play, since, until)) for n, t in traces.items()}
    return {n: Highest(highest(t.before, since, until), 0.0) for n, t in traces.items()}


def compared(matches: Sequence[Seen]) -> Comparison | None:
    """Hold the peers to the watch's own false rate; None without clean or without fixed matches."""
    clean = [peers for judged, peers in matches if judged.typology is None]
    typologies = sorted({judged.typology for judged, _ in matches if judged.typology})
    if not clean or not typologies:
        return None
    rate = sum(bool(j.raised) for j, _ in matches if j.typology is None) / len(clean)
    fixed = {t: [(j, peers) for j, peers in matches if j.typology == t] for t in typologies}
    own = {t: [bool(j.raised) for j, _ in seen] for t, seen in fixed.items()}
    methods = [_method("sogawatch", {t: sum(f) / len(f) for t, f in own.items()})]
    for name in clean[0]:
        limits = [threshold([peers[name][i] for peers in clean], rate) for i in range(len(PHASES))]
        found = {t: _found([p[name] for _, p in seen], limits) for t, seen in fixed.items()}
        methods.append(_method(name, found))
    return Comparison(false_per_100=round(100.0 * rate, 2), methods=tuple(methods))


def _found(seen: Sequence[Highest], limits: Sequence[float]) -> float:
    """Share of matches above the limit of either phase; the span of a fix lies in one of them."""
    return recall([max(s - limit for s, limit in zip(one, limits, strict=True)) for one in seen], 0)


def _method(name: str, found: Mapping[Typology, float]) -> Method:
    rounded = {t: round(100.0 * share, 1) for t, share in found.items()}
    return Method(name=name, found=rounded, mean=round(sum(rounded.values()) / len(rounded), 1))
