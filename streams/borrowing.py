"""Priors borrowed for cells of which there is no clean history: other sports, the days before."""

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec.structs import replace

from detectors.calibration import Prior
from detectors.catalogue import Kind, catalogue
from detectors.evidence import Cell
from detectors.features import Phase

Feed = Literal["fast", "slow"]
Known = dict[tuple[str, str, Phase, str], Prior]
FEEDS: tuple[Feed, ...] = ("fast", "slow")
_NEAREST: dict[Phase, tuple[Phase, ...]] = {
    "early": ("day", "late", "in_play"),
    "day": ("late", "early", "in_play"),
    "late": ("day", "early", "in_play"),
    "in_play": ("late", "day", "early"),
}
_LIKE = {"winner": "1x2", "asian_handicap": "total"}
# Most fixes are done in the last day; what comes before may use little of the budget.
_EARLY_PART = 0.3


def with_borrowed(priors: Sequence[Prior]) -> list[Prior]:
    """Add a prior, of the likest cell there is, wherever a detector looks and none was fitted.

    First that of the other pace of feed, then that of the nearest phase, then that of the market
    that is likest. A detector without any prior is left without.
    """
    fitted: Known = {(p.detector, p.market, p.phase, str(p.feed)): p for p in priors}
    known = dict(fitted)
    for kind in catalogue():
        for cell in _cells(kind):
            for feed in FEEDS:
                donor = _donor(fitted, cell, feed)
                if (*cell, feed) not in known and donor is not None:
                    known[*cell, feed] = _lent(donor, cell, feed)
    return [known[key] for key in sorted(known)]


def _cells(kind: Kind) -> Iterator[Cell]:
    for market in sorted(kind.markets):
        for phase in ("late", "day", "early", "in_play"):
            if phase in kind.phases:
                yield kind.name, market, phase


def _donor(known: Known, cell: Cell, feed: Feed) -> Prior | None:
    detector, market, phase = cell
    other: Feed = "slow" if feed == "fast" else "fast"
    likest = _LIKE.get(market, market)
    wanted: list[tuple[str, Phase, Feed]] = [(market, phase, other)]
    wanted += [(market, near, pace) for near in _NEAREST[phase] for pace in (feed, other)]
    wanted += [(likest, near, pace) for near in (phase, *_NEAREST[phase]) for pace in (feed, other)]
    found = (known.get((detector, *place)) for place in wanted)
    return next((prior for prior in found if prior is not None), None)


def _lent(donor: Prior, cell: Cell, feed: Feed) -> Prior:
    _, market, phase = cell
    early = phase == "early" and donor.phase != "early"
    share = float(f"{donor.share * (_EARLY_PART if early else 1.0):.3g}")
    source = f"as {donor.market} {donor.phase} {donor.feed}, for lack of a clean history"
    return replace(donor, market=market, phase=phase, feed=feed, share=share, source=source)
