"""What the books together say of one market, and which of them cannot be counted."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from math import log
from operator import gt

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field

from markets.implied import expit

_MAD_TO_SD = 1.4826  # of a normal distribution


class Dropped(StrEnum):
    """Why a book does not count; also the label of a metric."""

    STALE = "stale"
    OUTLYING = "outlying"


class ConsensusSettings(BaseModel):
    """When a book counts towards the consensus."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stale_behind: float = Field(
        default=0.12,
        gt=0,
        description="A book is stale when the others moved by more than this, in log-odds, "
        "since it last moved (0.12 is 3 percentage points at even chances).",
    )
    outlying_spreads: float = Field(
        default=5.0,
        gt=0,
        description="A book is outlying when further from the median than this many spreads ...",
    )
    outlying_floor: float = Field(
        default=0.2,
        ge=0,
        description="... and further than this, in log-odds (5 percentage points at even chances).",
    )
    spread_floor: float = Field(
        default=0.02,
        gt=0,
        description="Least spread of the books, in log-odds; books that copy one another agree "
        "better than they know.",
    )
    judged_from: int = Field(
        default=3,
        ge=3,
        description="Books needed before one of them can be called stale or outlying.",
    )


class Consensus(Struct, frozen=True):
    """The books' common opinion of one market.

    `probabilities` sum to 1; `spread` is the scaled median absolute deviation of the books used,
    in log-odds; both are in selection order. `used` is sorted.
    """

    probabilities: tuple[float, ...]
    spread: tuple[float, ...]
    used: tuple[str, ...]
    dropped: dict[str, Dropped]


_DEFAULTS = ConsensusSettings()


def consensus(
    quotes: Mapping[str, Sequence[float]],
    *,
    behind: Mapping[str, float] | None = None,
    settings: ConsensusSettings = _DEFAULTS,
) -> Consensus:
    """Return the median of the books in log-odds, without the stale and the outlying.

    Stands a minority of wrong, frozen or manipulated books. It cannot tell a majority that
    copies one feed from one that agrees, and with fewer than `judged_from` books it drops none:
    of two that differ nobody knows which is wrong. When more than half would be outlying there
    is no common opinion to be outside of, and all fresh books are kept, with a wide spread.

    Parameters
    ----------
    quotes
        Per book its probabilities in selection order, overround removed.
    behind
        Per book, how far the median of the other books moved since this book last moved:
        log-odds, the largest over the selections, sign ignored. A book that is absent is fresh.
    settings
        When a book counts.

    Raises
    ------
    ValueError
        Without a book, or when a book's probabilities are not in (0, 1) or not as many as those
        of the others.

    Examples
    --------
    >>> books = {"a": (0.50, 0.50), "b": (0.51, 0.49), "c": (0.52, 0.48), "d": (0.80, 0.20)}
    >>> found = consensus(books, behind={"c": 0.3})
    >>> found.used, found.dropped["c"].value, found.dropped["d"].value
    (('a', 'b'), 'stale', 'outlying')
    >>> [round(p, 3) for p in found.probabilities]
    [0.505, 0.495]
    """
    return agreed(_in_log_odds(quotes), behind=behind or {}, settings=settings)


def agreed(
    log_odds: Mapping[str, Sequence[float]],
    *,
    behind: Mapping[str, float],
    settings: ConsensusSettings = _DEFAULTS,
) -> Consensus:
    """Return the consensus of books whose log-odds are known, in order of the books' names.

    What `consensus` is made of, for callers that keep log-odds: nothing is checked here.

    >>> agreed({"a": (0.0, 0.0), "b": (0.0, 0.0)}, behind={}).probabilities
    (0.5, 0.5)
    """
    dropped: dict[str, Dropped] = {}
    if behind and len(log_odds) >= settings.judged_from:
        log_odds = _fresh(log_odds, behind, settings, dropped)
    medians, spread, furthest = _centre(log_odds, settings.spread_floor)
    limits = [max(settings.outlying_floor, settings.outlying_spreads * s) for s in spread]
    if len(log_odds) >= settings.judged_from and any(map(gt, furthest, limits)):
        outlying = _outlying(log_odds, medians, limits)
        if 2 * len(outlying) <= len(log_odds):
            dropped.update(dict.fromkeys(outlying, Dropped.OUTLYING))
            log_odds = {book: row for book, row in log_odds.items() if book not in dropped}
            medians, spread, _ = _centre(log_odds, settings.spread_floor)
    chances = [expit(x) for x in medians]
    total = sum(chances)
    return Consensus(tuple([p / total for p in chances]), tuple(spread), tuple(log_odds), dropped)


def _in_log_odds(quotes: Mapping[str, Sequence[float]]) -> dict[str, tuple[float, ...]]:
    # Sorted, so that the result cannot depend on the order in which books came in.
    log_odds = {}
    width = 0
    for book in sorted(quotes):
        row = quotes[book]
        width = width or len(row)
        if len(row) != width or not width:
            raise ValueError(f"book {book!r}: {len(row)} selections where others have {width}")
        try:
            log_odds[book] = tuple([log(p / (1.0 - p)) for p in row])
        except (ValueError, ZeroDivisionError) as error:
            raise ValueError(f"book {book!r}: {row!r} must lie between 0 and 1") from error
    if not log_odds:
        raise ValueError("no book to form a consensus of")
    return log_odds


def _fresh(
    log_odds: Mapping[str, Sequence[float]],
    behind: Mapping[str, float],
    settings: ConsensusSettings,
    dropped: dict[str, Dropped],
) -> Mapping[str, Sequence[float]]:
    limit = settings.stale_behind
    stale = [book for book in log_odds if abs(behind.get(book, 0.0)) > limit]
    if not stale or len(stale) == len(log_odds):
        return log_odds
    dropped.update(dict.fromkeys(stale, Dropped.STALE))
    return {book: row for book, row in log_odds.items() if book not in dropped}


def _centre(
    log_odds: Mapping[str, Sequence[float]], floor: float
) -> tuple[list[float], list[float], list[float]]:
    """Median of the books, their spread, and how far the furthest is, for each selection."""
    medians, spread, furthest = [], [], []
    for column in zip(*log_odds.values(), strict=True):
        middle = _median(sorted(column))
        off = sorted([abs(x - middle) for x in column])
        deviation = _MAD_TO_SD * _median(off)
        medians.append(middle)
        spread.append(deviation if deviation > floor else floor)
        furthest.append(off[-1])
    return medians, spread, furthest


def _outlying(
    log_odds: Mapping[str, Sequence[float]],
    medians: Sequence[float],
    limits: Sequence[float],
) -> list[str]:
    outlying = []
    for book, row in log_odds.items():
        for x, middle, limit in zip(row, medians, limits, strict=True):
            if abs(x - middle) > limit:
                outlying.append(book)
                break
    return outlying


def _median(ordered: Sequence[float]) -> float:
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return 0.5 * (ordered[half - 1] + ordered[half])
