"""Fits the shipped priors: `make calibrate`, half an hour of two cores.

Clean matches are simulated with seeds that no evaluation uses, and watched; one in three is watched
again as a slow feed, thinned to polls of a quarter of an hour. A recorded clean tournament can be
added; of a cell for slow feeds the wilder of the two tails is taken. Fixed matches tell which
cells need how much of the alert budget.
"""

import argparse
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Literal

import msgspec
from msgspec.structs import replace

from detectors.calibration import Prior, Priors
from detectors.catalogue import catalogue
from detectors.detector import WHOLE_MATCH
from detectors.evidence import Cell
from detectors.levels import AlertBudget
from markets.records import Gap, Heartbeat, Price, Record
from streams.borrowing import with_borrowed
from streams.evaluate import Job, case_of
from streams.fitting import Scored, Tails, fit, shared, tier_factors
from streams.injected import recordings
from streams.overlay import overlaid
from streams.overlay_plans import OVERLAID, Recording, drawn
from streams.peaks import Peaks, peaks
from streams.processes import processes
from streams.recorded import Source, read
from streams.screen import Screen
from streams.simulator.match import SOURCE
from streams.simulator.scheme import NoRoom
from streams.simulator.seeds import stream
from streams.simulator.typologies import TYPOLOGIES

POLL = timedelta(minutes=15)
PRIORS = Path(__file__).parent.parent / "detectors" / "priors.json"
_UNKNOWN_SPORT = 1.5
# Parts of the budget to be used; one match of a tournament that nothing explains is more than 1.
_PART, _PART_OF_RECORDED = 0.8, 1.4
_LEAST_SHARE, _AT_ONCE = 0.008, 0.025
# Draws the fixes that are laid over the recorded matches; an evaluation draws by its own seed.
_INJECTED = 9_999_999
_FIXED_FROM = 6000
_POLLED_IN = 3
# The chance of a score that is -log10 of an honest probability falls no faster than tenfold a unit.
_HONEST = 1.0 / math.log(10.0)
_POLLED = ", polled every 15 min"


class Seen(msgspec.Struct, frozen=True):
    """Largest scores of one match: its tier, what was done to it, at full pace and polled.

    Only some clean matches are polled; None says that this one was not.
    """

    tier: int
    typology: str | None
    fast: list[tuple[Cell, float]]
    slow: list[tuple[Cell, float]] | None = None


def seen(job: Job) -> Seen:
    """Simulate a match and let the detectors look at it."""
    day = job.simulated()
    case = case_of(day.matches[0], day)
    tier, records = day.matches[0].fixture.tier, list(day.records)
    if case.label is None:
        polled = job.seed % _POLLED_IN == 0
        slow = _listed(peaks(thinned(records), case.match)) if polled else None
        return Seen(tier, None, _listed(peaks(records, case.match)), slow)
    since, until = case.label.start.timestamp(), case.too_late.timestamp()
    found = peaks(records, case.match, since=since, until=until)
    return Seen(tier, job.typology, _listed(found))


def seen_recorded(match: Recording) -> Iterator[Seen]:
    """Let the detectors look at a recorded match as it is, and with each fix that has room."""
    yield Seen(1, None, [], _listed(peaks(match.records, match.match)))
    for typology in OVERLAID:
        with suppress(NoRoom):
            overlay = drawn(typology, match, stream(_INJECTED, 0, f"{typology}/{match.match}"))
            told = overlaid(match.records, overlay, match.looks)
            found = peaks(told, match.match, since=overlay.since, until=overlay.gone)
            yield Seen(1, typology, [], _listed(found))


def thinned(records: Iterable[Record]) -> Iterator[Record]:
    """Poll a feed: every quarter of an hour the prices that have changed, and a heartbeat.

    What is told beside the prices stays as it was, other sources' heartbeats too.
    """
    board = _Board()
    poll: datetime | None = None
    for record in records:
        poll = poll or record.at
        while record.at >= poll:
            yield from board.polled(poll)
            poll += POLL
        if isinstance(record, Price):
            board.take(record)
        elif not (isinstance(record, Heartbeat | Gap) and record.source == SOURCE):
            yield record
    if poll is not None:
        yield from board.polled(poll)


class _Board:
    """What a poll sees: the newest price of everything, and what the poll before saw."""

    def __init__(self) -> None:
        self._newest: dict[str, Price] = {}
        self._told: dict[str, Price] = {}

    def take(self, price: Price) -> None:
        key = str((price.market, price.line, price.book, price.selection))
        if key not in self._newest or price.at >= self._newest[key].at:
            self._newest[key] = price

    def polled(self, at: datetime) -> Iterator[Record]:
        for key, price in sorted(self._newest.items(), key=itemgetter(0)):
            known = self._told.get(key)
            if known is None or replace(known, at=price.at) != price:
                self._told[key] = price
                yield replace(price, at=at)
        yield Heartbeat(at=at, source=SOURCE)


def calibrated(
    clean: Sequence[Seen], fixed: Sequence[Seen], recorded: Sequence[Seen], budget: AlertBudget
) -> list[Prior]:
    """Fit all cells and divide the budget among them, for fast feeds and for slow ones."""
    scored = [(m.tier, _of_last_day(m.fast)) for m in clean]
    fast = _priors(scored, "fast", "", cells=_cells(fixed))
    polled = [(m.tier, _of_last_day(m.slow)) for m in clean if m.slow is not None]
    slow = _priors(polled, "slow", _POLLED)
    real = [(m.tier, dict(m.slow or ())) for m in recorded if m.typology is None]
    for cell, prior in _priors(real, "slow", _POLLED, "recorded").items():
        if cell not in slow or _reach(prior) > _reach(slow[cell]):
            slow[cell] = replace(prior, tiers=slow[cell].tiers if cell in slow else {})
    shares = _shares(clean, fixed, fast, budget)
    polled_shares = shares | _slow_shares(recorded, slow, budget)
    fitted = [replace(p, share=_share(shares, cell)) for cell, p in sorted(fast.items())]
    fitted += [replace(p, share=_share(polled_shares, cell)) for cell, p in sorted(slow.items())]
    return with_borrowed(fitted)


def _shares(
    clean: Sequence[Seen], fixed: Sequence[Seen], priors: dict[Cell, Prior], budget: AlertBudget
) -> dict[Cell, float]:
    by_typology = {
        typology: [_tails(m, m.fast, priors) for m in fixed if m.typology == typology]
        for typology in sorted({m.typology for m in fixed if m.typology})
    }
    tails = [_tails(m, m.fast, priors) for m in clean]
    return shared(tails, by_typology, budget, _PART, _least_share)


def _slow_shares(
    recorded: Sequence[Seen], priors: dict[Cell, Prior], budget: AlertBudget
) -> dict[Cell, float]:
    """Shares of those cells that show anything of fixes injected into the recorded matches."""
    tails: dict[str, list[Tails]] = {}
    for match in recorded:
        found = _tails(match, match.slow or (), priors)
        tails.setdefault(match.typology or "", []).append(found)
    clean = tails.pop("", [])
    return shared(clean, tails, budget, _PART_OF_RECORDED) if tails else {}


def _least_share(cell: Cell) -> float:
    """In play prices tell more with each minute, and each minute counts: less must be enough."""
    return _AT_ONCE if cell[2] == "in_play" and cell[1] != WHOLE_MATCH else _LEAST_SHARE


def _share(shares: dict[Cell, float], cell: Cell) -> float:
    return _rounded(shares.get(cell, min(shares.values())))


def _priors(
    matches: Sequence[Scored],
    feed: Literal["fast", "slow"],
    how: str,
    kind: str = "simulated",
    cells: Iterable[Cell] = (),
) -> dict[Cell, Prior]:
    """Fit every cell of these matches, and `cells`, of which they may have shown nothing."""
    cells = sorted({*cells, *(cell for _, found in matches for cell in found)})
    source = f"largest score per match over {len(matches):,} {kind} clean matches{how}"
    return {cell: _prior(cell, matches, feed, source) for cell in cells}


def _prior(
    cell: Cell, matches: Sequence[Scored], feed: Literal["fast", "slow"], source: str
) -> Prior:
    factors = tier_factors(cell, matches)
    worst = max(factors.values(), default=1.0)
    scores = [found.get(cell, 0.0) / factors.get(tier, worst) for tier, found in matches]
    tail = fit(scores, least_scale=_HONEST if cell[0] in _of_probabilities() else 0.0)
    return Prior(
        *cell,
        knee=_rounded(tail.knee),
        scale=_rounded(tail.scale),
        share=1.0,
        source=source,
        feed=feed,
        beyond=_rounded(tail.beyond),
        tiers={str(t): f for t, f in factors.items()} if worst > 1.0 else {},
    )


def _of_last_day(scores: Iterable[tuple[Cell, float]]) -> Peaks:
    """Leave the days before out: of a simulated match there are only moments of them."""
    return {cell: score for cell, score in scores if cell[2] != "early"}


def _cells(fixed: Sequence[Seen]) -> set[Cell]:
    return {cell for match in fixed for cell in _of_last_day(match.fast)}


@cache
def _of_probabilities() -> frozenset[str]:
    return frozenset(kind.name for kind in catalogue() if kind.unit == "-log10 p")


def _reach(prior: Prior) -> float:
    """Score that one match in a thousand reaches, about."""
    return prior.knee + prior.scale * max(0.0, math.log(prior.beyond / 0.001))


def _tails(match: Seen, scores: Iterable[tuple[Cell, float]], priors: dict[Cell, Prior]) -> Tails:
    found = {
        cell: priors[cell].tail(raw / priors[cell].factor(match.tier))
        for cell, raw in scores
        if cell in priors
    }
    return {cell: tail for cell, tail in found.items() if tail < 1.0}


def _listed(found: Peaks) -> list[tuple[Cell, float]]:
    return sorted(found.items())


def _rounded(number: float) -> float:
    return float(f"{number:.3g}")


def written(priors: Sequence[Prior], path: Path) -> None:
    """Write priors, a line for each cell."""
    head = {"version": 2, "unknown_sport_factor": _UNKNOWN_SPORT}
    cells = b",\n  ".join(msgspec.json.encode(prior) for prior in priors)
    text = msgspec.json.encode(head)[:-1] + b',"cells":[\n  ' + cells + b"\n]}\n"
    msgspec.json.decode(text, type=Priors)
    path.write_bytes(text)


def _all_seen(jobs: Sequence[Job], screen: Screen) -> Iterator[Seen]:
    with processes() as pool:
        for done, found in enumerate(pool.map(seen, jobs, chunksize=8), start=1):
            screen.at("matches", done, len(jobs))
            yield found


def main() -> None:
    """Simulate, watch, fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clean", type=int, default=4000, help="clean matches")
    parser.add_argument("--fixed", type=int, default=150, help="fixed matches of each typology")
    parser.add_argument("--recorded", nargs="*", default=[], help="files of a clean tournament")
    parser.add_argument("--seen", type=Path, help="keep what was seen here, and reuse it")
    parser.add_argument("--out", type=Path, default=PRIORS)
    given = parser.parse_args()
    if given.clean > _FIXED_FROM:
        parser.error(f"--clean {given.clean}: {_FIXED_FROM} at most; the seeds beyond are in use")
    screen = Screen()
    with screen.progress():
        found = _kept(given.seen) or list(_all_seen(_jobs(given.clean, given.fixed), screen))
    if given.seen is not None:
        given.seen.write_bytes(msgspec.json.encode(found))
    told = read([Source.parse(each) for each in given.recorded]) if given.recorded else []
    matches = recordings(each for each in told if isinstance(each, Record))
    recorded = [each for match in matches for each in seen_recorded(match)]
    clean, fixed = ([s for s in found if bool(s.typology) is done] for done in (False, True))
    written(calibrated(clean, fixed, recorded, AlertBudget()), given.out)
    screen.say(f"priors of {len(clean)} clean and {len(fixed)} fixed matches in {given.out}")


def _jobs(clean: int, fixed: int) -> list[Job]:
    jobs = [Job(seed, None) for seed in range(clean)]
    done = [typology for typology in TYPOLOGIES for _ in range(fixed)]
    return jobs + [Job(_FIXED_FROM + n, typology) for n, typology in enumerate(done)]


def _kept(path: Path | None) -> list[Seen]:
    if path is None or not path.exists():
        return []
    return msgspec.json.decode(path.read_bytes(), type=list[Seen])


if __name__ == "__main__":
    main()
